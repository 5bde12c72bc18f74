//! `sandbox messages` and `sandbox faults`: the sandbox's own count, also of killed processes.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::messages::{SMS, TEMPLATE, and, with};

fn messages(world: &World, more: &[&str]) -> Value {
    let words = [&["sandbox", "messages", "--json"], more].concat();
    world.run(&words).exits(0).json()["data"].clone()
}

fn counts(data: &Value) -> [u64; 3] {
    ["total", "recipients", "repeated"].map(|name| data[name].as_u64().expect(name))
}

#[test]
fn messages_are_listed_and_counted_by_recipient() {
    let world = World::bare();
    assert_eq!(counts(&messages(&world, &[])), [0, 0, 0]);
    let send = |words: &[&str]| world.run(&and(&["--sandbox"], words)).exits(0);
    send(&and(&SMS, &["--out-id=first"]));
    send(&with(&SMS, "-p", "13800001234"));
    send(&and(&with(&SMS, "-s", "Acme Store"), &["--out-id=second"]));
    send(&and(&TEMPLATE, &["--task-id=third"]));
    let inbound = ["sandbox", "inbound", "--from", "8613900000000", "--to", "8613800000001"];
    send(&and(&inbound, &["--text=Hi"]));

    let data = messages(&world, &[]);
    assert_eq!(counts(&data), [4, 3, 0]);
    let first = &data["messages"][0];
    assert_eq!(
        ["channel", "to", "from", "template", "tracking_id"].map(|name| first[name].clone()),
        ["sms", "13800001000", "Acme", "SMS_100003", "first"].map(Value::from)
    );
    assert!(first["text"].as_str().unwrap().starts_with("【Acme】Our spring sale"), "{first}");
    for number in ["13800001000", "+8613800001000"] {
        let found = messages(&world, &["--to", number]);
        assert_eq!(counts(&found)[0], 2 + u64::from(number.starts_with('+')), "{number}");
    }
    let chat = messages(&world, &["--tracking-id=third", "--count"]);
    let count = json!({
        "channel": "whatsapp", "to": "8613800001000", "messages": 1, "same_text": 1,
    });
    assert_eq!(chat["counts"], json!([count]));

    // The same text again.
    send(&and(&SMS, &["--allow-duplicate"]));
    let data = messages(&world, &["--count"]);
    assert_eq!(counts(&data), [5, 3, 1]);
    let counted = data["counts"].as_array().unwrap();
    assert_eq!(counted.len(), 3);
    assert_eq!((&counted[0]["messages"], &counted[0]["same_text"]), (&json!(3), &json!(2)));
    world.run(&["sandbox", "reset"]).exits(0);
    assert_eq!(counts(&messages(&world, &[])), [0, 0, 0]);
}

#[test]
fn faults_are_set_shown_and_cleared_and_hit_every_nth_call() {
    let world = World::bare();
    let faults = |more: &[&str]| {
        world.run(&[&["sandbox", "faults", "--json"], more].concat()).exits(0).json()["data"]
            .clone()
    };
    let none = json!({
        "throttle_every": null, "lose_request_every": null, "lose_reply_every": null, "calls": 0,
    });
    assert_eq!(faults(&[]), none);
    world.run(&["sandbox", "faults", "--lose-reply-every=0"]).exits(2);
    faults(&["--throttle-every=9"]);
    assert_eq!(faults(&["--lose-reply-every=2"])["throttle_every"], 9);
    assert_eq!(faults(&["--clear", "--lose-reply-every=2"])["throttle_every"], Value::Null);
    let send = |number: &str| {
        let words = and(&with(&SMS, "-p", number), &["--sandbox", "--look-up=0"]);
        world.run(&words).exit()
    };
    assert_eq!(send("13800001001"), 0);
    assert_eq!(send("13800001002"), 7);
    assert_eq!(faults(&[])["calls"], 2);
    assert_eq!(counts(&messages(&world, &[])), [2, 2, 0]);
    assert_eq!(faults(&["--clear", "--lose-request-every=1"])["calls"], 0);
    assert_eq!(send("13800001003"), 7);
    assert_eq!(faults(&["--clear", "--throttle-every=1"])["calls"], 0);
    assert_eq!(send("13800001004"), 6);
    assert_eq!(counts(&messages(&world, &[])), [2, 2, 0]);
    assert_eq!(faults(&["--clear"]), none);
    assert_eq!(send("13800001005"), 0);
}

/// Starts a simulated `aliyun` without alimsg around it.
fn simulated(world: &World, words: &[&str]) -> Child {
    let mut command: Command = world.alimsg(words);
    command.env("ALIMSG_INTERNAL_ROLE", "aliyun");
    command.env("ALIMSG_INTERNAL_SANDBOX", world.path("state/sandbox"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command.spawn().expect("the simulated aliyun")
}

/// A call of send-batch-sms with 100 numbers of its own.
fn start_batch(world: &World, call: usize) -> Child {
    let phones: Vec<String> = (0..100).map(|row| format!("138{call:04}{row:02}77")).collect();
    let values: Value =
        (0..100).map(|row| json!({ "name": "Alice", "order": row.to_string() })).collect();
    let words = [
        "dysmsapi".to_owned(),
        "send-batch-sms".to_owned(),
        format!("--phone-number-json={}", json!(phones)),
        format!("--sign-name-json={}", json!(vec!["Acme"; 100])),
        "--template-code=SMS_100002".to_owned(),
        format!("--template-param-json={values}"),
        format!("--out-id=call-{call}"),
        "--user-agent=agent".to_owned(),
    ];
    simulated(world, &words.each_ref().map(String::as_str))
}

#[test]
fn a_killed_call_is_stored_completely_or_not_at_all_and_no_other_call_is_lost() {
    let world = World::bare();
    let plugin = ["plugin", "install", "--names", "dysmsapi"];
    assert!(simulated(&world, &plugin).wait().expect("the installation").success());
    let mut finished = Vec::new();
    let mut killed = 0;
    for round in 0..20 {
        let calls = round * 8..(round + 1) * 8;
        let mut children: Vec<(usize, Child)> =
            calls.map(|call| (call, start_batch(&world, call))).collect();
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..60)));
        for (call, child) in &mut children {
            // Only some of them, so that others wait for their lock.
            if call.is_multiple_of(2) {
                let _ = child.kill();
            }
        }
        for (call, mut child) in children {
            match child.wait().expect("the exit code").success() {
                true => finished.push(call),
                false => killed += 1,
            }
        }
    }
    assert!(killed > 0, "no process was killed early enough");
    let data = messages(&world, &[]);
    let [total, recipients, repeated] = counts(&data);
    assert_eq!((total, repeated), (recipients, 0));
    let mut stored = vec![0; 160];
    for message in data["messages"].as_array().expect("the messages") {
        let id = message["tracking_id"].as_str().expect("the tracking ID");
        stored[id.trim_start_matches("call-").parse::<usize>().expect("the call")] += 1;
    }
    assert!(stored.iter().all(|count| [0, 100].contains(count)), "{stored:?}");
    assert!(finished.iter().all(|call| stored[*call] == 100), "{finished:?}: {stored:?}");
    assert!(finished.len() >= 80, "{} processes finished", finished.len());
}
