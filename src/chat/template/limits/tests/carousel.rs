use serde_json::{Value, json};

use crate::chat::template::limits::tests::{
    body, buttons, code, long, phone, problems, reply, url,
};
use crate::message::channel::Channel;

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
fn every_limit_of_a_carousel_is_exact() {
    let plain = || card(&[image(), body("One")]);
    let twice = |parts: &[Value]| carousel(&[card(parts), card(parts)]);
    let many = |count: usize| carousel(&vec![plain(); count]);
    let video = json!({"Type": "HEADER", "Format": "VIDEO", "Url": "https://x.example/a.mp4"});
    let three = [reply("A"), reply("B"), reply("C")];
    for (inside, outside, expected) in [
        (many(2), many(1), "too few cards in the carousel: 1, 2 at least"),
        (many(10), many(11), "too many cards in the carousel: 11, 10 at most"),
        (many(2), json!([body("x"), {"Type": "CAROUSEL"}]), "too few cards in the carousel: 0"),
        (
            twice(&[image(), body(&long(160))]),
            twice(&[image(), body(&long(161))]),
            "the body of card 2 is too long: 161 characters, 160 at most",
        ),
        (
            twice(&[image(), buttons(&three[..2])]),
            twice(&[image(), buttons(&three)]),
            "too many buttons of card 1: 3, 2 at most",
        ),
        (
            twice(&[image(), buttons(&[reply(&long(25))])]),
            twice(&[image(), buttons(&[reply(&long(26))])]),
            "the text of button 1 of card 1 is too long: 26 characters",
        ),
        (
            twice(&[image()]),
            twice(&[body("One")]),
            "card 1 needs a header with an image or a video",
        ),
        (
            twice(std::slice::from_ref(&video)),
            twice(&[json!({"Type": "HEADER", "Text": "One"})]),
            "unknown header format of card 2 \"text\": expected image, video",
        ),
        (
            twice(&[image()]),
            twice(&[json!({"Type": "HEADER", "Format": "IMAGE"})]),
            "the image of card 1 has no Url",
        ),
        (
            twice(&[image(), buttons(&[phone("861")])]),
            twice(&[image(), buttons(&[code("A")])]),
            "unknown type of button 1 of card 1 \"COPY_CODE\": expected QUICK_REPLY",
        ),
        (
            twice(&[image()]),
            twice(&[image(), json!({"Type": "FOOTER", "Text": "x"})]),
            "unknown component type of card 1 \"FOOTER\": expected HEADER, BODY, BUTTONS",
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
        (
            many(2),
            carousel(&[plain(), json!({"components": [image()]}), json!(5)]),
            "card 2 needs a header",
        ),
    ] {
        assert_eq!(problems(Channel::Whatsapp, "MARKETING", &inside), "", "{expected}");
        let outside = problems(Channel::Whatsapp, "MARKETING", &outside);
        assert!(outside.contains(expected), "{expected}: {outside}");
    }
}

#[test]
fn a_carousel_needs_a_marketing_message_without_other_parts() {
    let sound = carousel(&[card(&[image()]), card(&[image()])]);
    let utility = problems(Channel::Whatsapp, "UTILITY", &sound);
    assert!(utility.contains("needs the category MARKETING, not UTILITY"), "{utility}");
    for (part, expected) in [
        (json!({"Type": "HEADER", "Text": "x"}), "cannot have header outside"),
        (json!({"Type": "FOOTER", "Text": "x"}), "cannot have footer outside"),
        (buttons(&[reply("A")]), "cannot have buttons outside"),
    ] {
        let mut more = sound.clone();
        more.as_array_mut().expect("parts").push(part);
        let found = problems(Channel::Whatsapp, "MARKETING", &more);
        assert!(found.contains(expected), "{expected}: {found}");
    }
}
