//! The content that each type of free-form message needs.

use serde_json::Value;

use super::super::Rejection;
use super::Channel;

/// WhatsApp's limit for a text.
const LONGEST_TEXT: usize = 4096;
/// WhatsApp's limit for the body of an interactive message.
const LONGEST_BODY: usize = 1024;
/// The types of Viber that WhatsApp does not have.
const VIBER_TYPES: &[&str] =
    &["text_button", "text_image_button", "text_video", "text_video_button"];

fn malformed(why: impl Into<String>) -> Rejection {
    Rejection::new("InvalidParameter.ContentError", why)
}

/// The text that the recipient reads: that of a text message, else the content as it is given.
pub fn check(channel: Channel, kind: &str, content: &str) -> Result<String, Rejection> {
    let kind = kind.to_lowercase();
    let value: Value =
        serde_json::from_str(content).map_err(|_| malformed("the content is no JSON"))?;
    let known: &[&str] = match channel {
        Channel::Viber => &["text", "image", "video", "document"],
        _ => &[
            "text",
            "image",
            "video",
            "audio",
            "document",
            "sticker",
            "location",
            "contacts",
            "reaction",
            "interactive",
        ],
    };
    let only_viber = channel == Channel::Viber && VIBER_TYPES.contains(&kind.as_str());
    if !known.contains(&kind.as_str()) && !only_viber {
        return Err(Rejection::new(
            "InvalidParameter.MessageTypeNotSupport",
            format!("the type {kind} is not supported"),
        ));
    }
    if kind == "contacts" {
        check_contacts(&value)?;
        return Ok(content.to_owned());
    }
    if !value.is_object() {
        return Err(malformed("the content must be a JSON object"));
    }
    let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty());
    match kind.as_str() {
        "text" => {
            let Some(text) = text("text") else {
                return Err(Rejection::new("InvalidParameter.TextNotEmpty", "the text is empty"));
            };
            if text.chars().count() > LONGEST_TEXT {
                return Err(malformed(format!("a text has at most {LONGEST_TEXT} characters")));
            }
            return Ok(text.to_owned());
        }
        "image" | "video" | "audio" | "document" | "sticker" if text("link").is_none() => {
            return Err(Rejection::new("InvalidParameter.LinkNotEmpty", "the link is empty"));
        }
        "location" if text("latitude").is_none() || text("longitude").is_none() => {
            return Err(malformed("a location needs latitude and longitude as text"));
        }
        // An empty emoji takes the reaction back.
        "reaction" if text("messageId").is_none() || !value["emoji"].is_string() => {
            return Err(malformed("a reaction needs messageId and emoji"));
        }
        "interactive" => check_interactive(&value)?,
        _ => {}
    }
    Ok(content.to_owned())
}

fn check_contacts(value: &Value) -> Result<(), Rejection> {
    let complete = |contact: &Value| {
        let name = contact["name"]["formatted_name"].as_str();
        name.is_some_and(|name| !name.is_empty())
    };
    match value.as_array() {
        Some(contacts) if !contacts.is_empty() && contacts.iter().all(complete) => Ok(()),
        _ => Err(malformed("contacts are an array, each with name.formatted_name")),
    }
}

fn check_interactive(value: &Value) -> Result<(), Rejection> {
    let Some(kind) = value["type"].as_str() else {
        return Err(malformed("an interactive message needs a type"));
    };
    if !value["action"].is_object() {
        return Err(malformed("an interactive message needs an action"));
    }
    if !matches!(kind, "button" | "list") {
        return Ok(());
    }
    let body = value["body"]["text"].as_str().unwrap_or_default();
    if body.is_empty() || body.chars().count() > LONGEST_BODY {
        return Err(malformed(format!("a body has 1 to {LONGEST_BODY} characters")));
    }
    let (key, most) = if kind == "button" { ("buttons", 3) } else { ("sections", 10) };
    match value["action"][key].as_array() {
        Some(entries) if (1..=most).contains(&entries.len()) => Ok(()),
        _ => Err(malformed(format!("the action needs 1 to {most} {key}"))),
    }
}
