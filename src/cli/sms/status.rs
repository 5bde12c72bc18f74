//! `alimsg sms status`: the delivery receipts of a number on a day.

use std::time::Duration;

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, MAX_PAGE_SIZE, PageRange};
use crate::api::call::ReadCall;
use crate::api::operations::Product;
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::cli::sms::day_range::DayRange;
use crate::message::phone;
use crate::message::time::china;
use crate::output::report;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::recent::{self, RecentSend};
use crate::sms::receipt::{self, DAYS_KEPT, Filter, Receipts, Sent};

const LATE: &str = "no receipt yet: the service usually lists a message within minutes, and its \
                    carrier can take up to 3 days to report; receipts are listed by the day of \
                    sending in China Standard Time";
const NO_RECORD: &str = "no record: the service lists no such message on that day, which is over \
                         in China Standard Time. It normally lists every message that it accepted, \
                         so the message was probably not sent, but that does not prove it";
const NARROW: &str = "use --biz-id to select fewer receipts, or --page-index to fetch one page";

#[derive(Debug, Args)]
#[command(after_help = "\
Without flags, the last send from this computer is shown: alimsg keeps the numbers and IDs of the
last 20 sends for 30 days, in a file that only you can read. A message counts as delivered only if
its receipt reports it. Without --all one page is fetched; --out-id and --wait fetch all pages. When the time of --wait is up, the exit code is still 0, with a
warning, and `final` is false in the JSON. Do not send again because a receipt is missing.

Examples:
  alimsg sms status -p 13800001000 --send-date yesterday
  alimsg sms status -p 13800001000 --last 2d
  alimsg sms status -p 13800001000 --biz-id '900619746936498440^0' --all --json
  alimsg sms status -p 13800001000 --out-id order-7 --wait=60
  alimsg --sandbox sms status -p 13800001000")]
pub struct Flags {
    /// Recipient of the message: 11 digits, +86 and 11 digits, or country code and number
    /// [default: those of the last send]
    #[arg(long, short, visible_alias = "to", value_name = "N")]
    phone_number: Option<String>,

    /// Day of sending: 20260326, 2026-03-26, yesterday, monday, "2d ago", 1w or RFC 3339; one of the
    /// last 30, counted in China Standard Time [default: today]
    #[arg(long, value_name = "DAY")]
    send_date: Option<String>,

    /// The last days, today included: 2d, 1w; at most 30 days
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["send_date", "page_index"])]
    last: Option<String>,

    /// Only messages with this ID, which the service returned for the send
    #[arg(long, value_name = "ID")]
    biz_id: Option<String>,

    /// Only messages with this ID, which you gave as --out-id
    #[arg(long, short, value_name = "ID")]
    out_id: Option<String>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long, conflicts_with = "page_index")]
    all: bool,

    /// Page, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    page_index: Option<u64>,

    /// Receipts per page, 1 to 50 [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE_SIZE))]
    page_size: Option<u64>,

    #[command(flatten)]
    limit: LimitFlag,

    /// Poll, with growing pauses, until every receipt is final or the time is up
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          default_missing_value = "120", conflicts_with_all = ["page_index", "page_size"],
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: Option<u64>,
}

/// Shows receipts; with `--wait`, once all are final or the time is up.
///
/// # Errors
/// Invalid or missing input; a failed call; a signal.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let now = Timestamp::now();
    let wait = flags.wait.map(Duration::from_secs);
    let rows = flags.limit.rows();
    let mut range = page_range(&flags);
    let wanted = wanted(context, flags, now)?;
    if wanted.filters.iter().any(|filter| filter.out_id.is_some())
        && let PageRange::One { index: 1, size } = range
    {
        range = PageRange::All { size };
    }
    let (index, size) = range.first();
    let calls: Vec<ReadCall> =
        wanted.filters.iter().flat_map(|filter| filter.calls(now, index, size)).collect();
    let calls: Vec<&ReadCall> = calls.iter().collect();
    let facts = |is_final| Facts {
        send_date: wanted.end.to_string(),
        start_date: wanted.start.map(|day| day.to_string()),
        is_final,
    };
    let report = |results: Vec<Receipts>| {
        let is_final = results.iter().all(Receipts::is_final);
        let result = results.into_iter().fold(Receipts::default(), Receipts::joined);
        warn_incomplete(context, &result, is_final, wait, range, wanted.is_past);
        let receipts = result.receipts.into_iter().take(rows.unwrap_or(usize::MAX));
        Report::from_rows("receipts", receipts, &facts(is_final), Value::Array(result.raw))
    };
    let Some(limit) = wait else {
        let is_streamed = context.screen.streams_rows() || rows.is_some();
        if is_streamed && matches!(range, PageRange::All { .. }) {
            return stream(context, &calls, &wanted, (range, rows), facts);
        }
        let fetch = |client: &Client<'_>| {
            wanted.filters.iter().map(|filter| receipt::fetch(client, filter, range)).collect()
        };
        return read_only::run(context, &calls, fetch, report);
    };
    if let Some(plan) = read_only::dry_run(context, &calls)? {
        return Ok(plan);
    }
    let guard = Guard::prepare(context, Product::Dysmsapi)?;
    wait_for(context, &guard, wanted.filters.clone(), limit).map(report)
}

