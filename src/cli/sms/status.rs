//! `alimsg sms status`: the delivery receipts of a number on a day.

use std::time::Duration;

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
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
use crate::message::phone;
use crate::message::time::china;
use crate::output::report;
use crate::sms::receipt::{self, DAYS_KEPT, Filter, Receipts, Sent};

const LATE: &str =
    "receipts can take a while; they are listed by the day of sending in China Standard Time";
const NARROW: &str = "use --biz-id to select fewer receipts, or --page-index to fetch one page";

#[derive(Debug, Args)]
#[command(after_help = "\
A message counts as delivered only if its receipt reports it. Without --all one page is fetched;
--out-id and --wait fetch all pages. When the time of --wait is up, the exit code is still 0, with a
warning, and `final` is false in the JSON. Do not send again because a receipt is missing.

Examples:
  alimsg sms status -p 13800001000
  alimsg sms status -p 13800001000 --biz-id '900619746936498440^0' --all --json
  alimsg sms status -p 13800001000 --out-id order-7 --wait=60
  alimsg --sandbox sms status -p 13800001000")]
pub struct Flags {
    /// Recipient of the message: 11 digits, +86 and 11 digits, or country code and number
    #[arg(long, short, visible_alias = "to", value_name = "N")]
    phone_number: Option<String>,

    /// Day of sending: 20260326, 2026-03-26, "2d ago", 1w or RFC 3339; one of the last 30, counted in
    /// China Standard Time [default: today]
    #[arg(long, value_name = "DAY")]
    send_date: Option<String>,

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
    let range = page_range(&flags);
    let wait = flags.wait.map(Duration::from_secs);
    let rows = flags.limit.rows();
    let (filter, date) = filter(context, flags, now)?;
    let (index, size) = range.first();
    let calls = filter.calls(now, index, size);
    let calls: Vec<&ReadCall> = calls.iter().collect();
    let report = |result: Receipts| {
        warn_incomplete(context, &result, wait, range);
        let facts = Facts { send_date: date.to_string(), is_final: result.is_final() };
        let receipts = result.receipts.into_iter().take(rows.unwrap_or(usize::MAX));
        Report::from_rows("receipts", receipts, &facts, Value::Array(result.raw))
    };
    let Some(limit) = wait else {
        let is_streamed = context.screen.streams_rows() || rows.is_some();
        if is_streamed && matches!(range, PageRange::All { .. }) {
            return stream(context, &calls, (&filter, date), range, rows);
        }
        let fetch = |client: &Client<'_>| receipt::fetch(client, &filter, range);
        return read_only::run(context, &calls, fetch, report);
    };
    if let Some(plan) = read_only::dry_run(context, &calls)? {
        return Ok(plan);
    }
    let guard = Guard::prepare(context, Product::Dysmsapi)?;
    wait_for(context, &guard, filter, limit).map(report)
}

/// Facts about the whole list of receipts.
#[derive(Debug, Serialize)]
struct Facts {
    /// The day of sending in China Standard Time, as yyyy-MM-dd.
    send_date: String,
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

/// Builds the filter for the receipts, and returns the day of sending.
fn filter(context: &Context, flags: Flags, now: Timestamp) -> Result<(Filter, Date)> {
    let today = china::day_of(now);
    let date = flags.send_date.as_deref().map(|text| day(text, today)).transpose()?;
    if flags.out_id.as_deref() == Some("") {
        // The call does not have this flag, so its check would not reject an empty value.
        return Err(
            Failure::usage("--out-id has an empty value").hint("give --out-id a value or omit it")
        );
    }
    let mut inputs = Inputs::new(context);
    let phone = inputs.need("--phone-number", "Phone number", flags.phone_number, |number| {
        phone::check_sms_number("--phone-number", number)
    })?;
    inputs.complete(&[])?;
    if date.is_none() {
        context.screen.note(&format!(
            "showing {today}, today in China Standard Time (UTC+8); --send-date selects another day"
        ));
    }
    let date = date.unwrap_or(today);
    let sent = Sent::On(date);
    Ok((Filter { phone, sent, biz_id: flags.biz_id, out_id: flags.out_id }, date))
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
    filter: Filter,
    limit: Duration,
) -> Result<Receipts> {
    let mut is_first = true;
    let mut lookups = [(filter, Receipts::default())];
    receipt::wait(context, guard, &mut lookups, limit, &mut |open| {
        if is_first && open > 0 {
            let limit = limit.as_secs();
            context.screen.note(&format!("not every receipt is final; polling for {limit} s"));
        }
        is_first = false;
    })?;
    let [(_, result)] = lookups;
    Ok(result)
}

/// Fetches receipts and prints each page when it arrives.
fn stream(
    context: &Context,
    calls: &[&ReadCall],
    (filter, date): (&Filter, Date),
    range: PageRange,
    limit: Option<usize>,
) -> Result<Report> {
    let fetch = |client: &Client<'_>| {
        let mut listing = Listing::new(context, "receipts", range).limit(limit);
        let mut is_final = true;
        let result = receipt::fetch_each(client, filter, range, |receipts, raw| {
            is_final &= receipts.iter().all(|receipt| receipt.status.is_final());
            listing.take(receipts.iter().map(report::fields).collect(), &raw)
        })?;
        let is_final = is_final && listing.rows() > 0 && !result.more && !result.repeats;
        Ok((listing, result, is_final))
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
            context.screen.note(LATE);
        }
        listing.report(report::fields(&Facts { send_date: date.to_string(), is_final }))
    })
}

/// Prints notes and warnings about receipts that may be missing.
fn warn_incomplete(context: &Context, result: &Receipts, wait: Option<Duration>, range: PageRange) {
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
    if let Some(limit) = wait
        && !result.is_final()
    {
        let limit = limit.as_secs();
        screen.warn(if result.receipts.is_empty() {
            format!(
                "no receipt after {limit} s; the message may still have been sent, so do not send it again"
            )
        } else {
            format!("not every receipt is final after {limit} s; do not send again for that reason")
        });
    } else if result.receipts.is_empty() {
        screen.note(LATE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_send_date_must_be_within_the_last_30_days() {
        let today = date(2026, 3, 26);
        for text in ["20260326", "2026-03-26", "20260301", "2026-02-24"] {
            assert!(day(text, today).is_ok(), "{text}");
        }
        for text in ["20260327", "20260223", "yesterday", "2026-3-26", "26.03.2026", ""] {
            assert!(day(text, today).expect_err(text).hint.is_some(), "{text}");
        }
        let future = day("20260327", today).expect_err("future");
        assert!(future.message.contains("in China Standard Time"), "{}", future.message);
    }
}
