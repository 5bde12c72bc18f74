//! Everything that is wrong with a draft of a template, in one error, so that its author does not
//! have to fix and submit it several times.

use crate::error::{Failure, Result};
use crate::message::length;

/// The violations so far, each one once.
#[derive(Debug, Default)]
pub struct Violations(Vec<String>);

impl Violations {
    pub fn add(&mut self, violation: impl Into<String>) {
        let violation = violation.into();
        if !self.0.contains(&violation) {
            self.0.push(violation);
        }
    }

    /// Adds a text that is longer than the limit, in characters.
    pub fn at_most(&mut self, what: &str, text: &str, limit: usize) {
        length::fault(what, text, limit).into_iter().for_each(|fault| self.add(fault));
    }

    /// # Errors
    /// There is a violation.
    pub fn refuse(self, hint: &str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(self.0.join("; ")).hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_within_the_limit_pass_and_each_violation_is_named_once() {
        let mut wrong = Violations::default();
        wrong.at_most("the name", "ééé", 3);
        Violations::default().refuse("hint").expect("no violation");
        wrong.at_most("the text", "éééé", 3);
        wrong.at_most("the text", "éééé", 3);
        wrong.add("it rhymes");
        let failure = wrong.refuse("write less").expect_err("too long");
        assert_eq!(failure.message, "the text is too long: 4 characters, 3 at most; it rhymes");
    }
}
