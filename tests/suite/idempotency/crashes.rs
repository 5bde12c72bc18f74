//! A kill and a panic at every failpoint of a send. The failpoints are collected from runs, so that
//! new ones are tested automatically.

#![cfg(debug_assertions)]

use std::collections::HashSet;
use std::{fs, thread};

use crate::idempotency::{SMS, sent, sms_to};
use crate::support::messages::TEXT;
use crate::support::{Ran, World};

/// Runs the message with these environment variables.
fn run(world: &World, message: &[&str], environment: &[(&str, &str)]) -> Ran {
    world.run_with_env(message, &[&[("ALIMSG_LOOK_UP", "1")], environment].concat())
}

/// The failpoints that a run with this message passes, without repetitions.
fn points(message: &[&str]) -> Vec<String> {
    let world = World::new();
    let trace = world.path("trace");
    run(&world, message, &[("ALIMSG_FAULT_TRACE", trace.to_str().expect("a path"))]);
    let mut known = HashSet::new();
    let text = fs::read_to_string(trace).expect("a trace");
    text.lines().filter(|point| known.insert(point.to_string())).map(str::to_owned).collect()
}

/// Injects a fault at each failpoint, and then runs the same command again.
fn at_every_point(message: &[&str]) {
    let points = points(message);
    assert!(points.iter().any(|point| point == "key: calling"), "{points:?}");
    let cases: Vec<(String, &str)> = points
        .iter()
        .flat_map(|point| ["kill", "panic"].map(|fault| (point.clone(), fault)))
        .collect();
    let calling = points.iter().position(|point| point == "key: calling").expect("calling");
    thread::scope(|scope| {
        for lane in 0..3 {
            let cases = cases.iter().skip(lane).step_by(3);
            let points = &points;
            scope.spawn(move || {
                for (point, fault) in cases {
                    let before_the_call =
                        points.iter().position(|other| other == point) < Some(calling);
                    crash_and_run_again(message, &format!("{point}={fault}"), before_the_call);
                }
            });
        }
    });
}

fn crash_and_run_again(message: &[&str], fault: &str, before_the_call: bool) {
    let world = World::new();
    let crashed = run(&world, message, &[("ALIMSG_FAULT", fault)]);
    let sent_first = sent(&world);
    assert!(sent_first <= 1, "{fault}");
    let again = run(&world, message, &[]);
    let json = again.json();
    let answer = (json["data"]["replayed"].as_bool(), json["error"]["outcome"].as_str());
    match (sent_first, sent(&world), answer) {
        // It was sent before the crash, and the store has the result.
        (1, 1, (Some(true), None)) => assert_eq!(again.exit(), 0, "{fault}: {again:#?}"),
        // The store shows that the call never started: it is sent now.
        (0, 1, (Some(false), None)) => assert!(before_the_call, "{fault}: {again:#?}"),
        // The call may have started, and nothing proves whether it did.
        (0, 0, (None, Some("unknown"))) => {
            assert!(!before_the_call, "{fault}: {again:#?}");
            assert_eq!(again.exit(), 7, "{fault}: {again:#?}");
            assert!(!json["error"]["next"].as_array().expect("commands").is_empty());
        }
        other => panic!("{fault}: {other:?}\n{crashed:#?}\n{again:#?}"),
    }
    // Once more: the result stays the same and nothing more is sent.
    let third = run(&world, message, &[]);
    assert!(sent(&world) <= 1, "{fault}");
    let stays = if sent(&world) == 1 { 0 } else { 7 };
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
