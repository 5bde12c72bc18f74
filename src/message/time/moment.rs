//! Parses the times of all flags: `2h`, `2h ago`, `7d ago`, `yesterday`, `monday`, `20260326`,
//! `2026-03-26`, `2026-03-26T10:00`, RFC 3339, `now`.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Span, Timestamp, Zoned};

use crate::error::{Failure, Result};

/// Which moment of a day is meant by a day without a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayBoundary {
    /// Its first moment, for flags such as `--since`.
    First,
    /// Its last millisecond, for flags such as `--until`.
    Last,
}

/// Parses a moment. A span counts back from `now`; a time without a zone is in the zone of `now`.
///
/// # Errors
/// The form is unknown, the span is negative, or the moment is out of range.
pub fn parse(flag: &str, text: &str, boundary: DayBoundary, now: &Zoned) -> Result<Timestamp> {
    try_parse(text.trim(), boundary, now).ok_or_else(|| {
        Failure::usage(format!("invalid time {text:?} for {flag}")).hint(format!(
            "{flag} takes a time like 2026-03-26T10:00 or 2026-03-26T10:00:00+08:00, a day like \
             20260326, 2026-03-26, today, yesterday or monday, or a span back from now like 30m, \
             \"2h ago\" or 7d"
        ))
    })
}

/// Parses a moment with the current time and the local time zone.
///
/// # Errors
/// As [`parse`].
pub fn parse_here(flag: &str, text: &str, boundary: DayBoundary) -> Result<Timestamp> {
    parse(flag, text, boundary, &Zoned::now())
}

/// Parses a moment; `None` if the form is unknown or the moment is out of range.
pub(super) fn try_parse(text: &str, boundary: DayBoundary, now: &Zoned) -> Option<Timestamp> {
    if text.eq_ignore_ascii_case("now") {
        return Some(now.timestamp());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let zone = now.time_zone();
    // Tried before `DateTime`, which would parse a date alone as its midnight.
    if let Some(first) = parse_day(text).or_else(|| named_day(text, now.date())) {
        return match boundary {
            DayBoundary::First => Some(first.to_zoned(zone.clone()).ok()?.timestamp()),
            DayBoundary::Last => {
                let next = first.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
                next.timestamp().checked_sub(Span::new().milliseconds(1)).ok()
            }
        };
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if span(text).is_some() {
        return before(text, now);
    }
    let civil = text.parse::<DateTime>().ok()?;
    Some(civil.to_zoned(zone.clone()).ok()?.timestamp())
}

/// Parses a day of the form `20260326` or `2026-03-26`.
pub fn parse_day(text: &str) -> Option<Date> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 if digits(text) => Date::strptime("%Y%m%d", text).ok(),
        10 if text.split('-').all(digits) => Date::strptime("%Y-%m-%d", text).ok(),
        _ => None,
    }
}

/// Parses `today`, `yesterday`, or a weekday: the latest one, which can be today. `last monday` is
/// never today.
fn named_day(text: &str, today: Date) -> Option<Date> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "today" => return Some(today),
        "yesterday" => return today.yesterday().ok(),
        _ => {}
    }
    let (latest, name) = match text.strip_prefix("last ") {
        Some(name) => (today.yesterday().ok()?, name.trim_start()),
        None => (today, text.as_str()),
    };
    let weekday = match name {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    };
    latest.checked_sub(Span::new().days(latest.weekday().since(weekday))).ok()
}

/// The moment that is a span such as `2h`, `7d` or `7d ago` before `now`.
pub fn before(text: &str, now: &Zoned) -> Option<Timestamp> {
    // Calendar arithmetic: `1d` is the same local time yesterday.
    Some(now.checked_sub(span(text)?).ok()?.timestamp())
}

/// Parses a span that is not negative, with or without `ago`.
pub(super) fn span(text: &str) -> Option<Span> {
    let text = text.trim();
    let text = text.strip_suffix(" ago").unwrap_or(text);
    text.parse::<Span>().ok().filter(|span| !span.is_negative())
}

