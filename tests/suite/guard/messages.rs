//! The two messages that these tests send, and shared assertions.

use std::process::Command;

use serde_json::Value;

use crate::support::{Invocation, Profile, Ran, Running, World};

pub const SMS: [&str; 12] = [
    "sms",
    "send",
    "-p",
    "13800001000",
    "-s",
    "Acme",
    "-t",
    "SMS_1",
    "--param",
    "code=1234{n}",
    "--yes",
    "--json",
];
pub const WHATSAPP: [&str; 11] = [
    "whatsapp",
    "send",
    "text",
    "--from",
    "8613800000001",
    "--to",
    "8613800001000",
    "--text",
    "Hello{n}",
    "--yes",
    "--json",
];
pub const SMS_AGENT: &str = "AlibabaCloud-Agent-Skills/alibabacloud-sms-send-short-message";
pub const WHATSAPP_AGENT: &str = "AlibabaCloud-Agent-Skills/alibabacloud-chatapp-message-send";

/// The processes of a warm run that sends an SMS: its agent string is stored already.
pub const WARM_SMS: [&str; 3] = ["ai-mode enable", "dysmsapi send-sms", "ai-mode disable"];

/// `message` and more flags.
pub fn with<'a>(message: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [message, more].concat()
}

/// The same message in each run.
pub fn fixed(message: &[&'static str]) -> Vec<&'static str> {
    let word = |word: &&'static str| if *word == "code=1234{n}" { "code=1234" } else { *word };
    message.iter().map(word).collect()
}

/// A configured machine without a plugin.
pub fn fresh() -> World {
    let world = World::bare();
    world.profiles(&[Profile::DEFAULT]);
    world
}

/// A world in which one SMS has been sent, so that the next run is warm.
pub fn warm() -> World {
    let world = World::new();
    assert_accepted(&world.run(&SMS));
    world
}

pub fn run(command: Command) -> Ran {
    Running::start(command).wait()
}

/// The short names of the commands after the first `skip` processes.
pub fn commands_after(world: &World, skip: usize) -> Vec<String> {
    world.commands().split_off(skip)
}

/// The calls of a product, and their plugin processes.
pub fn calls(world: &World) -> Vec<Invocation> {
    let is_call =
        |invocation: &Invocation| matches!(invocation.words()[0].as_str(), "cams" | "dysmsapi");
    world.processes().into_iter().filter(is_call).collect()
}

/// Waits until the plugin of the first call has made its request.
#[track_caller]
pub fn wait_for_plugin(world: &World) {
    world.wait_until("the plugin waits for the reply", || {
        world.processes().iter().any(|seen| seen.plugin) && !world.sent().is_empty()
    });
}

/// Asserts that the service accepted the message.
#[track_caller]
pub fn assert_accepted(ran: &Ran) {
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let json = ran.json();
    assert_eq!(json["ok"], true, "{json:#}");
    assert_eq!(json["data"]["status"], "accepted", "{json:#}");
}

/// Asserts a failure with this exit code before anything was sent; returns its JSON.
#[track_caller]
pub fn assert_not_sent(world: &World, ran: &Ran, exit: i32) -> Value {
    assert_eq!(ran.exit(), exit, "{ran:#?}");
    let json = ran.json();
    assert_eq!(json["ok"], false, "{json:#}");
    assert_eq!(json["error"]["outcome"], "not_sent", "{json:#}");
    assert!(world.sent().is_empty(), "{:#?}", world.sent());
    json
}

/// Asserts that the outcome is unknown; returns the JSON.
#[track_caller]
pub fn assert_unknown(ran: &Ran) -> Value {
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let json = ran.json();
    assert_eq!(json["ok"], false, "{json:#}");
    assert_eq!(json["error"]["outcome"], "unknown", "{json:#}");
    assert_eq!(json["error"]["retryable"], false, "{json:#}");
    json
}

/// Asserts that every call ran with ai-mode on, from its start to its end.
#[track_caller]
pub fn assert_on_during_calls(world: &World) {
    for call in calls(world) {
        assert!(call.ai_mode_enabled(), "{call:#?}");
        if let Some(end) = call.end.as_ref().filter(|_| !call.requested_ai_mode()) {
            assert_eq!(end.ai_mode["enabled"], true, "{call:#?}");
        }
    }
}
