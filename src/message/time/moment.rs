//! Moments as people write them: `2h`, `7d`, `2026-03-26`, `2026-03-26T10:00`, RFC 3339, `now`.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, Zoned};

use crate::error::{Failure, Result};

/// What a day without a time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayBoundary {
    /// Its first moment: `--since`.
    First,
    /// Its last millisecond: `--until`.
    Last,
}

/// Reads a moment. A span counts back from `now`; what has no zone is in that of `now`.
///
/// # Errors
/// None of the known forms, a negative span, or a moment outside of the calendar.
pub fn parse(flag: &str, text: &str, edge: DayBoundary, now: &Zoned) -> Result<Timestamp> {
    read(text.trim(), edge, now).ok_or_else(|| {
        Failure::usage(format!("{flag} {text:?} is not a moment in time")).hint(format!(
            "for example {flag} 2h, 30m, 7d, 2026-03-26, 2026-03-26T10:00 or \
             2026-03-26T10:00:00+08:00"
        ))
    })
}

/// Reads a moment relative to the clock and the zone of this computer.
///
/// # Errors
/// As [`parse`].
pub fn parse_here(flag: &str, text: &str, edge: DayBoundary) -> Result<Timestamp> {
    parse(flag, text, edge, &Zoned::now())
}

fn read(text: &str, edge: DayBoundary, now: &Zoned) -> Option<Timestamp> {
    if text.eq_ignore_ascii_case("now") {
        return Some(now.timestamp());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let zone = now.time_zone();
    // Tried before the date with a time, which would take a bare date for its midnight.
    if is_date(text) {
        let first = text.parse::<Date>().ok()?;
        return match edge {
            DayBoundary::First => Some(first.to_zoned(zone.clone()).ok()?.timestamp()),
            DayBoundary::Last => {
                let next = first.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
                next.timestamp().checked_sub(Span::new().milliseconds(1)).ok()
            }
        };
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        if text.parse::<Span>().is_ok() {
            return before(text, now);
        }
        let civil = text.parse::<DateTime>().ok()?;
        return Some(civil.to_zoned(zone.clone()).ok()?.timestamp());
    }
    None
}

/// The moment that lies a span like `2h` or `7d` before `now`.
pub fn before(text: &str, now: &Zoned) -> Option<Timestamp> {
    let span = text.parse::<Span>().ok().filter(|span| !span.is_negative())?;
    // Calendar arithmetic: a day ago is the same time of yesterday.
    Some(now.checked_sub(span).ok()?.timestamp())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-03-26T12:00:00+08:00[Asia/Shanghai]".parse().expect("a moment")
    }

    fn moment(text: &str, edge: DayBoundary) -> String {
        parse("--since", text, edge, &now()).expect(text).to_string()
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
            ("0s", "2026-03-26T04:00:00Z"),
        ] {
            assert_eq!(moment(text, DayBoundary::First), expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_whole_in_the_zone_of_this_computer() {
        assert_eq!(moment("2026-03-26", DayBoundary::First), "2026-03-25T16:00:00Z");
        assert_eq!(moment("2026-03-26", DayBoundary::Last), "2026-03-26T15:59:59.999Z");
    }

    #[test]
    fn moments_with_and_without_a_zone_are_read() {
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
    fn anything_else_is_refused_with_examples() {
        for text in [
            "",
            "yesterday",
            "-2h",
            "2",
            "2x",
            "2026-13-01",
            "2026-02-30",
            "26.3.2026",
            "99999999y",
            "2h ago",
        ] {
            let failure = parse("--since", text, DayBoundary::First, &now()).expect_err(text);
            assert!(failure.hint.expect("a hint").contains("2026-03-26"), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", numbers in "[0-9a-z:.+ -]{0,24}") {
            for text in [text, numbers] {
                for edge in [DayBoundary::First, DayBoundary::Last] {
                    let _ = parse("--since", &text, edge, &now());
                }
            }
        }
    }
}
