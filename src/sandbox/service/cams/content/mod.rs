//! Validates the content of free-form messages.

mod interactive;

use serde_json::Value;

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::state::ServiceChannel;

/// WhatsApp limits, in characters.
const MAX_TEXT: usize = 4096;
const MAX_CAPTION: usize = 1024;

/// The message types of a channel, with their required fields.
type Types = &'static [(&'static str, &'static [&'static str])];

const WHATSAPP: Types = &[
    ("text", &["text"]),
    ("image", &["link"]),
    ("video", &["link"]),
    ("audio", &["link"]),
    ("document", &["link", "fileName"]),
    ("sticker", &["link"]),
    ("location", &["latitude", "longitude"]),
    ("contacts", &[]),
    ("reaction", &["messageId"]),
    ("interactive", &["type"]),
];

const VIBER: Types = &[
    ("text", &["text"]),
    ("image", &["link"]),
    ("video", &["link", "thumbnail", "fileSize", "duration"]),
    ("document", &["link", "fileName", "fileType"]),
    ("text_button", &["text", "caption", "action"]),
    ("text_image", &["text", "link"]),
    ("text_image_button", &["text", "link", "caption", "action"]),
    ("text_video", &["text", "link", "thumbnail", "fileSize", "duration"]),
    ("text_video_button", &["text", "link", "thumbnail", "fileSize", "duration", "caption"]),
];

fn malformed<T>(message: impl Into<String>) -> Result<T, Rejection> {
    reject("InvalidParameter.ContentError", message)
}

/// Checks the content. Returns the text of a text message; for other types, the content as given.
pub fn check(channel: ServiceChannel, kind: &str, content: &str) -> Result<String, Rejection> {
    let kind = kind.to_lowercase();
    let Ok(value) = serde_json::from_str::<Value>(content) else {
        return malformed("the content is not JSON");
    };
    let types = if channel == ServiceChannel::Viber { VIBER } else { WHATSAPP };
    let Some((_, required)) = types.iter().find(|(known, _)| *known == kind) else {
        return reject(
            "InvalidParameter.MessageTypeNotSupport",
            format!("message type {kind} is not supported"),
        );
    };
    if kind == "contacts" {
        check_contacts(&value)?;
        return Ok(content.to_owned());
    }
    if !value.is_object() {
        return malformed("the content must be a JSON object");
    }
    for field in *required {
        check_presence(&value, field)?;
    }
    for field in ["link", "thumbnail"] {
        check_link(&value[field], field)?;
    }
    check_length(&value["text"], "text", MAX_TEXT)?;
    check_length(&value["caption"], "caption", MAX_CAPTION)?;
    match kind.as_str() {
        "text" => return Ok(value["text"].as_str().unwrap_or_default().to_owned()),
        "location" => {
            check_degrees(&value["latitude"], 90.0)?;
            check_degrees(&value["longitude"], 180.0)?;
        }
        // An empty emoji removes the reaction.
        "reaction" if !value["emoji"].is_string() => {
            return malformed("a reaction needs an emoji");
        }
        "audio" | "sticker" if value.get("caption").is_some() => {
            return malformed(format!("message type {kind} does not support a caption"));
        }
        "text_video_button" if value.get("action").is_some() => {
            return malformed("text_video_button does not support an action");
        }
        "interactive" => interactive::check(&value)?,
        _ => {}
    }
    Ok(content.to_owned())
}

/// Checks that the field is a non-empty text; file size and duration may also be a number.
fn check_presence(value: &Value, field: &str) -> Result<(), Rejection> {
    let numeric = matches!(field, "fileSize" | "duration");
    let present = match &value[field] {
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => numeric && number.as_u64().is_some_and(|number| number > 0),
        _ => false,
    };
    match (present, field) {
        (true, _) => Ok(()),
        (false, "text") => reject("InvalidParameter.TextNotEmpty", "the text is empty"),
        (false, "link") => reject("InvalidParameter.LinkNotEmpty", "the link is empty"),
        (false, field) => malformed(format!("the content needs {field}")),
    }
}

fn check_link(value: &Value, field: &str) -> Result<(), Rejection> {
    match value {
        Value::Null => Ok(()),
        Value::String(link) if link.starts_with("https://") || link.starts_with("http://") => {
            Ok(())
        }
        _ => malformed(format!("{field} must be an http or https link")),
    }
}

/// Checks the length of an optional text.
fn check_length(value: &Value, field: &str, max: usize) -> Result<(), Rejection> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) if text.chars().count() <= max => Ok(()),
        _ => malformed(format!("{field} must have at most {max} characters")),
    }
}

fn check_degrees(value: &Value, max: f64) -> Result<(), Rejection> {
    let degrees = value.as_str().and_then(|text| text.parse::<f64>().ok());
    match degrees {
        Some(degrees) if (-max..=max).contains(&degrees) => Ok(()),
        _ => malformed(format!("a location needs degrees from -{max} to {max}, as a string")),
    }
}

fn check_contacts(value: &Value) -> Result<(), Rejection> {
    let complete = |contact: &Value| {
        let name = contact["name"]["formatted_name"].as_str();
        name.is_some_and(|name| !name.is_empty())
    };
    match value.as_array() {
        Some(contacts) if !contacts.is_empty() && contacts.iter().all(complete) => Ok(()),
        _ => malformed("contacts must be an array of objects with name.formatted_name"),
    }
}
