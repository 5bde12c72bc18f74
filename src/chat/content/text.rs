//! A text.

use serde::Serialize;

use crate::chat::content::limits::TEXT_MAX_CHARS;
use crate::chat::content::{Content, FreeForm, row};
use crate::error::Result;
use crate::message::length;

#[derive(Debug, Serialize)]
pub struct Text {
    pub text: String,
}

impl Content for Text {
    fn build(&self) -> Result<FreeForm> {
        check(&self.text)?;
        FreeForm::new("text", self, vec![row("text", &self.text)])
    }
}

/// # Errors
/// Blank or too long.
pub fn check(text: &str) -> Result<()> {
    length::some("--text", text, TEXT_MAX_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn a_text_is_the_only_field() {
        let text = Text { text: "- \"so\"\n".into() };
        assert_eq!(built(&text), ("text".into(), r#"{"text":"- \"so\"\n"}"#.into()));
        for text in [" ".into(), "x".repeat(TEXT_MAX_CHARS + 1)] {
            Text { text }.build().expect_err("blank or too long");
        }
    }
}
