//! A text.

use serde::Serialize;

use crate::chat::content::{Content, FreeForm, limits};
use crate::error::Result;
use crate::message::plan::row;

#[derive(Debug, Serialize)]
pub struct Text {
    pub text: String,
}

impl Content for Text {
    fn build(&self) -> Result<FreeForm> {
        limits::TEXT.check(&self.text)?;
        FreeForm::new("text", self, vec![row("text", &self.text)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn a_text_is_the_only_field() {
        let text = Text { text: "- \"so\"\n".into() };
        assert_eq!(built(&text), ("text".into(), r#"{"text":"- \"so\"\n"}"#.into()));
        for text in [" ".into(), "x".repeat(4097)] {
            Text { text }.build().expect_err("blank or too long");
        }
    }
}
