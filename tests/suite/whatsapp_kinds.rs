//! Every kind of free-form message: what the child process gets, what is refused before it starts,
//! and the whole command in the sandbox.

#![allow(clippy::expect_used, reason = "a test stops at the first error")]

mod refusals;
mod viber;

use crate::support::{World, flag};
use serde_json::{Value, json};

const FROM: &str = "8613800000001";
/// In the sandbox, the window to this customer is always open.
const TO: &str = "8613800001000";
const LINK: &str = "https://example.com/a";

/// Each kind with all required flags, and the type and the content that the service gets.
fn kinds() -> Vec<(&'static str, Vec<&'static str>, &'static str, Value)> {
    let reply =
        |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    vec![
        ("text", vec!["--text=-5 °C today"], "text", json!({"text": "-5 °C today"})),
        ("image", vec!["--link", LINK], "image", json!({"link": LINK})),
        (
            "image",
            vec!["--link", LINK, "--caption=--yes"],
            "image",
            json!({"link": LINK, "caption": "--yes"}),
        ),
        (
            "video",
            vec!["--link", LINK, "--caption", "How to"],
            "video",
            json!({"link": LINK, "caption": "How to"}),
        ),
        ("audio", vec!["--link", LINK], "audio", json!({"link": LINK})),
        ("sticker", vec!["--link", LINK], "sticker", json!({"link": LINK})),
        (
            "document",
            vec!["--link", LINK, "--file-name", "a.pdf", "--caption", "Yours"],
            "document",
            json!({"link": LINK, "fileName": "a.pdf", "caption": "Yours"}),
        ),
        (
            "location",
            vec!["--latitude", "-33.8568", "--longitude", "151.2153", "--name", "Opera"],
            "location",
            json!({"latitude": "-33.8568", "longitude": "151.2153", "name": "Opera"}),
        ),
        (
            "contacts",
            vec!["--name", "Al", "--phone", "+86 1", "--phone=222", "--name", "Bo", "--phone=333"],
            "contacts",
            json!([
                {"name": {"formatted_name": "Al", "first_name": "Al"},
                 "phones": [{"phone": "+86 1"}, {"phone": "222"}]},
                {"name": {"formatted_name": "Bo", "first_name": "Bo"}, "phones": [{"phone": "333"}]},
            ]),
        ),
        (
            "contacts",
            vec!["--content", r#"[{"name":{"formatted_name":"Al"},"phones":[{"phone":"1"}]}]"#],
            "contacts",
            json!([{"name": {"formatted_name": "Al"}, "phones": [{"phone": "1"}]}]),
        ),
        (
            "reaction",
            vec!["--message-id", "wamid.1", "--emoji", "👍"],
            "reaction",
            json!({"messageId": "wamid.1", "emoji": "👍"}),
        ),
        (
            "buttons",
            vec![
                "--body",
                "Well?",
                "--button",
                "y=Yes",
                "--button",
                "n=No = never",
                "--header",
                "Acme",
                "--footer",
                "Bye",
            ],
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
            vec![
                "--body",
                "When?",
                "--button-text",
                "Pick",
                "--section",
                "Morning",
                "--row",
                "a=8 to 10",
                "--section",
                "Evening",
                "--row",
                "b=6 to 8=busy",
                "--row",
                "c=8 to 9",
            ],
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
            vec!["--body", "Size?", "--button-text", "Pick", "--row", "s=Small"],
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
            vec!["--message-type", "text", "--content", r#"{"text":"as it is"}"#],
            "text",
            json!({"text": "as it is"}),
        ),
    ]
}

fn line<'a>(kind: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut line = vec!["whatsapp", "send", kind, "--from", FROM, "--to", TO];
    line.extend(flags);
    line
}

/// The arguments of the one product call of a dry run.
fn planned(world: &World, line: &[&str]) -> Vec<String> {
    let ran = world.run(&[line, &["--dry-run", "--json"]].concat());
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let commands = ran.json()["commands"].as_array().expect("commands").clone();
    let call = commands.iter().find(|command| command["phase"] == "call").expect("a call");
    let words = call["argv"].as_array().expect("an argument vector");
    words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

#[test]
fn every_kind_has_the_documented_content() {
    let world = World::new();
    for (kind, flags, of_type, content) in kinds() {
        let arguments = planned(&world, &line(kind, &flags));
        assert_eq!(flag(&arguments, "type"), Some("message"), "{kind}");
        assert_eq!(flag(&arguments, "message-type"), Some(of_type), "{kind}");
        let sent: Value =
            serde_json::from_str(flag(&arguments, "content").expect("a content")).expect("JSON");
        assert_eq!(sent, content, "{kind} {flags:?}");
    }
    assert!(world.commands().is_empty(), "a dry run starts nothing");
}

#[test]
fn the_child_gets_exactly_these_arguments() {
    let world = World::new();
    let flags = ["--link", LINK, "--task-id", "t-1", "--context-message-id", "m-1", "--yes"];
    let ran = world.run(&line("image", &flags));
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(
        world.call(),
        [
            "cams",
            "send-chatapp-message",
            "--channel-type=whatsapp",
            "--from=8613800000001",
            "--to=8613800001000",
            "--type=message",
            "--message-type=image",
            r#"--content={"link":"https://example.com/a"}"#,
            "--task-id=t-1",
            "--context-message-id=m-1",
        ]
    );
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn every_kind_is_accepted_by_the_sandbox() {
    let world = World::new();
    for (kind, flags, ..) in kinds() {
        let ran =
            world.run(&[&["--sandbox", "--json"][..], &line(kind, &flags), &["--yes"]].concat());
        assert_eq!(ran.exit(), 0, "{kind}: {ran:#?}");
        assert_eq!(ran.json()["data"]["status"], "accepted", "{kind}");
    }
    assert!(world.commands().is_empty(), "the sandbox starts no real aliyun");
}

#[test]
fn json_from_a_file_or_stdin_is_sent_unchanged() {
    let world = World::new();
    let content = r#"{"b": 1,  "a": {"text":"x"}}"#;
    let file = format!("@{}", world.file("content.json", &format!("{content}\n")));
    let flags = ["--message-type", "interactive", "--content", &file];
    let arguments = planned(&world, &line("raw", &flags));
    assert_eq!(flag(&arguments, "content"), Some(content));

    let flags = ["--message-type", "interactive", "--content", "-", "--yes"];
    let ran = world.run_with_stdin(&line("raw", &flags), content);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
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
    terminal.expect("to send");
    terminal.write("no\r");
    assert_eq!(terminal.wait().exit(), 9);
    assert!(world.sent().is_empty());
}

#[test]
fn missing_values_are_asked_for_at_a_terminal() {
    let world = World::new();
    let mut terminal = world.terminal(&line("location", &[]));
    terminal.expect("Latitude");
    terminal.write("91\r");
    terminal.expect("Latitude");
    terminal.write("30.5\r");
    terminal.expect("Longitude");
    terminal.write("120\r");
    terminal.expect("to send");
    terminal.write("yes\r");
    assert_eq!(terminal.wait().exit(), 0);
    assert_eq!(world.sent()[0]["flags"]["content"], r#"{"latitude":"30.5","longitude":"120"}"#);
}
