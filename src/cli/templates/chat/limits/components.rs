//! The form of components: what types there are, and how their fields are spelled.

use serde_json::Value;

use crate::api::reply::fields;
use crate::chat::template::field_names::misnamed;
use crate::cli::templates::Channel;
use crate::cli::templates::chat::limits::Violations;

/// The types of components ("CreateChatappTemplate").
const WHATSAPP: &[&str] =
    &["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"];

/// Viber has fewer: its media stand in the header, its text in the body ("CreateChatappTemplate").
const VIBER: &[&str] = &["HEADER", "BODY", "BUTTONS"];

/// The types within a card of a carousel ("CreateChatappTemplate").
const CARD: &[&str] = &["HEADER", "BODY", "BUTTONS"];

/// Complains of fields in a wrong spelling, which the service would leave out without a word.
pub fn check_spelling(wrong: &mut Violations, components: &Value) {
    for (given, right) in misnamed(components) {
        wrong.add(format!("the field {given:?} of a component is spelled {right:?}"));
    }
}

/// Complains of components that the channel does not have, or has once only.
pub fn check_types(wrong: &mut Violations, channel: Channel, components: &Value) {
    match channel {
        Channel::Viber => check(wrong, "a Viber message", components, VIBER),
        Channel::Whatsapp | Channel::Sms => check(wrong, "a message", components, WHATSAPP),
    }
    for (number, card) in (1..).zip(cards(components)) {
        check(wrong, &format!("card {number}"), &card["CardComponents"], CARD);
    }
}

/// The cards of the carousels.
pub fn cards(components: &Value) -> impl Iterator<Item = &Value> {
    let carousels = of_type(components, "CAROUSEL");
    carousels.filter_map(|carousel| carousel["Cards"].as_array()).flatten()
}

/// The components of a type.
pub fn of_type<'c>(components: &'c Value, kind: &str) -> impl Iterator<Item = &'c Value> {
    let components = components.as_array().into_iter().flatten();
    components.filter(move |component| component["Type"].as_str() == Some(kind))
}

fn check(wrong: &mut Violations, whole: &str, components: &Value, known: &[&str]) {
    for component in components.as_array().into_iter().flatten() {
        let kind = fields::text(component, &["Type"]).unwrap_or_default();
        if !known.contains(&kind.as_str()) {
            let known = known.join(", ");
            wrong.add(format!("{whole} has no component of the type {kind:?}, but {known}"));
        } else if of_type(components, &kind).count() > 1 {
            wrong.add(format!("{whole} has one component of the type {kind}, not two"));
        }
    }
}
