//! The look-up of receipts: one page, all of them, or again and again until all are final.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::Value;

use super::{Receipt, china};
use crate::call::Call;
use crate::failure::Result;
use crate::operations::QUERY_SEND_DETAILS;
use crate::pages::{self, Extent, Pages};
use crate::phone;
use crate::service::{self, Service};

/// How many days back the service answers for; documented.
pub const DAYS_KEPT: i32 = 30;
/// Every receipt, in as few calls as possible.
const ALL: Extent = Extent::All { size: pages::LARGEST };
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
    /// The service gave the same page twice, so some may be missing.
    pub repeats: bool,
    /// The replies as they came.
    pub raw: Vec<Value>,
}

impl Found {
    fn from_pages(filter: &Filter, extent: Extent, pages: Pages) -> Self {
        let (_, size) = extent.first();
        let is_full = pages.entries.len() as u64 >= size;
        let more = match pages.total {
            Some(total) => is_full && extent.leaves_out(total),
            None => is_full && matches!(extent, Extent::One { .. }),
        };
        let receipts = pages.entries.iter().map(|row| Receipt::from_row(row, &filter.phone));
        Self {
            receipts: receipts.filter(|receipt| filter.holds(receipt)).collect(),
            more,
            repeats: pages.repeats,
            raw: pages.raw,
        }
    }

    /// Every receipt has come to its end. None at all is no end: the first one may be on its way.
    pub fn is_final(&self) -> bool {
        !self.receipts.is_empty()
            && !self.more
            && !self.repeats
            && self.receipts.iter().all(|receipt| receipt.status.is_final())
    }
}

/// The receipts of one page or of all.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn read(service: &Service<'_>, filter: &Filter, extent: Extent) -> Result<Found> {
    // Documented as an object around the list; taken without it as well.
    let lists = ["SmsSendDetailDTOs.SmsSendDetailDTO", "SmsSendDetailDTOs"];
    let call = |index, size| filter.call(index, size);
    let pages = pages::read(service, extent, call, &lists, &["TotalCount"])?;
    Ok(Found::from_pages(filter, extent, pages))
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

    fn pages(receipts: &[(&str, u8)], total: Option<u64>) -> Pages {
        let entries =
            receipts.iter().map(|(id, status)| json!({"OutId": id, "SendStatus": status}));
        Pages { entries: entries.collect(), total, ..Pages::default() }
    }

    fn ids(found: &Found) -> Vec<&str> {
        found.receipts.iter().filter_map(|receipt| receipt.out_id.as_deref()).collect()
    }

    #[test]
    fn the_out_id_is_filtered_here() {
        let receipts = [("a", 3), ("b", 3), ("a", 1)];
        let wanted = Filter { out_id: Some("b".into()), ..filter() };
        let found = Found::from_pages(&wanted, ALL, pages(&receipts, Some(3)));
        assert_eq!(ids(&found), ["b"]);
        assert!(found.is_final(), "the other message is not asked about");
        let found = Found::from_pages(&filter(), ALL, pages(&receipts, Some(3)));
        assert_eq!(ids(&found), ["a", "b", "a"]);
    }

    #[test]
    fn final_are_only_receipts_that_are_all_there_and_all_ended() {
        let one = Extent::One { index: 1, size: 2 };
        for (receipts, total, is_final) in [
            (&[("a", 3), ("b", 2)][..], Some(2), true),
            (&[("a", 3), ("b", 1)], Some(2), false),
            (&[("a", 3), ("b", 9)], Some(2), false),
            (&[("a", 3), ("b", 2)], Some(5), false),
            (&[("a", 3), ("b", 2)], None, false),
            (&[("a", 3)], None, true),
            (&[], Some(0), false),
        ] {
            let found = Found::from_pages(&filter(), one, pages(receipts, total));
            assert_eq!(found.is_final(), is_final, "{receipts:?} of {total:?}");
        }
        let repeating = Pages { repeats: true, ..pages(&[("a", 3)], Some(900)) };
        assert!(!Found::from_pages(&filter(), ALL, repeating).is_final());
    }
}
