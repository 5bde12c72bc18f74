//! A free-form text.

use std::io::Read as _;

use clap::Args;
use serde_json::{Map, Value, json};

use super::envelope::Channel;
use super::free_form::{Compose, Form};
use super::viber;
use crate::commands::Inputs;
use crate::failure::{Failure, Result};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send text --from 8613800000001 --to 8613800001000 --text 'It is on its way.'
  echo 'It is on its way.' | alimsg --sandbox whatsapp send text --from 8613800000001 \\
      --to 8613800001000 --text - --yes
  alimsg --sandbox whatsapp send text --channel-type viber --label transaction --from 30001 \\
      --to 8613800001000 --text 'Your order is ready.' --button-title 'See it' \\
      --button-url https://example.com/orders --yes";

/// The longest text, in characters; documented.
const LONGEST: usize = 4096;

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

impl Compose for Text {
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
        Ok(Form::new(&kind, Value::Object(content)))
    }
}

/// # Errors
/// Empty, or longer than a text may be.
pub fn check(text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Failure::usage("the text is empty").hint("give --text some text"));
    }
    let length = text.chars().count();
    if length > LONGEST {
        return Err(too_long(&format!("{length} characters")));
    }
    Ok(())
}

fn too_long(length: &str) -> Box<Failure> {
    Failure::usage(format!("the text is too long: {length}, {LONGEST} at most"))
        .hint("shorten it or send it as several messages")
}

/// All of stdin, but for the line break that `echo` and editors add at the end.
fn from_stdin() -> Result<String> {
    // One byte more than the longest text and its line break can have: so much is read to notice
    // that it is too much, and no more.
    const LIMIT: usize = LONGEST * 4 + "\r\n".len() + 1;
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::usage(format!("the text on stdin cannot be read: {error}"))
            .hint("give it as UTF-8")
    };
    let mut bytes = Vec::new();
    let input = std::io::stdin().lock().take(LIMIT as u64).read_to_end(&mut bytes);
    input.map_err(|error| unreadable(&error))?;
    if bytes.len() == LIMIT {
        return Err(too_long("more characters than are read"));
    }
    let text = String::from_utf8(bytes).map_err(|error| unreadable(&error))?;
    Ok(text.strip_suffix('\n').map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t)).into())
}
