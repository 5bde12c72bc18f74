//! Checks that only aged: the run uses them, and a process renews them after the run.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::guard::preflight_cache::{COLD_SMS, cache_entry, edit, hours_from_now};
use crate::support::{Invocation, Ran, World, can_be_listed};

const RENEWAL: [&str; 4] = ["version", "plugin list", "plugin update", "configure list"];

/// A world whose checks are one day old.
fn aged() -> World {
    let world = warm();
    age(&world);
    world
}

fn age(world: &World) {
    edit(world, |entry| entry["checked_at"] = hours_from_now(-25));
}

fn entry(world: &World) -> Value {
    serde_json::from_slice(&fs::read(cache_entry(world)).expect("an entry")).expect("JSON")
}

/// Sends one SMS, waits until its renewal has ended and returns the commands of both.
fn run_and_renewal(world: &World) -> Vec<String> {
    let before = world.processes().len();
    assert_accepted(&world.run(&SMS));
    world.wait_for_quiet();
    world.assert_clean();
    commands_after(world, before)
}

/// The last process that ran this command.
fn last(world: &World, command: &str) -> Option<Invocation> {
    world.processes().into_iter().rfind(|one| one.command() == command && !one.plugin)
}

fn is_updating(world: &World) -> bool {
    last(world, "plugin update").is_some_and(|update| update.is_running())
}

/// Makes an update run until the test releases it.
fn hold_update(world: &World) {
    world.script(json!([{ "match": ["plugin", "update"], "held": true }]));
}

#[track_caller]
fn assert_one_update(world: &World) {
    assert_eq!(world.count("plugin update"), 2, "one by the cold run, one by the renewal");
}

#[test]
fn aged_checks_are_used_and_renewed_after_the_run() {
    for age in [
        (|entry| entry["checked_at"] = hours_from_now(-24)) as fn(&mut Value),
        |entry| entry["checked_at"] = hours_from_now(-29 * 24),
        |entry| entry["plugins"]["dysmsapi"]["at"] = hours_from_now(-25),
    ] {
        let world = warm();
        edit(&world, |entry| entry["checked_at"] = hours_from_now(-23));
        assert_eq!(run_and_renewal(&world), WARM_SMS);
        edit(&world, age);
        assert_eq!(run_and_renewal(&world), [&WARM_SMS[..], &RENEWAL].concat());
        assert_eq!(run_and_renewal(&world), WARM_SMS);
    }
}

#[test]
fn a_hanging_catalogue_delays_no_run_and_starts_one_renewal() {
    let world = aged();
    hold_update(&world);
    let before = world.processes().len();
    for _ in 0..3 {
        assert_accepted(&world.run(&SMS));
        world.wait_until("the update is running", || is_updating(&world));
    }
    assert!(is_updating(&world), "no run waited for it");
    let commands = commands_after(&world, before);
    assert_eq!(commands.iter().filter(|command| *command == "dysmsapi send-sms").count(), 3);
    world.release();
    world.wait_for_quiet();
    assert_one_update(&world);
    assert_eq!(run_and_renewal(&world), WARM_SMS);
}

#[test]
fn an_update_waits_for_running_calls_even_if_their_run_was_killed() {
    if !can_be_listed() {
        return;
    }
    for killed in [false, true] {
        let world = aged();
        // The call goes on for a while after its release.
        world.script(json!([{
            "match": ["dysmsapi"], "times": 1, "held": true, "delay_ms": 500, "grandchild": true,
        }]));
        let slow = world.start(&SMS);
        wait_for_plugin(&world);
        if killed {
            let run =
                world.running().into_iter().find(|one| one.name == "alimsg" && !one.is_watchdog);
            run.expect("the run").kill();
        }
        assert_accepted(&world.run(&SMS));
        world.wait_until("the renewal has begun", || world.count("plugin list") == 2);
        world.release();
        slow.wait();
        world.wait_for_quiet();
        // The stand-in reports an update during a call as a violation.
        world.assert_clean();
        assert_one_update(&world);
    }
}

#[test]
fn a_call_waits_only_while_plugin_files_are_being_replaced() {
    for waits_for_the_end in [true, false] {
        let world = aged();
        if waits_for_the_end {
            world.script(json!([{ "match": ["plugin", "update"], "delay_ms": 3_000 }]));
        } else {
            hold_update(&world);
        }
        assert_accepted(&world.run(&SMS));
        world.wait_until("the update is running", || is_updating(&world));
        world.file("home/.aliyun/plugins/aliyun-cli-dysmsapi/new", "a new version");
        assert_accepted(&world.run(&SMS));
        assert_eq!(is_updating(&world), !waits_for_the_end, "a call waits at most 5 s");
        world.release();
        world.wait_for_quiet();
        assert_one_update(&world);
        if waits_for_the_end {
            let call = last(&world, "dysmsapi send-sms").expect("a call");
            let update = last(&world, "plugin update").and_then(|update| update.end);
            assert!(call.start >= update.expect("an end").end);
        }
    }
}

