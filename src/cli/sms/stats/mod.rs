//! `alimsg sms stats`: messages sent, delivered and failed, day by day.
//!
//! Facts of the call QuerySendStatistics: days in China Standard Time, pages of 1 to 50 days, no
//! documented limit of the range; template types 0 verification, 1 notification, 2 promotion,
//! 3 international, 7 digital.

mod span;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::pages::{self, MAX_BYTES, PageRange};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{Product, QUERY_SEND_STATISTICS};
use crate::api::reply::fields;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::time::china;
use crate::output::chart;
use crate::output::report::Report;
use span::Span;

/// Our words for the types, and the service's numbers.
const TYPES: [(&str, u64); 5] = [
    ("verification", 0),
    ("notification", 1),
    ("promotion", 2),
    ("international", 3),
    ("digital", 7),
];

#[derive(Debug, Args)]
#[command(after_help = "\
Days are those of China Standard Time (UTC+8). `total` counts what the service accepted; delivered,
failed and pending are what the receipts say so far, and delivery_rate is delivered / total. The
service leaves out days without messages.

Examples:
  alimsg sms stats --last 30d
  alimsg sms stats --start-date 2026-03-01 --end-date 2026-03-26 --template-type verification
  alimsg sms stats --last 7d --is-globe 2 --sign-name Acme --json
  alimsg --sandbox sms stats --last 7d")]
pub struct Flags {
    /// First day: 20260301, 2026-03-01, "30d ago", 4w or RFC 3339
    #[arg(long, value_name = "DAY", conflicts_with = "last")]
    start_date: Option<String>,

    /// Last day, in the same forms [default: today]
    #[arg(long, value_name = "DAY", conflicts_with = "last")]
    end_date: Option<String>,

    /// The last days, today included: 7d, 4w [default: 7d]
    #[arg(long, value_name = "SPAN")]
    last: Option<String>,

    /// 1: messages inside the Chinese mainland; 2: to all other places
    #[arg(long, value_name = "1|2", default_value = "1",
          value_parser = clap::value_parser!(u64).range(1..=2))]
    is_globe: u64,

    /// verification, notification, promotion, international or digital, or the service's 0, 1, 2,
    /// 3, 7
    #[arg(long, value_name = "TYPE")]
    template_type: Option<String>,

    /// Only the messages with this signature
    #[arg(long, short, value_name = "S")]
    sign_name: Option<String>,

    /// Days that are read in one call, 1 to 50
    #[arg(long, value_name = "N", default_value_t = MAX_BYTES,
          value_parser = clap::value_parser!(u64).range(1..=MAX_BYTES))]
    page_size: u64,
}

pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    let today = china::day_of(Timestamp::now());
    let span = match (&flags.start_date, &flags.end_date, &flags.last) {
        (Some(start), end, _) => Span::between(start, end.as_deref(), today)?,
        (None, Some(_), _) => return Err(Failure::missing(&["--start-date"], Vec::new())),
        (None, None, Some(last)) => Span::last(last, today)?,
        (None, None, None) => Span::usual(today),
    };
    let kind = flags.template_type.as_deref().map(template_type).transpose()?;
    let call = |index, size| call(flags, &span, kind, (index, size));
    let planned = client::dry_run(context, &[&call(1, flags.page_size)])?;
    if context.settings.dry_run {
        return Ok(planned);
    }
    let service = Client::connect(context, Product::Dysmsapi)?;
    let extent = PageRange::All { size: flags.page_size };
    let (lists, totals) = (["Data.TargetList", "TargetList"], ["Data.TotalSize", "TotalSize"]);
    let pages = pages::read(&service, extent, call, &lists, &totals)?;
    drop(service);
    pages.end.remark(context, extent);
    let mut days: Vec<Day> = pages.entries.iter().map(Day::from_row).collect();
    // Days in their order, whatever the service's; what has no date comes last.
    days.sort_by(|one, other| {
        (one.date.is_none(), &one.date).cmp(&(other.date.is_none(), &other.date))
    });
    if days.is_empty() && kind == Some(3) && flags.is_globe == 1 {
        context.screen.note("messages to other places than the mainland count with --is-globe 2");
    }
    let drawing = chart::bars(&days.iter().map(Day::bar).collect::<Vec<_>>());
    let report = Report::List {
        name: "days",
        items: days.iter().map(Day::item).collect(),
        facts: facts(&span, &days),
        raw: Value::Array(pages.raw),
    };
    Ok(if days.is_empty() { report } else { report.drawn(drawing) })
}

fn call(flags: &Flags, span: &Span, kind: Option<u64>, page: (u64, u64)) -> ReadCall {
    Call::to(&QUERY_SEND_STATISTICS)
        .text("--start-date", china::compact(span.start))
        .text("--end-date", china::compact(span.end))
        .optional_integer("--is-globe", Some(flags.is_globe))
        .optional_integer("--template-type", kind)
        .optional_text("--sign-name", flags.sign_name.as_deref())
        .optional_integer("--page-index", Some(page.0))
        .optional_integer("--page-size", Some(page.1))
}

