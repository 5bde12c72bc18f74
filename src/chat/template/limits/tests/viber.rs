use serde_json::{Value, json};

use crate::chat::template::draft::Draft;
use crate::chat::template::limits::check_whole;
use crate::chat::template::limits::tests::{body, buttons, long, message, problems, reply, url};
use crate::message::channel::Channel;

fn medium(format: &str) -> Value {
    json!({"Type": "HEADER", "Format": format, "Url": "https://x.example/a"})
}

#[test]
fn every_limit_of_a_viber_message_is_exact() {
    let link = || buttons(&[url("https://x.example")]);
    let lasting = |seconds: Value| {
        let mut video = medium("VIDEO");
        video["Duration"] = seconds;
        json!([video])
    };
    let opens = json!({"Type": "URL", "Text": "Watch"});
    for (category, inside, outside, expected) in [
        ("text", json!([body(&long(1000))]), json!([body(&long(1001))]), "1001 characters"),
        ("video", lasting(json!(600)), lasting(json!(601)), "from 0 to 600"),
        ("video", lasting(json!(0)), lasting(json!(-1)), "from 0 to 600"),
        (
            "document",
            json!([medium("DOCUMENT")]),
            json!([medium("LOCATION")]),
            "unknown header format",
        ),
        (
            "text",
            json!([body("x")]),
            json!([body("x"), {"Type": "HEADER", "Text": "x"}]),
            "unknown header format \"text\": expected image, video, document",
        ),
        (
            "text",
            json!([body("x")]),
            json!([body("x"), {"Type": "FOOTER", "Text": "x"}]),
            "unknown component type \"FOOTER\": expected HEADER, BODY, BUTTONS",
        ),
        (
            "text",
            json!([body("x")]),
            json!([body("x"), {"Type": "CAROUSEL", "Cards": []}]),
            "unknown component type \"CAROUSEL\"",
        ),
        (
            "text_button",
            json!([body("x"), link()]),
            json!([body("x"), buttons(&[url("https://x.example"), url("https://x.example")])]),
            "too many buttons: 2, 1 at most",
        ),
        (
            "text_button",
            json!([body("x"), link()]),
            json!([body("x"), buttons(&[reply("OK")])]),
            "unknown type of button 1 \"QUICK_REPLY\": expected URL",
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
        ("text", json!([body("x")]), json!([{"Type": "BODY"}]), "no body, media or button"),
        (
            "text_image_button",
            json!([body("x"), medium("IMAGE"), link()]),
            json!([medium("IMAGE"), link()]),
            "not support a message of only image and button",
        ),
        // Later documents list WhatsApp's categories here.
        ("UTILITY", json!([body("x")]), json!([link()]), "not support a message of only button"),
    ] {
        assert_eq!(problems(Channel::Viber, category, &inside), "", "{expected}");
        let outside = problems(Channel::Viber, category, &outside);
        assert!(outside.contains(expected), "{expected}: {outside}");
    }
    let news = problems(Channel::Viber, "news", &json!([body("x")]));
    assert!(news.contains("unknown category \"news\": expected text, image"), "{news}");
}

#[test]
fn the_result_of_an_update_has_to_fit_the_category_of_the_template() {
    let mut draft = Draft {
        channel: Channel::Viber,
        name: None,
        category: None,
        language: Some("en".into()),
        components: json!([body("x"), medium("IMAGE")]),
        is_whole: false,
        examples: Vec::new(),
        cust_space_id: None,
        message_lifetime: None,
        allow_category_change: None,
    };
    check_whole(&draft, Some("text_image")).expect("it fits");
    check_whole(&draft, None).expect("unknown category");
    let found = message(check_whole(&draft, Some("text")));
    assert!(found.contains("its category is text_image"), "{found}");
    draft.channel = Channel::Whatsapp;
    check_whole(&draft, Some("UTILITY")).expect("a category of WhatsApp");
}
