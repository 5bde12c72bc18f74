//! Carousels: cards side by side, all of one form. The facts are those of Meta's "Media card
//! carousel templates"; the number of buttons stands in "CreateChatappTemplate" as well.

use serde_json::Value;

use crate::chat::template::components::{Header, Message};
use crate::cli::templates::chat::limits::Violations;
use crate::cli::templates::chat::limits::components::{cards, of_type};
use crate::cli::templates::chat::limits::whatsapp::{check_button, check_header_link};

const MIN_CARDS: usize = 2;
const MAX_CARDS: usize = 10;
const MAX_BODY: usize = 160;
const MAX_BUTTONS: usize = 2;
const FORMATS: &[&str] = &["image", "video"];
const BUTTONS: &[&str] = &["QUICK_REPLY", "PHONE_NUMBER", "URL"];

/// Checks the cards, if there is a carousel.
pub fn check_cards(wrong: &mut Violations, components: &Value) {
    if of_type(components, "CAROUSEL").next().is_none() {
        return;
    }
    let cards: Vec<Message> =
        cards(components).map(|card| Message::of_components(&card["CardComponents"])).collect();
    if !(MIN_CARDS..=MAX_CARDS).contains(&cards.len()) {
        let count = cards.len();
        wrong.add(format!("a carousel has {MIN_CARDS} to {MAX_CARDS} cards, not {count}"));
    }
    for (number, card) in (1..).zip(&cards) {
        check_card(wrong, &format!("card {number}"), card);
    }
    let Some(first) = cards.first() else { return };
    for (number, card) in (1..).zip(&cards).skip(1) {
        if form(card) != form(first) {
            wrong.add(format!(
                "all cards have the same parts, but card 1 is {} and card {number} is {}",
                form(first),
                form(card)
            ));
        }
    }
}

/// Complains of what a message with a carousel cannot have: its text stands in the body, and
/// everything else on the cards. Only marketing templates have one.
pub fn check_surroundings(
    wrong: &mut Violations,
    category: Option<&str>,
    components: &Value,
    message: &Message,
) {
    if of_type(components, "CAROUSEL").next().is_none() {
        return;
    }
    if let Some(category) = category.filter(|category| *category != "MARKETING") {
        wrong.add(format!("a carousel is for the category MARKETING, not {category}"));
    }
    for (part, is_there) in [
        ("header", message.header.is_some()),
        ("footer", message.footer.is_some()),
        ("buttons", !message.buttons.is_empty()),
    ] {
        if is_there {
            wrong.add(format!("a message with a carousel has no {part} besides its cards"));
        }
    }
}

fn check_card(wrong: &mut Violations, place: &str, card: &Message) {
    match &card.header {
        Some(Header::Media { format, link: Some(link) }) if FORMATS.contains(&format.as_str()) => {
            check_header_link(wrong, &format!("the {format} of {place}"), link);
        }
        Some(Header::Media { format, link: None }) if FORMATS.contains(&format.as_str()) => {
            wrong.add(format!("the {format} of {place} has no Url"));
        }
        _ => wrong.add(format!("{place} has neither an image nor a video as its header")),
    }
    wrong.at_most(&format!("the body of {place}"), &card.body, MAX_BODY);
    let count = card.buttons.len();
    if count > MAX_BUTTONS {
        wrong.add(format!("{place} has {count} buttons, {MAX_BUTTONS} at most"));
    }
    for (number, button) in (1..).zip(&card.buttons) {
        let button_place = format!("button {number} of {place}");
        if !BUTTONS.contains(&button.kind.as_str()) {
            let (kind, known) = (&button.kind, BUTTONS.join(", "));
            wrong.add(format!("the type {kind:?} of {button_place} is none of {known}"));
        }
        check_button(wrong, &button_place, button);
    }
}

/// What all cards have in common, in words.
fn form(card: &Message) -> String {
    let mut parts = Vec::new();
    match &card.header {
        Some(Header::Media { format, .. }) => parts.push(format.clone()),
        Some(Header::Text(_)) => parts.push("header text".into()),
        None => {}
    }
    if !card.body.is_empty() {
        parts.push("body".into());
    }
    parts.extend(card.buttons.iter().map(|button| button.kind.clone()));
    if parts.is_empty() { "empty".into() } else { parts.join(" + ") }
}
