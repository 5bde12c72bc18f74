//! Phone numbers in the formats that the service accepts.

/// A normalized phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Digits only; a mainland number has no country code.
    pub digits: String,
    pub mainland: bool,
}

/// Parses 11 digits, or `+86`, `0086` or `86` and 11 digits, or a country code and a number.
pub fn parse_number(text: &str) -> Option<Number> {
    let (digits, international_form) = match text.strip_prefix('+') {
        Some(rest) => (rest, true),
        None => match text.strip_prefix("00") {
            Some(rest) => (rest, true),
            None => (text, false),
        },
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
        return None;
    }
    let is_mobile = |digits: &str| {
        digits.len() == 11
            && digits.starts_with('1')
            && !matches!(digits.as_bytes()[1], b'0'..=b'2')
    };
    let mainland = |digits: &str| Number { digits: digits.to_owned(), mainland: true };
    if let Some(rest) = digits.strip_prefix("86") {
        return is_mobile(rest).then(|| mainland(rest));
    }
    if is_mobile(digits) && !international_form {
        return Some(mainland(digits));
    }
    (7..=15).contains(&digits.len()).then(|| Number { digits: digits.to_owned(), mainland: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_that_the_service_accepts_is_parsed() {
        for written in ["13800001234", "+8613800001234", "008613800001234", "8613800001234"] {
            let number = parse_number(written).expect(written);
            assert_eq!((number.digits.as_str(), number.mainland), ("13800001234", true));
        }
        for written in ["+12025550123", "85261234567", "0012025550123"] {
            assert!(!parse_number(written).expect(written).mainland, "{written}");
        }
        for written in
            ["", "12345", "138-0000-1234", "+86138", "abc", "0123456789", "1234567890123456"]
        {
            assert_eq!(parse_number(written), None, "{written}");
        }
    }
}
