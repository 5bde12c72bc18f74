//! An emoji on a message of the conversation.

use serde::Serialize;

use crate::chat::content::limits::MAX_EMOJI_CHARS;
use crate::chat::content::{Content, FreeForm};
use crate::error::{Failure, Result};
use crate::message::plan::row;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub message_id: String,
    /// Empty: the reaction is removed.
    pub emoji: String,
}

impl Content for Reaction {
    fn build(&self) -> Result<FreeForm> {
        check_emoji(&self.emoji)?;
        let emoji = if self.emoji.is_empty() { "(none)" } else { &self.emoji };
        let plan = vec![row("reaction to", &self.message_id), row("emoji", emoji)];
        FreeForm::new("reaction", self, plan)
    }
}

/// Refuses words and blanks only, since new emojis appear every year.
///
/// # Errors
/// Not one emoji.
pub fn check_emoji(emoji: &str) -> Result<()> {
    let in_words = |c: char| c.is_alphabetic() || c.is_whitespace() || c.is_control();
    let is_possible = emoji.is_empty() || !emoji.is_ascii();
    if is_possible && emoji.chars().count() <= MAX_EMOJI_CHARS && !emoji.chars().any(in_words) {
        return Ok(());
    }
    Err(Failure::usage(format!("--emoji {emoji:?} is not one emoji"))
        .hint("for example --emoji 👍; --emoji '' removes the reaction"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn an_emoji_is_not_a_word() {
        for emoji in ["👍", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "1️⃣", "🇨🇳", ""]
        {
            check_emoji(emoji).expect(emoji);
        }
        for emoji in ["ok", ":)", "👍 ", "好", "+1", &"👍".repeat(MAX_EMOJI_CHARS + 1)] {
            check_emoji(emoji).expect_err(emoji);
        }
    }

    #[test]
    fn an_empty_emoji_is_sent_as_such() {
        let reaction = Reaction { message_id: "m-1".into(), emoji: String::new() };
        let json = r#"{"messageId":"m-1","emoji":""}"#;
        assert_eq!(built(&reaction), ("reaction".into(), json.into()));
    }
}
