use serde_json::{Value, json};

use crate::cli::templates::Channel;
use crate::cli::templates::chat::draft::Draft;
use crate::cli::templates::chat::limits::check_whole;
use crate::cli::templates::chat::limits::tests::{body, buttons, long, message, reply, said, url};

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
