//! `sms send --wait`: an accepted message whose receipts report a failure was sent all the same.

use crate::support::messages::{SMS, and, with};
use crate::support::{Ran, World};
use serde_json::{Value, json};

/// Sends to these numbers in the sandbox and waits for the receipts.
fn send(world: &World, numbers: &str, more: &[&str]) -> Ran {
    world.run(&and(&and(&with(&SMS, "-p", numbers), &["--sandbox", "--wait=20"]), more))
}

fn statuses(json: &Value) -> Vec<&str> {
    let receipts = json["data"]["receipts"].as_array().expect("receipts");
    receipts.iter().map(|receipt| receipt["status"].as_str().expect("a status")).collect()
}

#[test]
fn if_every_receipt_failed_the_exit_code_is_6_and_the_json_is_still_ok() {
    let world = World::new();
    let ran = send(&world, "13800009012", &["--json"]).exits(6);
    let json = ran.json();
    assert_eq!((&json["ok"], &json["outcome"]), (&json!(true), &json!("sent")), "{json:#}");
    assert_eq!(json["retryable"], false);
    assert_eq!(json.get("error"), None);
    assert_eq!(json["data"]["status"], "accepted");
    assert_eq!(statuses(&json), ["failed"]);
    let warning = json["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("1 of 1") && warning.contains("do not repeat"), "{warning}");

    // The text has one row for each recipient, with the reason.
    let ran = send(&world, "13800019012", &[]).exits(6);
    let row = ran.stderr.lines().find(|line| line.contains("9012  failed")).expect("a row");
    assert!(row.contains('(') && row.contains("): "), "{row}");
    assert!(ran.stderr.contains("warning: accepted, but 1 of 1"), "{}", ran.stderr);
    assert!(ran.stdout.contains("status\taccepted"), "{}", ran.stdout);
}

#[test]
fn if_some_receipts_failed_the_exit_code_is_8() {
    let world = World::new();
    let ran = send(&world, "13800001234,13800009012", &["--json"]).exits(8);
    let json = ran.json();
    assert_eq!((&json["ok"], &json["outcome"]), (&json!(true), &json!("sent")), "{json:#}");
    assert_eq!((&json["retryable"], &json["data"]["status"]), (&json!(false), &json!("accepted")));
    assert_eq!(statuses(&json), ["delivered", "failed"]);
}

#[test]
fn a_replay_with_the_key_reports_the_failed_receipts_again() {
    let world = World::new();
    let key = ["--json", "--idempotency-key", "order-7"];
    send(&world, "13800009012", &key).exits(6);
    let json = send(&world, "13800009012", &key).exits(6).json();
    assert_eq!((&json["data"]["replayed"], &json["outcome"]), (&json!(true), &json!("sent")));
}

#[test]
fn delivered_or_missing_receipts_leave_the_exit_code_0() {
    let world = World::new();
    let json = send(&world, "13800001234", &["--json"]).exits(0).json();
    assert_eq!((statuses(&json), json.get("outcome")), (vec!["delivered"], None));
    let missing = with(&SMS, "-p", "13800009014");
    let json = world.run(&and(&missing, &["--sandbox", "--wait=1", "--json"])).exits(0).json();
    assert_eq!(statuses(&json), ["in_flight"]);
}

#[test]
fn at_a_terminal_the_receipts_are_a_table() {
    let world = World::new();
    let words = and(
        &with(&SMS, "-p", "13800001234,13800009012"),
        &["--sandbox", "--wait=20", "--color=never"],
    );
    let ran = world.terminal(&words).wait().exits(8);
    assert!(ran.stdout.contains("13800001234  delivered"), "{}", ran.stdout);
    assert!(ran.stdout.contains("13800009012  failed"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("received_at"), "{}", ran.stdout);
}
