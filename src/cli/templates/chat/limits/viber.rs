//! Viber's limits. The facts are those of "Create a Viber message template" and
//! "CreateChatappTemplate" unless a line says otherwise.

use serde_json::Value;

use crate::api::reply::fields;
use crate::chat::template::components::{Button, Header, Message};
use crate::cli::templates::chat::WHATSAPP_CATEGORIES;
use crate::cli::templates::chat::limits::Violations;
use crate::cli::templates::chat::limits::components::of_type;
use crate::cli::templates::chat::limits::whatsapp::{check_header_link, check_link};

/// Viber's limit for the text of a business message; the service's documents name none.
const MAX_BODY: usize = 1000;

const FORMATS: &[&str] = &["image", "video", "document"];

/// The longest video, in seconds.
const MAX_DURATION: u64 = 600;

/// A category names the parts of the message.
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
];

/// Complains of a category that Viber does not have. A later edition of "CreateChatappTemplate"
/// names WhatsApp's categories for Viber, too, so nobody is kept from those.
pub fn check_category(wrong: &mut Violations, category: &str) {
    if !CATEGORIES.contains(&category) && !WHATSAPP_CATEGORIES.contains(&category) {
        wrong.add(format!("the category {category:?} is none of {}", CATEGORIES.join(", ")));
    }
}

/// Checks each part.
pub fn check_parts(wrong: &mut Violations, components: &Value, message: &Message) {
    wrong.at_most("the body", &message.body, MAX_BODY);
    match &message.header {
        Some(Header::Media { format, link }) if FORMATS.contains(&format.as_str()) => match link {
            Some(link) => check_header_link(wrong, &format!("the {format}"), link),
            None => wrong.add(format!("the {format} has no Url")),
        },
        Some(_) => wrong.add("Viber has no header but an image, a video or a document"),
        None => {}
    }
    for header in of_type(components, "HEADER") {
        let given = header.get("Duration").filter(|duration| !duration.is_null());
        let duration = fields::number(header, &["Duration"]);
        if given.is_some() && duration.is_none_or(|seconds| seconds > MAX_DURATION) {
            wrong.add(format!("the Duration of a video is 0 to {MAX_DURATION} seconds"));
        }
    }
    if message.buttons.len() > 1 {
        wrong.add(format!("{} buttons, 1 at most on Viber", message.buttons.len()));
    }
    for button in message.buttons.iter().filter(|button| button.kind != "URL") {
        wrong.add(format!("Viber has buttons of the type URL only, not {:?}", button.kind));
    }
}

/// Checks what only the parts together tell.
pub fn check_whole(wrong: &mut Violations, category: Option<&str>, message: &Message) {
    let medium = match &message.header {
        Some(Header::Media { format, .. }) => Some(format.as_str()),
        _ => None,
    };
    for button in message.buttons.iter().filter(|button| button.kind == "URL") {
        check_button(wrong, medium, button);
    }
    let text = (!message.body.is_empty()).then_some("text");
    let button = (!message.buttons.is_empty()).then_some("button");
    let parts: Vec<&str> = [text, medium, button].into_iter().flatten().collect();
    let fitting = parts.join("_");
    match category.filter(|category| CATEGORIES.contains(category)) {
        _ if parts.is_empty() => wrong.add("there is no body, medium or button"),
        _ if !CATEGORIES.contains(&fitting.as_str()) => {
            wrong.add(format!("Viber has no message of {} alone", parts.join(" and ")));
        }
        Some(category) if category != fitting => wrong.add(format!(
            "the message has {}, so its category is {fitting}, not {category}",
            parts.join(" and ")
        )),
        _ => {}
    }
}

/// The button below a video opens the video, any other one a link.
fn check_button(wrong: &mut Violations, medium: Option<&str>, button: &Button) {
    match (&button.target, medium) {
        (Some(_), Some("video")) => {
            wrong.add("the button below a video opens the video: leave out its Url");
        }
        (None, medium) if medium != Some("video") => wrong.add("the button has no Url"),
        (Some(link), _) => check_link(wrong, "the address of the button", link),
        (None, _) => {}
    }
}
