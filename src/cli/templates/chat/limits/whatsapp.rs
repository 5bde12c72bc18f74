//! WhatsApp's limits. Where a line names no other source, a fact is one of "CreateChatappTemplate".

use serde_json::Value;

use crate::api::reply::fields;
use crate::chat::template::components::{Button, Header, Message};
use crate::cli::templates::chat::WHATSAPP_CATEGORIES;
use crate::cli::templates::chat::limits::Violations;
use crate::cli::templates::chat::limits::components::of_type;
use crate::message::placeholder::{Segment, Style, names, segments};
use crate::message::url;

/// Meta, "Message templates".
const MAX_NAME: usize = 512;
const MAX_BODY: usize = 1024;
const MAX_HEADER: usize = 60;
const MAX_FOOTER: usize = 60;
const MAX_BUTTONS: usize = 10;

/// How many buttons of a type there may be; the one of `COPY_CODE` is Meta's, "Template components".
const MAX_OF_TYPE: &[(&str, usize)] = &[("PHONE_NUMBER", 1), ("URL", 2), ("COPY_CODE", 1)];

// Meta, "Template components".
const MAX_BUTTON: usize = 25;
const MAX_URL: usize = 2000;
const MAX_PHONE: usize = 20;
const MAX_CODE: usize = 15;

// Meta, "Limited-time offer templates".
const MAX_OFFER: usize = 16;
const MAX_BODY_OF_OFFER: usize = 600;

/// The only button of an authentication template is one of these.
const CODE_BUTTONS: &[&str] = &["COPY_CODE", "ONE_TAP", "ZERO_TAP"];

/// Minutes; Meta, "Authentication templates".
const EXPIRATION: std::ops::RangeInclusive<u64> = 1..=90;

/// Complains of a name that WhatsApp does not take (Meta, "Message templates").
pub fn check_name(wrong: &mut Violations, name: &str) {
    wrong.at_most("the name", name, MAX_NAME);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() {
        wrong.add("the name is empty");
    } else if !name.chars().all(fits) {
        let right: String =
            name.to_lowercase().chars().map(|c| if fits(c) { c } else { '_' }).collect();
        wrong.add(format!(
            "the name {name:?} has other characters than a to z, digits and _ (write {right:?})"
        ));
    }
}

pub fn check_category(wrong: &mut Violations, category: &str) {
    if !WHATSAPP_CATEGORIES.contains(&category) {
        let known = WHATSAPP_CATEGORIES.join(", ");
        wrong.add(format!("the category {category:?} is none of {known}"));
    }
}

/// Checks each part of the message.
pub fn check_parts(wrong: &mut Violations, message: &Message) {
    wrong.at_most("the body", &message.body, MAX_BODY);
    match &message.header {
        Some(Header::Text(text)) => {
            wrong.at_most("the header", text, MAX_HEADER);
            variables_at_most(wrong, "the header", text, 1);
        }
        Some(Header::Media { format, link: Some(link) }) if format != "location" => {
            check_header_link(wrong, &format!("the {format} of the header"), link);
        }
        _ => {}
    }
    if let Some(text) = &message.footer {
        wrong.at_most("the footer", text, MAX_FOOTER);
        variables_at_most(wrong, "the footer", text, 0);
    }
    check_buttons(wrong, &message.buttons);
}

/// Checks the message of an authentication template: WhatsApp writes its texts itself.
pub fn check_authentication(wrong: &mut Violations, components: &Value, message: &Message) {
    if message.header.is_some() {
        wrong.add("an AUTHENTICATION template has no header");
    }
    for kind in ["BODY", "FOOTER"] {
        if of_type(components, kind).any(|part| fields::text(part, &["Text"]).is_some()) {
            let part = kind.to_lowercase();
            wrong.add(format!(
                "WhatsApp writes the {part} of an AUTHENTICATION template itself: give \
                 `components` in a file, the {part} without Text"
            ));
        }
    }
    for footer in of_type(components, "FOOTER") {
        let Some(given) = footer.get("CodeExpirationMinutes") else { continue };
        let minutes = fields::number(footer, &["CodeExpirationMinutes"]);
        if !given.is_null() && !minutes.is_some_and(|minutes| EXPIRATION.contains(&minutes)) {
            let (first, last) = EXPIRATION.into_inner();
            wrong.add(format!("CodeExpirationMinutes is {first} to {last}, not {given}"));
        }
    }
    let sound = |button: &Button| CODE_BUTTONS.contains(&button.kind.as_str());
    if message.buttons.len() > 1 || !message.buttons.iter().all(sound) {
        let known = CODE_BUTTONS.join(", ");
        wrong.add(format!("an AUTHENTICATION template has one button, of the type {known}"));
    }
}

