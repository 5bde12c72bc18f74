//! `alimsg mcp` with a client that writes the protocol by hand.

mod client;

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
    let params = json!({ "name": "sms_send", "arguments": message() });
    assert!(client.request("tools/call", &params)["error"].is_object());
    assert_eq!(client.close(), Some(0));
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn a_send_needs_a_plan_and_its_token() {
    let world = World::bare();
    let mut client = Client::start(&world, &["--sandbox", "mcp", "--allow-send"], None);
    let tools = client.tools();
    let send = tools.iter().find(|tool| tool["name"] == "sms_send").expect("a tool that sends");
    assert_eq!(send["annotations"]["destructiveHint"], true);
    assert_eq!(send["inputSchema"]["properties"]["phone_numbers"]["type"], "array");

    let planned = client.call("sms_send", &message());
    let data = &planned["data"];
    assert_eq!(data["plan"]["recipients"], json!(["13800001234"]), "{planned:#}");
    assert_eq!(planned["account"]["profile"], "sandbox", "{planned:#}");
    assert_eq!(world.sandbox_messages().len(), 0, "nothing was sent");

    let token = data["token"].clone();
    let sent = client.call("sms_send", &with(message(), "token", token.clone()));
    assert_eq!(sent["data"]["status"], "accepted", "{sent:#}");
    assert_eq!(world.sandbox_messages().len(), 1);

    let again = client.call("sms_send", &with(message(), "token", token));
    assert_eq!(again["error"]["kind"], "usage", "{again:#}");
    assert_eq!(again["error"]["outcome"], "not_sent");
    assert_eq!(world.sandbox_messages().len(), 1, "a token is valid once");
}

#[test]
fn a_token_is_bound_to_its_inputs() {
    let world = World::bare();
    let mut client = Client::start(&world, &["--sandbox", "mcp", "--allow-send"], None);
    let token = client.call("sms_send", &message())["data"]["token"].clone();
    let other = with(message(), "phone_numbers", json!(["13800005678"]));
    for inputs in [with(other, "token", token.clone()), with(message(), "token", "forged")] {
        let refused = client.call("sms_send", &inputs);
        assert_eq!(refused["error"]["outcome"], "not_sent", "{refused:#}");
    }
    let refused = client.call("sms_send", &with(message(), "token", token));
    assert_eq!(refused["error"]["outcome"], "not_sent", "the misused token is no longer valid");
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn a_client_that_can_ask_asks_its_user_with_every_recipient_on_a_line() {
    let numbers = json!(["13800001234", "13800005678"]);
    let yes = json!({ "action": "accept", "content": { "send": true } });
    for (answer, count) in [
        (yes, 2),
        (json!({ "action": "accept", "content": { "send": false } }), 0),
        (json!({ "action": "decline" }), 0),
        (json!({ "action": "cancel" }), 0),
    ] {
        let world = World::bare();
        let arguments = ["--sandbox", "mcp", "--allow-send"];
        let mut client = Client::start(&world, &arguments, Some(answer.clone()));
        let ended = client.call("sms_send", &with(message(), "phone_numbers", numbers.clone()));
        assert_eq!(ended["ok"], json!(count > 0), "{answer}: {ended:#}");
        let [question] = &client.questions[..] else { panic!("{:?}", client.questions) };
        for line in ["13800001234", "13800005678"] {
            assert!(question.lines().any(|found| found == line), "{question}");
        }
        assert_eq!(world.sandbox_messages().len(), count, "{answer}");
    }
}

#[test]
fn inputs_cannot_become_flags_or_read_files() {
    let world = World::bare();
    let mut client = Client::start(&world, &["--sandbox", "mcp", "--allow-send"], None);
    for inputs in [
        with(message(), "yes", true),
        with(message(), "allow_duplicate", true),
        with(message(), "aliyun", "/bin/sh"),
        with(message(), "template_param", "@/etc/hostname"),
    ] {
        let refused = client.call("sms_send", &inputs);
        assert_eq!(refused["error"]["kind"], "usage", "{refused:#}");
        assert_eq!(refused["error"]["outcome"], "not_sent");
    }
    let planned = client.call("sms_send", &with(message(), "sign_name", "--yes"));
    assert_ne!(planned["data"]["status"], "accepted", "{planned:#}");
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn the_settings_are_those_of_the_server() {
    let world = World::new();
    let arguments = ["--profile", "default", "--region", "cn-shanghai", "mcp", "--allow-send"];
    let mut client = Client::start(&world, &arguments, None);
    let token = client.call("sms_send", &message())["data"]["token"].clone();
    let sent = client.call("sms_send", &with(message(), "token", token));
    assert_eq!(sent["ok"], true, "{sent:#}");
    assert_eq!(world.sent().len(), 1);
    let is_send = |words: &[String]| words.iter().any(|word| word == "send-sms");
    let processes = world.processes();
    let call = processes.iter().find(|process| is_send(&process.argv)).expect("a call");
    let has = |words: [&str; 2]| call.argv.windows(2).any(|found| found == words);
    assert!(has(["--profile", "default"]) && has(["--region", "cn-shanghai"]), "{:?}", call.argv);
    drop(client);
    world.assert_clean();
}
