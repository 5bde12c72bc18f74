//! Limits on the length of a text. They count characters (Unicode scalar values), as the documented
//! limits do, not bytes.

use crate::error::{Failure, Result};

/// # Errors
/// Too long.
pub fn check(what: &str, text: &str, max: usize) -> Result<()> {
    let length = text.chars().count();
    if length <= max {
        return Ok(());
    }
    Err(Failure::usage(format!("{what} is too long: {length} characters, {max} at most"))
        .hint(format!("shorten {what}")))
}

/// Checks a text that is required.
///
/// # Errors
/// Blank or too long.
pub fn check_required(what: &str, text: &str, max: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("{what} is blank")).hint(format!("give {what} a text")));
    }
    check(what, text, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        check("--body", &"é".repeat(4), 4).expect("four");
        let failure = check("--body", &"é".repeat(5), 4).expect_err("five");
        assert!(failure.message.contains("5 characters, 4 at most"), "{}", failure.message);
        check("--body", "", 4).expect("empty");
    }

    #[test]
    fn a_required_text_is_not_blank() {
        check_required("--body", "x", 1).expect("one");
        for blank in ["", " ", "\n"] {
            check_required("--body", blank, 1).expect_err("blank");
        }
    }
}
