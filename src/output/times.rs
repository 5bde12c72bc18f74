//! Times for the terminal: local time and how long ago. Pipes and JSON keep RFC 3339.

use jiff::{Timestamp, Zoned};
use serde_json::Value;

use crate::output::cell::plain;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// In seconds. Beyond this distance only the date is shown.
const FAR: i64 = 30 * DAY;

/// The value of a field as one cell; with `now`, times are shown relative to it and in its zone.
pub fn cell(name: &str, value: Option<&Value>, now: Option<&Zoned>) -> String {
    let text = value.and_then(Value::as_str).filter(|_| is_time_field(name));
    let moment = text.and_then(|text| text.parse::<Timestamp>().ok());
    match (moment, now) {
        (Some(moment), Some(now)) => shown(moment, now),
        _ => plain(value),
    }
}

/// Whether fields with this name contain times.
pub fn is_time_field(name: &str) -> bool {
    name.ends_with("_at") || ["at", "time", "start", "end", "known_since"].contains(&name)
}

fn shown(moment: Timestamp, now: &Zoned) -> String {
    let local = moment.to_zoned(now.time_zone().clone());
    let written = local.strftime("%Y-%m-%d %H:%M");
    let seconds = now.timestamp().as_second() - moment.as_second();
    let (count, unit) = match seconds.abs() {
        distance if distance >= FAR => return written.to_string(),
        distance if distance >= DAY => (distance / DAY, "d"),
        distance if distance >= HOUR => (distance / HOUR, "h"),
        distance if distance >= MINUTE => (distance / MINUTE, "min"),
        distance => (distance, "s"),
    };
    if seconds < 0 {
        format!("{written}, in {count} {unit}")
    } else {
        format!("{written}, {count} {unit} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Zoned {
        "2026-03-26T14:08:00+08:00[Asia/Shanghai]".parse().expect("a moment")
    }

    #[test]
    fn a_terminal_shows_local_time_and_the_distance() {
        for (moment, expected) in [
            ("2026-03-26T06:05:00Z", "2026-03-26 14:05, 3 min ago"),
            ("2026-03-26T14:07:55+08:00", "2026-03-26 14:07, 5 s ago"),
            ("2026-03-26T11:30:00+08:00", "2026-03-26 11:30, 2 h ago"),
            ("2026-03-20T16:00:00Z", "2026-03-21 00:00, 5 d ago"),
            ("2026-01-01T00:00:00+08:00", "2026-01-01 00:00"),
            ("2026-03-26T15:08:00+08:00", "2026-03-26 15:08, in 1 h"),
            ("9999-12-30T22:00:00Z", "9999-12-31 06:00"),
        ] {
            for name in ["sent_at", "at", "time"] {
                assert_eq!(cell(name, Some(&json!(moment)), Some(&now())), expected, "{name}");
            }
        }
    }

    #[test]
    fn pipes_and_other_fields_keep_the_original_text() {
        let moment = json!("2026-03-26T06:05:00Z");
        let kept = "2026-03-26T06:05:00Z";
        assert_eq!(cell("sent_at", Some(&moment), None), kept);
        assert_eq!(cell("text", Some(&moment), Some(&now())), kept);
        assert_eq!(cell("flat", Some(&moment), Some(&now())), kept);
        for other in [json!("soon"), json!(null), json!(5), json!("2026-03-26"), json!([kept])] {
            let written = plain(Some(&other));
            assert_eq!(cell("sent_at", Some(&other), Some(&now())), written, "{other}");
        }
        assert_eq!(cell("sent_at", None, Some(&now())), "");
    }
}
