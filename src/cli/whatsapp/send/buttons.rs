//! A text with one to three buttons to answer with.

use clap::Args;
use serde_json::json;

use crate::cli::Inputs;
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::whatsapp::send::interactive::{InteractiveText, finish, split_id};
use crate::error::{Failure, Result};
use crate::message::length;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send buttons --from 8613800000001 --to 8613800001000 \\
      --body 'Shall we deliver tomorrow?' --button yes=Yes --button no='Another day' \\
      --footer Acme
  alimsg --sandbox whatsapp send buttons --from 8613800000001 --to 8613800001000 \\
      --body 'Shall we deliver tomorrow?' --button yes=Yes --button no=No --yes";

/// Documented limits.
const MAX_BUTTONS: usize = 3;
const MAX_TITLE: usize = 20;
const MAX_ID: usize = 256;

#[derive(Debug, Args)]
pub struct Buttons {
    #[command(flatten)]
    frame: InteractiveText,

    /// A button, at most 20 characters long; one to three, each with an ID of its own
    #[arg(long, value_name = "ID=TITLE")]
    button: Vec<String>,
}

impl ContentBuilder for Buttons {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        let content = self.frame.begin("button", channel, inputs, plan)?;
        let mut given = self.button;
        if given.is_empty() {
            let check = |text: &str| check_button(text, &mut Vec::new()).map(drop);
            given.push(inputs.need("--button", "A button, as ID=TITLE", None, check)?);
        }
        if given.len() > MAX_BUTTONS {
            return Err(Failure::usage(format!(
                "{} buttons are too many: {MAX_BUTTONS} at most",
                given.len()
            ))
            .hint("`alimsg whatsapp send list` offers up to 10 answers"));
        }
        let mut seen = Vec::new();
        let mut buttons = Vec::new();
        for text in given.iter().filter(|text| !text.is_empty()) {
            let (id, title) = check_button(text, &mut seen)?;
            plan.push(("button".into(), format!("{title} ({id})")));
            buttons.push(json!({ "type": "reply", "reply": { "id": id, "title": title } }));
        }
        Ok(finish(content, json!({ "buttons": buttons })))
    }
}

fn check_button<'a>(text: &'a str, seen: &mut Vec<&'a str>) -> Result<(&'a str, &'a str)> {
    let (id, title) = split_id("--button", text, MAX_ID, seen)?;
    length::some("the title of --button", title, MAX_TITLE)?;
    Ok((id, title))
}
