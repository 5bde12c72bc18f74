//! Fetching receipts: one page, all pages, or again and again until all are final.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::aliyun::pages::{self, PageRange, Pages};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::QUERY_SEND_DETAILS;
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::Result;
use crate::message::phone;
use crate::message::time::china;
use crate::sms::receipt::Receipt;

/// For how many days the service keeps receipts; documented.
pub const DAYS_KEPT: i32 = 30;
/// Every receipt, in as few calls as possible.
const ALL: PageRange = PageRange::All { size: pages::MAX_PAGE_SIZE };
/// The pauses between two polls, in seconds; the last one is repeated.
const PAUSES: [u64; 6] = [1, 2, 3, 5, 8, 10];
/// Where a reply has its receipts: documented as an object around the list; a bare list is accepted.
const LISTS: [&str; 2] = ["SmsSendDetailDTOs.SmsSendDetailDTO", "SmsSendDetailDTOs"];
/// The largest difference between the clocks of this machine and of the service.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// When the message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// On that day in China Standard Time.
    On(Date),
    /// From the first of these days in China Standard Time to the last.
    Between(Date, Date),
    /// At that moment or a little later: around midnight in China either of two days.
    At(Timestamp),
}

impl Sent {
    /// The days to query, the latest first.
    fn days(self, now: Timestamp) -> Vec<Date> {
        let moment = match self {
            Self::On(day) => return vec![day],
            Self::Between(first, last) => {
                let earlier = |day: &Date| day.yesterday().ok().filter(|day| *day >= first);
                return std::iter::successors(Some(last), earlier).collect();
            }
            Self::At(moment) => moment,
        };
        let shifted = |skew| moment.checked_add(skew).unwrap_or(moment);
        // Never tomorrow, even if the clock of the service is ahead.
        let moments = [now, shifted(CLOCK_SKEW).min(now), shifted(-CLOCK_SKEW).min(now)];
        let mut days = moments.map(china::day_of).to_vec();
        days.dedup();
        days
    }
}

/// Which receipts to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// In any form that [`phone::check_sms_number`] accepts.
    pub phone: String,
    pub sent: Sent,
    /// The service's ID of the call that sent.
    pub biz_id: Option<String>,
    /// The sender's own ID. The service cannot filter by it, so it is filtered here.
    pub out_id: Option<String>,
}

impl Filter {
    /// The calls for one page, one for each day.
    pub fn calls(&self, now: Timestamp, index: u64, size: u64) -> Vec<ReadCall> {
        self.sent.days(now).into_iter().map(|day| self.call(day, index, size)).collect()
    }

    fn call(&self, day: Date, index: u64, size: u64) -> ReadCall {
        Call::to(&QUERY_SEND_DETAILS)
            .text("--phone-number", phone::canonical_sms_number(&self.phone))
            .text("--send-date", china::compact(day))
            .optional_text("--biz-id", self.biz_id.as_deref())
            .optional_integer("--current-page", Some(index))
            .optional_integer("--page-size", Some(size))
    }

    /// The receipts in the reply to one of the calls, each with its row. A row also has the text of
    /// the message.
    pub fn rows<'r>(&self, reply: &'r Reply) -> impl Iterator<Item = (&'r Value, Receipt)> {
        self.pick(reply.items(&LISTS))
    }

    fn pick<'r>(&self, rows: &'r [Value]) -> impl Iterator<Item = (&'r Value, Receipt)> {
        rows.iter()
            .filter(|row| row.is_object())
            .map(|row| (row, Receipt::from_row(row, &self.phone)))
            .filter(|(_, receipt)| self.out_id.is_none() || receipt.out_id == self.out_id)
    }
}

/// The receipts that were found.
#[derive(Debug, Clone, Default)]
pub struct Receipts {
    pub receipts: Vec<Receipt>,
    /// There are further pages.
    pub more: bool,
    /// The service gave the same page twice, so some may be missing.
    pub repeats: bool,
    /// The replies as they came.
    pub raw: Vec<Value>,
}

