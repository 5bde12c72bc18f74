//! How long a text may be. Documented limits count characters, and so does this: Unicode scalar
//! values, not bytes.

use crate::error::{Failure, Result};

/// What is wrong with a text that has more than that many characters.
pub fn fault(what: &str, text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    (length > most).then(|| format!("{what} is too long: {length} characters, {most} at most"))
}

/// # Errors
/// It has more than that many characters.
pub fn at_most(what: &str, text: &str, most: usize) -> Result<()> {
    match fault(what, text, most) {
        None => Ok(()),
        Some(fault) => Err(Failure::usage(fault).hint(format!("shorten {what}"))),
    }
}

/// # Errors
/// It is blank, or has more than that many characters.
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
    fn characters_count_and_not_bytes() {
        at_most("--body", &"é".repeat(4), 4).expect("four");
        let failure = at_most("--body", &"é".repeat(5), 4).expect_err("five");
        assert!(failure.message.contains("5 characters, 4 at most"), "{}", failure.message);
        at_most("--body", "", 4).expect("nothing is not too long");
    }

    #[test]
    fn a_text_that_has_to_be_there_is_not_blank() {
        some("--body", "x", 1).expect("one");
        for blank in ["", " ", "\n"] {
            some("--body", blank, 1).expect_err("blank");
        }
    }
}
