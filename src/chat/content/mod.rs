//! The content of free-form messages, one file for each kind. The content of a template is in
//! [`crate::chat::draft`].

pub mod buttons;
pub mod contacts;
pub mod document;
pub mod interactive;
pub mod limits;
pub mod list;
pub mod location;
pub mod media;
pub mod raw;
pub mod reaction;
pub mod text;
pub mod viber;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::message::plan::PlanRow;

/// One kind of free-form message.
pub trait Content {
    /// Checks every part and puts it into the form that the service takes.
    ///
    /// # Errors
    /// A part that the service would refuse.
    fn build(&self) -> Result<FreeForm>;
}

/// A checked content in the form that the service takes.
#[derive(Debug, Clone)]
pub struct FreeForm {
    /// The service's name of the type.
    pub message_type: String,
    /// The JSON as it is sent.
    pub json: String,
    /// The same, parsed: equal for two contents that differ in blanks only.
    pub value: Value,
    /// What the user sees before agreeing.
    pub plan: Vec<PlanRow>,
}

impl FreeForm {
    /// Serializes the content; optional fields without a value are left out.
    fn new(
        message_type: impl Into<String>,
        content: impl Serialize,
        plan: Vec<PlanRow>,
    ) -> Result<Self> {
        let mut value = serde_json::to_value(content)
            .map_err(|error| Failure::internal(format!("the content is not JSON: {error}")))?;
        remove_nulls(&mut value);
        Ok(Self { message_type: message_type.into(), json: value.to_string(), value, plan })
    }
}

fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(remove_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

/// Refuses messages of a type that only WhatsApp has.
///
/// # Errors
/// The channel is another one.
pub fn require_whatsapp(channel: Channel, message_type: &str) -> Result<()> {
    if channel == Channel::Whatsapp {
        return Ok(());
    }
    Err(unsupported(channel, &format!("messages of type {message_type}"))
        .hint("send it with --channel-type whatsapp"))
}

/// Refuses flags that only another channel has: the service would ignore them without an error.
/// Each flag comes with whether it was given; its name can have `_` in the place of `-`.
///
/// # Errors
/// One of them was given; the hint names the channel that has it.
pub fn refuse_foreign_flags(
    channel: Channel,
    whatsapp_only: &[(&str, bool)],
    viber_only: &[(&str, bool)],
) -> Result<()> {
    let (foreign, other) = match channel {
        Channel::Viber => (whatsapp_only, Channel::Whatsapp),
        Channel::Whatsapp | Channel::Sms => (viber_only, Channel::Viber),
    };
    match foreign.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(unsupported(channel, &flag.replace('_', "-"))
            .hint(format!("leave it out, or send with --channel-type {}", other.name()))),
    }
}

fn unsupported(channel: Channel, what: &str) -> Box<Failure> {
    Failure::usage(format!("--channel-type {} does not support {what}", channel.name()))
}

/// The JSON that a content becomes, for the tests of each kind.
#[cfg(test)]
fn built(content: &impl Content) -> (String, String) {
    let built = content.build().expect("a valid content");
    (built.message_type, built.json)
}
