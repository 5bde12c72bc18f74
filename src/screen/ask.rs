//! Questions to the person at the terminal.

use dialoguer::Input;
use dialoguer::theme::SimpleTheme;

use super::Screen;
use super::pick::stop_if_interrupted;
use crate::failure::{Failure, Kind, Result};

impl Screen {
    /// Asks for a value; blank answers are asked again, and `check` says what is wrong with others.
    ///
    /// # Errors
    /// The person ended the program in the place of an answer.
    pub fn ask(&self, question: &str, check: impl Fn(&str) -> Result<()>) -> Result<String> {
        loop {
            let answer = read(question)?;
            if answer.is_empty() {
                continue;
            }
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(wrong) => self.note(&wrong.message),
            }
        }
    }

    /// Asks for the word `yes`; anything else is a no.
    ///
    /// # Errors
    /// The answer was not `yes`.
    pub fn confirm(&self, question: &str) -> Result<()> {
        if read(&format!("{question} (only \"yes\" goes on)"))? == "yes" {
            return Ok(());
        }
        Err(Failure::new(Kind::Cancelled, "not confirmed"))
    }
}

fn read(question: &str) -> Result<String> {
    let answer = Input::<String>::with_theme(&SimpleTheme)
        .with_prompt(question)
        .allow_empty(true)
        .interact_text();
    stop_if_interrupted(answer.as_ref().err())?;
    match answer {
        Ok(answer) => Ok(answer.trim().to_string()),
        Err(error) => Err(Failure::new(Kind::Cancelled, format!("no answer was given: {error}"))),
    }
}
