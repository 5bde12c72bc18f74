//! The look-up of receipts: one page, all of them, or again and again until all are final.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::Value;

use super::{Receipt, Status, china};
use crate::call::Call;
use crate::failure::Result;
use crate::operations::QUERY_SEND_DETAILS;
use crate::phone;
use crate::reply::Reply;
use crate::service::{self, Service};

/// How many days back the service answers for; documented.
pub const DAYS_KEPT: i32 = 30;
/// The most receipts of one page; documented.
pub const LARGEST_PAGE: u64 = 50;
/// A service that never comes to an end is not followed for ever.
const MOST_PAGES: u64 = 1_000;
/// The pauses between two looks, in seconds; the last one goes on.
const PAUSES: [u64; 6] = [1, 2, 3, 5, 8, 10];

/// Which receipts are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// In any form that [`phone::check_sms_number`] takes.
    pub phone: String,
    /// The day of sending in China Standard Time; [`china::day_of`] makes one of a moment.
    pub date: Date,
    /// The service's ID of the call that sent.
    pub biz_id: Option<String>,
    /// The sender's own ID. The service cannot filter by it: that is done here.
    pub out_id: Option<String>,
}

impl Filter {
    /// The call for one page.
    pub fn call(&self, index: u64, size: u64) -> Call {
        Call::to(&QUERY_SEND_DETAILS)
            .text("--phone-number", phone::canonical_sms_number(&self.phone))
            .text("--send-date", china::compact(self.date))
            .optional_text("--biz-id", self.biz_id.as_deref())
            .optional_integer("--current-page", Some(index))
            .optional_integer("--page-size", Some(size))
    }

    fn holds(&self, receipt: &Receipt) -> bool {
        self.out_id.is_none() || receipt.out_id == self.out_id
    }
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// This page, counted from 1.
    One { index: u64, size: u64 },
    /// Everything, so many at a time.
    All { size: u64 },
}

impl Pages {
    /// Everything, in as few calls as possible.
    pub const ALL: Self = Self::All { size: LARGEST_PAGE };

    /// Index and size of the first page to read.
    pub const fn first(self) -> (u64, u64) {
        match self {
            Self::One { index, size } => (index, size),
            Self::All { size } => (1, size),
        }
    }
}

/// What a look-up found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub receipts: Vec<Receipt>,
    /// Not everything was read: there are pages behind the last one.
    pub more: bool,
    /// The pages were read to an end that the service did not confirm.
    pub incomplete: bool,
    /// The replies as they came.
    pub raw: Vec<Value>,
}

impl Found {
    /// Every receipt has come to its end. None at all is no end: the first one may be on its way.
    pub fn is_final(&self) -> bool {
        !self.receipts.is_empty()
            && !self.more
            && self.receipts.iter().all(|receipt| receipt.status.is_final())
    }

    /// How many of the receipts have that status.
    pub fn count(&self, status: Status) -> usize {
        self.receipts.iter().filter(|receipt| receipt.status == status).count()
    }
}

/// All receipts that the filter lets through, the newest first.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn query(service: &Service<'_>, filter: &Filter) -> Result<Vec<Receipt>> {
    read(service, filter, Pages::ALL).map(|found| found.receipts)
}

/// The receipts of one page or of all.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn read(service: &Service<'_>, filter: &Filter, pages: Pages) -> Result<Found> {
    let (_, size) = pages.first();
    gather(filter, pages, &mut |index| service.read(&filter.call(index, size)))
}

/// [`read`], with the service left out.
fn gather(
    filter: &Filter,
    pages: Pages,
    answer: &mut dyn FnMut(u64) -> Result<Reply>,
) -> Result<Found> {
    let (first, size) = pages.first();
    let mut found = Found::default();
    let mut last: Vec<Value> = Vec::new();
    for index in first..first.saturating_add(MOST_PAGES) {
        let reply = answer(index)?;
        let rows = rows(&reply).to_vec();
        let total = reply.number(&["TotalCount"]);
        found.raw.push(Value::Object(reply.0));
        found.more = match total {
            Some(total) => index.saturating_mul(size) < total && !rows.is_empty(),
            None => rows.len() as u64 >= size,
        };
        // A service that takes no notice of the index would give the same page again and again.
        if !rows.is_empty() && rows == last {
            found.incomplete = true;
            break;
        }
        let receipts = rows.iter().filter(|row| row.is_object());
        let receipts = receipts.map(|row| Receipt::from_row(row, &filter.phone));
        found.receipts.extend(receipts.filter(|receipt| filter.holds(receipt)));
        if !found.more || matches!(pages, Pages::One { .. }) {
            break;
        }
        last = rows;
    }
    found.incomplete |= found.more && matches!(pages, Pages::All { .. });
    Ok(found)
}

/// Documented as an object around the list; taken without it as well.
fn rows(reply: &Reply) -> &[Value] {
    reply.items(&["SmsSendDetailDTOs.SmsSendDetailDTO", "SmsSendDetailDTOs"])
}

