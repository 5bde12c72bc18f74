//! The limits of WhatsApp templates.

use serde_json::Value;

use crate::api::reply::fields;
use crate::chat::template::WHATSAPP_CATEGORIES;
use crate::chat::template::components::{Button, Header, Message};
use crate::chat::template::limits::parts::components_with_type;
use crate::chat::template::limits::{check_link, check_media_link, require_marketing};
use crate::message::limits::Limit::{
    MaxChars, MaxCount, MaxVariables, MinCount, NotBlank, OneOf, Range,
};
use crate::message::limits::Rule;
use crate::message::violations::Violations;

const CREATE: &str = "CreateChatappTemplate";
const META_TEMPLATES: &str = "Message templates (Meta)";
const META_COMPONENTS: &str = "Template components (Meta)";
const META_OFFERS: &str = "Limited-time offer templates (Meta)";
const META_AUTHENTICATION: &str = "Authentication templates (Meta)";
const META_CAROUSELS: &str = "Media card carousel templates (Meta)";

const COMPONENTS: &[&str] =
    &["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"];
const CARD_COMPONENTS: &[&str] = &["HEADER", "BODY", "BUTTONS"];
const CARD_BUTTONS: &[&str] = &["QUICK_REPLY", "PHONE_NUMBER", "URL"];
const AUTHENTICATION_BUTTONS: &[&str] = &["COPY_CODE", "ONE_TAP", "ZERO_TAP"];

#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    Rule { part: "name", limit: NotBlank, source: META_TEMPLATES },
    Rule { part: "name", limit: MaxChars(512), source: META_TEMPLATES },
    Rule { part: "category", limit: OneOf(WHATSAPP_CATEGORIES), source: CREATE },
    Rule { part: "component type", limit: OneOf(COMPONENTS), source: CREATE },
    Rule { part: "header", limit: MaxChars(60), source: CREATE },
    Rule { part: "header", limit: MaxVariables(1), source: CREATE },
    Rule { part: "body", limit: MaxChars(1024), source: CREATE },
    Rule { part: "footer", limit: MaxChars(60), source: CREATE },
    Rule { part: "footer", limit: MaxVariables(0), source: CREATE },
    Rule { part: "buttons", limit: MaxCount(10), source: CREATE },
    Rule { part: "PHONE_NUMBER buttons", limit: MaxCount(1), source: CREATE },
    Rule { part: "URL buttons", limit: MaxCount(2), source: CREATE },
    Rule { part: "COPY_CODE buttons", limit: MaxCount(1), source: META_COMPONENTS },
    Rule { part: "button text", limit: MaxChars(25), source: META_COMPONENTS },
    Rule { part: "button text", limit: MaxVariables(0), source: META_COMPONENTS },
    Rule { part: "button URL", limit: MaxChars(2000), source: META_COMPONENTS },
    Rule { part: "button URL", limit: MaxVariables(1), source: META_COMPONENTS },
    Rule { part: "button phone number", limit: MaxChars(20), source: META_COMPONENTS },
    Rule { part: "button code", limit: MaxChars(15), source: META_COMPONENTS },
    Rule { part: "offer", limit: MaxChars(16), source: META_OFFERS },
    Rule { part: "body with offer", limit: MaxChars(600), source: META_OFFERS },
    Rule { part: "authentication buttons", limit: MaxCount(1), source: CREATE },
    Rule { part: "authentication button type", limit: OneOf(AUTHENTICATION_BUTTONS), source: CREATE },
    Rule { part: "code expiration", limit: Range(1, 90), source: META_AUTHENTICATION },
    Rule { part: "carousel cards", limit: MinCount(2), source: META_CAROUSELS },
    Rule { part: "carousel cards", limit: MaxCount(10), source: META_CAROUSELS },
    Rule { part: "card component type", limit: OneOf(CARD_COMPONENTS), source: CREATE },
    Rule { part: "card header format", limit: OneOf(&["image", "video"]), source: META_CAROUSELS },
    Rule { part: "card body", limit: MaxChars(160), source: META_CAROUSELS },
    Rule { part: "card buttons", limit: MaxCount(2), source: META_CAROUSELS },
    Rule { part: "card button type", limit: OneOf(CARD_BUTTONS), source: META_CAROUSELS },
];

