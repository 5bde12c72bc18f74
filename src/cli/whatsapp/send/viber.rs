//! What only Viber's own message types have: media and buttons joined to a text.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::whatsapp::send::envelope::Channel;
use crate::error::{Failure, Result};
use crate::message::{length, url};

/// The longest title of a button on Viber; WhatsApp's limit is kept where none is documented.
const MAX_TITLE: usize = 20;

/// The button of a Viber message: it opens a link.
#[derive(Debug, Args)]
pub struct Button {
    /// Title of the button of a Viber message
    #[arg(long, value_name = "T", help_heading = "Viber only")]
    button_title: Option<String>,

    /// Link that the button of a Viber message opens
    #[arg(long, value_name = "URL", help_heading = "Viber only")]
    button_url: Option<String>,
}

impl Button {
    /// # Errors
    /// A part of it is given on another channel.
    pub fn refuse_elsewhere(&self, channel: Channel) -> Result<()> {
        let given = [
            ("--button-title", self.button_title.is_some()),
            ("--button-url", self.button_url.is_some()),
        ];
        channel.refuse_foreign(&[], &given)
    }

    /// Adds the button to the content, if there is one, and says whether there is.
    ///
    /// # Errors
    /// One half of it is missing or wrong.
    pub fn put_into(
        self,
        content: &mut Map<String, Value>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<bool> {
        let (title, url) = match (self.button_title, self.button_url) {
            (None, None) => return Ok(false),
            (Some(title), Some(url)) => (title, url),
            (Some(_), None) => return Err(half("--button-url")),
            (None, Some(_)) => return Err(half("--button-title")),
        };
        length::some("--button-title", &title, MAX_TITLE)?;
        url::check("--button-url", &url)?;
        plan.push(("button".into(), format!("{title} → {url}")));
        content.insert("caption".into(), json!(title));
        content.insert("action".into(), json!(url));
        Ok(true)
    }
}

fn half(flag: &'static str) -> Box<Failure> {
    Failure::missing(&[flag], Vec::new()).hint("a button has a title and a link")
}

/// The name of the type that joins these parts: `text_image_button` and the like.
pub fn joined(parts: &[(&str, bool)]) -> String {
    let present = parts.iter().filter(|(_, present)| *present).map(|(part, _)| *part);
    present.collect::<Vec<_>>().join("_")
}
