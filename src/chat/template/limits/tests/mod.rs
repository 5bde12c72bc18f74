//! Every limit is exact: a value at the limit passes, one more is reported.

mod carousel;
mod viber;
mod whatsapp;

use serde_json::{Value, json};

use crate::chat::template::draft::Draft;
use crate::chat::template::limits::{check, check_language};
use crate::message::channel::Channel;

/// The violations of a draft; empty if it passes.
fn problems(channel: Channel, category: &str, components: &Value) -> String {
    let draft = Draft {
        channel,
        name: Some("order_ready".into()),
        category: Some(category.into()),
        language: Some("en".into()),
        components: components.clone(),
        is_whole: true,
        examples: Vec::new(),
        cust_space_id: None,
        message_lifetime: None,
        allow_category_change: None,
    };
    message(check(&draft))
}

fn message(checked: crate::error::Result<()>) -> String {
    checked.map_or_else(|failure| failure.message.clone(), |()| String::new())
}

fn long(length: usize) -> String {
    "é".repeat(length)
}

fn body(text: &str) -> Value {
    json!({"Type": "BODY", "Text": text})
}

fn buttons(buttons: &[Value]) -> Value {
    json!({"Type": "BUTTONS", "Buttons": buttons})
}

fn reply(text: &str) -> Value {
    json!({"Type": "QUICK_REPLY", "Text": text})
}

fn url(address: &str) -> Value {
    json!({"Type": "URL", "Text": "Go", "Url": address})
}

fn phone(number: &str) -> Value {
    json!({"Type": "PHONE_NUMBER", "Text": "Call", "PhoneNumber": number})
}

fn code(text: &str) -> Value {
    json!({"Type": "COPY_CODE", "Text": "Copy code", "CouponCode": text})
}

/// A URL with this many characters.
fn address(length: usize) -> String {
    let start = "https://x.example/";
    format!("{start}{}", "a".repeat(length - start.len()))
}

#[test]
fn all_violations_are_reported_at_once_with_the_right_form() {
    let draft = Draft {
        channel: Channel::Whatsapp,
        name: Some("Order Ready".into()),
        category: Some("NEWS".into()),
        language: Some("en-us".into()),
        components: json!([
            {"Type": "HEADER", "Text": "$(a) $(b)"}, body("Hello {{1}} {{1}} ${x} $( who ) $(name"),
        ]),
        is_whole: true,
        examples: vec![("nobody".into(), "Alice".into())],
        cust_space_id: None,
        message_lifetime: None,
        allow_category_change: None,
    };
    let found = message(check(&draft));
    for part in [
        "write \"order_ready\"",
        "unknown category \"NEWS\": expected UTILITY, MARKETING, AUTHENTICATION",
        "\"en-us\" as \"en_US\"",
        "the header has 2 variables, 1 at most",
        "write $(1)",
        "write $(who)",
        "\"$(name\" in body is a variable without a name or an end",
        "write $(x)",
        "no variable for the examples nobody",
    ] {
        assert_eq!(found.matches(part).count(), 1, "{part} in {found}");
    }
    let mut name = draft;
    for (length, fits) in [(512, true), (513, false)] {
        name.name = Some("a".repeat(length));
        let found = message(check(&name));
        assert_eq!(!found.contains("the name"), fits, "{length}: {found}");
    }
}

#[test]
fn a_language_has_the_form_of_a_code() {
    for right in ["en", "fil", "zh_CN", "prs_AF"] {
        check_language(right).expect(right);
    }
    for (invalid, part) in [
        ("EN", "\"en\""),
        ("zh-cn", "\"zh_CN\""),
        ("e", "expected a code"),
        ("english", "expected a code"),
        ("en_USA", "expected a code"),
        ("", "expected a code"),
    ] {
        let found = message(check_language(invalid));
        assert!(found.contains(part), "{invalid}: {found}");
    }
}
