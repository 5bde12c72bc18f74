//! `alimsg mcp`: the tools, and what a send or a change needs.

mod batches;
mod children;
mod client;
mod consent;
mod files;
mod limits;
mod other_clients;
mod tasks;

use serde_json::{Value, json};

use crate::mcp::client::Client;
use crate::support::World;

fn message() -> Value {
    json!({ "phone_numbers": ["13800001234"], "sign_name": "Acme", "template_code": "SMS_100003" })
}

fn with(mut inputs: Value, name: &str, value: impl Into<Value>) -> Value {
    inputs[name] = value.into();
    inputs
}

#[test]
fn without_permission_the_tools_only_read() {
    let world = World::bare();
    let mut client = Client::start(&world, &["--sandbox", "mcp"], None);
    let tools = client.tools();
    let named = |name: &str| tools.iter().find(|tool| tool["name"] == name);
    assert!(named("sms_send").is_none() && named("templates_delete").is_none());
    assert!(tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true), "{tools:#?}");
    let list = named("templates_list").expect("a tool that lists templates");
    assert_eq!(list["inputSchema"]["properties"]["all"]["type"], "boolean", "{list:#}");

    let templates = client.call("templates_list", &json!({ "channel": "sms" }));
    assert_eq!((&templates["ok"], &templates["sandbox"]), (&json!(true), &json!(true)));
    for (tool, flag) in [("sms_send", "--allow-send"), ("templates_delete", "--allow-change")] {
        let params = json!({ "name": tool, "arguments": message() });
        let error = &client.request("tools/call", &params)["error"];
        assert!(error["message"].as_str().is_some_and(|text| text.contains(flag)), "{error:#}");
    }
    assert!(client.close().success());
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn each_permission_adds_its_tools_alone() {
    let world = World::bare();
    for (flag, present, absent) in [
        ("--allow-send", "whatsapp_send_text", "templates_delete"),
        ("--allow-change", "templates_delete", "whatsapp_send_text"),
    ] {
        let mut client = Client::start(&world, &["--sandbox", "mcp", flag], None);
        let tools = client.tools();
        let named = |name: &str| tools.iter().find(|tool| tool["name"] == name);
        let tool = named(present).expect(present);
        assert_eq!(tool["annotations"]["destructiveHint"], true, "{tool:#}");
        assert_eq!(tool["inputSchema"]["properties"]["token"]["type"], "string", "{tool:#}");
        assert!(named(absent).is_none(), "{flag} adds {absent}");
        for person in ["keys_resolve", "sms_batch", "config_set", "mcp"] {
            assert!(named(person).is_none(), "{person} is for people");
        }
    }
}

#[test]
fn a_line_that_is_not_a_message_does_not_end_the_server() {
    let world = World::bare();
    let mut client = Client::start(&world, &["--sandbox", "mcp"], None);
    let long = "x".repeat(5 * 1024 * 1024);
    for line in ["", "no JSON", "{}", "[]", "{\"jsonrpc\":\"2.0\",\"id\":7}", &long] {
        client.write_line(line);
    }
    let unknown = client.request("tools/call", &json!({ "name": "no_tool", "arguments": {} }));
    assert!(unknown["error"].is_object(), "{unknown:#}");
    assert_eq!(client.call("explain", &json!({ "code": "OK" }))["command"], "explain");
    assert!(client.close().success());
}

#[test]
fn inputs_cannot_become_flags_or_read_files() {
    let world = World::bare();
    let secret = world.file("secret", "geheim");
    let mut client = Client::in_sandbox(&world);
    for (name, value) in [
        ("yes", json!(true)),
        ("allow_duplicate", json!(true)),
        ("aliyun", json!("/bin/sh")),
        ("profile", json!("other")),
        ("store", json!("sqlite")),
        ("template_param", json!(format!("@{secret}"))),
        ("template_param", json!("-")),
        ("template_code", json!(["SMS_100003"])),
    ] {
        let refused = client.call("sms_send", &with(message(), name, value));
        assert_eq!(refused["error"]["kind"], "usage", "{refused:#}");
        assert_eq!(refused["error"]["outcome"], "not_sent");
        assert!(!refused.to_string().contains("geheim"), "{refused:#}");
    }
    let planned = client.call("sms_send", &with(message(), "sign_name", "--yes"));
    assert_ne!(planned["data"]["status"], "accepted", "{planned:#}");
    assert_eq!(world.sandbox_messages().len(), 0);
}

/// Every message can be planned and sent: what a person has agreed to is the same in both runs.
#[test]
fn every_kind_of_message_is_sent_after_its_plan() {
    let world = World::bare();
    let arguments = ["--sandbox", "--ai-mode", "call", "mcp", "--allow-send"];
    let mut client = Client::start(&world, &arguments, None);
    let link = "https://example.com/a.jpg";
    for (kind, own) in [
        ("text", json!({ "text": "Hello" })),
        ("image", json!({ "link": link, "caption": "c" })),
        ("video", json!({ "link": "https://example.com/a.mp4" })),
        ("audio", json!({ "link": "https://example.com/a.mp3" })),
        ("sticker", json!({ "link": "https://example.com/a.webp" })),
        ("document", json!({ "link": "https://example.com/a.pdf", "file_name": "a.pdf" })),
        ("location", json!({ "latitude": "31.2", "longitude": "121.4" })),
        ("contacts", json!({ "name": ["Ann"], "phone": ["8613800000009"] })),
        ("reaction", json!({ "message_id": "wamid.1", "emoji": "👍" })),
        ("buttons", json!({ "body": "Fine?", "button": ["y=Yes", "n=No"] })),
        ("list", json!({ "body": "Which?", "button_text": "Pick", "row": ["a=A", "b=B"] })),
        ("raw", json!({ "message_type": "text", "content": "{\"text\":\"raw\"}" })),
        (
            "template",
            json!({
                "template_code": "100000000000001", "language": "en",
                "param": ["name=Alice", "order=42"],
            }),
        ),
    ] {
        let mut inputs = json!({ "from": "8613800000001", "to": "8613800001000" });
        inputs.as_object_mut().expect("inputs").extend(own.as_object().expect("inputs").clone());
        let sent = client.confirm(&format!("whatsapp_send_{kind}"), &inputs);
        assert_eq!(sent["data"]["status"], "accepted", "{kind}: {sent:#}");
    }
    assert_eq!(world.sandbox_messages().len(), 13);
}
