//! A panic and a kill at every failpoint. The failpoints are collected from a run, so that new ones
//! are tested automatically.

#![cfg(debug_assertions)]

use crate::guard::messages::*;
use crate::support::failpoints::for_each_on;
use crate::support::{Ran, World};

/// Runs once with a fault at each failpoint, each in its own world.
fn at_every_point(fault: &str, mode: &str, check: impl Fn(&World, &str, Ran) + Sync) {
    let message = with(&SMS, &["--ai-mode", mode]);
    let world = fresh();
    let points = world.failpoints(world.alimsg(&message));
    assert!(world.sent().len() == 1 && points.len() >= 4, "{points:?}");
    for_each_on(2, &points, |point| {
        let world = fresh();
        let mut command = world.alimsg(&message);
        command.env("ALIMSG_FAULT", format!("{point}={fault}"));
        let ran = run(command);
        check(&world, point, ran);
        assert!(world.violations().is_empty(), "{point}: {:#?}", world.violations());
        assert!(world.sent().len() <= 1, "{point}");
        assert_on_during_calls(&world);
        let before = world.sent().len();
        assert_accepted(&world.run(&message));
        assert_eq!(world.sent().len(), before + 1, "{point}");
        world.assert_clean();
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
