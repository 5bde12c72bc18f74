//! The limits of Viber templates.

use crate::chat::template::WHATSAPP_CATEGORIES;
use crate::chat::template::components::{Button, Header, Message};
use crate::chat::template::limits::{check_link, check_media_link};
use crate::message::limits::Limit::{MaxChars, MaxCount, OneOf, Range};
use crate::message::limits::Rule;
use crate::message::violations::Violations;

const CREATE: &str = "CreateChatappTemplate";
const CREATE_VIBER: &str = "Create a Viber message template";
/// Alibaba Cloud's documents state no limit of the body.
const VIBER: &str = "Business messages (Viber)";

/// A category lists the parts of its messages. A later edition of "CreateChatappTemplate" lists
/// WhatsApp's categories as well.
const CATEGORIES: &[&str] = &[
    "text",
    "image",
    "video",
    "document",
    "text_image",
    "text_video",
    "text_button",
    "text_image_button",
    "text_video_button",
    "UTILITY",
    "MARKETING",
    "AUTHENTICATION",
];

#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    Rule { part: "category", limit: OneOf(CATEGORIES), source: CREATE },
    Rule { part: "component type", limit: OneOf(&["HEADER", "BODY", "BUTTONS"]), source: CREATE },
    Rule { part: "header format", limit: OneOf(&["image", "video", "document"]), source: CREATE_VIBER },
    Rule { part: "video duration", limit: Range(0, 600), source: CREATE },
    Rule { part: "body", limit: MaxChars(1000), source: VIBER },
    Rule { part: "buttons", limit: MaxCount(1), source: CREATE_VIBER },
    Rule { part: "button type", limit: OneOf(&["URL"]), source: CREATE },
];

/// Links of media.
pub fn check_parts(violations: &mut Violations, message: &Message) {
    match &message.header {
        Some(Header::Media { format, link: Some(link) }) => {
            check_media_link(violations, &format!("the {format}"), link);
        }
        Some(Header::Media { format, link: None }) => {
            violations.add_documented(format!("the {format} has no Url"), CREATE);
        }
        Some(Header::Text(_)) | None => {}
    }
}

/// Checks whether the parts fit together and fit the category, if it is known.
pub fn check_whole(violations: &mut Violations, category: Option<&str>, message: &Message) {
    let media = match &message.header {
        Some(Header::Media { format, .. }) => Some(format.as_str()),
        _ => None,
    };
    for button in message.buttons.iter().filter(|button| button.kind == "URL") {
        check_button(violations, media, button);
    }
    let text = (!message.body.is_empty()).then_some("text");
    let button = (!message.buttons.is_empty()).then_some("button");
    let parts: Vec<&str> = [text, media, button].into_iter().flatten().collect();
    let fitting = parts.join("_");
    let lists_parts =
        |category: &&str| CATEGORIES.contains(category) && !WHATSAPP_CATEGORIES.contains(category);
    match category.filter(lists_parts) {
        _ if parts.is_empty() => {
            violations.add_documented("the message has no body, media or button", CREATE_VIBER);
        }
        _ if !CATEGORIES.contains(&fitting.as_str()) => violations.add_documented(
            format!("Viber does not support a message of only {}", parts.join(" and ")),
            CREATE_VIBER,
        ),
        Some(category) if category != fitting => violations.add_documented(
            format!(
                "the message has {}, so its category is {fitting}, not {category}",
                parts.join(" and ")
            ),
            CREATE_VIBER,
        ),
        _ => {}
    }
}

/// The button below a video opens the video; any other button opens a link.
fn check_button(violations: &mut Violations, media: Option<&str>, button: &Button) {
    match (&button.target, media) {
        (Some(_), Some("video")) => violations.add_documented(
            "the button below a video opens the video: leave out its Url",
            CREATE_VIBER,
        ),
        (None, media) if media != Some("video") => {
            violations.add_documented("the button has no Url", CREATE_VIBER);
        }
        (Some(link), _) => check_link(violations, "the URL of the button", link),
        (None, _) => {}
    }
}
