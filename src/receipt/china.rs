//! The clock of the SMS service: it counts days, and writes times, in China Standard Time.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

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

/// A moment as the service writes it: `yyyy-MM-dd HH:mm:ss`.
pub fn read_moment(text: &str) -> Option<Zoned> {
    DateTime::strptime("%Y-%m-%d %H:%M:%S", text.trim()).ok()?.to_zoned(zone()).ok()
}

/// RFC 3339, at the service's own offset, so that the day in it is the day to ask for.
pub fn rfc3339(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
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
    fn moments_keep_the_offset_of_the_service() {
        let moment = read_moment("2026-03-26 00:30:05").expect("a moment");
        assert_eq!(rfc3339(&moment), "2026-03-26T00:30:05+08:00");
        assert_eq!(moment.timestamp().to_string(), "2026-03-25T16:30:05Z");
        for wrong in ["", "2026-03-26", "soon", "2026-03-26 25:00:00"] {
            assert_eq!(read_moment(wrong), None, "{wrong}");
        }
    }
}
