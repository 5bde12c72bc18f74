//! The clock of the SMS service: it counts days, and writes times, in China Standard Time.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::error::{Failure, Result};
use crate::message::time::moment;

/// UTC+8; there is no daylight saving time.
fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The day of that moment, as the service counts days.
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(zone()).date()
}

/// A day in the form that the service takes: `yyyyMMdd`.
pub fn compact(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// A day written as `yyyyMMdd` or as `2026-03-26`; nothing for any other text.
pub fn read_day(text: &str) -> Option<Date> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 if digits(text) => Date::strptime("%Y%m%d", text).ok(),
        10 if text.split('-').all(digits) => Date::strptime("%Y-%m-%d", text).ok(),
        _ => None,
    }
}

/// A day that the user has written in one of these forms, as a moment in RFC 3339, or as `2d` or
/// `1w` before `today`, and that has come already.
///
/// # Errors
/// A text that is no day; a day after `today`.
pub fn past_day(flag: &str, text: &str, today: Date) -> Result<Date> {
    let hint = format!("for example {flag} {}", compact(today));
    let Some(day) = read_day(text).or_else(|| read_elsewhere(text, today)) else {
        return Err(Failure::usage(format!("{flag} {text:?} is no day")).hint(hint));
    };
    if day > today {
        return Err(Failure::usage(format!(
            "{flag} {day} is in the future: in China Standard Time (UTC+8) it is {today}"
        ))
        .hint(hint));
    }
    Ok(day)
}

/// The day of a moment, or that which lies some days before `today`.
fn read_elsewhere(text: &str, today: Date) -> Option<Date> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(day_of(moment));
    }
    // Hours would count from the time of day, and a day has none.
    let counts_days = text.ends_with(['d', 'w']);
    let noon = today.at(12, 0, 0, 0).to_zoned(zone()).ok()?;
    counts_days.then(|| moment::before(text, &noon))?.map(day_of)
}

/// A moment as the service writes it: `yyyy-MM-dd HH:mm:ss`.
pub fn read_moment(text: &str) -> Option<Zoned> {
    DateTime::strptime("%Y-%m-%d %H:%M:%S", text.trim()).ok()?.to_zoned(zone()).ok()
}

/// RFC 3339, at the service's own offset, so that the day in it is the day to ask for.
pub fn rfc3339(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// RFC 3339 for a moment as the service writes it, for milliseconds since 1970, and for RFC 3339
/// itself; nothing for any other text.
pub fn to_rfc3339(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(moment) = read_moment(text) {
        return Some(rfc3339(&moment));
    }
    if text.len() >= 12
        && let Ok(milliseconds) = text.parse()
    {
        return Some(Timestamp::from_millisecond(milliseconds).ok()?.to_string());
    }
    text.parse::<Timestamp>().ok().map(|_| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_in_china_begins_at_sixteen_hours_utc() {
        let day = |text: &str| compact(day_of(text.parse().expect("a moment")));
        assert_eq!(day("2026-03-25T15:59:59Z"), "20260325");
        assert_eq!(day("2026-03-25T16:00:00Z"), "20260326");
    }

    #[test]
    fn days_are_read_in_two_forms_and_no_other() {
        let day = Some(jiff::civil::date(2026, 3, 26));
        assert_eq!(read_day("20260326"), day);
        assert_eq!(read_day("2026-03-26"), day);
        for wrong in ["", "today", "2026-3-26", "20261345", "2026/03/26", "+2026-3-26", "２０２６"]
        {
            assert_eq!(read_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn people_name_a_day_as_they_name_a_moment() {
        let today = jiff::civil::date(2026, 3, 26);
        for (text, expected) in [
            ("20260324", "2026-03-24"),
            ("2026-03-24", "2026-03-24"),
            ("2d", "2026-03-24"),
            ("1w", "2026-03-19"),
            ("0d", "2026-03-26"),
            ("2026-03-23T16:00:00Z", "2026-03-24"),
        ] {
            let day = past_day("--send-date", text, today).expect(text);
            assert_eq!(day.to_string(), expected, "{text}");
        }
        for wrong in ["", "d", "2h", "-2d", "yesterday", "20260327", "2026-03-26T16:00:00Z"] {
            assert!(past_day("--send-date", wrong, today).expect_err(wrong).hint.is_some());
        }
    }

    #[test]
    fn moments_keep_the_offset_of_the_service() {
        let moment = read_moment("2026-03-26 00:30:05").expect("a moment");
        assert_eq!(rfc3339(&moment), "2026-03-26T00:30:05+08:00");
        assert_eq!(moment.timestamp().to_string(), "2026-03-25T16:30:05Z");
        for wrong in ["", "2026-03-26", "soon", "2026-03-26 25:00:00"] {
            assert_eq!(read_moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_of_the_service_is_a_moment_in_every_form() {
        for (written, read) in [
            ("2026-03-26 00:30:05", Some("2026-03-26T00:30:05+08:00")),
            ("1774456205000", Some("2026-03-25T16:30:05Z")),
            ("2026-03-26T00:30:05+08:00", Some("2026-03-26T00:30:05+08:00")),
            ("2026-03-26", None),
            ("12", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(to_rfc3339(written).as_deref(), read, "{written}");
        }
    }
}
