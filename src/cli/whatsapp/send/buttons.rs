//! `alimsg whatsapp send buttons`: a text with one to three buttons to answer with.

use crate::chat::content::Content;
use crate::chat::content::buttons::{Button, Buttons};
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::free_form::ContentFlags;
use crate::cli::whatsapp::send::interactive::{InteractiveFlags, split_id};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send buttons --from 8613800000001 --to 8613800001000 \\
      --body 'Shall we deliver tomorrow?' --button yes=Yes --button no='Another day' \\
      --footer Acme
  alimsg --sandbox whatsapp send buttons --from 8613800000001 --to 8613800001000 \\
      --body 'Shall we deliver tomorrow?' --button yes=Yes --button no=No --yes")]
pub struct ButtonsFlags {
    #[command(flatten)]
    text: InteractiveFlags,

    /// A button, at most 20 characters long; one to three, each with its own ID
    #[arg(long, value_name = "ID=TITLE")]
    button: Vec<String>,
}

impl ContentFlags for ButtonsFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        let text = self.text.into_text(channel, "buttons", inputs)?;
        let mut given = self.button;
        if given.is_empty() {
            let check = |text: &str| parse_button(text)?.check();
            let button = inputs.need("--button", "A button, as ID=TITLE", None, check)?;
            given.extend(Some(button).filter(|button| !button.is_empty()));
        }
        let buttons = given.iter().map(|text| parse_button(text)).collect::<Result<_>>()?;
        Ok(Box::new(Buttons { text, buttons }))
    }
}

fn parse_button(text: &str) -> Result<Button> {
    let (id, title) = split_id("--button", text)?;
    Ok(Button { id: id.into(), title: title.into() })
}
