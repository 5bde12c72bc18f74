//! WhatsApp's documented limits for templates, checked before anything is sent: a review takes
//! hours, and a name that was rejected stays blocked.

use serde_json::Value;

use super::super::Channel;
use super::draft::Draft;
use crate::failure::{Failure, Result};
use crate::template::{Button, Header, Message, Piece, Style, compare, names, pieces};

const LONGEST_NAME: usize = 512;
const LONGEST_BODY: usize = 1024;
const LONGEST_HEADER: usize = 60;
const LONGEST_FOOTER: usize = 60;
const MOST_BUTTONS: usize = 10;
const LONGEST_BUTTON: usize = 25;
const LONGEST_URL: usize = 2000;
const LONGEST_PHONE: usize = 20;
const LONGEST_CODE: usize = 15;
/// Viber's limit for the text of a message.
const LONGEST_VIBER_TEXT: usize = 1000;
const CATEGORIES: &[&str] = &["UTILITY", "MARKETING", "AUTHENTICATION"];

/// Checks a draft; the failure names everything that is wrong at once.
///
/// # Errors
/// A limit that is exceeded, a form that the service does not take.
pub fn check(channel: Channel, draft: &Draft) -> Result<()> {
    let mut wrong = complaints_about_parts(channel, draft);
    // Viber's texts and WhatsApp's own of an authentication template stand elsewhere.
    let needs_body =
        channel != Channel::Viber && draft.category.as_deref() != Some("AUTHENTICATION");
    complain_of_whole(&mut wrong, draft, needs_body);
    refuse(&wrong)
}

/// Checks the parts that a draft gives, before anybody knows the rest.
///
/// # Errors
/// As [`check`].
pub fn check_parts(channel: Channel, draft: &Draft) -> Result<()> {
    refuse(&complaints_about_parts(channel, draft))
}

/// Checks what only the parts together tell.
///
/// # Errors
/// An example for no variable. That the old template had a body is the service's affair.
pub fn check_whole(draft: &Draft) -> Result<()> {
    let mut wrong = Vec::new();
    complain_of_whole(&mut wrong, draft, false);
    refuse(&wrong)
}

fn complaints_about_parts(channel: Channel, draft: &Draft) -> Vec<String> {
    let message = Message::of_components(&draft.components);
    let mut wrong = Vec::new();
    if channel == Channel::Viber {
        at_most(&mut wrong, "the body", &message.body, LONGEST_VIBER_TEXT);
    } else {
        check_name(&mut wrong, draft.name.as_deref());
        check_category(&mut wrong, draft.category.as_deref());
        check_message(&mut wrong, &message);
    }
    check_variables(&mut wrong, &draft.components, &message);
    wrong
}

fn complain_of_whole(wrong: &mut Vec<String>, draft: &Draft, needs_body: bool) {
    let message = Message::of_components(&draft.components);
    if message.body.is_empty() && needs_body {
        wrong.push("there is no body".to_string());
    }
    let unknown = compare(&message.variables(), &draft.examples).superfluous;
    if !unknown.is_empty() {
        wrong.push(format!("an example for what is no variable: {}", unknown.join(", ")));
    }
}

fn refuse(wrong: &[String]) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(wrong.join("; "))
        .hint("`alimsg templates create --help` shows the forms; nothing was sent for review"))
}

fn check_name(wrong: &mut Vec<String>, name: Option<&str>) {
    let Some(name) = name else { return };
    at_most(wrong, "the name", name, LONGEST_NAME);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(fits) {
        let right: String =
            name.to_lowercase().chars().map(|c| if fits(c) { c } else { '_' }).collect();
        wrong.push(format!(
            "the name {name:?} has other characters than a to z, digits and _ (write {right:?})"
        ));
    }
}

fn check_category(wrong: &mut Vec<String>, category: Option<&str>) {
    if let Some(category) = category.filter(|category| !CATEGORIES.contains(category)) {
        wrong.push(format!("the category {category:?} is none of {}", CATEGORIES.join(", ")));
    }
}

fn check_message(wrong: &mut Vec<String>, message: &Message) {
    at_most(wrong, "the body", &message.body, LONGEST_BODY);
    if let Some(Header::Text(text)) = &message.header {
        at_most(wrong, "the header", text, LONGEST_HEADER);
        variables_at_most(wrong, "the header", text, 1);
    }
    if let Some(text) = &message.footer {
        at_most(wrong, "the footer", text, LONGEST_FOOTER);
        variables_at_most(wrong, "the footer", text, 0);
    }
    if message.buttons.len() > MOST_BUTTONS {
        wrong.push(format!("{} buttons, {MOST_BUTTONS} at most", message.buttons.len()));
    }
    for (number, button) in (1..).zip(&message.buttons) {
        check_button(wrong, &format!("button {number}"), button);
    }
}

