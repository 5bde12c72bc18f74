//! Statistics of SMS messages, day by day.
//!
//! The call QuerySendStatistics counts days in China Standard Time, in pages of 1 to 50 days, and has
//! no documented limit of the range.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, PageRange, Pages};
use crate::api::audit_status::TemplateType;
use crate::api::call::{Call, ReadCall};
use crate::api::operations::QUERY_SEND_STATISTICS;
use crate::api::reply::fields;
use crate::error::{Failure, Result};
use crate::message::time::china;

/// The type that only this call has, and its number.
const DIGITAL: (&str, u64) = ("digital", 7);

/// The messages to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The first day.
    pub start: Date,
    /// The last day.
    pub end: Date,
    /// 1: messages inside the Chinese mainland; 2: messages to all other places.
    pub is_globe: u64,
    /// The service's number for the template type.
    pub template_type: Option<u64>,
    pub sign_name: Option<String>,
}

impl Query {
    /// The call for one page.
    pub fn call(&self, index: u64, size: u64) -> ReadCall {
        Call::to(&QUERY_SEND_STATISTICS)
            .text("--start-date", china::compact(self.start))
            .text("--end-date", china::compact(self.end))
            .optional_integer("--is-globe", Some(self.is_globe))
            .optional_integer("--template-type", self.template_type)
            .optional_text("--sign-name", self.sign_name.as_deref())
            .optional_integer("--page-index", Some(index))
            .optional_integer("--page-size", Some(size))
    }

    /// Whether it asks for a template type that no message inside the mainland has.
    pub fn is_international_inside_mainland(&self) -> bool {
        self.template_type == Some(TemplateType::International.number()) && self.is_globe == 1
    }

    /// The sums over these days.
    pub fn totals(&self, days: &[Day]) -> Totals {
        let sum = |count: fn(&Day) -> Option<u64>| -> u64 {
            days.iter().filter_map(count).fold(0, u64::saturating_add)
        };
        let (total, delivered) = (sum(|day| day.total), sum(|day| day.delivered));
        Totals {
            start_date: self.start.to_string(),
            end_date: self.end.to_string(),
            total,
            total_delivered: delivered,
            total_failed: sum(|day| day.failed),
            total_pending: sum(|day| day.pending),
            delivery_rate: rate(Some(delivered), Some(total)),
        }
    }
}

/// The messages of one day. A count that is missing in the reply is unknown, and not zero.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Day {
    /// The day in China Standard Time, as yyyy-MM-dd; a date of another form as the service wrote it.
    pub date: Option<String>,
    /// Messages that the service accepted.
    pub total: Option<u64>,
    /// Messages whose receipt reports the delivery.
    pub delivered: Option<u64>,
    /// Messages whose receipt reports a failure.
    pub failed: Option<u64>,
    /// Messages without a receipt so far.
    pub pending: Option<u64>,
    /// `delivered / total`, between 0 and 1, to four decimals; unknown if nothing was sent.
    pub delivery_rate: Option<f64>,
}

impl Day {
    fn from_row(row: &Value) -> Self {
        let count = |name| fields::number(row, &[name]);
        let date = fields::text(row, &["SendDate"]);
        let (total, delivered) = (count("TotalCount"), count("RespondedSuccessCount"));
        Self {
            date: date.map(|text| china::parse_day(&text).map_or(text, |day| day.to_string())),
            total,
            delivered,
            failed: count("RespondedFailCount"),
            pending: count("NoRespondedCount"),
            delivery_rate: rate(delivered, total),
        }
    }

    /// The label of its bar in a chart, the day and its rate, and the length of the bar.
    pub fn bar(&self) -> (String, u64) {
        let date = self.date.as_deref().unwrap_or("?");
        let rate =
            self.delivery_rate.map_or_else(|| "-".into(), |rate| format!("{:.1} %", rate * 100.0));
        (format!("{date}  {rate:>7}"), self.total.unwrap_or(0))
    }
}