impl Receipts {
    fn from_pages(filter: &Filter, range: PageRange, pages: Pages) -> Self {
        let (_, size) = range.first();
        let is_full = pages.entries.len() as u64 >= size;
        let more = match pages.end.total {
            _ if pages.end.is_cut => true,
            Some(total) => is_full && range.leaves_out(total),
            None => is_full && matches!(range, PageRange::One { .. }),
        };
        Self {
            receipts: filter.pick(&pages.entries).map(|(_, receipt)| receipt).collect(),
            more,
            repeats: pages.end.repeats,
            raw: pages.raw,
        }
    }

    /// Both results in one.
    #[must_use]
    pub fn joined(mut self, other: Self) -> Self {
        self.join(other);
        self
    }

    /// Adds the receipts of an earlier day.
    fn join(&mut self, earlier: Self) {
        self.receipts.extend(earlier.receipts);
        self.more |= earlier.more;
        self.repeats |= earlier.repeats;
        self.raw.extend(earlier.raw);
    }

    /// Whether every receipt is final. Without any receipt it is not: the first one may still come.
    pub fn is_final(&self) -> bool {
        !self.receipts.is_empty()
            && !self.more
            && !self.repeats
            && self.receipts.iter().all(|receipt| receipt.status.is_final())
    }
}

/// Fetches the receipts of one page or of all, the latest day first.
///
/// # Errors
/// A failed call.
pub fn fetch(client: &Client<'_>, filter: &Filter, range: PageRange) -> Result<Receipts> {
    let mut found = Receipts::default();
    for day in filter.sent.days(Timestamp::now()) {
        let call = |index, size| filter.call(day, index, size);
        let pages = pages::read(client, range, call, &LISTS, &["TotalCount"])?;
        found.join(Receipts::from_pages(filter, range, pages));
    }
    Ok(found)
}

/// Fetches every receipt and hands them to `take` page by page, of each day the newest first. The
/// result has neither the receipts nor whether all of them are final.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_each(
    client: &Client<'_>,
    filter: &Filter,
    range: PageRange,
    mut take: impl FnMut(Vec<Receipt>, Value) -> ControlFlow<()>,
) -> Result<Receipts> {
    let mut found = Receipts::default();
    for day in filter.sent.days(Timestamp::now()) {
        let call = |index, size| filter.call(day, index, size);
        let end = pages::each(client, range, call, &LISTS, &["TotalCount"], |entries, raw| {
            take(filter.pick(&entries).map(|(_, receipt)| receipt).collect(), raw)
        })?;
        found.join(Receipts { more: end.is_cut, repeats: end.repeats, ..Receipts::default() });
        if end.is_cut {
            break;
        }
    }
    Ok(found)
}

