//! Splits a message into the parts that the tables of limits name.

use serde_json::Value;

use crate::api::reply::fields;
use crate::chat::template::components::{Header, Message};
use crate::message::limits::Part;

/// Button types with a limit of their own, and the names of their parts.
const COUNTED_BUTTONS: [(&str, &str); 3] = [
    ("PHONE_NUMBER", "PHONE_NUMBER buttons"),
    ("URL", "URL buttons"),
    ("COPY_CODE", "COPY_CODE buttons"),
];

/// The parts of a message, for a template of this category.
pub fn message_parts<'m>(
    components: &'m Value,
    message: &'m Message,
    category: Option<&str>,
) -> Vec<Part<'m>> {
    let mut parts = component_types("component type", "", components);
    parts.push(Part::text("body", "the body", &message.body));
    if let Some(header) = &message.header {
        parts.push(Part::text("header format", "header format", header.format()));
    }
    if let Some(Header::Text(text)) = &message.header {
        parts.push(Part::text("header", "the header", text));
    }
    parts.extend(message.footer.iter().map(|text| Part::text("footer", "the footer", text)));
    for (name, component, field) in [
        ("code expiration", "FOOTER", "CodeExpirationMinutes"),
        ("video duration", "HEADER", "Duration"),
    ] {
        let given = components_with_type(components, component)
            .filter(|part| part.get(field).is_some_and(|value| !value.is_null()));
        parts.extend(given.map(|part| Part::number(name, field, fields::number(part, &[field]))));
    }
    parts.push(Part::count("buttons", "buttons", message.buttons.len()));
    for (kind, name) in COUNTED_BUTTONS {
        let count = message.buttons.iter().filter(|button| button.kind == kind).count();
        parts.push(Part::count(name, name, count));
    }
    add_buttons(&mut parts, "button type", "", message);
    if category == Some("AUTHENTICATION") {
        let count = message.buttons.len();
        parts.push(Part::count("authentication buttons", "authentication buttons", count));
        let buttons = message.buttons.iter();
        parts.extend(buttons.map(|button| {
            Part::text("authentication button type", "authentication button type", &button.kind)
        }));
    }
    if components_with_type(components, "CAROUSEL").next().is_some() {
        parts.push(Part::count("carousel cards", "cards in the carousel", message.cards.len()));
    }
    for ((number, card), raw) in (1..).zip(&message.cards).zip(cards(components)) {
        let place = format!(" of card {number}");
        let components = raw.get("CardComponents").unwrap_or(&Value::Null);
        parts.extend(component_types("card component type", &place, components));
        parts.extend(card.header.iter().map(|header| {
            Part::text("card header format", format!("header format{place}"), header.format())
        }));
        parts.push(Part::text("card body", format!("the body{place}"), &card.body));
        parts.push(Part::count("card buttons", format!("buttons{place}"), card.buttons.len()));
        add_buttons(&mut parts, "card button type", &place, card);
    }
    parts
}

/// The parts of a message with a limited-time offer; none without an offer.
pub fn offer_parts(message: &Message) -> Vec<Part<'_>> {
    let Some(offer) = &message.offer else { return Vec::new() };
    vec![
        Part::text("offer", "the limited-time offer", offer),
        Part::text("body with offer", "the body with a limited-time offer", &message.body),
    ]
}

/// The cards of all carousels.
pub fn cards(components: &Value) -> impl Iterator<Item = &Value> {
    let carousels = components_with_type(components, "CAROUSEL");
    carousels.filter_map(|carousel| carousel["Cards"].as_array()).flatten()
}

/// The components of a type.
pub fn components_with_type<'c>(
    components: &'c Value,
    kind: &str,
) -> impl Iterator<Item = &'c Value> {
    let components = components.as_array().into_iter().flatten();
    components.filter(move |component| component["Type"].as_str() == Some(kind))
}

fn component_types<'c>(name: &'static str, place: &str, components: &'c Value) -> Vec<Part<'c>> {
    let types = components.as_array().into_iter().flatten();
    types
        .map(|component| component["Type"].as_str().unwrap_or_default())
        .map(|kind| Part::text(name, format!("component type{place}"), kind))
        .collect()
}

fn add_buttons<'m>(
    parts: &mut Vec<Part<'m>>,
    type_part: &'static str,
    place: &str,
    message: &'m Message,
) {
    for (number, button) in (1..).zip(&message.buttons) {
        let place = format!("button {number}{place}");
        parts.push(Part::text(type_part, format!("type of {place}"), &button.kind));
        parts.push(Part::text("button text", format!("the text of {place}"), &button.text));
        let (name, label) = match button.kind.as_str() {
            "URL" => ("button URL", "the URL"),
            "PHONE_NUMBER" => ("button phone number", "the phone number"),
            "COPY_CODE" => ("button code", "the code"),
            _ => continue,
        };
        let target = button.target.as_deref().unwrap_or_default();
        parts.push(Part::text(name, format!("{label} of {place}"), target));
    }
}
