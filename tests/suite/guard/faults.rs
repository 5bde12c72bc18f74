//! A panic and a kill at every failpoint. The failpoints are collected from a run, so that new ones
//! are tested automatically.

#![cfg(debug_assertions)]

use std::{fs, thread};

use crate::guard::messages::*;
use crate::support::{Ran, World};

/// The failpoints that a run with this message passes, in order.
fn points(world: &World, message: &[&str]) -> Vec<String> {
    let trace = world.path("trace");
    let mut command = world.alimsg(message);
    command.env("ALIMSG_FAULT_TRACE", &trace);
    assert_accepted(&run(command));
    let mut points: Vec<String> =
        fs::read_to_string(trace).expect("a trace").lines().map(str::to_owned).collect();
    let mut seen = std::collections::HashSet::new();
    points.retain(|point| seen.insert(point.clone()));
    assert!(points.len() >= 4, "{points:?}");
    points
}

/// Runs once with a fault at each failpoint, each in its own world, several in parallel.
fn at_every_point(fault: &str, mode: &str, check: impl Fn(&World, &str, Ran) + Sync) {
    let message = with(&SMS, &["--ai-mode", mode]);
    let message = message.as_slice();
    let points = points(&fresh(), message);
    let check = &check;
    thread::scope(|scope| {
        for lane in 0..2 {
            let points = points.iter().skip(lane).step_by(2);
            scope.spawn(move || {
                for point in points {
                    let world = fresh();
                    let mut command = world.alimsg(message);
                    command.env("ALIMSG_FAULT", format!("{point}={fault}"));
                    let ran = run(command);
                    check(&world, point, ran);
                    assert!(world.violations().is_empty(), "{point}: {:#?}", world.violations());
                    assert!(world.sent().len() <= 1, "{point}");
                    assert_on_during_calls(&world);
                    let before = world.sent().len();
                    assert_accepted(&world.run(message));
                    assert_eq!(world.sent().len(), before + 1, "{point}");
                    world.assert_clean();
                }
            });
        }
    });
}

#[test]
fn a_kill_at_any_point_leaves_ai_mode_off() {
    for mode in ["switch", "call"] {
        at_every_point("kill", mode, |world, point, ran| {
            assert_eq!(ran.signal(), Some(9), "{mode} {point}: {ran:#?}");
            world.wait_for_quiet();
            assert_ne!(world.ai_mode(), Some(true), "{mode} {point}: {:?}", world.commands());
        });
    }
}

#[test]
fn a_panic_at_any_point_leaves_ai_mode_off_and_reports_the_outcome() {
    for mode in ["switch", "call"] {
        at_every_point("panic", mode, assert_reported);
    }
}

fn assert_reported(world: &World, point: &str, ran: Ran) {
    assert!(ran.stderr.contains(&format!("fault injected at {point}")), "{point}: {ran:#?}");
    let json = ran.json();
    let error = &json["error"];
    match (world.sent().len(), error["outcome"].as_str()) {
        // The message was accepted; only switching ai-mode off failed.
        (1, None) => {
            assert_accepted(&ran);
            assert_eq!(json["ai_mode_disabled"], false, "{point}: {json:#}");
            assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{point}");
        }
        (0, Some("not_sent")) | (1, Some("sent")) => {
            // A script must not send again what was sent.
            let exit = if error["outcome"] == "sent" { 7 } else { 1 };
            assert_eq!(ran.exit(), exit, "{point}: {ran:#?}");
            assert_eq!(error["kind"], "internal", "{point}: {json:#}");
            assert_eq!(json["ai_mode_disabled"], true, "{point}: {json:#}");
        }
        // Between the start of the call and the parsing of its reply.
        (_, Some("unknown")) => {
            assert_eq!(ran.exit(), 7, "{point}: {ran:#?}");
            assert_eq!(error["kind"], "unknown_outcome", "{point}: {json:#}");
            assert_eq!(json["ai_mode_disabled"], true, "{point}: {json:#}");
        }
        (sent, outcome) => panic!("{point}: {sent} sent, outcome {outcome:?}: {json:#}"),
    }
    // The reported state of ai-mode is true at once, not only after the watchdog has run.
    if json["ai_mode_disabled"] == true {
        assert_ne!(world.ai_mode(), Some(true), "{point}");
    }
    world.wait_for_quiet();
    assert_ne!(world.ai_mode(), Some(true), "{point}: {:?}", world.commands());
}
