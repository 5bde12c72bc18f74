//! Flags of the text around buttons and lists, and values of the form ID=TITLE.

use crate::chat::content::interactive::InteractiveText;
use crate::chat::content::{limits, require_whatsapp};
use crate::cli::prelude::*;
use crate::cli::source;

#[derive(Debug, Args)]
pub struct InteractiveFlags {
    /// The text, at most 1,024 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    body: Option<String>,

    /// Line above the text, at most 60 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    header: Option<String>,

    /// Line under the text, at most 60 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    footer: Option<String>,
}

impl InteractiveFlags {
    /// # Errors
    /// A channel without messages of this type; an invalid body.
    pub fn into_text(
        self,
        channel: Channel,
        message_type: &str,
        inputs: &mut Inputs<'_>,
    ) -> Result<InteractiveText> {
        require_whatsapp(channel, message_type).map_err(|failure| {
            failure.hint(
                "send it with --channel-type whatsapp; on Viber, a text or an image has one \
                 button: --button-title and --button-url",
            )
        })?;
        let body = inputs.need("--body", "Text", self.body, |text| limits::BODY.check(text))?;
        Ok(InteractiveText { header: self.header, body, footer: self.footer })
    }
}

/// The two parts of `ID=REST`.
///
/// # Errors
/// The `=` is missing, or the ID is blank.
pub fn split_id<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str)> {
    text.split_once('=').filter(|(id, _)| !id.trim().is_empty()).ok_or_else(|| {
        Failure::usage(format!("{flag} {text:?} does not have the form ID=TITLE"))
            .hint(format!("for example {flag} yes='Yes, please'"))
    })
}
