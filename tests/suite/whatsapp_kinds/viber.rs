//! Viber has its own message types and flags, and requires a label.

use serde_json::{Value, json};

use super::{LINK, TO, planned};
use crate::support::{World, flag};

fn line<'a>(kind: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut line = vec!["whatsapp", "send", kind, "--channel-type", "viber"];
    line.extend(["--from", "30001", "--to", TO, "--label", "promotion"]);
    line.extend(flags);
    line
}

fn kinds() -> Vec<(&'static str, Vec<&'static str>, &'static str, Value)> {
    let button = ["--button-title", "Go", "--button-url", LINK];
    let video = ["--link", LINK, "--thumbnail", LINK, "--file-size", "9", "--duration", "1"];
    let with = |flags: &[&'static str], more: &[&'static str]| [flags, more].concat();
    let filmed = json!({"link": LINK, "thumbnail": LINK, "fileSize": 9, "duration": 1});
    let joined = |more: Value| {
        let mut object = filmed.as_object().expect("an object").clone();
        object.extend(more.as_object().expect("an object").clone());
        Value::Object(object)
    };
    vec![
        ("text", vec!["--text=x"], "text", json!({"text": "x"})),
        (
            "text",
            with(&["--text=x"], &button),
            "text_button",
            json!({"text": "x", "caption": "Go", "action": LINK}),
        ),
        ("image", vec!["--link", LINK], "image", json!({"link": LINK})),
        (
            "image",
            vec!["--link", LINK, "--text=x"],
            "text_image",
            json!({"link": LINK, "text": "x"}),
        ),
        (
            "image",
            with(&["--link", LINK, "--text=x"], &button),
            "text_image_button",
            json!({"link": LINK, "text": "x", "caption": "Go", "action": LINK}),
        ),
        ("video", video.to_vec(), "video", filmed.clone()),
        ("video", with(&video, &["--text=x"]), "text_video", joined(json!({"text": "x"}))),
        (
            "video",
            with(&video, &["--text=x", "--button-title=Go"]),
            "text_video_button",
            joined(json!({"text": "x", "caption": "Go"})),
        ),
        (
            "document",
            vec!["--link", LINK, "--file-name=a.pdf", "--file-type=pdf"],
            "document",
            json!({"link": LINK, "fileName": "a.pdf", "fileType": "pdf"}),
        ),
    ]
}

#[test]
fn the_parts_of_a_message_make_its_type() {
    let world = World::new();
    for (kind, flags, of_type, content) in kinds() {
        let arguments = planned(&world, &line(kind, &flags));
        assert_eq!(flag(&arguments, "message-type"), Some(of_type), "{kind} {flags:?}");
        assert_eq!(flag(&arguments, "label"), Some("promotion"));
        let sent: Value =
            serde_json::from_str(flag(&arguments, "content").expect("a content")).expect("JSON");
        assert_eq!(sent, content, "{of_type}");
        let ran =
            world.run(&[&["--sandbox", "--json"][..], &line(kind, &flags), &["--yes"]].concat());
        assert_eq!(ran.exit(), 0, "{of_type}: {ran:#?}");
    }
}

#[test]
fn unsupported_kinds_and_flags_are_refused_and_the_other_channel_is_named() {
    let world = World::new();
    let refused = |line: Vec<&str>, other: &str| {
        let ran = world.run(&[&line[..], &["--yes", "--json"]].concat());
        assert_eq!(ran.exit(), 2, "{line:?}: {ran:#?}");
        let hint = ran.json()["error"]["hint"].as_str().expect("a hint").to_owned();
        assert!(hint.contains(other), "{line:?}: {hint}");
    };
    let on_whatsapp = "--channel-type whatsapp";
    refused(line("audio", &["--link", LINK]), on_whatsapp);
    refused(line("sticker", &["--link", LINK]), on_whatsapp);
    refused(line("location", &["--latitude=1", "--longitude=1"]), on_whatsapp);
    refused(line("reaction", &["--message-id=1", "--emoji=👍"]), on_whatsapp);
    refused(line("contacts", &["--name=A", "--phone=123"]), on_whatsapp);
    refused(line("buttons", &["--body=x", "--button=a=A"]), on_whatsapp);
    refused(line("raw", &["--message-type=interactive", "--content={}"]), on_whatsapp);
    refused(line("image", &["--link", LINK, "--caption=x"]), on_whatsapp);
    refused(line("text", &["--text=x", "--context-message-id=1"]), on_whatsapp);
    refused(line("text", &["--text=x", "--check-session"]), on_whatsapp);
    let on_viber = "--channel-type viber";
    for flags in [
        ["--text=x", "--label=promotion"],
        ["--text=x", "--ttl=60"],
        ["--text=x", "--button-title=Go"],
    ] {
        refused(super::line("text", &flags), on_viber);
    }
    refused(super::line("raw", &["--message-type=text_button", "--content={}"]), on_viber);
    refused(super::line("video", &["--link", LINK, "--duration=3"]), on_viber);
    assert!(world.commands().is_empty());
}

#[test]
fn the_label_is_required_and_has_two_values() {
    let world = World::new();
    let base = ["whatsapp", "send", "text", "--channel-type=viber", "--from=30001", "--to", TO];
    let ran = world.run(&[&base[..], &["--text=x", "--yes", "--json"]].concat());
    assert_eq!(ran.exit(), 2);
    assert_eq!(ran.json()["error"]["missing"], json!(["--label"]));
    let ran = world.run(&[&base[..], &["--text=x", "--yes", "--json", "--label=spam"]].concat());
    assert_eq!(ran.exit(), 2);
    assert!(ran.json()["error"]["message"].to_string().contains("spam"), "{ran:#?}");
}

#[test]
fn a_button_beside_an_image_asks_for_its_text_at_a_terminal() {
    let world = World::new();
    let button = ["--link", LINK, "--button-title=Go", "--button-url", LINK];
    let mut terminal = world.terminal(&line("image", &button));
    terminal.expect("Text");
    terminal.write("Sale\r");
    terminal.expect("to send");
    terminal.write("yes\r");
    assert_eq!(terminal.wait().exit(), 0);
    let flags = world.sent()[0]["flags"].clone();
    assert_eq!(flags["message-type"], "text_image_button");
    let content = json!({"link": LINK, "text": "Sale", "caption": "Go", "action": LINK});
    assert_eq!(flags["content"], content.to_string());
}

#[test]
fn sms_is_not_a_channel_of_these_commands() {
    let world = World::new();
    for line in [
        &["whatsapp", "send", "text", "--text=x", "--channel-type=sms"][..],
        &["whatsapp", "history", "--channel-type=sms"],
        &["whatsapp", "accounts", "list", "--channel=sms"],
    ] {
        let ran = world.run(&[line, &["--json"]].concat());
        assert_eq!(ran.exit(), 2, "{line:?}: {ran:#?}");
        let error = &ran.json()["error"];
        assert!(error["message"].to_string().contains("invalid value 'sms'"), "{error}");
        assert!(error["hint"].to_string().contains("whatsapp, viber"), "{error}");
    }
    assert!(world.commands().is_empty());
}