/// Whether the span has no unit shorter than a day.
pub(super) fn is_whole_days(span: &Span) -> bool {
    span.get_hours() == 0
        && span.get_minutes() == 0
        && span.get_seconds() == 0
        && span.get_milliseconds() == 0
        && span.get_microseconds() == 0
        && span.get_nanoseconds() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-03-26T12:00:00+08:00[Asia/Shanghai]".parse().expect("a moment")
    }

    fn moment(text: &str, boundary: DayBoundary) -> String {
        parse("--since", text, boundary, &now()).expect(text).to_string()
    }

    #[test]
    fn spans_count_back_from_now() {
        for (text, expected) in [
            ("now", "2026-03-26T04:00:00Z"),
            ("30m", "2026-03-26T03:30:00Z"),
            ("2h", "2026-03-26T02:00:00Z"),
            ("1h30m", "2026-03-26T02:30:00Z"),
            ("90s", "2026-03-26T03:58:30Z"),
            ("7d", "2026-03-19T04:00:00Z"),
            ("2w", "2026-03-12T04:00:00Z"),
            ("2 hours", "2026-03-26T02:00:00Z"),
            ("2h ago", "2026-03-26T02:00:00Z"),
            ("2 hours ago", "2026-03-26T02:00:00Z"),
            ("7d ago", "2026-03-19T04:00:00Z"),
            ("0s", "2026-03-26T04:00:00Z"),
        ] {
            assert_eq!(moment(text, DayBoundary::First), expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_in_the_local_time_zone() {
        for day in ["2026-03-26", "20260326"] {
            assert_eq!(moment(day, DayBoundary::First), "2026-03-25T16:00:00Z");
            assert_eq!(moment(day, DayBoundary::Last), "2026-03-26T15:59:59.999Z");
        }
    }

    #[test]
    fn a_day_can_have_a_name() {
        // 2026-03-26 is a Thursday.
        for (text, expected) in [
            ("today", "2026-03-25T16:00:00Z"),
            ("Yesterday", "2026-03-24T16:00:00Z"),
            ("thursday", "2026-03-25T16:00:00Z"),
            ("last thursday", "2026-03-18T16:00:00Z"),
            ("wed", "2026-03-24T16:00:00Z"),
            ("Last Wednesday", "2026-03-24T16:00:00Z"),
            ("Friday", "2026-03-19T16:00:00Z"),
            ("SUN", "2026-03-21T16:00:00Z"),
        ] {
            assert_eq!(moment(text, DayBoundary::First), expected, "{text}");
        }
        assert_eq!(moment("yesterday", DayBoundary::Last), "2026-03-25T15:59:59.999Z");
    }

    #[test]
    fn moments_have_a_zone_or_are_local() {
        for text in [
            "2026-03-26T10:00:00+08:00",
            "2026-03-26T02:00:00Z",
            "2026-03-26T10:00",
            "2026-03-26 10:00",
        ] {
            assert_eq!(moment(text, DayBoundary::Last), "2026-03-26T02:00:00Z", "{text}");
        }
    }

    #[test]
    fn an_invalid_time_is_rejected_with_examples() {
        for text in [
            "",
            "tomorrow",
            "someday",
            "last",
            "last yesterday",
            "-2h",
            "2",
            "2x",
            "2026-13-01",
            "2026-02-30",
            "26.3.2026",
            "99999999y",
            "ago",
            "-2h ago",
            "2h ago ago",
            "in 2h",
            "20261345",
        ] {
            let failure = parse("--since", text, DayBoundary::First, &now()).expect_err(text);
            assert!(failure.hint.expect("a hint").contains("2026-03-26"), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text in "\\PC*", numbers in "[0-9a-z:.+ -]{0,24}") {
            for text in [text, numbers] {
                for boundary in [DayBoundary::First, DayBoundary::Last] {
                    let _ = parse("--since", &text, boundary, &now());
                }
            }
        }
    }
}
