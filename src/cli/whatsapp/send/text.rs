//! `alimsg whatsapp send text`.

use crate::chat::content::viber::{ViberMessage, ViberText};
use crate::chat::content::{Content, limits, text};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::ContentFlags;
use crate::cli::whatsapp::send::viber;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send text --from 8613800000001 --to 8613800001000 --text 'It is on its way.'
  echo 'It is on its way.' | alimsg --sandbox whatsapp send text --from 8613800000001 \\
      --to 8613800001000 --text - --yes
  alimsg --sandbox whatsapp send text --channel-type viber --label transaction --from 30001 \\
      --to 8613800001000 --text 'Your order is ready.' --button-title 'See it' \\
      --button-url https://example.com/orders --yes")]
pub struct TextFlags {
    // No `allow_hyphen_values`: if the value is forgotten, the next flag must not be sent as the
    // message. A text that begins with a dash is written --text='- text'.
    /// The text, at most 4,096 characters; or @FILE, or - for stdin (@@ begins a text with @)
    #[arg(long, value_name = "T", value_parser = source::parse)]
    text: Option<String>,

    #[command(flatten)]
    button: viber::ButtonFlags,
}

impl ContentFlags for TextFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        self.button.refuse_except_on_viber(channel)?;
        let text = inputs.need("--text", "Text", self.text, |text| limits::TEXT.check(text))?;
        if channel != Channel::Viber {
            return Ok(Box::new(text::Text { text }));
        }
        let text = ViberText { text, button: self.button.into_button(inputs)? };
        Ok(Box::new(ViberMessage { medium: None, text: Some(text) }))
    }
}