/// Looks, with growing pauses, until every receipt of every filter is final or the time is up, and
/// says what was found last, in the order of the filters. After each look `watch` is told how many
/// filters are still open.
///
/// # Errors
/// Whatever keeps the service from answering; a signal.
pub fn wait(
    service: &Service<'_>,
    filters: &[Filter],
    limit: Duration,
    watch: &mut dyn FnMut(usize),
) -> Result<Vec<Found>> {
    let deadline = Instant::now() + limit;
    let mut found = vec![Found::default(); filters.len()];
    let mut pauses = PAUSES.into_iter().chain(std::iter::repeat(PAUSES[PAUSES.len() - 1]));
    loop {
        for (filter, found) in filters.iter().zip(&mut found) {
            if !found.is_final() {
                *found = read(service, filter, Pages::ALL)?;
            }
        }
        let open = found.iter().filter(|found| !found.is_final()).count();
        watch(open);
        let left = deadline.saturating_duration_since(Instant::now());
        if open == 0 || left.is_zero() {
            return Ok(found);
        }
        // The last look is at the very end of the time.
        let pause = pauses.next().map_or(left, Duration::from_secs);
        service::sleep(pause.min(left))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Common;
    use serde_json::json;

    fn filter() -> Filter {
        Filter {
            phone: "+8613800001000".into(),
            date: jiff::civil::date(2026, 3, 26),
            biz_id: None,
            out_id: None,
        }
    }

    fn reply(value: Value) -> Reply {
        Reply(value.as_object().expect("object").clone())
    }

    fn page(ids: &[&str], total: Value) -> Reply {
        let rows: Vec<Value> = ids.iter().map(|id| json!({"OutId": id, "SendStatus": 3})).collect();
        reply(json!({"SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}, "TotalCount": total}))
    }

    fn ids(found: &Found) -> Vec<&str> {
        found.receipts.iter().filter_map(|receipt| receipt.out_id.as_deref()).collect()
    }

    #[test]
    fn the_call_names_the_number_as_the_service_keeps_it() {
        let call = Filter { biz_id: Some("9^0".into()), ..filter() }.call(2, 50);
        let arguments = call.arguments(&Common::default()).expect("a sound call");
        assert_eq!(
            arguments[..7],
            [
                "dysmsapi",
                "query-send-details",
                "--phone-number=13800001000",
                "--send-date=20260326",
                "--biz-id=9^0",
                "--current-page=2",
                "--page-size=50",
            ]
        );
    }

    #[test]
    fn all_pages_are_read_and_filtered_here() {
        let pages = [page(&["a", "b"], json!("5")), page(&["b", "c"], json!("5"))];
        let end = page(&["b"], json!("5"));
        let mut pages = pages.into_iter().chain([end]);
        let filter = Filter { out_id: Some("b".into()), ..filter() };
        let found = gather(&filter, Pages::All { size: 2 }, &mut |_| {
            Ok(pages.next().expect("no page behind the last"))
        });
        let found = found.expect("found");
        assert_eq!(ids(&found), ["b", "b", "b"]);
        assert_eq!((found.raw.len(), found.more, found.incomplete), (3, false, false));
        assert!(found.is_final());
    }

    #[test]
    fn one_page_is_one_call_and_says_that_there_is_more() {
        let mut asked = Vec::new();
        let found = gather(&filter(), Pages::One { index: 2, size: 2 }, &mut |index| {
            asked.push(index);
            Ok(page(&["c", "d"], json!(5)))
        });
        let found = found.expect("found");
        assert_eq!((asked, found.more, found.incomplete), (vec![2], true, false));
        assert!(!found.is_final(), "what was not read may still be on its way");
    }

    #[test]
    fn a_service_that_repeats_itself_is_left_alone() {
        let found =
            gather(&filter(), Pages::All { size: 2 }, &mut |_| Ok(page(&["a", "b"], json!("900"))));
        let found = found.expect("found");
        assert_eq!((ids(&found), found.raw.len()), (vec!["a", "b"], 2));
        assert!(found.incomplete);
    }

    #[test]
    fn odd_replies_hold_no_receipts() {
        for odd in [
            json!({}),
            json!({"SmsSendDetailDTOs": null, "TotalCount": null}),
            json!({"SmsSendDetailDTOs": "none", "TotalCount": "many"}),
            json!({"SmsSendDetailDTOs": {"SmsSendDetailDTO": {}}, "TotalCount": "7"}),
            json!({"SmsSendDetailDTOs": {"SmsSendDetailDTO": [1, null, "x"]}}),
        ] {
            let found = gather(&filter(), Pages::ALL, &mut |_| Ok(reply(odd.clone())));
            let found = found.expect("found");
            assert!(found.receipts.is_empty() && !found.is_final(), "{odd}");
            assert_eq!(found.raw.len(), 1, "{odd}");
        }
        let bare = json!({"SmsSendDetailDTOs": [{"OutId": "a", "SendStatus": 1}]});
        let found = gather(&filter(), Pages::ALL, &mut |_| Ok(reply(bare.clone())));
        let found = found.expect("found");
        assert_eq!(ids(&found), ["a"]);
        assert!(!found.is_final(), "it is in flight");
        assert_eq!(found.count(Status::InFlight), 1);
    }
}
