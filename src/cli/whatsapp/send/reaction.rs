//! `alimsg whatsapp send reaction`.

use crate::chat::content::reaction::{Reaction, check_emoji};
use crate::chat::content::{Content, require_whatsapp};
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::free_form::ContentFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send reaction --from 8613800000001 --to 8613800001000 \\
      --message-id 20260326100000 --emoji 👍
  alimsg --sandbox whatsapp send reaction --from 8613800000001 --to 8613800001000 \\
      --message-id wamid.in.8613800001000 --emoji 👍 --yes")]
pub struct ReactionFlags {
    /// Message to react to; `whatsapp history` lists them
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,

    /// One emoji; an empty one removes the reaction
    #[arg(long, value_name = "E")]
    emoji: Option<String>,
}

impl ContentFlags for ReactionFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        require_whatsapp(channel, "reaction")?;
        let question = "Message to react to";
        let message_id = inputs.need("--message-id", question, self.message_id, anything)?;
        let emoji = inputs.need("--emoji", "Emoji", self.emoji, check_emoji)?;
        Ok(Box::new(Reaction { message_id, emoji }))
    }
}
