//! `whatsapp status` and `whatsapp send … --wait`, in the sandbox.

use crate::support::World;
use crate::support::messages::{TEMPLATE, TEXT, and, with};
use serde_json::{Value, json};

const SPACE: [&str; 2] = ["--cust-space-id", "cams-sandbox"];

fn send(world: &World, to: &str, more: &[&str]) -> crate::support::Ran {
    let words = and(&with(&TEMPLATE, "--to", to), &SPACE);
    world.run(&and(&and(&words, &["--sandbox", "--json"]), more))
}

fn status(world: &World, more: &[&str]) -> Value {
    let words = and(&["--sandbox", "whatsapp", "status", "--json"], more);
    world.run(&words).exits(0).json()
}

#[test]
fn the_last_message_is_shown_without_flags() {
    let world = World::new();
    let sent = send(&world, "8613800001001", &["--task-id", "order-7"]).exits(0).json();
    // A message that was not sent is not the last one.
    send(&world, "8613800009001", &[]).exits(6);
    let id = sent["data"]["message_id"].as_str().expect("an ID");
    for more in [&["--wait=20"][..], &["order-7"], &[id]] {
        let json = status(&world, more);
        let data = &json["data"];
        assert_eq!((&data["listed"], &data["task_id"]), (&json!(true), &json!("order-7")));
        assert!(
            ["delivered", "read"].contains(&data["status"].as_str().expect("text")),
            "{json:#}"
        );
        assert_eq!((&data["to"], &data["direction"]), (&json!("8613800001001"), &json!("out")));
    }
    world.assert_off_in_sandbox();
}

#[test]
fn a_message_of_another_computer_needs_its_numbers() {
    let world = World::new();
    let words = ["--sandbox", "whatsapp", "status", "order-7", "--json"];
    let missing = world.run(&words).exits(2).json()["error"]["missing"].clone();
    assert_eq!(missing, json!(["--from"]));
    let missing = world.run(&["whatsapp", "status", "--json"]).exits(2).json();
    assert_eq!(missing["error"]["missing"], json!(["ID", "--from"]));

    send(&world, "8613800001001", &["--task-id", "order-7"]).exits(0);
    std::fs::remove_file(world.path("state/sandbox/recent_sends.jsonl")).expect("the record");
    let flags = ["--from", "8613800000001", "--cust-space-id", "cams-sandbox"];
    let json = status(&world, &and(&["order-7"], &flags));
    assert_eq!(json["data"]["listed"], true, "{json:#}");

    let words = and(&["--sandbox", "whatsapp", "status", "order-8", "--json"], &flags);
    let ran = world.run(&words).exits(0);
    let data = ran.json()["data"].clone();
    assert_eq!((&data["listed"], &data["status"]), (&json!(false), &json!("unknown")));
    assert!(
        ran.stderr.contains("no record") && ran.stderr.contains("does not prove"),
        "{}",
        ran.stderr
    );
}

#[test]
fn wait_reports_the_delivery_or_the_failure() {
    let world = World::new();
    let json = send(&world, "8613800001001", &["--wait=20"]).exits(0).json();
    assert_eq!(json["data"]["status"], "accepted");
    assert_eq!(json["data"]["receipts"][0]["phone"], "8613800001001");
    assert_eq!(json["data"]["receipts"][0]["status"], "delivered", "{json:#}");

    let json = send(&world, "8613800009012", &["--wait=20"]).exits(6).json();
    assert_eq!((&json["ok"], &json["outcome"]), (&json!(true), &json!("sent")), "{json:#}");
    assert_eq!((&json["retryable"], &json["data"]["status"]), (&json!(false), &json!("accepted")));
    assert_eq!(json["data"]["receipts"][0]["status"], "failed");
    assert!(json["data"]["receipts"][0]["reason"].is_string());

    let json = send(&world, "8613800009014", &["--wait=1"]).exits(0).json();
    assert!(json["warnings"][0].as_str().expect("a warning").contains("no final receipt"));
    world.assert_off_in_sandbox();
}

#[test]
fn wait_finds_the_only_channel_instance_of_the_account() {
    let world = World::new();
    let dry = and(&TEMPLATE, &["--sandbox", "--json", "--wait=20", "--dry-run"]);
    let names = ["list-instance", "send-chatapp-message", "list-chatapp-message"];
    assert_eq!(world.run(&dry).exits(0).planned_names(), names);
    let message = with(&TEMPLATE, "--to", "8613800001001");
    let json = world.run(&and(&message, &["--sandbox", "--json", "--wait=20"])).exits(0).json();
    assert_eq!(json["data"]["receipts"][0]["status"], "delivered", "{json:#}");
    // It is remembered for this sender.
    let planned = world.run(&dry).exits(0);
    assert_eq!(planned.planned_names(), names[1..]);
    assert!(planned.stdout.contains("cams-sandbox"), "{planned:#?}");
    world.assert_off_in_sandbox();
}

#[test]
fn the_result_has_the_session_window_that_was_checked() {
    let world = World::new();
    let text = and(&TEXT, &["--text", "Hi", "--sandbox", "--json", "--check-session"]);
    let json = world.run(&and(&text, &SPACE)).exits(0).json();
    let session = &json["data"]["session"];
    assert_eq!(session["open"], true, "{json:#}");
    assert!(session["expires_at"].is_string() && session["last_inbound_at"].is_string());
}

#[test]
fn a_reply_names_its_message_in_the_history_and_an_unknown_one_is_rejected() {
    let world = World::new();
    let text = and(&TEXT, &["--text", "Hi", "--sandbox", "--json", "--context-message-id"]);
    let error = world.run(&and(&text, &["wamid.unknown"])).exits(6).json()["error"].clone();
    assert_eq!(error["outcome"], "not_sent", "{error:#}");

    let inbound = "--json sandbox inbound --from 8613800001000 --to 8613800000001 --text Where?";
    let id = world.run_line(inbound).json()["data"]["message_id"].clone();
    let id = id.as_str().expect("an ID");
    world.run(&and(&text, &[id])).exits(0);
    let history = "--sandbox --json whatsapp history --from 8613800000001 --direction out \
                   --cust-space-id cams-sandbox --start-date today --channel whatsapp";
    let messages = world.run_line(history).json()["data"]["messages"].clone();
    assert_eq!(messages[0]["context_message_id"], id, "{messages:#}");
}
