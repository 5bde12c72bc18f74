//! A range of whole days, as the statistics are asked for.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::error::{Failure, Result};
use crate::message::time::china;

/// The service documents no limit; a slip of the pen is not to become a thousand calls.
const MAX_DAYS: i32 = 366;
const DEFAULT_DAYS: i32 = 7;

/// From one day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: Date,
    pub end: Date,
}

impl Span {
    /// The last seven days, today included.
    pub fn usual(today: Date) -> Self {
        Self::days_before(today, DEFAULT_DAYS)
    }

    /// `7d` or `4w`, today included.
    ///
    /// # Errors
    /// Not a number with one of the units; more than 366 days.
    pub fn last(text: &str, today: Date) -> Result<Self> {
        let wrong = || {
            Failure::usage(format!("--last {text:?} is no span of days"))
                .hint("write a number and d or w, for example --last 7d; 366 days at most")
        };
        let (count, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
            (Some(count), _) => (count, 1),
            (_, Some(count)) => (count, 7),
            _ => return Err(wrong()),
        };
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let days = count.parse::<i32>().ok().filter(|_| digits);
        let days = days.and_then(|count| count.checked_mul(unit));
        let days = days.filter(|days| (1..=MAX_DAYS).contains(days)).ok_or_else(wrong)?;
        Ok(Self::days_before(today, days))
    }

    /// From one day to another; without an end, until today.
    ///
    /// # Errors
    /// A text that is no day; a day in the future; the end before the start; more than 366 days.
    pub fn between(start: &str, end: Option<&str>, today: Date) -> Result<Self> {
        let start = china::past_day("--start-date", start, today)?;
        let end = end.map_or(Ok(today), |end| china::past_day("--end-date", end, today))?;
        if end < start {
            return Err(Failure::usage(format!("the range ends on {end}, before it starts"))
                .hint("give --start-date and --end-date the other way round"));
        }
        let longest = start.checked_add((MAX_DAYS - 1).days()).unwrap_or(end);
        if end > longest {
            return Err(Failure::usage(format!("more than {MAX_DAYS} days in one query"))
                .hint(format!("ask in parts; the first can end on {longest}")));
        }
        Ok(Self { start, end })
    }

    fn days_before(today: Date, days: i32) -> Self {
        Self { start: today.checked_sub((days - 1).days()).unwrap_or(today), end: today }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 3, 26);

    #[test]
    fn the_last_days_include_today() {
        let week = Span { start: date(2026, 3, 20), end: TODAY };
        for text in ["7d", "1w", "007d"] {
            assert_eq!(Span::last(text, TODAY).expect(text), week);
        }
        assert_eq!(Span::usual(TODAY), week);
        assert_eq!(Span::last("1d", TODAY).expect("a day"), Span { start: TODAY, end: TODAY });
        for wrong in ["", "d", "7", "0d", "-1d", "+7d", "12h", "367d", "99999999999d", "7é", "1w2d"]
        {
            Span::last(wrong, TODAY).expect_err(wrong);
        }
    }

    #[test]
    fn a_range_is_in_order_and_not_in_the_future() {
        let span = Span::between("20260301", Some("2026-03-02"), TODAY).expect("two days");
        assert_eq!(span, Span { start: date(2026, 3, 1), end: date(2026, 3, 2) });
        assert_eq!(Span::between("2026-03-26", None, TODAY).expect("today").end, TODAY);
        assert!(Span::between("20250326", Some("20260326"), TODAY).is_ok(), "366 days");
        for (start, end) in [
            ("20260302", Some("20260301")),
            ("20260327", None),
            ("20260301", Some("20260327")),
            ("20250325", Some("20260326")),
            ("March", None),
            ("20260301", Some("20261345")),
        ] {
            assert!(Span::between(start, end, TODAY).expect_err(start).hint.is_some());
        }
    }
}
