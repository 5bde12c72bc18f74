//! Any free-form message, with a content that the user wrote.

use serde_json::Value;

use crate::chat::content::{Content, FreeForm, require_whatsapp, unsupported};
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::message::plan::row;

/// Types that only one of the channels has; documented. Others are left to the service.
const WHATSAPP_TYPES: [&str; 8] = [
    "audio",
    "interactive",
    "location",
    "contacts",
    "reaction",
    "sticker",
    "typing_indicator",
    "carousel",
];
const VIBER_TYPES: [&str; 5] =
    ["text_button", "text_image", "text_image_button", "text_video", "text_video_button"];

#[derive(Debug)]
pub struct Raw {
    pub message_type: String,
    pub value: Value,
    /// The JSON of the value, sent as it is.
    pub json: String,
}

impl Content for Raw {
    fn build(&self) -> Result<FreeForm> {
        check_type(&self.message_type)?;
        Ok(FreeForm {
            message_type: self.message_type.clone(),
            json: self.json.clone(),
            value: self.value.clone(),
            plan: vec![row("type", &self.message_type), row("content", &self.json)],
        })
    }
}

/// # Errors
/// Not the name of a type.
pub fn check_type(message_type: &str) -> Result<()> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !message_type.is_empty() && message_type.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Failure::usage(format!("invalid --message-type {message_type:?}"))
        .hint("for example --message-type interactive"))
}

/// # Errors
/// Only another channel has messages of this type.
pub fn check_channel(channel: Channel, message_type: &str) -> Result<()> {
    let known = message_type.to_lowercase();
    if WHATSAPP_TYPES.contains(&known.as_str()) {
        return require_whatsapp(channel, message_type);
    }
    if channel != Channel::Viber && VIBER_TYPES.contains(&known.as_str()) {
        return Err(unsupported(channel, &format!("messages of type {message_type}"))
            .hint("send it with --channel-type viber"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_one_channel_are_refused_on_the_other() {
        for (channel, message_type, allowed) in [
            (Channel::Whatsapp, "interactive", true),
            (Channel::Viber, "Interactive", false),
            (Channel::Whatsapp, "text_button", false),
            (Channel::Viber, "text_button", true),
            (Channel::Whatsapp, "text", true),
            (Channel::Viber, "a_new_type", true),
        ] {
            let checked = check_channel(channel, message_type);
            assert_eq!(checked.is_ok(), allowed, "{channel:?} {message_type}");
        }
    }
}
