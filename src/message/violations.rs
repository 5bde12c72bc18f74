//! Collects everything that is wrong with a draft, so that one failure reports all of it.

use crate::error::{Failure, Result};

/// The violations found so far, each once, and the documents that state the limits.
#[derive(Debug, Default)]
pub struct Violations {
    messages: Vec<String>,
    sources: Vec<&'static str>,
}

impl Violations {
    pub fn add(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !self.messages.contains(&message) {
            self.messages.push(message);
        }
    }

    /// Adds a violation of a limit that the document `source` states.
    pub fn add_documented(&mut self, message: impl Into<String>, source: &'static str) {
        self.add(message);
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }

    /// Fails if there is a violation. The hint ends with the documents of the limits.
    ///
    /// # Errors
    /// All violations in one message.
    pub fn into_result(self, hint: &str) -> Result<()> {
        if self.messages.is_empty() {
            return Ok(());
        }
        let documents = match &self.sources[..] {
            [] => String::new(),
            sources => format!("; limits: {}", sources.join(", ")),
        };
        Err(Failure::usage(self.messages.join("; ")).hint(format!("{hint}{documents}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_violation_is_reported_once_with_the_source_of_its_limit() {
        Violations::default().into_result("hint").expect("no violation");
        let mut violations = Violations::default();
        violations.add_documented("the text is too long", "Templates");
        violations.add_documented("the text is too long", "Templates");
        violations.add("it rhymes");
        let failure = violations.into_result("write less").expect_err("violations");
        assert_eq!(failure.message, "the text is too long; it rhymes");
        assert_eq!(failure.hint.as_deref(), Some("write less; limits: Templates"));
    }
}
