//! `alimsg sms status`: the delivery receipts of a number on a day.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, MAX_BYTES, PageRange};
use crate::api::call;
use crate::api::operations::Product;
use crate::cli::Inputs;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::phone;
use crate::message::time::china;
use crate::output::report::Report;
use crate::sms::receipt::{self, DAYS_KEPT, Filter, Found, Sent};

const LATE: &str =
    "a receipt may take a while, and it is found under the day of sending in China Standard Time";
const NARROW: &str = "--biz-id narrows it down, and --page-index reads a page";

#[derive(Debug, Args)]
#[command(after_help = "\
Delivered is what the receipt calls so, nothing else. Without --all one page is read; --out-id and
--wait read all of them. When the time of --wait is up, the exit code is 0 all the same: a warning
says so, and `final` is false in the JSON. An open receipt is no reason to send again.

Examples:
  alimsg sms status -p 13800001000
  alimsg sms status -p 13800001000 --biz-id '900619746936498440^0' --all --json
  alimsg sms status -p 13800001000 --out-id order-7 --wait=60
  alimsg --sandbox sms status -p 13800001000")]
pub struct Flags {
    /// Number that the message went to: 11 digits, +86 and 11 digits, or country code and number
    #[arg(long, short, visible_alias = "to", value_name = "N")]
    phone_number: Option<String>,

    /// Day of sending: 20260326, 2026-03-26, "2d ago", 1w or RFC 3339; one of the last 30 [default:
    /// today, in China Standard Time: so the service counts days]
    #[arg(long, value_name = "DAY")]
    send_date: Option<String>,

    /// Only the messages of this send, by the service's ID
    #[arg(long, value_name = "ID")]
    biz_id: Option<String>,

    /// Only the messages with this ID of your own
    #[arg(long, short, value_name = "ID")]
    out_id: Option<String>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long, conflicts_with = "page_index")]
    all: bool,

    /// Page to read, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    page_index: Option<u64>,

    /// Receipts of one page, 1 to 50 [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_BYTES))]
    page_size: Option<u64>,

    /// Ask again, with growing pauses, until every receipt is in or the time is up
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          default_missing_value = "120", conflicts_with_all = ["page_index", "page_size"],
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: Option<u64>,
}

pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let now = Timestamp::now();
    let extent = extent(&flags);
    let wait = flags.wait.map(Duration::from_secs);
    let (filter, date) = filter(context, flags, now)?;
    let (index, size) = extent.first();
    let calls = filter.calls(now, index, size);
    let planned = client::dry_run(context, &call::any(&calls).collect::<Vec<_>>())?;
    if context.settings.dry_run {
        return Ok(planned);
    }
    let guard = Guard::prepare(context, Product::Dysmsapi)?;
    let found = match wait {
        Some(limit) => wait_for(context, &guard, filter, limit)?,
        None if context.screen.streams_rows() && matches!(extent, PageRange::All { .. }) => {
            return stream(context, &Client::open(context, &guard)?, (&filter, date), extent);
        }
        None => receipt::read(&Client::open(context, &guard)?, &filter, extent)?,
    };
    comment(context, &found, wait, extent);
    Ok(report(date, found))
}

fn extent(flags: &Flags) -> PageRange {
    let size = flags.page_size.unwrap_or(MAX_BYTES);
    // A page says nothing about an ID that the service cannot filter by.
    let all = flags.all || flags.wait.is_some() || flags.out_id.is_some();
    match flags.page_index {
        None if all => PageRange::All { size },
        index => PageRange::One { index: index.unwrap_or(1), size },
    }
}

