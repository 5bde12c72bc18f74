//! A day of the calendar as people and services write it.

use jiff::civil::Date;

/// A day written as `yyyyMMdd` or as `2026-03-26`; nothing for any other text.
pub fn read(text: &str) -> Option<Date> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 if digits(text) => Date::strptime("%Y%m%d", text).ok(),
        10 if text.split('-').all(digits) => Date::strptime("%Y-%m-%d", text).ok(),
        _ => None,
    }
}
