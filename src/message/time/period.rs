//! Parses periods: `7d`, or from one moment to another.

use jiff::ToSpan as _;
use jiff::{Timestamp, Zoned};

use crate::error::{Failure, Result};
use crate::message::time::moment::{self, DayBoundary};

/// A longer span is treated as a mistake.
const MAX_YEARS: i32 = 10;

/// A period between two moments, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Period {
    /// Start and end in milliseconds since 1970.
    pub fn milliseconds(&self) -> [Option<u64>; 2] {
        [self.start, self.end].map(|moment| u64::try_from(moment.as_millisecond()).ok())
    }

    /// Start and end in RFC 3339, without fractions of a second.
    pub fn rfc3339(&self) -> [String; 2] {
        [self.start, self.end].map(|moment| format!("{moment:.0}"))
    }

    /// Parses a span back from now, such as `7d` or `12h`.
    ///
    /// # Errors
    /// The span is invalid, zero, or longer than ten years.
    pub fn last(text: &str, now: &Zoned) -> Result<Self> {
        let end = now.timestamp();
        let earliest = now.checked_sub(MAX_YEARS.years()).map_or(end, |zoned| zoned.timestamp());
        let start = moment::before(text.trim(), now);
        let start = start.filter(|start| (earliest..end).contains(start)).ok_or_else(|| {
            Failure::usage(format!("invalid period {text:?} for --last"))
                .hint("--last takes a number with h, d or w, for example --last 7d")
        })?;
        Ok(Self { start, end })
    }

    /// Parses start and end, each a day or a moment; without an end, the period ends now.
    ///
    /// # Errors
    /// A value is invalid, or the end is before the start.
    pub fn between(start: &str, end: Option<&str>, now: &Zoned) -> Result<Self> {
        let start = moment::parse("--start", start, DayBoundary::First, now)?;
        let until_now = now.timestamp();
        let end = match end {
            Some(end) => {
                moment::parse("--end", end, DayBoundary::Last, now)?.min(until_now.max(start))
            }
            None => until_now,
        };
        if end < start {
            return Err(
                Failure::usage("the period ends before it starts").hint("swap --start and --end")
            );
        }
        Ok(Self { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-03-26T12:00:00+00:00[UTC]".parse().expect("a moment")
    }

    #[test]
    fn a_span_counts_back_from_now() {
        let period = Period::last("7d", &now()).expect("a week");
        assert_eq!(period.start.to_string(), "2026-03-19T12:00:00Z");
        assert_eq!(Period::last("1w", &now()).expect("a week"), period);
        for invalid in ["", "d", "7", "-1d", "0d", "11y", "99999999d", "7é", "9223372036854775807w"]
        {
            Period::last(invalid, &now()).expect_err(invalid);
        }
    }

    #[test]
    fn days_are_whole_and_an_end_in_the_future_becomes_now() {
        let between = |start, end| Period::between(start, end, &now());
        let period = between("2026-03-01", Some("2026-03-02")).expect("two days");
        assert_eq!(period.start.to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(period.end.to_string(), "2026-03-02T23:59:59.999Z");
        let now = now().timestamp();
        assert_eq!(between("2026-03-01", Some("2026-04-01")).expect("a month").end, now);
        assert_eq!(between("2026-03-26T11:00:00Z", None).expect("an hour").end, now);
        assert_eq!(
            between("2d", Some("1d")).expect("a day").start.to_string(),
            "2026-03-24T12:00:00Z"
        );
        between("2026-03-02", Some("2026-03-01")).expect_err("backwards");
        between("2027-01-01", None).expect_err("the future");
        let yesterday = between("yesterday", Some("yesterday")).expect("a day");
        assert_eq!(yesterday.start.to_string(), "2026-03-25T00:00:00Z");
        assert_eq!(yesterday.end.to_string(), "2026-03-25T23:59:59.999Z");
        between("someday", None).expect_err("no day");
    }
}
