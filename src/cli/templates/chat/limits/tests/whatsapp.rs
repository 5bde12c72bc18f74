use serde_json::{Value, json};

use crate::cli::templates::Channel;
use crate::cli::templates::chat::limits::tests::{
    address, body, buttons, code, long, phone, reply, said, url,
};

#[test]
fn every_limit_of_a_whatsapp_message_holds_at_its_edge() {
    let with = |part: Value| json!([body("Hello"), part]);
    let row = |button: Value| with(buttons(&[button]));
    let header = |text: String| with(json!({"Type": "HEADER", "Text": text}));
    let footer = |text: String| with(json!({"Type": "FOOTER", "Text": text}));
    let repeated = |button: Value, count: usize| with(buttons(&vec![button; count]));
    for (inside, outside, complaint) in [
        (
            json!([body(&long(1024))]),
            json!([body(&long(1025))]),
            "the body is too long: 1025 characters",
        ),
        (header(long(60)), header(long(61)), "the header is too long: 61 characters"),
        (header("$(a)".into()), header("$(a) $(b)".into()), "the header has 2 variables"),
        (footer(long(60)), footer(long(61)), "the footer is too long: 61 characters"),
        (footer("Acme".into()), footer("$(a)".into()), "the footer has a variable"),
        (repeated(reply("A"), 10), repeated(reply("A"), 11), "11 buttons, 10 at most"),
        (repeated(phone("1"), 1), repeated(phone("1"), 2), "2 buttons of the type PHONE_NUMBER"),
        (
            repeated(url("https://x.example"), 2),
            repeated(url("https://x.example"), 3),
            "3 buttons of the type URL, 2 at most",
        ),
        (repeated(code("A"), 1), repeated(code("A"), 2), "2 buttons of the type COPY_CODE"),
        (
            row(reply(&long(25))),
            row(reply(&long(26))),
            "the text of button 1 is too long: 26 characters",
        ),
        (row(reply("A")), row(reply("$(a)")), "the text of button 1 has a variable"),
        (row(url(&address(2000))), row(url(&address(2001))), "2001 characters, 2000 at most"),
        (
            row(url("https://x.example/$(a)")),
            row(url("https://x.example/$(a)/$(b)")),
            "the address of button 1 has 2 variables",
        ),
        (row(url("http://x.example")), row(url("ftp://x.example")), "is no link"),
        (row(phone(&"1".repeat(20))), row(phone(&"1".repeat(21))), "the number of button 1"),
        (row(phone("+861")), row(phone("call me")), "the number of button 1"),
        (
            row(code(&long(15))),
            row(code(&long(16))),
            "the code of button 1 is too long: 16 characters",
        ),
        (
            with(buttons(&[reply("A"), reply("B"), url("https://x.example")])),
            with(buttons(&[reply("A"), url("https://x.example"), reply("B")])),
            "quick replies stand together",
        ),
        (
            with(json!({"Type": "HEADER", "Format": "IMAGE", "Url": "$(link)"})),
            with(json!({"Type": "HEADER", "Format": "IMAGE", "Url": "photo.png"})),
            "the image of the header is no link",
        ),
        (json!([body("x")]), json!([]), "there is no body"),
        (
            json!([body("x")]),
            json!([body("x"), body("y")]),
            "a message has one component of the type BODY, not two",
        ),
        (
            with(buttons(&[])),
            with(json!({"Type": "BUTTON"})),
            "a message has no component of the type \"BUTTON\"",
        ),
        (
            json!([body("x")]),
            json!([{"type": "BODY", "Text": "x"}]),
            "the field \"type\" of a component is spelled \"Type\"",
        ),
    ] {
        assert_eq!(said(Channel::Whatsapp, "MARKETING", &inside), "", "{complaint}");
        let outside = said(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(complaint), "{complaint}: {outside}");
    }
}

#[test]
fn the_texts_of_an_authentication_template_are_not_ours() {
    let expires = |minutes: Value| {
        json!([{"Type": "BODY", "AddSecretRecommendation": true},
               {"Type": "FOOTER", "CodeExpirationMinutes": minutes},
               buttons(&[json!({"Type": "COPY_CODE", "Text": "Copy"})])])
    };
    let said = |components: &Value| said(Channel::Whatsapp, "AUTHENTICATION", components);
    for (minutes, fits) in [
        (json!(0), false),
        (json!(1), true),
        (json!(90), true),
        (json!(91), false),
        (json!("soon"), false),
        (Value::Null, true),
    ] {
        let said = said(&expires(minutes.clone()));
        assert_eq!(!said.contains("CodeExpirationMinutes"), fits, "{minutes}: {said}");
        assert_eq!(said.is_empty(), fits, "{minutes}: {said}");
    }
    for (components, complaint) in [
        (json!([body("Your code")]), "writes the body"),
        (json!([{"Type": "FOOTER", "Text": "Acme"}]), "writes the footer"),
        (json!([{"Type": "HEADER", "Text": "Acme"}]), "has no header"),
        (json!([buttons(&[code("A"), code("B")])]), "has one button"),
        (json!([buttons(&[reply("OK")])]), "has one button"),
    ] {
        let said = said(&components);
        assert!(said.contains(complaint), "{complaint}: {said}");
    }
}

#[test]
fn a_limited_time_offer_holds_at_its_edges() {
    let offer =
        |text: &str, body: Value| json!([{"Type": "LIMITED_TIME_OFFER", "Text": text}, body]);
    let with_footer = json!([{"Type": "LIMITED_TIME_OFFER", "Text": "x"}, body("x"),
                             {"Type": "FOOTER", "Text": "x"}]);
    for (inside, outside, complaint) in [
        (
            offer(&long(16), body("x")),
            offer(&long(17), body("x")),
            "offer is too long: 17 characters",
        ),
        (offer("x", body(&long(600))), offer("x", body(&long(601))), "601 characters, 600"),
        (offer("x", body("x")), with_footer, "has no footer"),
    ] {
        assert_eq!(said(Channel::Whatsapp, "MARKETING", &inside), "", "{complaint}");
        let outside = said(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(complaint), "{complaint}: {outside}");
    }
    let utility = said(Channel::Whatsapp, "UTILITY", &offer("x", body("x")));
    assert!(utility.contains("for the category MARKETING, not UTILITY"), "{utility}");
}
