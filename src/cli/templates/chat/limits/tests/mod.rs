//! Each limit at its edge: what is just inside passes, one more is named.

mod carousel;
mod viber;
mod whatsapp;

use serde_json::{Value, json};

use crate::cli::templates::Channel;
use crate::cli::templates::chat::draft::Draft;
use crate::cli::templates::chat::limits::{check, check_language};

/// What is said of a draft; nothing if it passes.
fn said(channel: Channel, category: &str, components: &Value) -> String {
    let draft = Draft {
        name: Some("order_ready".into()),
        category: Some(category.into()),
        language: Some("en".into()),
        components: components.clone(),
        is_whole: true,
        examples: Vec::new(),
        cust_space_id: None,
    };
    message(check(channel, &draft))
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

/// A text with this many characters that begins like an address.
fn address(length: usize) -> String {
    let start = "https://x.example/";
    format!("{start}{}", "a".repeat(length - start.len()))
}

#[test]
fn everything_wrong_is_said_at_once_with_the_right_form() {
    let draft = Draft {
        name: Some("Order Ready".into()),
        category: Some("NEWS".into()),
        language: Some("en-us".into()),
        components: json!([
            {"Type": "HEADER", "Text": "$(a) $(b)"}, body("Hello {{1}} {{1}} ${x} $( who ) $(name"),
        ]),
        is_whole: true,
        examples: vec![("nobody".into(), "Alice".into())],
        cust_space_id: None,
    };
    let said = message(check(Channel::Whatsapp, &draft));
    for part in [
        "write \"order_ready\"",
        "\"NEWS\" is none of",
        "is written \"en_US\"",
        "the header has 2 variables, 1 at most",
        "write $(1)",
        "write $(who)",
        "\"$(name\" in body opens a variable",
        "write $(x)",
        "no variable: nobody",
    ] {
        assert_eq!(said.matches(part).count(), 1, "{part} in {said}");
    }
    let mut name = draft;
    for (length, fits) in [(512, true), (513, false)] {
        name.name = Some("a".repeat(length));
        let said = message(check(Channel::Whatsapp, &name));
        assert_eq!(!said.contains("the name"), fits, "{length}: {said}");
    }
}

#[test]
fn a_language_is_a_code() {
    for right in ["en", "fil", "zh_CN", "prs_AF"] {
        check_language(right).expect(right);
    }
    for (wrong, part) in [
        ("EN", "\"en\""),
        ("zh-cn", "\"zh_CN\""),
        ("e", "no code"),
        ("english", "no code"),
        ("en_USA", "no code"),
        ("", "no code"),
    ] {
        let said = message(check_language(wrong));
        assert!(said.contains(part), "{wrong}: {said}");
    }
}
