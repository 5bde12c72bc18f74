//! `sms status --wait`, and receipts of the sandbox.

use super::{NUMBER, answering, page, row, status, statuses};
use crate::support::World;
use crate::support::messages::{SMS, and, with};
use serde_json::json;

const POLL: &str = "dysmsapi query-send-details";

#[test]
fn wait_polls_until_the_receipt_is_final() {
    let world = answering(&[
        page(&[], "0"),
        page(&[row("a", 1, "REQUEST_SUCCESS")], "1"),
        page(&[row("a", 3, "DELIVERED")], "1"),
    ]);
    let ran = status(&world, &["--wait=30"]);
    assert_eq!((ran.exit(), world.calls().len()), (0, 3), "{ran:#?}");
    let json = ran.json();
    assert_eq!((statuses(&json), &json["data"]["final"]), (vec!["delivered"], &json!(true)));
    assert_eq!(json["warnings"], json!([]));
    world.assert_off_between(POLL);
    world.assert_clean();
}

#[test]
fn when_the_wait_is_over_a_missing_receipt_is_a_warning() {
    let waiting = page(&[row("a", 1, "REQUEST_SUCCESS")], "1");
    let world = answering(&vec![waiting; 9]);
    let ran = status(&world, &["--wait=3"]);
    let json = ran.json();
    assert_eq!((ran.exit(), statuses(&json)), (0, vec!["in_flight"]));
    assert_eq!(json["data"]["final"], false);
    assert!(json["warnings"][0].as_str().expect("a warning").contains("do not send again"));
    // The pause before the last poll would end later than the wait.
    let polls = world.processes().into_iter().filter(|one| one.command() == POLL);
    let starts: Vec<u64> = polls.map(|poll| poll.start).collect();
    let last = starts.last().expect("a poll") - starts[0];
    assert!(last >= 1_500_000_000, "{last} ns after the first one");

    let world = answering(&vec![page(&[], "0"); 9]);
    let json = status(&world, &["--wait=1"]).json();
    assert!(json["warnings"][0].as_str().expect("a warning").contains("no receipt"));
}

#[test]
fn a_signal_ends_the_wait_with_ai_mode_off() {
    let waiting = page(&[row("a", 1, "REQUEST_SUCCESS")], "1");
    let world = answering(&vec![waiting; 9]);
    let running = world.start(&["sms", "status", "-p", NUMBER, "--wait=60", "--json"]);
    world.wait_until("the first poll", || !world.calls().is_empty());
    running.signal(rustix::process::Signal::TERM);
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(15), "{ran:#?}");
    world.assert_clean();
}

/// Sends to that number in the sandbox.
fn send_in_sandbox(world: &World, number: &str, out_id: &str) {
    let more = ["--sandbox", "--json", "--out-id", out_id];
    world.run(&and(&with(&SMS, "-p", number), &more)).exits(0);
}

#[test]
fn in_the_sandbox_receipts_arrive_fail_or_never_come() {
    let world = World::new();
    for (number, wait, status, is_final) in [
        ("13800001234", "--wait=20", "delivered", true),
        ("13800009012", "--wait=20", "failed", true),
        ("13800009014", "--wait=1", "in_flight", false),
    ] {
        send_in_sandbox(&world, number, "order-7");
        let line = format!("--sandbox sms status -p {number} --out-id order-7 {wait} --json");
        let ran = world.run_line(&line);
        let json = ran.json();
        assert_eq!((ran.exit(), statuses(&json)), (0, vec![status]), "{number}: {json:#}");
        assert_eq!(json["data"]["final"], is_final, "{number}");
        assert_eq!(json["data"]["receipts"][0]["received_at"].is_string(), is_final, "{number}");
    }
}

#[test]
fn in_the_sandbox_a_late_receipt_is_in_flight_first() {
    let world = World::new();
    send_in_sandbox(&world, "13800009013", "order-8");
    let status = |more: &[&str]| {
        world.run(&[&["--sandbox", "sms", "status", "-p", "13800009013", "--json"], more].concat())
    };
    assert_eq!(statuses(&status(&[]).json()), ["in_flight"]);
    assert_eq!(statuses(&status(&["--wait"]).json()), ["delivered"]);
}
