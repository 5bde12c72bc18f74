//! Parses times in replies. The form of a field differs between the services and their API
//! versions, so all forms are accepted for each field: milliseconds since 1970 (a number or
//! digits), RFC 3339, and `yyyy-MM-dd HH:mm:ss` in China Standard Time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

use crate::message::time::china;

/// 2000-01-01. An earlier moment means that the number has another unit, such as seconds.
const EARLIEST: Timestamp = Timestamp::constant(946_684_800, 0);

/// Parses a time; `None` for a value of another form.
pub fn parse(value: &Value) -> Option<Timestamp> {
    let moment = match value {
        Value::Number(number) => from_milliseconds(number.as_i64()?),
        Value::String(text) => {
            let text = text.trim();
            match text.parse() {
                Ok(milliseconds) => from_milliseconds(milliseconds),
                Err(_) => text.parse().ok().or_else(|| from_china_time(text)),
            }
        }
        _ => None,
    };
    moment.filter(|moment| *moment >= EARLIEST)
}

/// Converts a time to RFC 3339, with the offset of the value if it has one, else in UTC.
pub fn to_rfc3339(value: &Value) -> Option<String> {
    let moment = parse(value)?;
    let text = value.as_str().unwrap_or_default().trim();
    Some(if from_china_time(text).is_some() {
        china::rfc3339(&china::at(moment))
    } else if text.contains(['T', 't']) {
        text.to_string()
    } else {
        moment.to_string()
    })
}

fn from_milliseconds(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

fn from_china_time(text: &str) -> Option<Timestamp> {
    let local = DateTime::strptime("%Y-%m-%d %H:%M:%S%.f", text).ok()?;
    Some(china::moment_of(local)?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_forms_of_a_time_are_the_same_moment() {
        for (written, expected) in [
            (json!("2026-03-26 00:30:05"), "2026-03-26T00:30:05+08:00"),
            (json!(" 2026-03-26 00:30:05 "), "2026-03-26T00:30:05+08:00"),
            (json!(1_774_456_205_000_u64), "2026-03-25T16:30:05Z"),
            (json!("1774456205000"), "2026-03-25T16:30:05Z"),
            (json!("2026-03-26T00:30:05+08:00"), "2026-03-26T00:30:05+08:00"),
            (json!("2026-03-25T16:30:05.000+00:00"), "2026-03-25T16:30:05.000+00:00"),
            (json!("2026-03-25T16:30:05Z"), "2026-03-25T16:30:05Z"),
        ] {
            assert_eq!(to_rfc3339(&written).as_deref(), Some(expected), "{written}");
            let moment = parse(&written).expect("a moment");
            assert_eq!(moment.as_millisecond(), 1_774_456_205_000, "{written}");
        }
        let exact = parse(&json!("2026-03-26 00:30:05.250")).expect("a moment");
        assert_eq!(exact.as_millisecond(), 1_774_456_205_250);
    }

    #[test]
    fn other_values_are_not_times() {
        for value in [
            json!(null),
            json!(true),
            json!([1_774_456_205_000_u64]),
            json!(""),
            json!("soon"),
            json!("2026-03-26"),
            json!("2026-03-26T00:30:05"),
            json!("2026-03-26 25:00:00"),
            json!("2026-02-30 10:00:00"),
            // Seconds, and numbers that are not times.
            json!(1_774_456_205),
            json!("1774456205"),
            json!(12),
            json!("20260326"),
            json!(-5),
            json!(1.5),
            json!(u64::MAX),
            json!(i64::MAX),
        ] {
            assert_eq!(parse(&value), None, "{value}");
            assert_eq!(to_rfc3339(&value), None, "{value}");
        }
    }
}