fn check_button(wrong: &mut Vec<String>, place: &str, button: &Button) {
    at_most(wrong, &format!("the text of {place}"), &button.text, LONGEST_BUTTON);
    variables_at_most(wrong, &format!("the text of {place}"), &button.text, 0);
    let target = button.target.as_deref().unwrap_or_default();
    match button.kind.as_str() {
        "URL" => {
            at_most(wrong, &format!("the address of {place}"), target, LONGEST_URL);
            variables_at_most(wrong, &format!("the address of {place}"), target, 1);
            if !target.starts_with("https://") && !target.starts_with("http://") {
                wrong.push(format!(
                    "the address of {place} begins with neither https:// nor http://"
                ));
            }
        }
        "PHONE_NUMBER" => {
            let digits = target.strip_prefix('+').unwrap_or(target);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number || target.len() > LONGEST_PHONE {
                wrong.push(format!(
                    "the number of {place} is not digits with a country code, {LONGEST_PHONE} at most"
                ));
            }
        }
        "COPY_CODE" => at_most(wrong, &format!("the code of {place}"), target, LONGEST_CODE),
        _ => {}
    }
}

/// The service takes `$(name)` only; what is written otherwise would go out as it stands.
fn check_variables(wrong: &mut Vec<String>, components: &Value, message: &Message) {
    let text = components.to_string();
    for piece in pieces(&text, Style::Chat) {
        if let Piece::Variable { name, written } = piece
            && written.starts_with("{{")
        {
            let right = Style::Chat.written(name);
            let complaint =
                format!("{written} is not how the service writes a variable (write {right})");
            if !wrong.contains(&complaint) {
                wrong.push(complaint);
            }
        }
    }
    for variable in names(message.texts(), Style::Sms) {
        let (sms, right) =
            (Style::Sms.written(&variable.name), Style::Chat.written(&variable.name));
        wrong.push(format!("{sms} is how SMS writes a variable (write {right})"));
    }
}

fn at_most(wrong: &mut Vec<String>, what: &str, text: &str, limit: usize) {
    let length = text.chars().count();
    if length > limit {
        wrong.push(format!("{what} has {length} characters, {limit} at most"));
    }
}

fn variables_at_most(wrong: &mut Vec<String>, what: &str, text: &str, limit: usize) {
    let count = names([(String::new(), text)], Style::Chat).len();
    match limit {
        _ if count <= limit => {}
        0 => wrong.push(format!("{what} has a variable, which it cannot have")),
        _ => wrong.push(format!("{what} has {count} variables, {limit} at most")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaints(name: &str, category: &str, components: Value) -> String {
        let draft = Draft {
            name: Some(name.into()),
            category: Some(category.into()),
            language: Some("en".into()),
            components,
            is_whole: true,
            examples: vec![("who".into(), "Alice".into())],
            cust_space_id: None,
        };
        check(Channel::Whatsapp, &draft)
            .map_or_else(|failure| failure.message.clone(), |()| String::new())
    }

    #[test]
    fn what_is_at_the_limit_passes_and_one_more_does_not() {
        for extra in [0, 1] {
            let long = |limit: usize| "é".repeat(limit + extra);
            let parts = [
                (json!({"Type": "BODY", "Text": format!("$(who){}", long(1018))}), "the body"),
                (json!({"Type": "HEADER", "Text": long(60)}), "the header"),
                (json!({"Type": "FOOTER", "Text": long(60)}), "the footer"),
                (
                    json!({"Type": "BUTTONS", "Buttons":
                        vec![json!({"Type": "QUICK_REPLY", "Text": long(25)}); 10 + extra]}),
                    "button",
                ),
            ];
            for (part, name) in parts {
                let body = json!({"Type": "BODY", "Text": "Hello $(who)"});
                let components =
                    if name == "the body" { json!([part]) } else { json!([part, body]) };
                let said = complaints("a_1", "UTILITY", components);
                assert_eq!(said.contains(name), extra == 1, "{name} +{extra}: {said}");
            }
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once_with_the_right_form() {
        let said = complaints(
            "Order Ready",
            "NEWS",
            json!([
                {"Type": "HEADER", "Text": "$(a) $(b)"},
                {"Type": "BODY", "Text": "Hello {{1}} ${x} $(who)"},
                {"Type": "FOOTER", "Text": "$(c)"},
                {"Type": "BUTTONS", "Buttons": [
                    {"Type": "URL", "Text": "A $(d)", "Url": "ftp://x/$(e)/$(f)"},
                    {"Type": "PHONE_NUMBER", "Text": "Call", "PhoneNumber": "call me"},
                ]},
            ]),
        );
        for part in [
            "write \"order_ready\"",
            "\"NEWS\" is none of",
            "the header has 2 variables, 1 at most",
            "the footer has a variable",
            "write $(1)",
            "write $(x)",
            "the text of button 1 has a variable",
            "the address of button 1 has 2 variables",
            "neither https:// nor http://",
            "the number of button 2",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn a_body_is_needed_and_examples_have_to_fit() {
        assert!(complaints("a", "UTILITY", json!([])).contains("no body"));
        assert!(!complaints("a", "AUTHENTICATION", json!([])).contains("no body"));
        let said = complaints("a", "UTILITY", json!([{"Type": "BODY", "Text": "Hello"}]));
        assert!(said.contains("no variable: who"), "{said}");
    }
}
