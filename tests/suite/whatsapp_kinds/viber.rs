//! Viber has its own message types and flags, and requires a label.

use serde_json::{Value, json};

use super::{LINK, TO, assert_message, planned};
use crate::support::{World, flag};

fn line<'a>(kind: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut line = vec!["whatsapp", "send", kind, "--channel-type", "viber"];
    line.extend(["--from", "30001", "--to", TO, "--label", "promotion"]);
    line.extend(flags);
    line
}

/// Each kind, its flags, and the type and the content that the service gets.
fn kinds() -> Vec<(&'static str, String, &'static str, Value)> {
    let link = format!("--link {LINK}");
    let button = format!("--button-title Go --button-url {LINK}");
    let video = format!("{link} --thumbnail {LINK} --file-size 9 --duration 1");
    let video_content = |mut content: Value| {
        content["link"] = json!(LINK);
        content["thumbnail"] = json!(LINK);
        content["fileSize"] = json!(9);
        content["duration"] = json!(1);
        content
    };
    vec![
        ("text", "--text=x".to_owned(), "text", json!({"text": "x"})),
        (
            "text",
            format!("--text=x {button}"),
            "text_button",
            json!({"text": "x", "caption": "Go", "action": LINK}),
        ),
        ("image", link.clone(), "image", json!({"link": LINK})),
        ("image", format!("{link} --text=x"), "text_image", json!({"link": LINK, "text": "x"})),
        (
            "image",
            format!("{link} --text=x {button}"),
            "text_image_button",
            json!({"link": LINK, "text": "x", "caption": "Go", "action": LINK}),
        ),
        ("video", video.clone(), "video", video_content(json!({}))),
        ("video", format!("{video} --text=x"), "text_video", video_content(json!({"text": "x"}))),
        (
            "video",
            format!("{video} --text=x --button-title=Go"),
            "text_video_button",
            video_content(json!({"text": "x", "caption": "Go"})),
        ),
        (
            "document",
            format!("{link} --file-name=a.pdf --file-type=pdf"),
            "document",
            json!({"link": LINK, "fileName": "a.pdf", "fileType": "pdf"}),
        ),
    ]
}

#[test]
fn the_parts_of_a_message_make_its_type() {
    let world = World::new();
    for (kind, flags, message_type, content) in kinds() {
        let line = format!(
            "whatsapp send {kind} --channel-type viber --from 30001 --to {TO} --label promotion {flags}"
        );
        assert_message(&world, &line, message_type, &content);
        assert_eq!(flag(&planned(&world, &line), "label"), Some("promotion"));
        world.run_line(&format!("--sandbox --json --yes {line}")).exits(0);
    }
}

#[test]
fn unsupported_kinds_and_flags_are_refused_and_the_other_channel_is_named() {
    let world = World::new();
    let refused = |line: Vec<&str>, other: &str| {
        let ran = world.run(&[&line[..], &["--yes", "--json"]].concat()).exits(2);
        let hint = ran.json()["error"]["hint"].as_str().expect("a hint").to_owned();
        assert!(hint.contains(other), "{line:?}: {hint}");
    };
    for (kind, flags) in [
        ("audio", &["--link", LINK][..]),
        ("sticker", &["--link", LINK]),
        ("location", &["--latitude=1", "--longitude=1"]),
        ("reaction", &["--message-id=1", "--emoji=👍"]),
        ("contacts", &["--name=A", "--phone=123"]),
        ("buttons", &["--body=x", "--button=a=A"]),
        ("raw", &["--message-type=interactive", "--content={}"]),
        ("image", &["--link", LINK, "--caption=x"]),
        ("text", &["--text=x", "--context-message-id=1"]),
        ("text", &["--text=x", "--check-session"]),
    ] {
        refused(line(kind, flags), "--channel-type whatsapp");
    }
    for (kind, flags) in [
        ("text", &["--text=x", "--label=promotion"][..]),
        ("text", &["--text=x", "--ttl=60"]),
        ("text", &["--text=x", "--button-title=Go"]),
        ("raw", &["--message-type=text_button", "--content={}"]),
        ("video", &["--link", LINK, "--duration=3"]),
    ] {
        refused(super::line(kind, flags), "--channel-type viber");
    }
    assert!(world.commands().is_empty());
}

#[test]
fn the_plan_shows_durations_with_their_unit() {
    let world = World::new();
    let fallback = ["--fall-back-id=FB1", "--fall-back-duration=90"];
    let mut terminal =
        world.terminal(&[&line("text", &["--text=x", "--ttl=3600"])[..], &fallback].concat());
    for text in ["About to send 1 message", "fallback after  90 s", "time to live    3600 s"] {
        terminal.expect(text);
    }
    terminal.answer("to send", "no");
    terminal.wait().exits(9);
    assert!(world.sent().is_empty());
}

#[test]
fn the_label_is_required_and_has_two_values() {
    let world = World::new();
    let base = ["whatsapp", "send", "text", "--channel-type=viber", "--from=30001", "--to", TO];
    let ran = world.run(&[&base[..], &["--text=x", "--yes", "--json"]].concat()).exits(2);
    assert_eq!(ran.json()["error"]["missing"], json!(["--label"]));
    let ran =
        world.run(&[&base[..], &["--text=x", "--yes", "--json", "--label=spam"]].concat()).exits(2);
    assert!(ran.json()["error"]["message"].to_string().contains("spam"), "{ran:#?}");
}

#[test]
fn a_button_beside_an_image_asks_for_its_text_at_a_terminal() {
    let world = World::new();
    let button = ["--link", LINK, "--button-title=Go", "--button-url", LINK];
    let mut terminal = world.terminal(&line("image", &button));
    terminal.answer("Text", "Sale");
    terminal.answer("to send", "yes");
    terminal.wait().exits(0);
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
        let ran = world.run(&[line, &["--json"]].concat()).exits(2);
        let error = &ran.json()["error"];
        assert!(error["message"].to_string().contains("invalid value 'sms'"), "{error}");
        assert!(error["hint"].to_string().contains("whatsapp, viber"), "{error}");
    }
    assert!(world.commands().is_empty());
}
