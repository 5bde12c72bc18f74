//! Phone numbers in the forms that the services take. A number in another form is refused, and the
//! error shows the right one. It is never corrected silently: the result may be the number of
//! another person.

use std::borrow::Cow;

use crate::error::{Failure, Result};
use crate::message::channel::Channel;

/// A WhatsApp or Viber number: country code and number, 7 to 15 digits without a plus sign. No
/// country code begins with 0.
///
/// # Errors
/// Another form; the hint shows the digits.
pub fn check_chat_number(flag: &str, number: &str) -> Result<()> {
    if is_digits(number, 7..=15) && !number.starts_with('0') {
        return Ok(());
    }
    let form = "digits only: country code and number, 7 to 15 digits, no + and no 0 in front";
    let digits = only_digits(number);
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    Err(invalid(flag, number, form, digits, "8613800001000"))
}

/// A sender: a WhatsApp number, or the ID of a Viber service, which can have 3 digits.
///
/// # Errors
/// Another form; the hint shows the digits.
pub fn check_chat_sender(flag: &str, number: &str) -> Result<()> {
    if is_digits(number, 3..=15) { Ok(()) } else { check_chat_number(flag, number) }
}

/// The business number of `--from`: on Viber it can be the ID of a service.
///
/// # Errors
/// Another form; the hint shows the digits.
pub fn check_business_number(channel: Channel, number: &str) -> Result<()> {
    let check = if channel == Channel::Viber { check_chat_sender } else { check_chat_number };
    check("--from", number)
}

/// An SMS number: 11 digits; `+86`, `0086` or `86` and 11 digits; or country code and number. Another
/// 0 in front would be a second notation of a number, which limits and the duplicate check miss.
///
/// # Errors
/// Another form; the hint shows a right one.
pub fn check_sms_number(flag: &str, number: &str) -> Result<()> {
    let after = |prefix| number.strip_prefix(prefix).is_some_and(|rest| is_digits(rest, 11..=11));
    if (is_digits(number, 7..=15) && !number.starts_with('0')) || after("+86") || after("0086") {
        return Ok(());
    }
    let digits = only_digits(number);
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    let form = "11 digits, or +86 and 11 digits, or country code and number";
    Err(invalid(flag, number, form, digits, &format!("13800001000 or {flag} 6591234567")))
}

/// Whether documentation uses a number as an example. Some of them are in use.
fn is_placeholder(national: &str) -> bool {
    matches!(
        national,
        "13800138000"
            | "13800000000"
            | "13900000000"
            | "13900001234"
            | "13012345678"
            | "15900000000"
            | "15900000001"
            | "12345678901"
    )
}

/// Why the number of a recipient is probably not what the user means, although its form is right.
pub fn doubt(channel: Channel, number: &str) -> Option<String> {
    if is_placeholder(canonical_sms_number(number)) {
        return Some(format!("{number} is an example number from documentation"));
    }
    let is_mainland = is_digits(number, 11..=11)
        && number.strip_prefix('1').is_some_and(|rest| rest.starts_with(|second| second >= '3'));
    (channel != Channel::Sms && is_mainland).then(|| {
        format!(
            "{number} looks like a number of mainland China without its country code, which would \
             be 86{number}"
        )
    })
}

/// One form for all notations of a number, for comparisons.
pub fn canonical_sms_number(number: &str) -> &str {
    // Comparing lengths first is faster: most numbers have no prefix.
    ["+86", "0086", "86"]
        .into_iter()
        .filter(|prefix| number.len() == prefix.len() + 11)
        .find_map(|prefix| number.strip_prefix(prefix))
        .unwrap_or(number)
}

/// The digits of a number with its country code. 11 digits without a country code are a number of
/// mainland China for the SMS service only.
pub fn with_country_code(is_sms: bool, number: &str) -> Cow<'_, str> {
    match canonical_sms_number(number) {
        national if is_sms && national.len() == 11 => ["86", national].concat().into(),
        _ => number.into(),
    }
}

/// Masks a phone number except for its last four digits. Short numbers are masked completely.
pub fn masked(number: &str) -> String {
    let length = number.chars().count();
    let hidden = if length > 6 { length - 4 } else { length };
    number.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
}

/// The hint shows the digits of the number if they are a right form, or else the example.
fn invalid(flag: &str, number: &str, form: &str, digits: &str, example: &str) -> Box<Failure> {
    let hint = if is_digits(digits, 7..=15) && !digits.starts_with('0') {
        format!("write {flag} {digits}")
    } else if is_digits(digits, 7..=15) {
        format!("replace the 0 with the country code, for example {flag} {example}")
    } else {
        format!("for example {flag} {example}")
    };
    Failure::usage(format!("{flag} {number:?} is not a phone number for this service: use {form}"))
        .hint(hint)
}

fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The digits of a number in any notation: 7 to 15 digits, without `+`, `00` and the characters that
/// group digits. `None` if it is not a number.
pub fn digits(text: &str) -> Option<String> {
    let groups = |c: char| c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/');
    if !text.chars().all(|c| c.is_ascii_digit() || groups(c)) {
        return None;
    }
    let digits = only_digits(text);
    let digits = digits.strip_prefix("00").map(str::to_string).unwrap_or(digits);
    (7..=15).contains(&digits.len()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_numbers_have_digits_only_and_the_error_shows_them() {
        assert!(check_chat_number("--to", "8613800001000").is_ok());
        for invalid in ["+8613800001000", "86 138-0000-1000", "８６１３８００００１０００"]
        {
            let failure = check_chat_number("--to", invalid).expect_err(invalid);
            assert!(failure.message.contains("no +"), "{}", failure.message);
        }
        let failure = check_chat_number("--to", "+86 138-0000-1000").expect_err("wrong");
        assert_eq!(failure.hint.as_deref(), Some("write --to 8613800001000"));
        for invalid in ["", "123456", "1234567890123456", "abc"] {
            check_chat_number("--to", invalid).expect_err(invalid);
        }
    }

    #[test]
    fn no_chat_number_begins_with_zero() {
        for (wrong, hint) in [
            ("008613800001000", "write --to 8613800001000"),
            ("013800001000", "replace the 0 with the country code, for example --to 8613800001000"),
            ("0000000", "for example --to 8613800001000"),
        ] {
            let failure = check_chat_number("--to", wrong).expect_err(wrong);
            assert_eq!(failure.hint.as_deref(), Some(hint));
        }
        assert!(check_chat_sender("--from", "0123").is_ok(), "the ID of a Viber service");
    }

    #[test]
    fn examples_and_numbers_without_a_country_code_are_doubtful() {
        for (channel, number, doubtful) in [
            (Channel::Sms, "13800138000", true),
            (Channel::Sms, "+8613800138000", true),
            (Channel::Whatsapp, "8613800138000", true),
            (Channel::Whatsapp, "13800001000", true),
            (Channel::Viber, "19912345678", true),
            (Channel::Sms, "13800001000", false),
            (Channel::Whatsapp, "8613800001000", false),
            (Channel::Whatsapp, "12025550123", false),
            (Channel::Whatsapp, "6591234567", false),
        ] {
            assert_eq!(doubt(channel, number).is_some(), doubtful, "{channel:?} {number}");
        }
        let doubt = doubt(Channel::Whatsapp, "13800001000").expect("doubtful");
        assert!(doubt.contains("8613800001000"), "{doubt}");
    }

    #[test]
    fn sms_numbers_have_the_documented_forms() {
        for right in
            ["13800001000", "+8613800001000", "008613800001000", "8613800001000", "6591234567"]
        {
            assert!(check_sms_number("-p", right).is_ok(), "{right}");
        }
        for invalid in [
            "+6591234567",
            "138-0000-1000",
            "138 0000 1000",
            "",
            "abc",
            "+861380000100",
            "013800001000",
            "08613800001000",
        ] {
            check_sms_number("-p", invalid).expect_err(invalid);
        }
        let failure = check_sms_number("-p", "+65 9123 4567").expect_err("wrong");
        assert_eq!(failure.hint.as_deref(), Some("write -p 6591234567"));
    }

    #[test]
    fn the_digits_of_a_number_are_found_in_every_notation() {
        for written in ["8613800001000", "+86 138-0000-1000", "0086 (138) 0000.1000"] {
            assert_eq!(digits(written).as_deref(), Some("8613800001000"), "{written}");
        }
        for written in ["", "123456", "1234567890123456", "1380000100x", "Alice"] {
            assert_eq!(digits(written), None, "{written}");
        }
    }

    #[test]
    fn only_the_last_four_digits_of_a_number_are_visible() {
        assert_eq!(masked("8613800001000"), "*********1000");
        assert_eq!(masked("123456"), "******");
    }

    #[test]
    fn all_notations_of_a_mainland_number_are_equal() {
        for number in ["13800001000", "+8613800001000", "008613800001000", "8613800001000"] {
            assert_eq!(canonical_sms_number(number), "13800001000");
        }
        assert_eq!(canonical_sms_number("6591234567"), "6591234567");
    }
}