/// Facts about the whole list of receipts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    /// The day of sending in China Standard Time, as yyyy-MM-dd; with `start_date` the last one.
    send_date: String,
    /// The first day of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    /// Whether all receipts have arrived, and none of them can change any more.
    #[serde(rename = "final")]
    is_final: bool,
}

fn page_range(flags: &Flags) -> PageRange {
    let size = flags.page_size.unwrap_or(MAX_PAGE_SIZE);
    // The service cannot filter by --out-id: the receipt may be on any page.
    let all =
        flags.all || flags.wait.is_some() || flags.out_id.is_some() || flags.limit.rows().is_some();
    match flags.page_index {
        None if all => PageRange::All { size },
        index => PageRange::One { index: index.unwrap_or(1), size },
    }
}

/// The receipts that the flags select.
struct Wanted {
    /// One for each number.
    filters: Vec<Filter>,
    /// The first of several days.
    start: Option<Date>,
    end: Date,
    /// The last day is over.
    is_past: bool,
}

/// Builds the filters for the receipts.
fn wanted(context: &Context, flags: Flags, now: Timestamp) -> Result<Wanted> {
    let today = china::day_of(now);
    let date = flags.send_date.as_deref().map(|text| day(text, today)).transpose()?;
    let last =
        flags.last.as_deref().map(|text| DayRange::last(text, today, DAYS_KEPT)).transpose()?;
    if flags.out_id.as_deref() == Some("") {
        // The call does not have this flag, so its check would not reject an empty value.
        return Err(
            Failure::usage("--out-id has an empty value").hint("give --out-id a value or omit it")
        );
    }
    if flags.phone_number.is_none() && date.is_none() && last.is_none() {
        let ids: Vec<&str> = flags.biz_id.iter().chain(&flags.out_id).map(String::as_str).collect();
        if let Some(wanted) = last_send(context, &ids, today)? {
            return Ok(wanted);
        }
    }
    let mut inputs = Inputs::new(context);
    let phone = inputs.need("--phone-number", "Phone number", flags.phone_number, |number| {
        phone::check_sms_number("--phone-number", number)
    })?;
    inputs.complete(&[])?;
    let (sent, start, end) = match (last, date) {
        (Some(days), _) => (Sent::Between(days.start, days.end), Some(days.start), days.end),
        (None, Some(day)) => (Sent::On(day), None, day),
        (None, None) => {
            context.screen.note(&format!(
                "showing {today}, today in China Standard Time (UTC+8); --send-date or --last selects \
                 other days"
            ));
            (Sent::On(today), None, today)
        }
    };
    let filter = Filter { phone, sent, biz_id: flags.biz_id, out_id: flags.out_id };
    Ok(Wanted { filters: vec![filter], start, end, is_past: end < today })
}

/// The filters for the last send with these IDs, or for the last one of all.
fn last_send(context: &Context, ids: &[&str], today: Date) -> Result<Option<Wanted>> {
    let is_wanted = |send: &RecentSend| {
        matches!(send.query, ReceiptQuery::Sms { .. }) && ids.iter().all(|id| send.has_id(id))
    };
    let Some(send) = recent::latest(&context.settings, is_wanted) else { return Ok(None) };
    send.require_same_account(&context.settings, &["sms", "status"])?;
    let ReceiptQuery::Sms { phones, .. } = &send.query else { return Ok(None) };
    let end = china::day_of(send.at);
    let sent_at = china::rfc3339(&china::at(send.at));
    context.screen.note(&format!("showing the send of {sent_at}, out-id {}", send.tracking_id));
    if send.recipients > phones.len() {
        let (kept, all) = (phones.len(), send.recipients);
        context.screen.warn(format!("showing {kept} of its {all} recipients; -p selects another"));
    }
    // Without a reply there is no biz_id; then the sender's own ID identifies the message.
    let out_id = send.service_id.is_none().then(|| send.tracking_id.clone());
    let filter = |phone: &String| Filter {
        phone: phone.clone(),
        sent: Sent::At(send.at),
        biz_id: send.service_id.clone(),
        out_id: out_id.clone(),
    };
    let filters = phones.iter().map(filter).collect();
    Ok(Some(Wanted { filters, start: None, end, is_past: end < today }))
}

