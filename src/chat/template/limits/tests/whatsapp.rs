use serde_json::{Value, json};

use crate::chat::template::limits::tests::{
    address, body, buttons, code, long, phone, problems, reply, url,
};
use crate::message::channel::Channel;

#[test]
fn every_limit_of_a_whatsapp_message_is_exact() {
    let with = |part: Value| json!([body("Hello"), part]);
    let row = |button: Value| with(buttons(&[button]));
    let header = |text: String| with(json!({"Type": "HEADER", "Text": text}));
    let footer = |text: String| with(json!({"Type": "FOOTER", "Text": text}));
    let repeated = |button: Value, count: usize| with(buttons(&vec![button; count]));
    for (inside, outside, expected) in [
        (
            json!([body(&long(1024))]),
            json!([body(&long(1025))]),
            "the body is too long: 1025 characters",
        ),
        (header(long(60)), header(long(61)), "the header is too long: 61 characters"),
        (header("$(a)".into()), header("$(a) $(b)".into()), "the header has 2 variables"),
        (footer(long(60)), footer(long(61)), "the footer is too long: 61 characters"),
        (footer("Acme".into()), footer("$(a)".into()), "the footer cannot have variables"),
        (repeated(reply("A"), 10), repeated(reply("A"), 11), "too many buttons: 11, 10 at most"),
        (
            repeated(phone("1"), 1),
            repeated(phone("1"), 2),
            "too many PHONE_NUMBER buttons: 2, 1 at most",
        ),
        (
            repeated(url("https://x.example"), 2),
            repeated(url("https://x.example"), 3),
            "too many URL buttons: 3, 2 at most",
        ),
        (
            repeated(code("A"), 1),
            repeated(code("A"), 2),
            "too many COPY_CODE buttons: 2, 1 at most",
        ),
        (
            row(reply(&long(25))),
            row(reply(&long(26))),
            "the text of button 1 is too long: 26 characters",
        ),
        (row(reply("A")), row(reply("$(a)")), "the text of button 1 cannot have variables"),
        (row(url(&address(2000))), row(url(&address(2001))), "2001 characters, 2000 at most"),
        (
            row(url("https://x.example/$(a)")),
            row(url("https://x.example/$(a)/$(b)")),
            "the URL of button 1 has 2 variables",
        ),
        (row(url("http://x.example")), row(url("ftp://x.example")), "is not a valid link"),
        (
            row(phone(&"1".repeat(20))),
            row(phone(&"1".repeat(21))),
            "the phone number of button 1 is too long: 21",
        ),
        (row(phone("+861")), row(phone("call me")), "the phone number of button 1 takes"),
        (
            row(code(&long(15))),
            row(code(&long(16))),
            "the code of button 1 is too long: 16 characters",
        ),
        (
            with(buttons(&[reply("A"), reply("B"), url("https://x.example")])),
            with(buttons(&[reply("A"), url("https://x.example"), reply("B")])),
            "quick replies have to be together",
        ),
        (
            with(json!({"Type": "HEADER", "Format": "IMAGE", "Url": "$(link)"})),
            with(json!({"Type": "HEADER", "Format": "IMAGE", "Url": "photo.png"})),
            "the image of the header is not a valid link",
        ),
        (json!([body("x")]), json!([]), "the body is missing"),
        (json!([body("x")]), json!([body("x"), body("y")]), "more than one component BODY"),
        (with(buttons(&[])), with(json!({"Type": "BUTTON"})), "unknown component type \"BUTTON\""),
        (
            json!([body("x")]),
            json!([{"type": "BODY", "Text": "x"}]),
            "write the field \"type\" of a component as \"Type\"",
        ),
    ] {
        assert_eq!(problems(Channel::Whatsapp, "MARKETING", &inside), "", "{expected}");
        let outside = problems(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(expected), "{expected}: {outside}");
    }
}

#[test]
fn whatsapp_writes_the_texts_of_an_authentication_template() {
    let expires = |minutes: Value| {
        json!([{"Type": "BODY", "AddSecretRecommendation": true},
               {"Type": "FOOTER", "CodeExpirationMinutes": minutes},
               buttons(&[json!({"Type": "COPY_CODE", "Text": "Copy"})])])
    };
    let check = |components: &Value| problems(Channel::Whatsapp, "AUTHENTICATION", components);
    for (minutes, fits) in [
        (json!(0), false),
        (json!(1), true),
        (json!(90), true),
        (json!(91), false),
        (json!("soon"), false),
        (Value::Null, true),
    ] {
        let found = check(&expires(minutes.clone()));
        assert_eq!(!found.contains("CodeExpirationMinutes"), fits, "{minutes}: {found}");
        assert_eq!(found.is_empty(), fits, "{minutes}: {found}");
    }
    for (components, expected) in [
        (json!([body("Your code")]), "writes the body"),
        (json!([{"Type": "FOOTER", "Text": "Acme"}]), "writes the footer"),
        (json!([{"Type": "HEADER", "Text": "Acme"}]), "cannot have a header"),
        (
            json!([buttons(&[code("A"), code("B")])]),
            "too many authentication buttons: 2, 1 at most",
        ),
        (json!([buttons(&[reply("OK")])]), "unknown authentication button type \"QUICK_REPLY\""),
    ] {
        let found = check(&components);
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn every_limit_of_a_limited_time_offer_is_exact() {
    let offer =
        |text: &str, body: Value| json!([{"Type": "LIMITED_TIME_OFFER", "Text": text}, body]);
    let with_footer = json!([{"Type": "LIMITED_TIME_OFFER", "Text": "x"}, body("x"),
                             {"Type": "FOOTER", "Text": "x"}]);
    for (inside, outside, expected) in [
        (
            offer(&long(16), body("x")),
            offer(&long(17), body("x")),
            "offer is too long: 17 characters",
        ),
        (offer("x", body(&long(600))), offer("x", body(&long(601))), "601 characters, 600"),
        (offer("x", body("x")), with_footer, "cannot have a footer"),
    ] {
        assert_eq!(problems(Channel::Whatsapp, "MARKETING", &inside), "", "{expected}");
        let outside = problems(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(expected), "{expected}: {outside}");
    }
    let utility = problems(Channel::Whatsapp, "UTILITY", &offer("x", body("x")));
    assert!(utility.contains("needs the category MARKETING, not UTILITY"), "{utility}");
}
