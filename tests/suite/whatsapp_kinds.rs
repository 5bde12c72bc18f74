//! Every kind of free-form message: what the child process gets, what is refused before it starts,
//! and the whole command in the sandbox.

mod refusals;
mod viber;

use crate::support::{World, flag};
use serde_json::{Value, json};

const FROM: &str = "8613800000001";
/// In the sandbox, the window to this customer is always open.
const TO: &str = "8613800001000";
const LINK: &str = "https://example.com/a";

/// Each kind with all required flags, and the type and the content that the service gets.
fn kinds() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let reply =
        |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    vec![
        ("text", "--text='-5 °C today'", "text", json!({"text": "-5 °C today"})),
        ("image", "--link https://example.com/a", "image", json!({"link": LINK})),
        (
            "image",
            "--link https://example.com/a --caption=--yes",
            "image",
            json!({"link": LINK, "caption": "--yes"}),
        ),
        (
            "video",
            "--link https://example.com/a --caption 'How to'",
            "video",
            json!({"link": LINK, "caption": "How to"}),
        ),
        ("audio", "--link https://example.com/a", "audio", json!({"link": LINK})),
        ("sticker", "--link https://example.com/a", "sticker", json!({"link": LINK})),
        (
            "document",
            "--link https://example.com/a --file-name a.pdf --caption Yours",
            "document",
            json!({"link": LINK, "fileName": "a.pdf", "caption": "Yours"}),
        ),
        (
            "location",
            "--latitude -33.8568 --longitude 151.2153 --name Opera",
            "location",
            json!({"latitude": "-33.8568", "longitude": "151.2153", "name": "Opera"}),
        ),
        (
            "contacts",
            "--name Al --phone '+86 1' --phone=222 --name Bo --phone=333",
            "contacts",
            json!([
                {"name": {"formatted_name": "Al", "first_name": "Al"},
                 "phones": [{"phone": "+86 1"}, {"phone": "222"}]},
                {"name": {"formatted_name": "Bo", "first_name": "Bo"}, "phones": [{"phone": "333"}]},
            ]),
        ),
        (
            "contacts",
            r#"--content '[{"name":{"formatted_name":"Al"},"phones":[{"phone":"1"}]}]'"#,
            "contacts",
            json!([{"name": {"formatted_name": "Al"}, "phones": [{"phone": "1"}]}]),
        ),
        (
            "reaction",
            "--message-id wamid.1 --emoji 👍",
            "reaction",
            json!({"messageId": "wamid.1", "emoji": "👍"}),
        ),
        (
            "buttons",
            "--body 'Well?' --button y=Yes --button 'n=No = never' --header Acme --footer Bye",
            "interactive",
            json!({
                "type": "button",
                "body": {"text": "Well?"},
                "header": {"type": "text", "text": "Acme"},
                "footer": {"text": "Bye"},
                "action": {"buttons": [reply("y", "Yes"), reply("n", "No = never")]},
            }),
        ),
        (
            "list",
            "--body 'When?' --button-text Pick --section Morning --row 'a=8 to 10' \
             --section Evening --row 'b=6 to 8=busy' --row 'c=8 to 9'",
            "interactive",
            json!({
                "type": "list",
                "body": {"text": "When?"},
                "action": {"button": "Pick", "sections": [
                    {"title": "Morning", "rows": [{"id": "a", "title": "8 to 10"}]},
                    {"title": "Evening", "rows": [
                        {"id": "b", "title": "6 to 8", "description": "busy"},
                        {"id": "c", "title": "8 to 9"},
                    ]},
                ]},
            }),
        ),
        (
            "list",
            "--body 'Size?' --button-text Pick --row s=Small",
            "interactive",
            json!({
                "type": "list",
                "body": {"text": "Size?"},
                "action": {"button": "Pick", "sections": [
                    {"rows": [{"id": "s", "title": "Small"}]},
                ]},
            }),
        ),
        (
            "raw",
            r#"--message-type text --content '{"text":"as it is"}'"#,
            "text",
            json!({"text": "as it is"}),
        ),
    ]
}

fn line<'a>(kind: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    [&["whatsapp", "send", kind, "--from", FROM, "--to", TO], flags].concat()
}

/// A message of this kind with these flags, as a user types them.
fn message(kind: &str, flags: &str) -> String {
    format!("whatsapp send {kind} --from {FROM} --to {TO} {flags}")
}

/// The arguments of the one product call of a dry run.
#[track_caller]
fn planned(world: &World, line: &str) -> Vec<String> {
    let mut calls = world.run_line(&format!("{line} --dry-run --json")).exits(0).planned_calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    calls.remove(0)
}

/// Asserts the type and the content of the message that a dry run of this line lists.
#[track_caller]
fn assert_message(world: &World, line: &str, message_type: &str, content: &Value) {
    let call = planned(world, line);
    assert_eq!(flag(&call, "type"), Some("message"), "{line}");
    assert_eq!(flag(&call, "message-type"), Some(message_type), "{line}");
    let json = flag(&call, "content").expect("a content");
    assert_eq!(serde_json::from_str::<Value>(json).expect("JSON"), *content, "{line}");
}

#[test]
fn every_kind_has_the_documented_content() {
    let world = World::new();
    for (kind, flags, message_type, content) in kinds() {
        assert_message(&world, &message(kind, flags), message_type, &content);
    }
    assert!(world.commands().is_empty(), "a dry run starts nothing");
}

#[test]
fn every_kind_is_accepted_by_the_sandbox() {
    let world = World::new();
    for (kind, flags, ..) in kinds() {
        let line = format!("--sandbox --json --yes {}", message(kind, flags));
        let ran = world.run_line(&line).exits(0);
        assert_eq!(ran.json()["data"]["status"], "accepted", "{line}");
    }
    assert!(world.commands().is_empty(), "the sandbox does not start aliyun");
}

#[test]
fn json_from_a_file_or_stdin_is_sent_unchanged() {
    let world = World::new();
    let content = r#"{"b": 1,  "a": {"text":"x"}}"#;
    let file = format!("@{}", world.file("content.json", &format!("{content}\n")));
    let flags = format!("--message-type interactive --content {file}");
    let arguments = planned(&world, &message("raw", &flags));
    assert_eq!(flag(&arguments, "content"), Some(content));

    let flags = ["--message-type", "interactive", "--content", "-", "--yes"];
    world.run_with_stdin(&line("raw", &flags), content).exits(0);
    assert_eq!(world.sent()[0]["flags"]["content"], content);
}

#[test]
fn the_plan_shows_every_parameter() {
    let world = World::new();
    let flags = ["--body", "Well?", "--button", "y=Yes", "--footer", "Bye"];
    let mut terminal = world.terminal(&line("buttons", &flags));
    for text in ["About to send 1 message", "whatsapp", FROM, TO, "Well?", "Bye", "Yes (y)"] {
        terminal.expect(text);
    }
    terminal.answer("to send", "no");
    terminal.wait().exits(9);
    assert!(world.sent().is_empty());
}

#[test]
fn missing_values_are_asked_for_at_a_terminal() {
    let world = World::new();
    let mut terminal = world.terminal(&line("location", &[]));
    terminal.answer("Latitude", "91");
    terminal.answer("Latitude", "30.5");
    terminal.answer("Longitude", "120");
    terminal.answer("to send", "yes");
    terminal.wait().exits(0);
    assert_eq!(world.sent()[0]["flags"]["content"], r#"{"latitude":"30.5","longitude":"120"}"#);
}
