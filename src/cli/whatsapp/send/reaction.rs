//! An emoji on a message of the conversation.

use clap::Args;
use serde_json::json;

use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::{Inputs, anything};
use crate::error::{Failure, Result};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send reaction --from 8613800000001 --to 8613800001000 \\
      --message-id 20260326100000 --emoji 👍
  alimsg --sandbox whatsapp send reaction --from 8613800000001 --to 8613800001000 \\
      --message-id wamid.in.8613800001000 --emoji 👍 --yes";

/// An emoji is one picture, however many characters it is composed of; none has more.
const MAX_LENGTH: usize = 16;

#[derive(Debug, Args)]
pub struct Reaction {
    /// Message to react to; `whatsapp history` lists them
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,

    /// One emoji; an empty one takes the reaction back
    #[arg(long, value_name = "E")]
    emoji: Option<String>,
}

impl ContentBuilder for Reaction {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        if channel == Channel::Viber {
            return Err(channel.refuse_kind("reaction"));
        }
        let id = inputs.need("--message-id", "Message to react to", self.message_id, anything)?;
        let emoji = inputs.need("--emoji", "Emoji", self.emoji, check_emoji)?;
        plan.push(("reaction to".into(), id.clone()));
        plan.push(("emoji".into(), if emoji.is_empty() { "(none)".into() } else { emoji.clone() }));
        Ok(Form::new("reaction", json!({ "messageId": id, "emoji": emoji })))
    }
}

/// Words and blanks are refused; what exactly is an emoji changes every year.
fn check_emoji(emoji: &str) -> Result<()> {
    let wordy = |c: char| c.is_alphabetic() || c.is_whitespace() || c.is_control();
    let pictured = emoji.is_empty() || !emoji.is_ascii();
    if pictured && emoji.chars().count() <= MAX_LENGTH && !emoji.chars().any(wordy) {
        return Ok(());
    }
    Err(Failure::usage(format!("--emoji {emoji:?} is not one emoji"))
        .hint("for example --emoji 👍; --emoji '' takes the reaction back"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_a_picture_and_no_word() {
        for emoji in ["👍", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "1️⃣", "🇨🇳", ""]
        {
            check_emoji(emoji).expect(emoji);
        }
        for emoji in ["ok", ":)", "👍 ", "好", "+1", &"👍".repeat(17)] {
            check_emoji(emoji).expect_err(emoji);
        }
    }
}