pub fn check_name_characters(violations: &mut Violations, name: &str) {
    let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.chars().all(is_valid) {
        let right: String =
            name.to_lowercase().chars().map(|c| if is_valid(c) { c } else { '_' }).collect();
        violations.add_documented(
            format!("the name {name:?} may only have a to z, digits and _: write {right:?}"),
            META_TEMPLATES,
        );
    }
}

/// Links, phone numbers and the order of buttons.
pub fn check_parts(violations: &mut Violations, message: &Message) {
    if let Some(Header::Media { format, link: Some(link) }) = &message.header
        && format != "location"
    {
        check_media_link(violations, &format!("the {format} of the header"), link);
    }
    let is_reply = |button: &Button| button.kind == "QUICK_REPLY";
    let changes =
        message.buttons.windows(2).filter(|pair| is_reply(&pair[0]) != is_reply(&pair[1]));
    if changes.count() > 1 {
        violations.add_documented(
            "quick replies have to be together, before or after all other buttons",
            CREATE,
        );
    }
    check_button_targets(violations, &message.buttons, "");
}

/// Checks links and phone numbers; `place` is where the buttons are, such as ` of card 1`.
pub fn check_button_targets(violations: &mut Violations, buttons: &[Button], place: &str) {
    for (number, button) in (1..).zip(buttons) {
        let target = button.target.as_deref().unwrap_or_default();
        let digits = target.strip_prefix('+').unwrap_or(target);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let place = format!("button {number}{place}");
        if button.kind == "URL" {
            check_link(violations, &format!("the URL of {place}"), target);
        } else if button.kind == "PHONE_NUMBER" && !is_number {
            let message =
                format!("the phone number of {place} takes a country code and digits only");
            violations.add_documented(message, META_COMPONENTS);
        }
    }
}

/// WhatsApp writes the texts of an authentication template itself.
pub fn check_authentication(violations: &mut Violations, components: &Value, message: &Message) {
    if message.header.is_some() {
        violations.add_documented("an AUTHENTICATION template cannot have a header", CREATE);
    }
    for kind in ["BODY", "FOOTER"] {
        if components_with_type(components, kind)
            .any(|part| fields::text(part, &["Text"]).is_some())
        {
            let part = kind.to_lowercase();
            let message = format!(
                "WhatsApp writes the {part} of an AUTHENTICATION template itself: give \
                 `components` in a file, the {part} without Text"
            );
            violations.add_documented(message, CREATE);
        }
    }
}

/// What depends on the category and on other parts.
pub fn check_whole(
    violations: &mut Violations,
    category: Option<&str>,
    components: &Value,
    message: &Message,
) {
    if components_with_type(components, "LIMITED_TIME_OFFER").next().is_some() {
        check_offer(violations, category, message);
    }
    let is_authentication = category == Some("AUTHENTICATION");
    if category.is_some() && !is_authentication && message.body.is_empty() {
        violations.add_documented("the body is missing", CREATE);
    }
    if is_authentication && components.as_array().is_none_or(Vec::is_empty) {
        violations.add("an AUTHENTICATION template needs `components` from a file (--file)");
    }
}

fn check_offer(violations: &mut Violations, category: Option<&str>, message: &Message) {
    if message.offer.is_none() {
        violations.add_documented("the limited-time offer has no text", META_OFFERS);
    }
    if message.footer.is_some() {
        violations.add_documented(
            "a message with a limited-time offer cannot have a footer",
            META_OFFERS,
        );
    }
    require_marketing(violations, category, "a limited-time offer", META_OFFERS);
}
