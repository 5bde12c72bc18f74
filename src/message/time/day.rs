//! Parses calendar days.

use jiff::civil::Date;

/// Parses a day of the form `20260326` or `2026-03-26`.
pub fn parse(text: &str) -> Option<Date> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 if digits(text) => Date::strptime("%Y%m%d", text).ok(),
        10 if text.split('-').all(digits) => Date::strptime("%Y-%m-%d", text).ok(),
        _ => None,
    }
}
