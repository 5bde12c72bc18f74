//! What the two kinds of interactive messages share: a body, perhaps a header and a footer.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::Inputs;
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::Form;
use crate::error::{Failure, Result};
use crate::message::length;

/// Documented limits, in characters.
const MAX_BODY: usize = 1024;
const MAX_EDGE: usize = 60;

#[derive(Debug, Args)]
pub struct InteractiveText {
    /// The text, at most 1,024 characters
    #[arg(long, value_name = "T")]
    body: Option<String>,

    /// Line above the text, at most 60 characters
    #[arg(long, value_name = "T")]
    header: Option<String>,

    /// Line under the text, at most 60 characters
    #[arg(long, value_name = "T")]
    footer: Option<String>,
}

impl InteractiveText {
    /// The beginning of the content: everything but the action.
    ///
    /// # Errors
    /// A text that is too long; a channel that has no interactive messages.
    pub fn begin(
        self,
        kind: &str,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Map<String, Value>> {
        if channel == Channel::Viber {
            let kind = if kind == "button" { "buttons" } else { kind };
            return Err(channel.refuse_kind(kind).hint(
                "send it with --channel-type whatsapp; on Viber, a text or an image has one \
                 button: --button-title and --button-url",
            ));
        }
        let check = |text: &str| length::some("--body", text, MAX_BODY);
        let body = inputs.need("--body", "Text", self.body, check)?;
        let mut content = Map::from_iter([
            ("type".to_string(), json!(kind)),
            ("body".to_string(), json!({ "text": body })),
        ]);
        if let Some(header) = self.header {
            length::some("--header", &header, MAX_EDGE)?;
            plan.push(("header".into(), header.clone()));
            content.insert("header".into(), json!({ "type": "text", "text": header }));
        }
        plan.push(("body".into(), body));
        if let Some(footer) = self.footer {
            length::some("--footer", &footer, MAX_EDGE)?;
            plan.push(("footer".into(), footer.clone()));
            content.insert("footer".into(), json!({ "text": footer }));
        }
        Ok(content)
    }
}

/// The end of the content.
pub fn finish(mut content: Map<String, Value>, action: Value) -> Form {
    content.insert("action".into(), action);
    Form::new("interactive", content)
}

/// Splits `ID=REST` and checks the ID.
///
/// # Errors
/// No `=`, a blank ID, one that is too long or stands twice.
pub fn split_id<'a>(
    flag: &str,
    text: &'a str,
    longest: usize,
    seen: &mut Vec<&'a str>,
) -> Result<(&'a str, &'a str)> {
    let Some((id, rest)) = text.split_once('=').filter(|(id, _)| !id.trim().is_empty()) else {
        return Err(Failure::usage(format!("{flag} {text:?} is not of the form ID=TITLE"))
            .hint(format!("for example {flag} yes='Yes, please'")));
    };
    length::some(&format!("the ID of {flag}"), id, longest)?;
    if seen.contains(&id) {
        return Err(Failure::usage(format!("the ID {id:?} of {flag} stands twice"))
            .hint("give each one an ID of its own: the customer's answer carries it"));
    }
    seen.push(id);
    Ok((id, rest))
}