/// Polls, with growing pauses, until every receipt of every filter is final or the time is up. The
/// latest receipts are beside their filter, also after a failure. After each poll `progress` gets
/// the number of filters whose receipts are not final. ai-mode is on during the polls only, never
/// during the pauses.
///
/// # Errors
/// A failed call; a signal.
pub fn wait(
    context: &Context,
    guard: &Guard<'_>,
    wanted: &mut [(Filter, Receipts)],
    limit: Duration,
    progress: &mut dyn FnMut(usize),
) -> Result<()> {
    let deadline = Instant::now() + limit;
    let mut pauses = PAUSES.into_iter().chain(std::iter::repeat(PAUSES[PAUSES.len() - 1]));
    loop {
        let client = Client::open(context, guard)?;
        let open = wanted.iter_mut().filter(|(_, found)| !found.is_final());
        for (number, (filter, found)) in open.enumerate() {
            // With many numbers, one poll could take much longer than the limit.
            if number > 0 && Instant::now() >= deadline {
                break;
            }
            *found = fetch(&client, filter, ALL)?;
        }
        drop(client);
        let open = wanted.iter().filter(|(_, found)| !found.is_final()).count();
        progress(open);
        let remaining = deadline.saturating_duration_since(Instant::now());
        if open == 0 || remaining.is_zero() {
            return Ok(());
        }
        // The last poll is when the time is up.
        let pause = pauses.next().map_or(remaining, Duration::from_secs);
        client::sleep(pause.min(remaining))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aliyun::pages::ListEnd;
    use crate::api::call::Common;
    use serde_json::json;

    fn filter() -> Filter {
        Filter {
            phone: "+8613800001000".into(),
            sent: Sent::On(jiff::civil::date(2026, 3, 26)),
            biz_id: None,
            out_id: None,
        }
    }

    #[test]
    fn the_call_has_the_number_as_the_service_stores_it() {
        let wanted = Filter { biz_id: Some("9^0".into()), ..filter() };
        let calls = wanted.calls(Timestamp::UNIX_EPOCH, 2, 50);
        assert_eq!(calls.len(), 1);
        let arguments = calls[0].arguments(&Common::default()).expect("a valid call");
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
    fn days_are_those_of_china_and_around_midnight_there_are_two() {
        let days = |sent: &str, now: &str| {
            let time = |text: &str| text.parse::<Timestamp>().expect("a time");
            let days = Sent::At(time(sent)).days(time(now));
            days.into_iter().map(china::compact).collect::<Vec<_>>()
        };
        assert_eq!(days("2026-03-26T04:00:00Z", "2026-03-26T04:00:09Z"), ["20260326"]);
        // 16:00 UTC is midnight in China.
        let both = ["20260327", "20260326"];
        assert_eq!(days("2026-03-26T15:59:59Z", "2026-03-26T16:00:01Z"), both);
        assert_eq!(days("2026-03-26T16:00:01Z", "2026-03-26T16:00:09Z"), both);
        assert_eq!(days("2026-03-26T15:59:50Z", "2026-03-26T15:59:59Z"), ["20260326"]);
        // Days later.
        let later = days("2026-03-26T15:59:59Z", "2026-03-30T04:00:00Z");
        assert_eq!(later, ["20260330", "20260327", "20260326"]);
    }

    #[test]
    fn receipts_of_two_days_are_joined() {
        let mut found = Receipts::default();
        found.join(Receipts::from_pages(&filter(), ALL, pages(&[], Some(0))));
        assert!(!found.is_final());
        found.join(Receipts::from_pages(&filter(), ALL, pages(&[("a", 3)], Some(1))));
        assert!(found.is_final());
        found.join(Receipts { more: true, ..Receipts::default() });
        assert!(!found.is_final());
    }

    fn pages(receipts: &[(&str, u8)], total: Option<u64>) -> Pages {
        let entries =
            receipts.iter().map(|(id, status)| json!({"OutId": id, "SendStatus": status}));
        let end = ListEnd { total, ..ListEnd::default() };
        Pages { entries: entries.collect(), end, ..Pages::default() }
    }

    fn ids(found: &Receipts) -> Vec<&str> {
        found.receipts.iter().filter_map(|receipt| receipt.out_id.as_deref()).collect()
    }

    #[test]
    fn receipts_are_filtered_by_out_id() {
        let receipts = [("a", 3), ("b", 3), ("a", 1)];
        let wanted = Filter { out_id: Some("b".into()), ..filter() };
        let found = Receipts::from_pages(&wanted, ALL, pages(&receipts, Some(3)));
        assert_eq!(ids(&found), ["b"]);
        assert!(found.is_final(), "the other message does not count");
        let found = Receipts::from_pages(&filter(), ALL, pages(&receipts, Some(3)));
        assert_eq!(ids(&found), ["a", "b", "a"]);
    }

    #[test]
    fn receipts_are_final_only_if_none_is_missing_or_in_flight() {
        let one = PageRange::One { index: 1, size: 2 };
        for (receipts, total, is_final) in [
            (&[("a", 3), ("b", 2)][..], Some(2), true),
            (&[("a", 3), ("b", 1)], Some(2), false),
            (&[("a", 3), ("b", 9)], Some(2), false),
            (&[("a", 3), ("b", 2)], Some(5), false),
            (&[("a", 3), ("b", 2)], None, false),
            (&[("a", 3)], None, true),
            (&[], Some(0), false),
        ] {
            let found = Receipts::from_pages(&filter(), one, pages(receipts, total));
            assert_eq!(found.is_final(), is_final, "{receipts:?} of {total:?}");
        }
        let mut repeating = pages(&[("a", 3)], Some(900));
        repeating.end.repeats = true;
        assert!(!Receipts::from_pages(&filter(), ALL, repeating).is_final());
    }
}
