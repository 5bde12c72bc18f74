//! Each limit at its edge: what is just inside passes, one more is named.

use serde_json::{Value, json};

use super::super::super::Channel;
use super::super::draft::Draft;
use super::{check, check_language, check_whole};

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

fn message(checked: crate::failure::Result<()>) -> String {
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
fn every_limit_of_a_whatsapp_message_holds_at_its_edge() {
    let with = |part: Value| json!([body("Hello"), part]);
    let row = |button: Value| with(buttons(&[button]));
    let header = |text: String| with(json!({"Type": "HEADER", "Text": text}));
    let footer = |text: String| with(json!({"Type": "FOOTER", "Text": text}));
    let repeated = |button: Value, count: usize| with(buttons(&vec![button; count]));
    for (inside, outside, complaint) in [
        (json!([body(&long(1024))]), json!([body(&long(1025))]), "the body has 1025 characters"),
        (header(long(60)), header(long(61)), "the header has 61 characters"),
        (header("$(a)".into()), header("$(a) $(b)".into()), "the header has 2 variables"),
        (footer(long(60)), footer(long(61)), "the footer has 61 characters"),
        (footer("Acme".into()), footer("$(a)".into()), "the footer has a variable"),
        (repeated(reply("A"), 10), repeated(reply("A"), 11), "11 buttons, 10 at most"),
        (repeated(phone("1"), 1), repeated(phone("1"), 2), "2 buttons of the type PHONE_NUMBER"),
        (
            repeated(url("https://x.example"), 2),
            repeated(url("https://x.example"), 3),
            "3 buttons of the type URL, 2 at most",
        ),
        (repeated(code("A"), 1), repeated(code("A"), 2), "2 buttons of the type COPY_CODE"),
        (row(reply(&long(25))), row(reply(&long(26))), "the text of button 1 has 26 characters"),
        (row(reply("A")), row(reply("$(a)")), "the text of button 1 has a variable"),
        (row(url(&address(2000))), row(url(&address(2001))), "has 2001 characters, 2000 at most"),
        (
            row(url("https://x.example/$(a)")),
            row(url("https://x.example/$(a)/$(b)")),
            "the address of button 1 has 2 variables",
        ),
        (row(url("http://x.example")), row(url("ftp://x.example")), "is no link"),
        (row(phone(&"1".repeat(20))), row(phone(&"1".repeat(21))), "the number of button 1"),
        (row(phone("+861")), row(phone("call me")), "the number of button 1"),
        (row(code(&long(15))), row(code(&long(16))), "the code of button 1 has 16 characters"),
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
fn everything_wrong_is_said_at_once_with_the_right_form() {
    let draft = Draft {
        name: Some("Order Ready".into()),
        category: Some("NEWS".into()),
        language: Some("en-us".into()),
        components: json!([
            {"Type": "HEADER", "Text": "$(a) $(b)"}, body("Hello {{1}} {{1}} ${x} $(who)"),
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

fn card(parts: &[Value]) -> Value {
    json!({ "CardComponents": parts })
}

fn image() -> Value {
    json!({"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a.png"})
}

fn carousel(cards: &[Value]) -> Value {
    json!([body("Look"), {"Type": "CAROUSEL", "Cards": cards}])
}

#[test]
fn every_limit_of_a_carousel_holds_at_its_edge() {
    let plain = || card(&[image(), body("One")]);
    let twice = |parts: &[Value]| carousel(&[card(parts), card(parts)]);
    let many = |count: usize| carousel(&vec![plain(); count]);
    let video = json!({"Type": "HEADER", "Format": "VIDEO", "Url": "https://x.example/a.mp4"});
    let three = [reply("A"), reply("B"), reply("C")];
    for (inside, outside, complaint) in [
        (many(2), many(1), "a carousel has 2 to 10 cards, not 1"),
        (many(10), many(11), "a carousel has 2 to 10 cards, not 11"),
        (many(2), json!([body("x"), {"Type": "CAROUSEL"}]), "2 to 10 cards, not 0"),
        (
            twice(&[image(), body(&long(160))]),
            twice(&[image(), body(&long(161))]),
            "the body of card 2 has 161 characters, 160 at most",
        ),
        (
            twice(&[image(), buttons(&three[..2])]),
            twice(&[image(), buttons(&three)]),
            "card 1 has 3 buttons, 2 at most",
        ),
        (
            twice(&[image(), buttons(&[reply(&long(25))])]),
            twice(&[image(), buttons(&[reply(&long(26))])]),
            "the text of button 1 of card 1 has 26 characters",
        ),
        (twice(&[image()]), twice(&[body("One")]), "card 1 has neither an image nor a video"),
        (
            twice(std::slice::from_ref(&video)),
            twice(&[json!({"Type": "HEADER", "Text": "One"})]),
            "card 2 has neither an image nor a video",
        ),
        (
            twice(&[image()]),
            twice(&[json!({"Type": "HEADER", "Format": "IMAGE"})]),
            "the image of card 1 has no Url",
        ),
        (
            twice(&[image(), buttons(&[phone("861")])]),
            twice(&[image(), buttons(&[code("A")])]),
            "\"COPY_CODE\" of button 1 of card 1 is none of",
        ),
        (
            twice(&[image()]),
            twice(&[image(), json!({"Type": "FOOTER", "Text": "x"})]),
            "card 1 has no component of the type \"FOOTER\", but HEADER, BODY, BUTTONS",
        ),
        (
            carousel(&[plain(), card(&[image(), body("Two")])]),
            carousel(&[plain(), card(&[image()])]),
            "card 1 is image + body and card 2 is image",
        ),
        (
            twice(&[image(), buttons(&[reply("A"), url("https://x.example")])]),
            carousel(&[
                card(&[image(), buttons(&[reply("A"), url("https://x.example")])]),
                card(&[image(), buttons(&[url("https://x.example"), reply("A")])]),
            ]),
            "card 1 is image + QUICK_REPLY + URL and card 2 is image + URL + QUICK_REPLY",
        ),
        (many(2), carousel(&[card(&[image()]), card(&[video])]), "card 2 is video"),
        (many(2), carousel(&[plain(), json!({"components": [image()]}), json!(5)]), "card 2 has"),
    ] {
        assert_eq!(said(Channel::Whatsapp, "MARKETING", &inside), "", "{complaint}");
        let outside = said(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(complaint), "{complaint}: {outside}");
    }
}

#[test]
fn a_carousel_stands_in_a_marketing_message_without_other_parts() {
    let sound = carousel(&[card(&[image()]), card(&[image()])]);
    let utility = said(Channel::Whatsapp, "UTILITY", &sound);
    assert!(utility.contains("for the category MARKETING, not UTILITY"), "{utility}");
    for (part, complaint) in [
        (json!({"Type": "HEADER", "Text": "x"}), "has no header besides"),
        (json!({"Type": "FOOTER", "Text": "x"}), "has no footer besides"),
        (buttons(&[reply("A")]), "has no buttons besides"),
    ] {
        let mut more = sound.clone();
        more.as_array_mut().expect("parts").push(part);
        let said = said(Channel::Whatsapp, "MARKETING", &more);
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
        (offer(&long(16), body("x")), offer(&long(17), body("x")), "offer has 17 characters"),
        (offer("x", body(&long(600))), offer("x", body(&long(601))), "has 601 characters, 600"),
        (offer("x", body("x")), offer("$(a)", body("x")), "offer has a variable"),
        (offer("x", body("x")), with_footer, "has no footer"),
    ] {
        assert_eq!(said(Channel::Whatsapp, "MARKETING", &inside), "", "{complaint}");
        let outside = said(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(complaint), "{complaint}: {outside}");
    }
    let utility = said(Channel::Whatsapp, "UTILITY", &offer("x", body("x")));
    assert!(utility.contains("for the category MARKETING, not UTILITY"), "{utility}");
}

fn medium(format: &str) -> Value {
    json!({"Type": "HEADER", "Format": format, "Url": "https://x.example/a"})
}

#[test]
fn every_limit_of_a_viber_message_holds_at_its_edge() {
    let link = || buttons(&[url("https://x.example")]);
    let lasting = |seconds: Value| {
        let mut video = medium("VIDEO");
        video["Duration"] = seconds;
        json!([video])
    };
    let opens = json!({"Type": "URL", "Text": "Watch"});
    for (category, inside, outside, complaint) in [
        ("text", json!([body(&long(1000))]), json!([body(&long(1001))]), "1001 characters"),
        ("video", lasting(json!(600)), lasting(json!(601)), "0 to 600 seconds"),
        ("video", lasting(json!(0)), lasting(json!(-1)), "0 to 600 seconds"),
        ("document", json!([medium("DOCUMENT")]), json!([medium("LOCATION")]), "no header but"),
        (
            "text",
            json!([body("x")]),
            json!([body("x"), {"Type": "HEADER", "Text": "x"}]),
            "no header but an image, a video or a document",
        ),
        (
            "text",
            json!([body("x")]),
            json!([body("x"), {"Type": "FOOTER", "Text": "x"}]),
            "a Viber message has no component of the type \"FOOTER\", but HEADER, BODY, BUTTONS",
        ),
        (
            "text",
            json!([body("x")]),
            json!([body("x"), {"Type": "CAROUSEL", "Cards": []}]),
            "a Viber message has no component of the type \"CAROUSEL\"",
        ),
        (
            "text_button",
            json!([body("x"), link()]),
            json!([body("x"), buttons(&[url("https://x.example"), url("https://x.example")])]),
            "2 buttons, 1 at most on Viber",
        ),
        (
            "text_button",
            json!([body("x"), link()]),
            json!([body("x"), buttons(&[reply("OK")])]),
            "buttons of the type URL only",
        ),
        (
            "text_button",
            json!([body("x"), link()]),
            json!([body("x"), buttons(std::slice::from_ref(&opens))]),
            "the button has no Url",
        ),
        (
            "text_video_button",
            json!([body("x"), medium("VIDEO"), buttons(&[opens])]),
            json!([body("x"), medium("VIDEO"), link()]),
            "opens the video: leave out its Url",
        ),
        (
            "image",
            json!([medium("IMAGE")]),
            json!([{"Type": "HEADER", "Format": "IMAGE"}]),
            "the image has no Url",
        ),
        (
            "text_image",
            json!([body("x"), medium("IMAGE")]),
            json!([body("x"), medium("VIDEO")]),
            "its category is text_video, not text_image",
        ),
        ("text", json!([body("x")]), json!([{"Type": "BODY"}]), "no body, medium or button"),
        (
            "text_image_button",
            json!([body("x"), medium("IMAGE"), link()]),
            json!([medium("IMAGE"), link()]),
            "no message of image and button alone",
        ),
        // Later documents name WhatsApp's categories here.
        ("UTILITY", json!([body("x")]), json!([link()]), "no message of button alone"),
    ] {
        assert_eq!(said(Channel::Viber, category, &inside), "", "{complaint}");
        let outside = said(Channel::Viber, category, &outside);
        assert!(outside.contains(complaint), "{complaint}: {outside}");
    }
    let news = said(Channel::Viber, "news", &json!([body("x")]));
    assert!(news.contains("\"news\" is none of text, image"), "{news}");
}

#[test]
fn what_an_update_makes_has_to_go_together_with_the_category_of_the_old_template() {
    let draft = Draft {
        name: None,
        category: None,
        language: Some("en".into()),
        components: json!([body("x"), medium("IMAGE")]),
        is_whole: false,
        examples: Vec::new(),
        cust_space_id: None,
    };
    check_whole(Channel::Viber, &draft, Some("text_image")).expect("it fits");
    check_whole(Channel::Viber, &draft, None).expect("nobody knows");
    check_whole(Channel::Whatsapp, &draft, Some("UTILITY")).expect("WhatsApp's own");
    let said = message(check_whole(Channel::Viber, &draft, Some("text")));
    assert!(said.contains("its category is text_image"), "{said}");
}