/// Checks a limited-time offer, if there is one: only marketing templates have it.
pub fn check_offer(
    wrong: &mut Violations,
    category: Option<&str>,
    components: &Value,
    message: &Message,
) {
    if of_type(components, "LIMITED_TIME_OFFER").next().is_none() {
        return;
    }
    match &message.offer {
        Some(offer) => wrong.at_most("the limited-time offer", offer, MAX_OFFER),
        None => wrong.add("the limited-time offer has no text"),
    }
    wrong.at_most("the body below a limited-time offer", &message.body, MAX_BODY_OF_OFFER);
    if message.footer.is_some() {
        wrong.add("a message with a limited-time offer has no footer");
    }
    if let Some(category) = category.filter(|category| *category != "MARKETING") {
        wrong.add(format!("a limited-time offer is for the category MARKETING, not {category}"));
    }
}

fn check_buttons(wrong: &mut Violations, buttons: &[Button]) {
    if buttons.len() > MAX_BUTTONS {
        wrong.add(format!("{} buttons, {MAX_BUTTONS} at most", buttons.len()));
    }
    for (kind, limit) in MAX_OF_TYPE {
        let count = buttons.iter().filter(|button| button.kind == *kind).count();
        if count > *limit {
            wrong.add(format!("{count} buttons of the type {kind}, {limit} at most"));
        }
    }
    let is_reply = |button: &Button| button.kind == "QUICK_REPLY";
    let changes = buttons.windows(2).filter(|pair| is_reply(&pair[0]) != is_reply(&pair[1]));
    if changes.count() > 1 {
        wrong.add("quick replies stand together, before or behind all other buttons");
    }
    for (number, button) in (1..).zip(buttons) {
        check_button(wrong, &format!("button {number}"), button);
    }
}

/// Checks a button, which also a card may have.
pub fn check_button(wrong: &mut Violations, place: &str, button: &Button) {
    wrong.at_most(&format!("the text of {place}"), &button.text, MAX_BUTTON);
    variables_at_most(wrong, &format!("the text of {place}"), &button.text, 0);
    let target = button.target.as_deref().unwrap_or_default();
    match button.kind.as_str() {
        "URL" => {
            let what = format!("the address of {place}");
            wrong.at_most(&what, target, MAX_URL);
            variables_at_most(wrong, &what, target, 1);
            check_link(wrong, &what, target);
        }
        "PHONE_NUMBER" => {
            let digits = target.strip_prefix('+').unwrap_or(target);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number || target.len() > MAX_PHONE {
                wrong.add(format!(
                    "the number of {place} is not digits with a country code, {MAX_PHONE} at most"
                ));
            }
        }
        "COPY_CODE" => wrong.at_most(&format!("the code of {place}"), target, MAX_CODE),
        _ => {}
    }
}

/// Complains of what is no link; a variable may stand in it.
pub fn check_link(wrong: &mut Violations, what: &str, link: &str) {
    if let Some(fault) = url::fault(link) {
        wrong.add(format!("{what} is no link: {fault}"));
    }
}

/// As [`check_link`], but the medium of a header may also be a variable as a whole
/// ("GetChatappTemplateDetail" shows one).
pub fn check_header_link(wrong: &mut Violations, what: &str, link: &str) {
    if !matches!(segments(link, Style::Chat)[..], [Segment::Variable { .. }]) {
        check_link(wrong, what, link);
    }
}

fn variables_at_most(wrong: &mut Violations, what: &str, text: &str, limit: usize) {
    let count = names([(String::new(), text)], Style::Chat).len();
    match limit {
        _ if count <= limit => {}
        0 => wrong.add(format!("{what} has a variable, which it cannot have")),
        _ => wrong.add(format!("{what} has {count} variables, {limit} at most")),
    }
}
