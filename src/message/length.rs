//! Limits on the length of a text. They count characters (Unicode scalar values), as the documented
//! limits do, not bytes.

use crate::error::{Failure, Result};

/// The error message for a text with more characters than `most`.
pub fn fault(what: &str, text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    (length > most).then(|| format!("{what} is too long: {length} characters, {most} at most"))
}

/// # Errors
/// Too long.
pub fn at_most(what: &str, text: &str, most: usize) -> Result<()> {
    match fault(what, text, most) {
        None => Ok(()),
        Some(fault) => Err(Failure::usage(fault).hint(format!("shorten {what}"))),
    }
}

/// Checks a text that is required.
///
/// # Errors
/// Blank or too long.
pub fn some(what: &str, text: &str, most: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("{what} is blank")).hint(format!("give {what} a text")));
    }
    at_most(what, text, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        at_most("--body", &"é".repeat(4), 4).expect("four");
        let failure = at_most("--body", &"é".repeat(5), 4).expect_err("five");
        assert!(failure.message.contains("5 characters, 4 at most"), "{}", failure.message);
        at_most("--body", "", 4).expect("empty");
    }

    #[test]
    fn a_required_text_is_not_blank() {
        some("--body", "x", 1).expect("one");
        for blank in ["", " ", "\n"] {
            some("--body", blank, 1).expect_err("blank");
        }
    }
}