/// What is wanted, and the day that it is asked for.
fn filter(context: &Context, flags: Flags, now: Timestamp) -> Result<(Filter, Date)> {
    let today = china::day_of(now);
    let date = flags.send_date.as_deref().map(|text| day(text, today)).transpose()?;
    if flags.out_id.as_deref() == Some("") {
        // It is no flag of the call, which would be refused with an empty one.
        return Err(Failure::usage("--out-id has an empty value")
            .hint("give --out-id a value or leave it out"));
    }
    let mut inputs = Inputs::new(context);
    let phone = inputs.need("--phone-number", "Phone number", flags.phone_number, |number| {
        phone::check_sms_number("--phone-number", number)
    })?;
    inputs.complete(&[])?;
    if date.is_none() {
        context.screen.note(&format!(
            "asking for {today}, today in China Standard Time (UTC+8), as the service counts days; \
             --send-date names another day"
        ));
    }
    let date = date.unwrap_or(today);
    let sent = Sent::On(date);
    Ok((Filter { phone, sent, biz_id: flags.biz_id, out_id: flags.out_id }, date))
}

/// A day that the service may answer for.
fn day(text: &str, today: Date) -> Result<Date> {
    let day = china::past_day("--send-date", text, today)?;
    let oldest = today.checked_sub(DAYS_KEPT.days()).unwrap_or(today);
    if day < oldest {
        return Err(Failure::usage(format!(
            "--send-date {day} is too long ago: the service keeps receipts for {DAYS_KEPT} days"
        ))
        .hint(format!("the oldest day to ask for is {oldest}")));
    }
    Ok(day)
}

fn wait_for(
    context: &Context,
    guard: &Guard<'_>,
    filter: Filter,
    limit: Duration,
) -> Result<Found> {
    let mut is_first = true;
    let mut wanted = [(filter, Found::default())];
    receipt::wait(context, guard, &mut wanted, limit, &mut |open| {
        if is_first && open > 0 {
            let limit = limit.as_secs();
            context.screen.note(&format!("not every receipt is in; asking again for {limit} s"));
        }
        is_first = false;
    })?;
    let [(_, found)] = wanted;
    Ok(found)
}

/// Prints every receipt as its page comes.
fn stream(
    context: &Context,
    service: &Client<'_>,
    (filter, date): (&Filter, Date),
    extent: PageRange,
) -> Result<Report> {
    let mut listing = Listing::new(context, "receipts", extent);
    let mut is_final = true;
    let found = receipt::read_each(service, filter, extent, |receipts, raw| {
        is_final &= receipts.iter().all(|receipt| receipt.status.is_final());
        listing.take(receipts.iter().map(receipt::Receipt::item).collect(), &raw)
    })?;
    let is_closed = listing.is_closed();
    if found.repeats {
        context.screen.warn("the service repeats its pages; the list may be incomplete");
    } else if found.more && !is_closed {
        pages::warn_cut(context, NARROW);
    } else if listing.rows() == 0 && !is_closed {
        context.screen.note(LATE);
    }
    let is_final = is_final && listing.rows() > 0 && !found.more && !found.repeats;
    Ok(listing.report(facts(date, is_final)))
}

fn facts(date: Date, is_final: bool) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("send_date".into(), json!(date.to_string()));
    facts.insert("final".into(), json!(is_final));
    facts
}

/// What the list itself does not say.
fn comment(context: &Context, found: &Found, wait: Option<Duration>, extent: PageRange) {
    let screen = &context.screen;
    if found.repeats {
        screen.warn("the service repeats its pages; the list may be incomplete");
    } else if found.more && matches!(extent, PageRange::All { .. }) {
        pages::warn_cut(context, NARROW);
    } else if found.more {
        screen.note("there are more: --all reads every page, --page-index another one");
    }
    if let Some(limit) = wait
        && !found.is_final()
    {
        let limit = limit.as_secs();
        screen.warn(if found.receipts.is_empty() {
            format!("there is no receipt after {limit} s; that does not mean that nothing was sent")
        } else {
            format!("not every receipt is in after {limit} s; do not send again because of that")
        });
    } else if found.receipts.is_empty() {
        screen.note(LATE);
    }
}

fn report(date: Date, found: Found) -> Report {
    Report::List {
        name: "receipts",
        items: found.receipts.iter().map(receipt::Receipt::item).collect(),
        facts: facts(date, found.is_final()),
        raw: Value::Array(found.raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_one_of_the_last_thirty() {
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
