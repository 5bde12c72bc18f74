//! Each call runs a command as a child process, which keeps its promises without the server.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::mcp::client::Client;
use crate::mcp::{message, with};
use crate::support::{Process, World, can_be_listed};

/// A world whose sends take a while, and a server that may send.
fn slow_world() -> (World, Client) {
    let world = World::with_script(json!([{ "match": ["dysmsapi", "send-sms"], "delay_ms": 700 }]));
    let client = Client::start(&world, &["mcp", "--allow-send"], None);
    (world, client)
}

/// Starts a send and returns the number of its request as soon as the call is running.
fn begin_send(world: &World, client: &mut Client) -> u64 {
    let token = client.call("sms_send", &message())["data"]["token"].clone();
    let inputs = with(message(), "token", token);
    let id = client.begin("tools/call", &json!({ "name": "sms_send", "arguments": inputs }));
    world.wait_for_command("dysmsapi send-sms");
    id
}

/// The message was sent, and its outcome is on record: an equal one is refused, and ai-mode is off.
#[track_caller]
fn assert_recorded(world: &World) {
    world.wait_for_quiet();
    assert_eq!(world.sent().len(), 1);
    let words = ["sms", "send", "-p", "13800001234", "-s", "Acme", "-t", "SMS_100003"];
    let again: Vec<&str> = words.into_iter().chain(["--yes", "--json"]).collect();
    let refused = world.run(&again).exits(2).json();
    assert!(refused["error"]["message"].as_str().is_some_and(|text| !text.contains("may have")));
    assert_eq!(world.sent().len(), 1, "{refused:#}");
    world.assert_clean();
}

#[test]
fn a_cancelled_call_finishes_its_send() {
    let (world, mut client) = slow_world();
    let id = begin_send(&world, &mut client);
    client.cancel(id);
    let keys = client.call("keys_list", &json!({}));
    assert_eq!(keys["ok"], true, "the server answers other calls: {keys:#}");
    assert!(client.close().success());
    assert_recorded(&world);
}

#[test]
fn a_client_that_disconnects_does_not_end_its_send() {
    let (world, mut client) = slow_world();
    begin_send(&world, &mut client);
    assert!(client.close().success(), "the server waits for the send");
    assert_eq!(world.sent().len(), 1);
    assert_recorded(&world);
}

#[test]
fn signals_to_the_server_do_not_end_its_send() {
    for signal in [Signal::TERM, Signal::KILL] {
        let (world, mut client) = slow_world();
        begin_send(&world, &mut client);
        client.signal(signal);
        assert!(!client.close().success());
        assert_recorded(&world);
    }
}

#[test]
fn the_guard_switches_ai_mode_off_if_the_child_is_killed() {
    if !can_be_listed() {
        return;
    }
    let world = World::with_script(json!([{ "match": ["dysmsapi", "send-sms"], "held": true }]));
    let mut client = Client::start(&world, &["mcp", "--allow-send"], None);
    let id = begin_send(&world, &mut client);
    let running = world.running();
    let is_child = |process: &&Process| process.name == "alimsg" && process.pid != client.pid();
    running.iter().filter(is_child).filter(|process| !process.is_watchdog).for_each(Process::kill);
    world.release();
    let result = client.response(id);
    let object = &result["structuredContent"];
    assert_eq!(object["error"]["outcome"], "unknown", "{result:#}");
    assert_eq!(object["error"]["retryable"], false);
    let again = client.call("sms_send", &message());
    assert_eq!(again["ok"], false, "the message may have been sent: {again:#}");
    drop(client);
    world.wait_for_quiet();
    assert_eq!(world.ai_mode(), Some(false));
}

#[test]
fn the_settings_are_those_of_the_server() {
    let world = World::new();
    let arguments = ["--profile", "default", "--region", "cn-shanghai", "mcp", "--allow-send"];
    let mut client = Client::start(&world, &arguments, None);
    let sent = client.confirm("sms_send", &message());
    assert_eq!(sent["ok"], true, "{sent:#}");
    assert_eq!(world.sent().len(), 1);
    let is_send = |words: &[String]| words.iter().any(|word| word == "send-sms");
    let processes = world.processes();
    let call = processes.iter().find(|process| is_send(&process.argv)).expect("a call");
    let has = |flag: &str| call.argv.iter().any(|word| word == flag);
    assert!(has("--profile=default") && has("--region=cn-shanghai"), "{:?}", call.argv);
    drop(client);
    world.assert_clean();
}

#[test]
fn variables_of_output_flags_do_not_reach_the_commands() {
    let world = World::bare();
    let variables = [("ALIMSG_OUTPUT", "csv"), ("ALIMSG_QUIET", "1"), ("ALIMSG_SANDBOX", "1")];
    let mut client = Client::start_with_env(&world, &["mcp"], &variables);
    let list = client.call("templates_list", &json!({ "channel": "sms" }));
    assert!(list["data"]["templates"].is_array(), "{list:#}");
}

#[test]
fn a_changed_configuration_stops_the_tools() {
    let world = World::bare();
    let path = world.file("config.toml", "[defaults]\nsign_name = \"Acme\"\n");
    let variables = [("ALIMSG_CONFIG", path.as_str()), ("ALIMSG_SANDBOX", "1")];
    let mut client = Client::start_with_env(&world, &["mcp", "--allow-send"], &variables);
    let inputs = json!({ "phone_numbers": ["13800001234"], "template_code": "SMS_100003" });
    let planned = client.call("sms_send", &inputs);
    assert_eq!(planned["ok"], true, "{planned:#}");
    world.file("config.toml", "[defaults]\nsign_name = \"Evil\"\n");
    let token: Value = planned["data"]["token"].clone();
    let refused = client.call("sms_send", &with(inputs, "token", token));
    assert_eq!(refused["error"]["outcome"], "not_sent", "{refused:#}");
    assert!(refused.to_string().contains("configuration has changed"), "{refused:#}");
    assert_eq!(world.sandbox_messages().len(), 0);
}
