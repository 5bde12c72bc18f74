//! `alimsg whatsapp send raw`: any free-form message, with its content as JSON.

use crate::chat::content::Content;
use crate::chat::content::raw::{Raw, check_channel, check_type};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::ContentFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send raw --from 8613800000001 --to 8613800001000 \\
      --message-type interactive --content @menu.json
  alimsg --sandbox whatsapp send raw --from 8613800000001 --to 8613800001000 \\
      --message-type text --content '{\"text\":\"It is on its way.\"}' --yes
  echo '{\"text\":\"Hello\"}' | alimsg --sandbox whatsapp send raw --from 8613800000001 \\
      --to 8613800001000 --message-type text --content - --yes")]
pub struct RawFlags {
    /// The service's name of the type, such as text, interactive or text_image_button
    #[arg(long, value_name = "T")]
    message_type: Option<String>,

    /// The content: JSON, @FILE, or - for stdin; sent unchanged
    #[arg(long, value_name = "JSON|@FILE|-", value_parser = source::parse)]
    content: Option<String>,
}

impl ContentFlags for RawFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        let question = "Type of the message";
        let message_type =
            inputs.need("--message-type", question, self.message_type, check_type)?;
        check_channel(channel, &message_type)?;
        let question = "Content as JSON, or @FILE";
        let is_given = self.content.is_some();
        let mut text = inputs.need("--content", question, self.content, anything)?;
        if !is_given {
            text = source::parse(&text).map_err(Failure::usage)?;
        }
        let is_missing = !is_given && text.is_empty();
        let (value, json) =
            if is_missing { Default::default() } else { source::json("--content", &text)? };
        Ok(Box::new(Raw { message_type, value, json }))
    }
}
