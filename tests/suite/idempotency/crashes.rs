//! A kill and a panic at every failpoint of a send. The failpoints are collected from runs, so that
//! new ones are tested automatically.

#![cfg(debug_assertions)]

use crate::idempotency::{SMS, sent, sms_to};
use crate::support::World;
use crate::support::failpoints::{Crash, crash_at_every_point, send};
use crate::support::messages::TEXT;

/// Crashes at each failpoint, and then runs the same command again.
fn at_every_point(message: &[&str]) {
    crash_at_every_point(message, |world, crash| run_again(world, message, crash));
}

fn run_again(world: &World, message: &[&str], crash: &Crash) {
    let Crash { fault, is_before_the_call, ran: crashed } = crash;
    let sent_first = sent(world);
    assert!(sent_first <= 1, "{fault}");
    let again = send(world, message, &[]);
    let json = again.json();
    let answer = (json["data"]["replayed"].as_bool(), json["error"]["outcome"].as_str());
    match (sent_first, sent(world), answer) {
        // It was sent before the crash, and the store has the result.
        (1, 1, (Some(true), None)) => assert_eq!(again.exit(), 0, "{fault}: {again:#?}"),
        // The store shows that the call never started: it is sent now.
        (0, 1, (Some(false), None)) => assert!(is_before_the_call, "{fault}: {again:#?}"),
        // The call may have started, and nothing proves whether it did.
        (0, 0, (None, Some("unknown"))) => {
            assert!(!is_before_the_call, "{fault}: {again:#?}");
            assert_eq!(again.exit(), 7, "{fault}: {again:#?}");
            assert!(!json["error"]["next"].as_array().expect("commands").is_empty());
        }
        other => panic!("{fault}: {other:?}\n{crashed:#?}\n{again:#?}"),
    }
    // Once more: the result stays the same and nothing more is sent.
    let third = send(world, message, &[]);
    assert!(sent(world) <= 1, "{fault}");
    let stays = if sent(world) == 1 { 0 } else { 7 };
    assert_eq!(third.exit(), stays, "{fault}: {third:#?}");
}

#[test]
fn a_crash_at_any_point_sends_at_most_once_and_the_key_state_is_true() {
    at_every_point(&SMS);
}

#[test]
fn a_crash_during_the_receipt_lookup_sends_at_most_once() {
    at_every_point(&sms_to("13800009003"));
}

#[test]
fn a_crash_with_the_duplicate_check_sends_at_most_once() {
    let key = ["--text=Hello", "--idempotency-key=k", "--cust-space-id=cams-sandbox"];
    at_every_point(&[&["--sandbox", "--json"], &TEXT[..], &key].concat());
}