/// The sums over all days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Totals {
    /// The first day that was asked for.
    pub start_date: String,
    /// The last day that was asked for.
    pub end_date: String,
    /// Messages that the service accepted.
    pub total: u64,
    /// Messages whose receipt reports the delivery.
    pub total_delivered: u64,
    /// Messages whose receipt reports a failure.
    pub total_failed: u64,
    /// Messages without a receipt so far.
    pub total_pending: u64,
    /// `total_delivered / total`, as for a day.
    pub delivery_rate: Option<f64>,
}

/// Between 0 and 1, to four decimals; unknown if nothing was sent.
fn rate(delivered: Option<u64>, total: Option<u64>) -> Option<f64> {
    let (delivered, total) = (delivered?, total.filter(|total| *total > 0)?);
    let ten_thousandths = u128::from(delivered) * 10_000 + u128::from(total) / 2;
    // A `u32` is small enough for an exact `f64`.
    let ten_thousandths = u32::try_from(ten_thousandths / u128::from(total)).ok()?;
    Some(f64::from(ten_thousandths) / 10_000.0)
}

/// Fetches all days, in pages of this size, and sorts them; a day without a date comes last.
///
/// # Errors
/// The failure of the first page that cannot be fetched.
pub fn fetch(client: &Client<'_>, query: &Query, range: PageRange) -> Result<(Vec<Day>, Pages)> {
    let call = |index, size| query.call(index, size);
    let (lists, totals) = (["Data.TargetList", "TargetList"], ["Data.TotalSize", "TotalSize"]);
    let pages = pages::read(client, range, call, &lists, &totals)?;
    let mut days: Vec<Day> = pages.entries.iter().map(Day::from_row).collect();
    days.sort_by(|one, other| {
        (one.date.is_none(), &one.date).cmp(&(other.date.is_none(), &other.date))
    });
    Ok((days, pages))
}

/// Parses the value of a flag: alimsg's word for a template type, or the service's number.
///
/// # Errors
/// An unknown word or number.
pub fn parse_template_type(flag: &str, word: &str) -> Result<u64> {
    let known = TemplateType::ALL.map(|known| (known.word(), known.number()));
    let known = || known.into_iter().chain([DIGITAL]);
    let lower = word.to_lowercase();
    let found = known().find(|(name, number)| *name == lower || number.to_string() == lower);
    found.map(|(_, number)| number).ok_or_else(|| {
        let words: Vec<String> =
            known().map(|(name, number)| format!("{name} ({number})")).collect();
        Failure::usage(format!("unknown value {word:?} for {flag}"))
            .hint(format!("expected one of {}", words.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn template_types_are_accepted_as_words_and_as_numbers() {
        let parse = |word| parse_template_type("--template-type", word);
        for (word, number) in [("verification", 0), ("Promotion", 2), ("0", 0), ("7", 7)] {
            assert_eq!(parse(word).expect(word), number);
        }
        for invalid in ["4", "", "otp", "-1"] {
            parse(invalid).expect_err(invalid);
        }
    }

    #[test]
    fn rates_are_rounded_and_unknown_without_both_counts() {
        assert_eq!(rate(Some(2), Some(3)), Some(0.6667));
        assert_eq!(rate(Some(0), Some(3)), Some(0.0));
        assert_eq!(rate(Some(u64::MAX), Some(u64::MAX)), Some(1.0));
        for (delivered, total) in [(Some(0), Some(0)), (None, Some(3)), (Some(3), None)] {
            assert_eq!(rate(delivered, total), None);
        }
        assert_eq!(rate(Some(u64::MAX), Some(1)), None);
    }

    #[test]
    fn odd_rows_become_days_with_unknown_counts() {
        let day = Day::from_row(&json!({"SendDate": "2026.03.26", "TotalCount": "5"}));
        assert_eq!((day.date.as_deref(), day.total), (Some("2026.03.26"), Some(5)));
        assert_eq!((day.delivered, day.bar().1), (None, 5));
        let day = Day::from_row(&json!({"SendDate": 20_260_326, "TotalCount": -1}));
        assert_eq!((day.date.as_deref(), day.total), (Some("2026-03-26"), None));
    }
}
