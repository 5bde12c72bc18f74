//! Phone numbers as the service takes them.

/// A phone number as the service keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Digits only; a mainland number without its country code.
    pub digits: String,
    pub mainland: bool,
}

/// Reads 11 digits, or `+86`, `0086` or `86` and 11 digits, or a country code and a number.
pub fn read_number(written: &str) -> Option<Number> {
    let (digits, international_form) = match written.strip_prefix('+') {
        Some(rest) => (rest, true),
        None => match written.strip_prefix("00") {
            Some(rest) => (rest, true),
            None => (written, false),
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
    fn numbers_are_read_in_every_form_that_the_service_takes() {
        for written in ["13800001234", "+8613800001234", "008613800001234", "8613800001234"] {
            let number = read_number(written).expect(written);
            assert_eq!((number.digits.as_str(), number.mainland), ("13800001234", true));
        }
        for written in ["+12025550123", "85261234567", "0012025550123"] {
            assert!(!read_number(written).expect(written).mainland, "{written}");
        }
        for written in
            ["", "12345", "138-0000-1234", "+86138", "abc", "0123456789", "1234567890123456"]
        {
            assert_eq!(read_number(written), None, "{written}");
        }
    }
}
