//! The look-up of receipts: one page, all of them, or again and again until all are final.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::Value;

use super::{Receipt, china};
use crate::call::Call;
use crate::failure::Result;
use crate::operations::QUERY_SEND_DETAILS;
use crate::pages::{self, Listing, Pages, Place};
use crate::phone;
use crate::service::{self, Service};

/// How many days back the service answers for; documented.
pub const DAYS_KEPT: i32 = 30;
/// The most receipts of one page; documented.
pub const LARGEST_PAGE: u64 = 50;
/// Documented as an object around the list; taken without it as well.
const PLACE: Place = Place {
    rows: &["SmsSendDetailDTOs.SmsSendDetailDTO", "SmsSendDetailDTOs"],
    total: &["TotalCount"],
};
/// Every receipt, in as few calls as possible.
const ALL: Pages = Pages::All { size: LARGEST_PAGE };
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
}

/// All receipts that the filter lets through, the newest first.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn query(service: &Service<'_>, filter: &Filter) -> Result<Vec<Receipt>> {
    read(service, filter, ALL).map(|found| found.receipts)
}

/// The receipts of one page or of all.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn read(service: &Service<'_>, filter: &Filter, pages: Pages) -> Result<Found> {
    let (_, size) = pages.first();
    pages::read(pages, &PLACE, |index| service.read(&filter.call(index, size)))
        .map(|listing| found(filter, listing))
}

fn found(filter: &Filter, listing: Listing) -> Found {
    let receipts = listing.rows.iter().map(|row| Receipt::from_row(row, &filter.phone));
    Found {
        receipts: receipts.filter(|receipt| filter.holds(receipt)).collect(),
        more: listing.more,
        incomplete: listing.incomplete,
        raw: listing.raw,
    }
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
                *found = read(service, filter, ALL)?;
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
    use crate::receipt::Status;
    use crate::reply::Reply;
    use serde_json::json;

    fn filter() -> Filter {
        Filter {
            phone: "+8613800001000".into(),
            date: jiff::civil::date(2026, 3, 26),
            biz_id: None,
            out_id: None,
        }
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

    fn found_in(filter: &Filter, pages: Pages, reply: Value) -> Found {
        let listing = pages::read(pages, &PLACE, |_| match &reply {
            Value::Object(reply) => Ok(Reply(reply.clone())),
            other => panic!("{other} is no reply"),
        });
        found(filter, listing.expect("read"))
    }

    fn ids(found: &Found) -> Vec<&str> {
        found.receipts.iter().filter_map(|receipt| receipt.out_id.as_deref()).collect()
    }

    fn page(receipts: &[(&str, u8)], total: Value) -> Value {
        let rows: Vec<Value> = receipts
            .iter()
            .map(|(id, status)| json!({"OutId": id, "SendStatus": status}))
            .collect();
        json!({"SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}, "TotalCount": total})
    }

    #[test]
    fn the_out_id_is_filtered_here() {
        let reply = page(&[("a", 3), ("b", 3), ("a", 1)], json!("3"));
        let wanted = Filter { out_id: Some("b".into()), ..filter() };
        let found = found_in(&wanted, ALL, reply.clone());
        assert_eq!(ids(&found), ["b"]);
        assert!(found.is_final(), "the other message is not asked about");
        assert_eq!(ids(&found_in(&filter(), ALL, reply)), ["a", "b", "a"]);
    }

    #[test]
    fn final_are_only_receipts_that_are_all_there_and_all_ended() {
        let one = Pages::One { index: 1, size: 2 };
        for (receipts, total, is_final) in [
            (&[("a", 3), ("b", 2)][..], 2, true),
            (&[("a", 3), ("b", 1)], 2, false),
            (&[("a", 3), ("b", 9)], 2, false),
            (&[("a", 3), ("b", 2)], 5, false),
            (&[], 0, false),
        ] {
            let found = found_in(&filter(), one, page(receipts, json!(total)));
            assert_eq!(found.is_final(), is_final, "{receipts:?} of {total}");
        }
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
            let found = found_in(&filter(), ALL, odd.clone());
            assert!(found.receipts.is_empty() && !found.is_final(), "{odd}");
        }
        let bare = json!({"SmsSendDetailDTOs": [{"OutId": "a", "SendStatus": 1}]});
        let found = found_in(&filter(), ALL, bare);
        assert_eq!((ids(&found), found.receipts[0].status), (vec!["a"], Status::InFlight));
    }
}