#[test]
fn a_failed_check_makes_the_next_run_check_in_the_foreground() {
    for (rule, exit) in [
        (json!({ "match": ["version"], "stdout": "3.3.2\n" }), 3),
        (json!({ "match": ["plugin", "list"], "times": 1, "stdout": "Name Version\n" }), 0),
        (json!({ "match": ["configure", "list"], "stdout": "Profile | Credential\n" }), 4),
    ] {
        let world = aged();
        world.script(json!([rule]));
        assert_accepted(&world.run(&SMS));
        world.wait_for_quiet();
        let entries = fs::read_dir(world.path("state/stamps")).expect("the cache folder").count();
        assert_eq!(entries, 0, "{rule:#}");
        assert_eq!(world.run(&SMS).exit(), exit, "{rule:#}");
        world.wait_for_quiet();
    }
}

#[test]
fn a_failed_update_is_tried_again_by_the_next_runs_but_not_for_ever() {
    let world = aged();
    world.script(json!([{
        "match": ["plugin", "update"], "exit": 1, "stderr": "ERROR: catalogue unreachable\n",
    }]));
    for failures in 1..=3 {
        assert_eq!(run_and_renewal(&world), [&WARM_SMS[..], &RENEWAL[..3]].concat());
        let entry = entry(&world);
        assert_eq!(entry["failed_renewals"]["count"], failures, "{entry:#}");
    }
    assert_eq!(run_and_renewal(&world), WARM_SMS);
    edit(&world, |entry| entry["failed_renewals"]["last"] = hours_from_now(-2));
    world.script(json!([]));
    assert_eq!(run_and_renewal(&world), [&WARM_SMS[..], &RENEWAL].concat());
    assert_eq!(entry(&world)["failed_renewals"]["count"], 0);
}

#[test]
fn a_renewal_survives_signals_and_keeps_no_file_of_the_caller() {
    if !can_be_listed() {
        return;
    }
    let world = aged();
    hold_update(&world);
    // If the renewal kept file 9, this would wait for it.
    let ran = run(world.shell(r#""$0" "$@" 9>&1"#, &SMS));
    assert_accepted(&ran);
    world.wait_until("the update is running", || is_updating(&world));
    let renewals = world.running().into_iter().filter(|process| process.name == "alimsg");
    for renewal in renewals {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
            kill_process(Pid::from_raw(renewal.pid).expect("a pid"), signal).expect("a signal");
        }
    }
    world.release();
    world.wait_for_quiet();
    let update = last(&world, "plugin update").expect("an update");
    assert_eq!(update.end.expect("it was not killed").exit, 0);
    assert_eq!(run_and_renewal(&world), WARM_SMS);
}

#[test]
fn a_killed_renewal_does_not_end_the_update() {
    if !can_be_listed() {
        return;
    }
    let world = aged();
    hold_update(&world);
    assert_accepted(&world.run(&SMS));
    world.wait_until("the update is running", || is_updating(&world));
    let of_alimsg = || world.running().into_iter().filter(|process| process.name == "alimsg");
    of_alimsg().for_each(|one| one.kill());
    // The update still holds the lock, so this run starts no second one.
    assert_accepted(&world.run(&SMS));
    world.wait_until("the second renewal has ended", || of_alimsg().next().is_none());
    world.release();
    world.wait_for_quiet();
    assert_one_update(&world);
    let update = last(&world, "plugin update").expect("an update");
    assert_eq!(update.end.expect("it was not killed").exit, 0);
    assert_eq!(run_and_renewal(&world), [&WARM_SMS[..], &RENEWAL].concat());
}

#[test]
fn a_run_stopped_by_a_signal_starts_no_renewal() {
    let world = aged();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let before = world.processes().len();
    let running = world.start(&SMS);
    world.wait_until("the call", || world.sent().len() == 2);
    running.signal(Signal::INT);
    running.wait_for_stderr("waiting for the running call");
    world.release();
    running.wait();
    world.wait_for_quiet();
    assert_eq!(commands_after(&world, before), WARM_SMS);
}

#[test]
fn a_first_run_waits_for_a_slow_update_only_for_a_moment() {
    let world = World::new();
    hold_update(&world);
    let ran: Ran = world.run(&with(&SMS, &["--timeout", "2"]));
    assert_accepted(&ran);
    assert!(ran.stderr.contains("not finished within 2 s"), "{ran:#?}");
    assert!(is_updating(&world), "it goes on");
    let mut first_run = COLD_SMS.to_vec();
    first_run.insert(COLD_SMS.len() - 2, "ai-mode set-user-agent");
    assert_eq!(world.commands(), first_run);
    world.release();
    world.wait_for_quiet();
    let update = last(&world, "plugin update").expect("an update");
    assert_eq!(update.end.expect("it was not killed").exit, 0);
    assert!(world.violations().is_empty(), "{:#?}", world.violations());
    assert_eq!(run_and_renewal(&world), WARM_SMS);
}
