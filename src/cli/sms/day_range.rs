//! A range of whole days in China Standard Time, from flags.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::error::{Failure, Result};
use crate::message::time::china;

/// The service documents no limit; this one keeps a typing error from causing a thousand calls.
pub const MAX_DAYS: i32 = 366;

/// From one day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    pub start: Date,
    pub end: Date,
}

impl DayRange {
    /// `7d` or `4w`, today included.
    ///
    /// # Errors
    /// Not a number and a unit; more than `max` days.
    pub fn last(text: &str, today: Date, max: i32) -> Result<Self> {
        let invalid = || {
            Failure::usage(format!("invalid value {text:?} for --last")).hint(format!(
                "expected a number and d or w, for example --last 7d; at most {max} days"
            ))
        };
        let (count, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
            (Some(count), _) => (count, 1),
            (_, Some(count)) => (count, 7),
            _ => return Err(invalid()),
        };
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let days = count.parse::<i32>().ok().filter(|_| digits);
        let days = days.and_then(|count| count.checked_mul(unit));
        let days = days.filter(|days| (1..=max).contains(days)).ok_or_else(invalid)?;
        Ok(Self { start: today.checked_sub((days - 1).days()).unwrap_or(today), end: today })
    }

    /// From one day to another; without an end, until today.
    ///
    /// # Errors
    /// An invalid date; a day in the future; the end before the start; more than 366 days.
    pub fn between(start: &str, end: Option<&str>, today: Date) -> Result<Self> {
        let start = china::past_day("--start-date", start, today)?;
        let end = end.map_or(Ok(today), |end| china::past_day("--end-date", end, today))?;
        if end < start {
            return Err(Failure::usage(format!("--end-date {end} is before --start-date {start}"))
                .hint("swap --start-date and --end-date"));
        }
        let longest = start.checked_add((MAX_DAYS - 1).days()).unwrap_or(end);
        if end > longest {
            return Err(Failure::usage(format!("more than {MAX_DAYS} days in one query"))
                .hint(format!("split the range; the first part can end on {longest}")));
        }
        Ok(Self { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 3, 26);

    #[test]
    fn the_last_days_include_today() {
        let week = DayRange { start: date(2026, 3, 20), end: TODAY };
        for text in ["7d", "1w", "007d"] {
            assert_eq!(DayRange::last(text, TODAY, MAX_DAYS).expect(text), week);
        }
        assert_eq!(
            DayRange::last("1d", TODAY, 30).expect("a day"),
            DayRange { start: TODAY, end: TODAY }
        );
        for invalid in
            ["", "d", "7", "0d", "-1d", "+7d", "12h", "367d", "99999999999d", "7é", "1w2d"]
        {
            DayRange::last(invalid, TODAY, MAX_DAYS).expect_err(invalid);
        }
        DayRange::last("31d", TODAY, 30).expect_err("too many days");
    }

    #[test]
    fn a_range_is_in_order_and_not_in_the_future() {
        let range = DayRange::between("20260301", Some("2026-03-02"), TODAY).expect("two days");
        assert_eq!(range, DayRange { start: date(2026, 3, 1), end: date(2026, 3, 2) });
        assert_eq!(DayRange::between("2026-03-26", None, TODAY).expect("today").end, TODAY);
        assert!(DayRange::between("20250326", Some("20260326"), TODAY).is_ok(), "366 days");
        for (start, end) in [
            ("20260302", Some("20260301")),
            ("20260327", None),
            ("20260301", Some("20260327")),
            ("20250325", Some("20260326")),
            ("March", None),
            ("20260301", Some("20261345")),
        ] {
            assert!(DayRange::between(start, end, TODAY).expect_err(start).hint.is_some());
        }
    }
}
