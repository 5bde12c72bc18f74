//! Flags of Viber texts, images and videos.

use crate::chat::content::viber::{Button, ViberText};
use crate::chat::content::{limits, refuse_foreign_flags};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::message::url;

/// The button of a Viber message, which opens a link.
#[derive(Debug, Args)]
pub struct ButtonFlags {
    /// Title of the button of a Viber message
    #[arg(long, value_name = "T", value_parser = source::parse, help_heading = "Viber only")]
    button_title: Option<String>,

    /// Link that the button of a Viber message opens
    #[arg(long, value_name = "URL", help_heading = "Viber only")]
    button_url: Option<String>,
}

impl ButtonFlags {
    /// # Errors
    /// One of the flags is given for another channel.
    pub fn refuse_except_on_viber(&self, channel: Channel) -> Result<()> {
        refuse_foreign_flags(channel, &[], &given![self; button_title, button_url])
    }

    /// The button, if one of its flags is given; then both are required.
    ///
    /// # Errors
    /// An invalid value.
    pub fn into_button(self, inputs: &mut Inputs<'_>) -> Result<Option<Button>> {
        let (title, url) = (self.button_title, self.button_url);
        if title.is_none() && url.is_none() {
            return Ok(None);
        }
        let check = |title: &str| limits::VIBER_BUTTON_TITLE.check(title);
        let title = inputs.need("--button-title", "Title of the button", title, check)?;
        let check = |url: &str| url::check("--button-url", url);
        let url = inputs.need("--button-url", "Link of the button", url, check)?;
        Ok(Some(Button { title, url: Some(url) }))
    }
}

/// The text next to a medium. On Viber, a button next to a medium needs a text.
///
/// # Errors
/// An invalid value.
pub fn text_beside_medium(
    text: Option<String>,
    button: Option<Button>,
    inputs: &mut Inputs<'_>,
) -> Result<Option<ViberText>> {
    if text.is_none() && button.is_none() {
        return Ok(None);
    }
    let text = inputs.need("--text", "Text", text, |text| limits::TEXT.check(text))?;
    Ok(Some(ViberText { text, button }))
}
