//! `whatsapp send template` and `whatsapp send text`: what the child process gets.

use crate::support::{World, any_text, for_any, reply_to};
use proptest::prelude::prop_assert_eq;
use serde_json::{Value, json};

const FROM_TO: [&str; 4] = ["--from", "8613800000001", "--to", "8613800001000"];

fn send<'a>(kind: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["whatsapp", "send", kind, "--yes", "--json"];
    words.extend(FROM_TO);
    if kind == "template" {
        words.extend(["--template-code", "100", "--language", "en"]);
    }
    words.extend(more);
    words
}

#[test]
fn the_message_id_is_found_in_every_documented_place() {
    for (reply, id) in [
        (json!({ "Code": "OK", "MessageId": "m-1", "RequestId": "r-1" }), "m-1"),
        (json!({ "Code": "OK", "Data": { "MessageId": "m-2" }, "RequestId": "r-2" }), "m-2"),
        (json!({ "Code": "OK", "MessageId": 20260101, "RequestId": "r-3" }), "20260101"),
    ] {
        let world = World::with_script(json!([reply_to("cams", &reply)]));
        let ran = world.run(&send("template", &["--task-id", "track-1", "--raw"]));
        let answer = ran.json();
        assert_eq!(answer["command"], "whatsapp send template");
        assert_eq!(
            answer["data"],
            json!({
                "status": "accepted", "message_id": id, "task_id": "track-1",
                "request_id": reply["RequestId"], "to": ["8613800001000"], "replayed": false,
            })
        );
        assert_eq!(answer["raw"], json!([reply]));
        world.assert_clean();
    }
}

#[test]
fn a_reply_without_a_message_id_has_an_unknown_outcome() {
    let world = World::with_script(
        json!([{ "match": ["cams"], "stdout": "{\"Code\":\"OK\",\"RequestId\":\"r-1\"}" }]),
    );
    let ran = world.run(&send("text", &["--text", "x", "--cust-space-id", "s 1"])).exits(7);
    let error = &ran.json()["error"];
    assert_eq!(error["outcome"], "unknown");
    assert_eq!(
        error["next"][0],
        "alimsg whatsapp history --from 8613800000001 --to 8613800001000 --cust-space-id 's 1'"
    );
}

#[test]
fn every_message_gets_its_own_tracking_id() {
    let world = World::new();
    let id = || world.run(&send("template", &["--param=n=x{n}"])).json()["data"]["task_id"].clone();
    let (first, second) = (id(), id());
    assert_ne!(first, second);
    let sent: Vec<Value> =
        world.sent().iter().map(|message| message["flags"]["task-id"].clone()).collect();
    assert_eq!(sent, [first, second]);
}

#[test]
fn a_text_from_stdin_loses_only_its_last_line_break() {
    let world = World::new();
    let longest = "好".repeat(4096);
    for (input, expected) in [
        ("It is on its way.\n", "It is on its way."),
        ("two\nlines\r\n", "two\nlines"),
        ("blank line\n\n", "blank line\n"),
        ("--yes", "--yes"),
        ("-", "-"),
        (&*format!("{longest}\r\n"), &*longest),
        ("a\0b", "a\0b"),
    ] {
        let ran = world.run_with_stdin(&send("text", &["--text", "-"]), input);
        assert_eq!(ran.exit(), 0, "{input:?}: {}", ran.stderr);
        let content = world.sent().pop().expect("a message")["flags"]["content"].clone();
        let content: Value = serde_json::from_str(content.as_str().expect("a text")).expect("JSON");
        assert_eq!(content, json!({ "text": expected }));
    }
    world.assert_clean();
}

#[test]
fn a_denied_call_prints_the_missing_policy() {
    let world = World::new();
    let denied = "\u{1b}[1;31mError: SDKError:\n   StatusCode: 403\n   Code: Forbidden.RAM\n   \
                  Message: code: 403, denied request id: 0A1B2C3D\n   Data: {}\n\u{1b}[0m";
    world.script(json!([{ "match": ["cams"], "exit": 1, "stderr": denied, "sent": false }]));
    let ran = world.run(&send("template", &[])).exits(5);
    let error = &ran.json()["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("permission"), &json!("not_sent")));
    assert_eq!(error["policy"]["Statement"][0]["Action"], json!(["cams:SendChatappMessage"]));
    world.assert_clean();
}

#[test]
fn any_text_reaches_the_child_as_one_value() {
    let world = World::new();
    for_any(&(any_text(), any_text(), any_text()), 16, |(value, payload, id)| {
        let variables = [
            format!("--param=name={value}"),
            format!("--payload={payload}"),
            format!("--task-id={id}"),
            // Two random texts can be equal.
            "--allow-duplicate".to_string(),
        ];
        let ran = world.run(&send("template", &variables.each_ref().map(String::as_str)));
        prop_assert_eq!(ran.exit(), 0, "{:#?}", ran);
        let flags = world.sent().pop().expect("a message")["flags"].clone();
        prop_assert_eq!(&flags["template-params"], &json!([format!("name={value}")]));
        prop_assert_eq!(&flags["payload"], &json!([payload]));
        prop_assert_eq!(&flags["task-id"], &json!(id));
        // `-` alone means stdin, and a blank text is refused.
        let words = if value == "-" || value.trim().is_empty() { "--" } else { &value };
        let words = format!("--text={words}");
        let ran = world.run(&send("text", &[&words, "--allow-duplicate"]));
        prop_assert_eq!(ran.exit(), 0, "{:#?}", ran);
        let flags = world.sent().pop().expect("a message")["flags"].clone();
        let content: Value =
            serde_json::from_str(flags["content"].as_str().expect("a text")).expect("JSON");
        prop_assert_eq!(&content, &json!({ "text": words.strip_prefix("--text=") }));
        Ok(())
    });
    world.assert_clean();
}
