//! Rules of a script, and the processes that they start.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{AGENT, VERSION, aliyun, refusal, sms, with_ai_mode};
use crate::support::{Running, is_alive};

#[test]
fn a_rule_applies_only_to_matching_calls_and_only_up_to_its_limit() {
    let world = with_ai_mode();
    world.script(json!([
        { "match": ["dysmsapi", "send-sms"], "contains": ["1390"], "exit": 1, "sent": false,
          "stderr": "refused\n" },
        { "match": ["dysmsapi", "send-sms"], "times": 2, "stdout": "{\"Code\":\"busy\"}" },
        { "match": ["version"], "raw_stdout_hex": "ff00", "stderr": "a note\n", "exit": 7 },
        { "match": ["plugin", "list"], "truncate": 4 },
        { "match": ["plugin", "update"], "flood_stdout_bytes": 300_000 },
        { "match": ["configure", "list"], "delay_ms": 100, "stderr": "a note\n" },
        { "match": ["configure", "ai-mode", "disable"], "kill_self": 11 },
    ]));
    let ran = aliyun(&world, &["dysmsapi", "send-sms", AGENT, VERSION, "--phone-numbers=1390"]);
    assert_eq!((ran.exit(), ran.stderr.as_str()), (1, "refused\n"));
    assert!(world.sent().is_empty());

    // Concurrent processes: any two of them get the two uses.
    let calls: Vec<Running> = (0..4).map(|_| Running::start(world.aliyun(&sms(&[])))).collect();
    let codes: Vec<_> = calls.into_iter().map(|call| call.wait().json()["Code"].clone()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "busy").count(), 2, "{codes:?}");
    assert_eq!(world.sent().len(), 4);

    let ran = aliyun(&world, &["version"]);
    assert_eq!((ran.exit(), ran.stdout.as_str()), (7, "\u{fffd}\0"));
    assert_eq!(aliyun(&world, &["plugin", "list"]).stdout, "Name");
    assert_eq!(aliyun(&world, &["plugin", "update"]).stdout.len(), 300_000);
    let ran = aliyun(&world, &["configure", "list"]);
    assert!(ran.took >= Duration::from_millis(100) && ran.stdout.contains("default *"), "{ran:#?}");
    assert_eq!(ran.stderr, "a note\n");
    assert_eq!(aliyun(&world, &["configure", "ai-mode", "disable"]).signal(), Some(11));
    assert!(!world.processes().pop().unwrap().ended());
    assert_eq!(world.ai_mode(), Some(true));
}

#[test]
fn a_held_process_waits_until_the_test_releases_it() {
    let world = with_ai_mode();
    world.script(
        json!([{ "match": ["dysmsapi"], "held": true, "stdout": "{\"at\":\"{china_time}\"}" }]),
    );
    let mut call = Running::start(world.aliyun(&sms(&[])));
    world.wait_until("the request is sent", || world.sent().len() == 1);
    assert!(!call.has_ended());
    world.release();
    let reply = call.wait().exits(0).json();
    let at = reply["at"].as_str().expect("a time");
    jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", at).expect("the format of a receipt");
}

#[test]
fn a_script_does_not_hide_a_malformed_call() {
    let world = with_ai_mode();
    world.script(json!([{ "match": ["dysmsapi"], "stdout": "{\"Code\":\"OK\"}" }]));
    refusal(&world, &sms(&["--out-id", "-x"]));
    refusal(&world, &["dysmsapi", "send-sms", AGENT]);
}

#[test]
fn killing_the_host_leaves_its_plugin_running() {
    let world = with_ai_mode();
    world.script(json!([{ "match": ["dysmsapi"], "grandchild": true, "held": true }]));
    let host = Running::start(world.aliyun(&sms(&[])));
    world.wait_until("the plugin has sent", || world.sent().len() == 1);
    let plugin = world.processes().into_iter().find(|process| process.plugin).unwrap();
    assert!(plugin.is_running() && plugin.pgid == host.pid() && plugin.pid != host.pid());
    host.signal(Signal::KILL);
    // The plugin keeps the host's output open and continues.
    world.release();
    let ran = host.wait();
    assert_eq!(ran.signal(), Some(9));
    assert_eq!(ran.json()["Code"], "OK");
    world.wait_until("the plugin ends", || !is_alive(plugin.pid));
    assert_eq!(world.commands(), ["dysmsapi send-sms"]);
    assert!(world.violations().is_empty(), "{:#?}", world.violations());
}

#[test]
fn the_host_exits_with_the_exit_code_of_the_plugin() {
    let world = with_ai_mode();
    world.script(json!([{ "match": ["dysmsapi"], "grandchild": true, "exit": 4, "times": 1 }]));
    assert_eq!(aliyun(&world, &sms(&[])).exit(), 4);
    assert_eq!(aliyun(&world, &sms(&[])).exit(), 0);
}

#[test]
fn sigterm_is_ignored_only_if_a_rule_requests_it() {
    let world = with_ai_mode();
    world.script(json!([
        { "match": ["dysmsapi"], "times": 1, "ignore_sigterm": true, "delay_ms": 800 },
        { "match": ["dysmsapi"], "delay_ms": 10_000 },
    ]));
    let terminated = |sent: usize| {
        let running = Running::start(world.aliyun(&sms(&[])));
        // It ignores the signal before it sends.
        world.wait_until("the request is sent", || world.sent().len() == sent);
        running.signal(Signal::TERM);
        running.wait()
    };
    assert_eq!(terminated(1).exit(), 0);
    assert_eq!(terminated(2).signal(), Some(15));
}
