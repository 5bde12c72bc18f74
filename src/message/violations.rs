//! What is wrong with a draft of a template: found bit by bit, said all at once, for whoever hands
//! in a template should not have to try five times.

use crate::error::{Failure, Result};
use crate::message::length;

/// The complaints so far, each once.
#[derive(Debug, Default)]
pub struct Violations(Vec<String>);

impl Violations {
    pub fn add(&mut self, complaint: impl Into<String>) {
        let complaint = complaint.into();
        if !self.0.contains(&complaint) {
            self.0.push(complaint);
        }
    }

    /// Complains of a text that is longer than the limit, in characters.
    pub fn at_most(&mut self, what: &str, text: &str, limit: usize) {
        length::fault(what, text, limit).into_iter().for_each(|fault| self.add(fault));
    }

    /// # Errors
    /// There is a complaint.
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
    fn a_text_at_the_limit_passes_and_everything_else_is_said_once() {
        let mut wrong = Violations::default();
        wrong.at_most("the name", "ééé", 3);
        Violations::default().refuse("hint").expect("no complaint");
        wrong.at_most("the text", "éééé", 3);
        wrong.at_most("the text", "éééé", 3);
        wrong.add("it rhymes");
        let failure = wrong.refuse("write less").expect_err("too long");
        assert_eq!(failure.message, "the text is too long: 4 characters, 3 at most; it rhymes");
    }
}
