//! Times as the SMS service writes them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// The service writes local times of China, which has no daylight saving time.
const CHINA: Offset = Offset::constant(8);

/// RFC 3339 for a time like `2026-03-26 10:00:00`, for milliseconds since 1970, and for RFC 3339
/// itself; nothing for anything else.
pub fn rfc3339(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(local) = DateTime::strptime("%Y-%m-%d %H:%M:%S", text) {
        let moment = local.to_zoned(TimeZone::fixed(CHINA)).ok()?;
        return Some(moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
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
    use super::rfc3339;

    #[test]
    fn a_time_of_the_service_is_a_moment() {
        for (written, read) in [
            ("2026-03-26 00:30:05", Some("2026-03-26T00:30:05+08:00")),
            ("1774456205000", Some("2026-03-25T16:30:05Z")),
            ("2026-03-26T00:30:05+08:00", Some("2026-03-26T00:30:05+08:00")),
            ("2026-03-26", None),
            ("12", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(rfc3339(written).as_deref(), read, "{written}");
        }
    }
}