/// The service's number for a type.
fn template_type(word: &str) -> Result<u64> {
    let lower = word.to_lowercase();
    let found = TYPES.iter().find(|(name, number)| *name == lower || number.to_string() == lower);
    found.map(|(_, number)| *number).ok_or_else(|| {
        let words: Vec<String> =
            TYPES.iter().map(|(name, number)| format!("{name} ({number})")).collect();
        Failure::usage(format!("--template-type {word:?} is no type of a template"))
            .hint(format!("one of {}", words.join(", ")))
    })
}

/// The messages of one day. A count that the service does not give is not known, and not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Day {
    date: Option<String>,
    total: Option<u64>,
    delivered: Option<u64>,
    failed: Option<u64>,
    pending: Option<u64>,
}

impl Day {
    fn from_row(row: &Value) -> Self {
        let count = |name| fields::number(row, &[name]);
        let date = fields::text(row, &["SendDate"]);
        Self {
            // A date of another form is shown as it came.
            date: date.map(|text| china::parse_day(&text).map_or(text, |day| day.to_string())),
            total: count("TotalCount"),
            delivered: count("RespondedSuccessCount"),
            failed: count("RespondedFailCount"),
            pending: count("NoRespondedCount"),
        }
    }

    fn item(&self) -> Map<String, Value> {
        let mut item = Map::new();
        item.insert("date".into(), json!(self.date));
        item.insert("total".into(), json!(self.total));
        item.insert("delivered".into(), json!(self.delivered));
        item.insert("failed".into(), json!(self.failed));
        item.insert("pending".into(), json!(self.pending));
        item.insert("delivery_rate".into(), json!(rate(self.delivered, self.total)));
        item
    }

    /// The day and its rate, and how long its bar is.
    fn bar(&self) -> (String, u64) {
        let date = self.date.as_deref().unwrap_or("?");
        let rate = rate(self.delivered, self.total)
            .map_or_else(|| "-".into(), |rate| format!("{:.1} %", rate * 100.0));
        (format!("{date}  {rate:>7}"), self.total.unwrap_or(0))
    }
}

/// Between 0 and 1, to four decimals; not known where nothing was sent.
fn rate(delivered: Option<u64>, total: Option<u64>) -> Option<f64> {
    let (delivered, total) = (delivered?, total.filter(|total| *total > 0)?);
    let ten_thousandths = u128::from(delivered) * 10_000 + u128::from(total) / 2;
    // Small enough for a number with a point to be exact.
    let ten_thousandths = u32::try_from(ten_thousandths / u128::from(total)).ok()?;
    Some(f64::from(ten_thousandths) / 10_000.0)
}

fn facts(span: &Span, days: &[Day]) -> Map<String, Value> {
    let sum = |count: fn(&Day) -> Option<u64>| -> u64 {
        days.iter().filter_map(count).fold(0, u64::saturating_add)
    };
    let (total, delivered) = (sum(|day| day.total), sum(|day| day.delivered));
    let mut facts = Map::new();
    facts.insert("start_date".into(), json!(span.start.to_string()));
    facts.insert("end_date".into(), json!(span.end.to_string()));
    facts.insert("total".into(), json!(total));
    facts.insert("total_delivered".into(), json!(delivered));
    facts.insert("total_failed".into(), json!(sum(|day| day.failed)));
    facts.insert("total_pending".into(), json!(sum(|day| day.pending)));
    facts.insert("delivery_rate".into(), json!(rate(Some(delivered), Some(total))));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_taken_in_words_and_in_the_services_numbers() {
        for (word, number) in [("verification", 0), ("Promotion", 2), ("0", 0), ("7", 7)] {
            assert_eq!(template_type(word).expect(word), number);
        }
        for wrong in ["4", "", "otp", "-1"] {
            template_type(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn rates_are_rounded_and_never_made_up() {
        assert_eq!(rate(Some(2), Some(3)), Some(0.6667));
        assert_eq!(rate(Some(0), Some(3)), Some(0.0));
        assert_eq!(rate(Some(u64::MAX), Some(u64::MAX)), Some(1.0));
        for (delivered, total) in [(Some(0), Some(0)), (None, Some(3)), (Some(3), None)] {
            assert_eq!(rate(delivered, total), None);
        }
        assert_eq!(rate(Some(u64::MAX), Some(1)), None);
    }

    #[test]
    fn strange_rows_become_days_of_which_little_is_known() {
        let day = Day::from_row(&json!({"SendDate": "2026.03.26", "TotalCount": "5"}));
        assert_eq!((day.date.as_deref(), day.total), (Some("2026.03.26"), Some(5)));
        assert_eq!((day.delivered, day.bar().1), (None, 5));
        let day = Day::from_row(&json!({"SendDate": 20_260_326, "TotalCount": -1}));
        assert_eq!((day.date.as_deref(), day.total), (Some("2026-03-26"), None));
    }
}
