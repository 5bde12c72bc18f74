//! Carousels: cards side by side, all with the same parts. The limits of each part are rows of the
//! table in `whatsapp`.

use serde_json::Value;

use crate::chat::template::components::{Header, Message};
use crate::chat::template::limits::parts::components_with_type;
use crate::chat::template::limits::whatsapp::check_button_targets;
use crate::chat::template::limits::{check_media_link, require_marketing};
use crate::message::violations::Violations;

const SOURCE: &str = "Media card carousel templates (Meta)";

/// Checks the cards, one by one and compared with each other.
pub fn check_cards(violations: &mut Violations, message: &Message) {
    for (number, card) in (1..).zip(&message.cards) {
        match &card.header {
            Some(Header::Media { format, link: Some(link) }) => {
                check_media_link(violations, &format!("the {format} of card {number}"), link);
            }
            Some(Header::Media { format, link: None }) => {
                violations.add(format!("the {format} of card {number} has no Url"));
            }
            Some(Header::Text(_)) => {}
            None => violations.add_documented(
                format!("card {number} needs a header with an image or a video"),
                SOURCE,
            ),
        }
        check_button_targets(violations, &card.buttons, &format!(" of card {number}"));
    }
    let Some(first) = message.cards.first() else { return };
    for (number, card) in (1..).zip(&message.cards).skip(1) {
        if form(card) != form(first) {
            violations.add_documented(
                format!(
                    "all cards need the same parts, but card 1 is {} and card {number} is {}",
                    form(first),
                    form(card)
                ),
                SOURCE,
            );
        }
    }
}

/// Checks the message around a carousel: a body, and nothing else besides the cards.
pub fn check_surroundings(
    violations: &mut Violations,
    category: Option<&str>,
    components: &Value,
    message: &Message,
) {
    if components_with_type(components, "CAROUSEL").next().is_none() {
        return;
    }
    require_marketing(violations, category, "a carousel", SOURCE);
    for (part, is_given) in [
        ("header", message.header.is_some()),
        ("footer", message.footer.is_some()),
        ("buttons", !message.buttons.is_empty()),
    ] {
        if is_given {
            violations.add_documented(
                format!("a message with a carousel cannot have {part} outside its cards"),
                SOURCE,
            );
        }
    }
}

/// The parts that all cards need to have in common, in words.
fn form(card: &Message) -> String {
    let mut parts = Vec::new();
    parts.extend(card.header.iter().map(|header| match header {
        Header::Media { format, .. } => format.as_str(),
        Header::Text(_) => "header text",
    }));
    parts.extend((!card.body.is_empty()).then_some("body"));
    parts.extend(card.buttons.iter().map(|button| button.kind.as_str()));
    if parts.is_empty() { "empty".into() } else { parts.join(" + ") }
}
