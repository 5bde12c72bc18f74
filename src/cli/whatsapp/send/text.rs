//! A free-form text.

use clap::Args;
use serde_json::{Map, json};

use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::whatsapp::send::viber;
use crate::cli::{Inputs, source};
use crate::error::Result;
use crate::message::length;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send text --from 8613800000001 --to 8613800001000 --text 'It is on its way.'
  echo 'It is on its way.' | alimsg --sandbox whatsapp send text --from 8613800000001 \\
      --to 8613800001000 --text - --yes
  alimsg --sandbox whatsapp send text --channel-type viber --label transaction --from 30001 \\
      --to 8613800001000 --text 'Your order is ready.' --button-title 'See it' \\
      --button-url https://example.com/orders --yes";

/// The longest text, in characters; documented.
const MAX_LENGTH: usize = 4096;

#[derive(Debug, Args)]
pub struct Text {
    // A text that begins with a dash has to be written --text='- so': where the value was forgotten,
    // the flag behind it must not go out as the message.
    /// The text, at most 4,096 characters; - reads it from stdin
    #[arg(long, value_name = "T")]
    text: Option<String>,

    #[command(flatten)]
    button: viber::Button,
}

impl ContentBuilder for Text {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        self.button.refuse_elsewhere(channel)?;
        let given = match self.text.as_deref() {
            Some("-") => Some(from_stdin()?),
            _ => self.text,
        };
        let text = inputs.need("--text", "Text", given, check)?;
        plan.push(("text".to_string(), text.clone()));
        let mut content = Map::from_iter([("text".to_string(), json!(text))]);
        let button = self.button.put_into(&mut content, plan)?;
        let kind = viber::joined(&[("text", true), ("button", button)]);
        Ok(Form::new(&kind, content))
    }
}

/// # Errors
/// Blank, or longer than a text may be.
pub fn check(text: &str) -> Result<()> {
    length::some("--text", text, MAX_LENGTH)
}

/// All of stdin, but for the line break that `echo` and editors add at the end.
fn from_stdin() -> Result<String> {
    let text = source::stdin("--text")?;
    Ok(text.strip_suffix('\n').map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t)).into())
}
