use serde_json::{Value, json};

use crate::cli::templates::Channel;
use crate::cli::templates::chat::limits::tests::{
    body, buttons, code, long, phone, reply, said, url,
};

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
            "the body of card 2 is too long: 161 characters, 160 at most",
        ),
        (
            twice(&[image(), buttons(&three[..2])]),
            twice(&[image(), buttons(&three)]),
            "card 1 has 3 buttons, 2 at most",
        ),
        (
            twice(&[image(), buttons(&[reply(&long(25))])]),
            twice(&[image(), buttons(&[reply(&long(26))])]),
            "the text of button 1 of card 1 is too long: 26 characters",
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