/// Parses a day for which the service keeps receipts.
fn day(text: &str, today: Date) -> Result<Date> {
    let day = china::past_day("--send-date", text, today)?;
    let oldest = today.checked_sub(DAYS_KEPT.days()).unwrap_or(today);
    if day < oldest {
        return Err(Failure::usage(format!(
            "--send-date {day} is too long ago: the service keeps receipts for {DAYS_KEPT} days"
        ))
        .hint(format!("the oldest day is {oldest}")));
    }
    Ok(day)
}

fn wait_for(
    context: &Context,
    guard: &Guard<'_>,
    filters: Vec<Filter>,
    limit: Duration,
) -> Result<Vec<Receipts>> {
    let mut is_first = true;
    let mut lookups: Vec<_> =
        filters.into_iter().map(|filter| (filter, Receipts::default())).collect();
    receipt::wait(context, guard, &mut lookups, limit, &mut |open| {
        if is_first && open > 0 {
            let limit = limit.as_secs();
            context.screen.note(&format!("not every receipt is final; polling for {limit} s"));
        }
        is_first = false;
    })?;
    Ok(lookups.into_iter().map(|(_, result)| result).collect())
}

/// Fetches receipts and prints each page when it arrives.
fn stream(
    context: &Context,
    calls: &[&ReadCall],
    wanted: &Wanted,
    (range, limit): (PageRange, Option<usize>),
    facts: impl Fn(bool) -> Facts,
) -> Result<Report> {
    let fetch = |client: &Client<'_>| {
        let mut listing = Listing::new(context, "receipts", range).limit(limit);
        let (mut is_final, mut all) = (true, Receipts::default());
        for filter in &wanted.filters {
            let before = listing.rows();
            let result = receipt::fetch_each(client, filter, range, |receipts, raw| {
                is_final &= receipts.iter().all(|receipt| receipt.status.is_final());
                listing.take(receipts.iter().map(report::fields).collect(), &raw)
            })?;
            is_final &= listing.rows() > before && !result.more && !result.repeats;
            all = all.joined(result);
        }
        Ok((listing, all, is_final))
    };
    read_only::run(context, calls, fetch, |(listing, result, is_final)| {
        let is_closed = listing.is_closed();
        if result.repeats {
            context
                .screen
                .warn("the service returned the same page twice; the list may be incomplete");
        } else if listing.is_limited() && result.more {
            context.screen.note("there are more receipts: raise --limit, or use --all");
        } else if result.more && !is_closed {
            pages::warn_cut(context, NARROW);
        } else if listing.rows() == 0 && !is_closed {
            context.screen.note(if wanted.is_past { NO_RECORD } else { LATE });
        }
        listing.report(report::fields(&facts(is_final)))
    })
}

/// Prints notes and warnings about receipts that may be missing.
fn warn_incomplete(
    context: &Context,
    result: &Receipts,
    is_final: bool,
    wait: Option<Duration>,
    range: PageRange,
    is_past: bool,
) {
    let screen = &context.screen;
    if result.repeats {
        screen.warn("the service returned the same page twice; the list may be incomplete");
    } else if result.more && matches!(range, PageRange::All { .. }) {
        pages::warn_cut(context, NARROW);
    } else if result.more {
        screen.note(
            "there are more receipts: use --all for all pages, or --page-index for another one",
        );
    }
    if let Some(limit) = wait.filter(|_| !is_final) {
        let limit = limit.as_secs();
        screen.warn(if result.receipts.is_empty() {
            format!(
                "no receipt after {limit} s; the message may still have been sent, so do not send it again"
            )
        } else {
            format!("not every receipt is final after {limit} s; do not send again for that reason")
        });
    } else if result.receipts.is_empty() {
        screen.note(if is_past { NO_RECORD } else { LATE });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_send_date_must_be_within_the_last_30_days() {
        let today = date(2026, 3, 26);
        for text in ["20260326", "2026-03-26", "20260301", "2026-02-24", "yesterday"] {
            assert!(day(text, today).is_ok(), "{text}");
        }
        for text in ["20260327", "20260223", "tomorrow", "2026-3-26", "26.03.2026", ""] {
            assert!(day(text, today).expect_err(text).hint.is_some(), "{text}");
        }
        let future = day("20260327", today).expect_err("future");
        assert!(future.message.contains("in China Standard Time"), "{}", future.message);
    }
}
