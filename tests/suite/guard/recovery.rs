//! How each kind of run handles ai-mode that a killed run left on.

use std::fs;

use serde_json::Value;

use crate::guard::messages::*;
use crate::support::{Ran, World};

/// Leaves ai-mode on, with the stale lease of a killed run.
fn leave_on(world: &World) {
    world.set_ai_mode(true, SMS_AGENT);
    let leases = world.path("home/.aliyun/.alimsg/leases");
    fs::create_dir_all(&leases).expect("the leases");
    fs::write(leases.join("a-run-that-is-gone"), "1\n").expect("a lease");
}

fn leases(world: &World) -> usize {
    fs::read_dir(world.path("home/.aliyun/.alimsg/leases")).map_or(0, Iterator::count)
}

#[track_caller]
fn assert_recovered(world: &World, ran: &Ran) {
    assert_eq!(world.ai_mode(), Some(false), "{ran:#?}");
    assert_eq!(leases(world), 0, "{ran:#?}");
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    world.assert_clean();
}

/// The warnings in the JSON; stderr must contain them as well.
#[track_caller]
fn warnings(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let warnings = json["warnings"].as_array().cloned().unwrap_or_default();
    let warnings = warnings.iter().filter_map(Value::as_str).map(str::to_owned);
    warnings.inspect(|warning| assert!(ran.stderr.contains(warning), "{ran:#?}")).collect()
}

#[test]
fn a_replay_of_a_key_recovers_and_sends_nothing() {
    let world = World::new();
    let message = with(&fixed(&SMS), &["--idempotency-key", "order-1"]);
    assert_accepted(&world.run(&message));
    leave_on(&world);
    let before = world.processes().len();
    let ran = world.run(&message);
    assert_eq!(ran.json()["data"]["replayed"], true, "{ran:#?}");
    assert_eq!(commands_after(&world, before), ["ai-mode disable"]);
    assert_eq!(world.sent().len(), 1);
    assert_recovered(&world, &ran);
}

#[test]
fn a_run_that_ends_before_its_first_call_recovers() {
    for arguments in [
        // A missing value, a missing `--yes`, and a profile that does not exist.
        vec!["sms", "send", "--yes", "--json"],
        SMS.iter().copied().filter(|word| *word != "--yes").collect(),
        with(&SMS, &["--profile", "nobody"]),
    ] {
        let world = warm();
        leave_on(&world);
        let before = world.processes().len();
        let ran = world.run(&arguments);
        assert_eq!(ran.json()["error"]["outcome"], "not_sent", "{ran:#?}");
        assert_eq!(commands_after(&world, before), ["ai-mode disable"], "{arguments:?}");
        assert_eq!(world.sent().len(), 1);
        assert_recovered(&world, &ran);
    }
}

#[test]
fn a_run_that_starts_no_process_only_warns() {
    for (arguments, exit) in [
        (with(&SMS, &["--dry-run"]), 0),
        (with(&SMS, &["--no-such-flag"]), 2),
        (vec!["sms", "--json"], 2),
        (vec!["sandbox", "reset", "--json"], 0),
    ] {
        let world = warm();
        leave_on(&world);
        let before = world.processes().len();
        let ran = world.run(&arguments);
        assert_eq!(ran.exit(), exit, "{ran:#?}");
        assert_eq!(commands_after(&world, before), [""; 0], "{arguments:?}");
        assert_eq!(ran.json()["ai_mode_disabled"], false, "{ran:#?}");
        let warnings = warnings(&ran);
        assert!(warnings.iter().any(|text| text.contains("ai-mode may be on")), "{ran:#?}");
        assert_eq!(world.ai_mode(), Some(true));
        // The next run that starts aliyun switches it off.
        let ran = world.run(&SMS);
        assert_accepted(&ran);
        assert_recovered(&world, &ran);
    }
}

#[test]
fn help_and_version_warn_on_stderr() {
    for arguments in [&["--help"][..], &["sms", "send", "--help"], &["--version"]] {
        let world = warm();
        leave_on(&world);
        let before = world.processes().len();
        let ran = world.run(arguments);
        assert_eq!(ran.exit(), 0, "{ran:#?}");
        assert!(ran.stderr.contains("ai-mode may be on"), "{ran:#?}");
        assert_eq!(world.processes().len(), before);
    }
}

#[test]
fn a_clean_start_prints_no_recovery_warning() {
    let world = warm();
    for arguments in [with(&SMS, &["--dry-run"]), with(&SMS, &["--no-such-flag"])] {
        let ran = world.run(&arguments);
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert_eq!(ran.json()["warnings"], serde_json::json!([]), "{ran:#?}");
    }
}

#[test]
fn a_running_run_is_not_recovered() {
    let world = warm();
    leave_on(&world);
    let live = fs::File::create(world.path("home/.aliyun/.alimsg/leases/a-run-that-lives"));
    let live = live.expect("a lease");
    live.lock().expect("the lock of a lease");
    let before = world.processes().len();
    let ran = world.run(&["sms", "send", "--yes", "--json"]);
    assert_eq!(commands_after(&world, before), [""; 0]);
    // The other run will switch it off.
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    assert_eq!(world.ai_mode(), Some(true));
    drop(live);
    let ran = world.run(&["sms", "send", "--yes", "--json"]);
    assert_recovered(&world, &ran);
}

#[test]
fn a_recovery_that_fails_is_reported_and_leaves_the_lease() {
    let world = World::new();
    let message = with(&fixed(&SMS), &["--idempotency-key", "order-1"]);
    assert_accepted(&world.run(&message));
    leave_on(&world);
    world.script(serde_json::json!([{
        "match": ["configure", "ai-mode", "disable"], "exit": 1, "stderr": "ERROR: disk full\n",
    }]));
    let ran = world.run(&message);
    // The stored result of the key is printed anyway.
    assert_eq!(ran.json()["data"]["replayed"], true, "{ran:#?}");
    assert_eq!(ran.json()["ai_mode_disabled"], false, "{ran:#?}");
    assert!(warnings(&ran).iter().any(|text| text.contains("disk full")), "{ran:#?}");
    assert_eq!(leases(&world), 1);
    fs::remove_file(world.path("bin/aliyun")).expect("the stand-in is removed");
    let mut command = world.alimsg(&message);
    command.env("PATH", world.path("bin"));
    let ran = run(command);
    assert_eq!(ran.json()["data"]["replayed"], true, "{ran:#?}");
    assert_eq!(ran.json()["ai_mode_disabled"], false, "{ran:#?}");
    assert!(warnings(&ran).iter().any(|text| text.contains("not installed")), "{ran:#?}");
}
