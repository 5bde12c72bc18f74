//! China Standard Time, in which the SMS service counts days and writes times.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::error::{Failure, Result};
pub use crate::message::time::moment::parse_day;
use crate::message::time::moment::{self, DayBoundary};

/// UTC+8, without daylight saving time.
fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The day of a moment in China Standard Time.
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(zone()).date()
}

/// A day in the form that the service expects: `yyyyMMdd`.
pub fn compact(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// Parses a past day in China Standard Time, in any form of [`moment`]: `20260326`, `2026-03-26`,
/// `yesterday`, `monday`, `2d ago`, `1w`, RFC 3339. Names and spans count from today in China.
///
/// # Errors
/// The form is unknown, a span has hours or shorter units, or the day is after `today`.
pub fn past_day(flag: &str, text: &str, today: Date) -> Result<Date> {
    let hint = format!(
        "{flag} takes a day like {}, {today}, today, yesterday or monday, a time like \
         {today}T10:00, or days back from today like \"2d ago\" or 1w",
        compact(today)
    );
    let Some(day) = parse_past(text.trim(), today) else {
        return Err(Failure::usage(format!("invalid date {text:?} for {flag}")).hint(hint));
    };
    if day > today {
        return Err(Failure::usage(format!(
            "{flag} {day} is in the future: in China Standard Time (UTC+8) it is {today}"
        ))
        .hint(hint));
    }
    Ok(day)
}

fn parse_past(text: &str, today: Date) -> Option<Date> {
    if moment::span(text).is_some_and(|span| !moment::is_whole_days(&span)) {
        return None;
    }
    let noon = today.at(12, 0, 0, 0).to_zoned(zone()).ok()?;
    moment::try_parse(text, DayBoundary::First, &noon).map(day_of)
}

/// The moment with this local time in China Standard Time.
pub fn moment_of(local: DateTime) -> Option<Zoned> {
    local.to_zoned(zone()).ok()
}

/// The moment in China Standard Time.
pub fn at(moment: Timestamp) -> Zoned {
    moment.to_zoned(zone())
}

/// RFC 3339 with the offset +08:00, so that its date is the one that queries need.
pub fn rfc3339(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_in_china_begins_at_16_00_utc() {
        let day = |text: &str| compact(day_of(text.parse().expect("a moment")));
        assert_eq!(day("2026-03-25T15:59:59Z"), "20260325");
        assert_eq!(day("2026-03-25T16:00:00Z"), "20260326");
    }

    #[test]
    fn a_day_has_two_forms() {
        let day = Some(jiff::civil::date(2026, 3, 26));
        assert_eq!(parse_day("20260326"), day);
        assert_eq!(parse_day("2026-03-26"), day);
        for invalid in
            ["", "today", "2026-3-26", "20261345", "2026/03/26", "+2026-3-26", "２０２６"]
        {
            assert_eq!(parse_day(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn a_past_day_has_all_forms_of_a_moment() {
        let today = jiff::civil::date(2026, 3, 26);
        for (text, expected) in [
            ("20260324", "2026-03-24"),
            ("2026-03-24", "2026-03-24"),
            ("2d", "2026-03-24"),
            ("2d ago", "2026-03-24"),
            (" 2 days ago ", "2026-03-24"),
            ("1w", "2026-03-19"),
            ("1w ago", "2026-03-19"),
            ("now", "2026-03-26"),
            ("2026-03-24T23:30", "2026-03-24"),
            ("0d", "2026-03-26"),
            ("2026-03-23T16:00:00Z", "2026-03-24"),
            ("today", "2026-03-26"),
            ("yesterday", "2026-03-25"),
            ("Monday", "2026-03-23"),
            ("fri", "2026-03-20"),
        ] {
            let day = past_day("--send-date", text, today).expect(text);
            assert_eq!(day.to_string(), expected, "{text}");
        }
        for invalid in [
            "",
            "d",
            "ago",
            "2h",
            "2h ago",
            "1d2h",
            "-2d",
            "-2d ago",
            "2d ago ago",
            "in 2d",
            "tomorrow",
            "20260327",
            "2026-03-26T16:00:00Z",
        ] {
            assert!(past_day("--send-date", invalid, today).expect_err(invalid).hint.is_some());
        }
    }

    #[test]
    fn moments_have_the_offset_of_the_service() {
        let moment = at("2026-03-25T16:30:05Z".parse().expect("a moment"));
        assert_eq!(rfc3339(&moment), "2026-03-26T00:30:05+08:00");
        assert_eq!(moment_of(moment.datetime()), Some(moment));
    }
}
