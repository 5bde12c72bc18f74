//! Quiet hours: a daily period of local time in which nothing is sent.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};

/// A daily period in a time zone, such as `22:00-08:00 Asia/Shanghai`. It can pass midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    start: Time,
    end: Time,
    zone: TimeZone,
    zone_name: String,
}

impl QuietHours {
    /// When the quiet hours end; `None` if it is not quiet at this moment.
    pub fn end_after(&self, now: Timestamp) -> Option<Timestamp> {
        let local = now.to_zoned(self.zone.clone());
        let time = local.time();
        let passes_midnight = self.start > self.end;
        let is_quiet = if passes_midnight {
            time >= self.start || time < self.end
        } else {
            time >= self.start && time < self.end
        };
        if !is_quiet {
            return None;
        }
        let ends_tomorrow = passes_midnight && time >= self.start;
        let date = local.date();
        let date = if ends_tomorrow { date.tomorrow().ok()? } else { date };
        // When the clocks are set back, this time comes twice.
        let end = self.zone.to_ambiguous_timestamp(date.to_datetime(self.end));
        let ends = [end.earlier().ok(), end.later().ok()];
        let later = ends.into_iter().flatten().find(|end| *end > now);
        Some(later.unwrap_or_else(|| now + SignedDuration::from_mins(1)))
    }
}

impl FromStr for QuietHours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "quiet_hours takes a text such as \"22:00-08:00 Asia/Shanghai\"".to_string();
        let (period, zone_name) = text.trim().split_once(' ').ok_or_else(form)?;
        let (start, end) = period.split_once('-').ok_or_else(form)?;
        let start = parse_time(start).ok_or_else(form)?;
        let end = parse_time(end).ok_or_else(form)?;
        if start == end {
            return Err("quiet_hours starts and ends at the same time".into());
        }
        let zone_name = zone_name.trim();
        let zone = find_zone(zone_name)
            .ok_or_else(|| format!("quiet_hours: unknown time zone {zone_name:?}"))?;
        Ok(Self { start, end, zone, zone_name: zone_name.to_string() })
    }
}

/// A time such as `08:30`.
fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, length: std::ops::RangeInclusive<usize>| {
        let is_valid = length.contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
        text.parse::<i8>().ok().filter(|_| is_valid)
    };
    Time::new(number(hour, 1..=2)?, number(minute, 2..=2)?, 0, 0).ok()
}

fn find_zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok();
    // China has no daylight saving time, so this also works without a time zone database.
    zone.or_else(|| (name == "Asia/Shanghai").then(|| TimeZone::fixed(offset(8))))
}

impl fmt::Display for QuietHours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        write!(formatter, "{}-{} {}", time(self.start), time(self.end), self.zone_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(hours: &str, now: &str) -> Option<String> {
        let hours: QuietHours = hours.parse().expect("valid");
        hours.end_after(now.parse().expect("a time")).map(|end| end.to_string())
    }

    #[test]
    fn quiet_hours_can_pass_midnight() {
        let night = "22:00-08:00 Asia/Shanghai";
        for (now, expected) in [
            ("2026-11-22T13:59:59Z", None),
            ("2026-11-22T14:00:00Z", Some("2026-11-23T00:00:00Z")),
            ("2026-11-22T20:00:00Z", Some("2026-11-23T00:00:00Z")),
            ("2026-11-22T23:59:59Z", Some("2026-11-23T00:00:00Z")),
            ("2026-11-23T00:00:00Z", None),
        ] {
            assert_eq!(end(night, now).as_deref(), expected, "{now}");
        }
        let noon = "12:00-13:30 Asia/Shanghai";
        assert_eq!(end(noon, "2026-11-22T04:00:00Z").as_deref(), Some("2026-11-22T05:30:00Z"));
        assert_eq!(end(noon, "2026-11-22T05:30:00Z"), None);
    }

    #[test]
    fn quiet_hours_follow_daylight_saving_time() {
        let night = "22:00-08:00 Europe/Berlin";
        // The clocks are set forward on 29 March and back on 25 October.
        for (now, expected) in [
            ("2026-03-28T21:00:00Z", Some("2026-03-29T06:00:00Z")),
            ("2026-03-29T06:00:00Z", None),
            ("2026-10-24T20:00:00Z", Some("2026-10-25T07:00:00Z")),
            ("2026-10-25T06:59:59Z", Some("2026-10-25T07:00:00Z")),
            ("2026-10-25T07:00:00Z", None),
        ] {
            assert_eq!(end(night, now).as_deref(), expected, "{now}");
        }
        // 02:30 comes twice: it is quiet until the first one, and again from 02:00 on.
        let short = "22:00-02:30 Europe/Berlin";
        for (now, expected) in [
            ("2026-10-25T00:10:00Z", Some("2026-10-25T00:30:00Z")),
            ("2026-10-25T00:40:00Z", None),
            ("2026-10-25T01:10:00Z", Some("2026-10-25T01:30:00Z")),
            ("2026-10-25T01:30:00Z", None),
        ] {
            assert_eq!(end(short, now).as_deref(), expected, "{now}");
        }
        // 02:30 does not exist: the hours end one hour later.
        assert_eq!(end(short, "2026-03-29T00:59:00Z").as_deref(), Some("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn only_a_period_with_a_time_zone_is_valid() {
        for wrong in [
            "22:00-08:00",
            "22:00-08:00 Mars/Base",
            "22-08 UTC",
            "22:00 08:00 UTC",
            "25:00-08:00 UTC",
            "22:00-22:00 UTC",
            "22:0-08:00 UTC",
            "",
        ] {
            assert!(wrong.parse::<QuietHours>().is_err(), "{wrong}");
        }
        let shown = "9:00-17:30 UTC".parse::<QuietHours>().expect("valid").to_string();
        assert_eq!(shown, "09:00-17:30 UTC");
    }
}
