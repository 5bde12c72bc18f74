//! SIGINT, SIGTERM, SIGHUP and SIGQUIT in every phase of a run.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Ran, Running, World, is_alive};

const SIGNALS: [Signal; 4] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];

/// Longer than any test waits.
const FOREVER: u64 = 120_000;

/// Runs the check for each signal, in parallel.
fn for_each_signal(check: impl Fn(Signal) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        for signal in SIGNALS {
            scope.spawn(move || check(signal));
        }
    });
}

/// Asserts that the signal ended the run.
#[track_caller]
fn assert_ended_by(ran: &Ran, signal: Signal) {
    assert_eq!(ran.signal(), Some(signal.as_raw()), "{ran:#?}");
}

#[test]
fn a_signal_during_the_checks_stops_before_ai_mode() {
    for_each_signal(|signal| {
        let world = World::new();
        world.script(json!([{ "match": ["version"], "held": true }]));
        let running = world.start(&SMS);
        world.wait_for_command("version");
        running.signal(signal);
        world.release();
        let ran = running.wait();
        assert_ended_by(&ran, signal);
        let json = ran.json();
        assert_eq!(json["error"]["kind"], "cancelled", "{json:#}");
        assert_eq!(json["error"]["outcome"], "not_sent", "{json:#}");
        assert_eq!(world.commands(), ["version"]);
        assert_eq!(world.ai_mode(), None);
        world.assert_clean();
    });
}

#[test]
fn a_second_signal_ends_a_hanging_check() {
    for_each_signal(|signal| {
        let world = World::new();
        world.script(json!([{ "match": ["version"], "delay_ms": FOREVER }]));
        let running = world.start(&SMS);
        world.wait_for_command("version");
        let ran = running.signal_until_ended(signal);
        assert_ended_by(&ran, signal);
        assert_eq!(ran.json()["error"]["outcome"], "not_sent");
        assert_eq!(world.commands(), ["version"]);
        world.assert_clean();
    });
}

#[test]
fn a_signal_during_enable_switches_ai_mode_off_again() {
    for_each_signal(|signal| {
        for step in ["enable", "set-user-agent"] {
            let world = warm();
            world.set_ai_mode(false, "");
            let before = world.processes().len();
            world.script(json!([{ "match": ["configure", "ai-mode", step], "held": true }]));
            let running = world.start(&SMS);
            let name = format!("ai-mode {step}");
            world.wait_until(&name, || commands_after(&world, before).contains(&name));
            running.signal(signal);
            world.release();
            let ran = running.wait();
            assert_ended_by(&ran, signal);
            let json = ran.json();
            assert_eq!(json["error"]["outcome"], "not_sent", "{json:#}");
            assert_eq!(json["ai_mode_disabled"], true, "{json:#}");
            let seen = commands_after(&world, before);
            assert_eq!(seen.last().map(String::as_str), Some("ai-mode disable"), "{seen:?}");
            assert_eq!(world.sent().len(), 1, "{seen:?}");
            world.assert_clean();
        }
    });
}

#[test]
fn a_signal_at_the_end_of_a_step_is_counted_before_the_next_step() {
    let world = warm();
    for step in ["enable", "set-user-agent"].into_iter().cycle().take(20) {
        world.set_ai_mode(false, "");
        let before = world.processes().len();
        let rule = json!({ "match": ["configure", "ai-mode", step], "interrupt_parent": true });
        world.script(json!([rule]));
        let ran = world.run(&SMS);
        assert_ended_by(&ran, Signal::INT);
        let json = ran.json();
        assert_eq!(json["error"]["kind"], "cancelled", "{json:#}");
        assert_eq!(json["error"]["outcome"], "not_sent", "{json:#}");
        assert_eq!(json["ai_mode_disabled"], true, "{json:#}");
        let seen = commands_after(&world, before);
        assert_eq!(seen.last().map(String::as_str), Some("ai-mode disable"), "{seen:?}");
        if step == "enable" {
            assert!(!seen.contains(&"ai-mode set-user-agent".to_string()), "{seen:?}");
        }
        assert_eq!(world.sent().len(), 1, "{seen:?}");
    }
    world.assert_clean();
}

#[test]
fn a_first_signal_lets_the_call_in_flight_finish() {
    for_each_signal(|signal| {
        let world = World::new();
        world.script(json!([{ "match": ["dysmsapi"], "held": true, "grandchild": true }]));
        let running = world.start(&SMS);
        wait_for_plugin(&world);
        running.signal(signal);
        // A note explains why the run does not end at once.
        running.wait_for_stderr("waiting for the running call to finish");
        world.release();
        let ran = running.wait();
        assert_ended_by(&ran, signal);
        assert!(ran.stderr.contains("a second Ctrl-C ends it"), "{ran:#?}");
        let json = ran.json();
        assert_eq!(json["ok"], true, "{json:#}");
        assert_eq!(json["data"]["status"], "accepted", "{json:#}");
        assert_eq!(json["ai_mode_disabled"], true, "{json:#}");
        assert_eq!(world.sent().len(), 1);
        assert_on_during_calls(&world);
        world.assert_clean();
    });
}

#[test]
fn a_second_signal_ends_the_call_with_its_plugin_and_the_outcome_is_unknown() {
    for_each_signal(|signal| {
        let world = World::new();
        world.script(json!([{
            "match": ["dysmsapi"], "delay_ms": FOREVER, "grandchild": true, "ignore_sigterm": true,
        }]));
        let running = world.start(&with(&SMS, &["--out-id", "order-7"]));
        wait_for_plugin(&world);
        let ran = running.signal_until_ended(signal);
        assert_ended_by(&ran, signal);
        let json = ran.json();
        assert_eq!(json["error"]["kind"], "cancelled", "{json:#}");
        assert_eq!(json["error"]["outcome"], "unknown", "{json:#}");
        assert_eq!(json["ai_mode_disabled"], true, "{json:#}");
        let next = json["error"]["next"][0].as_str().unwrap_or_default();
        assert!(next.contains("order-7"), "{json:#}");
        let calls = calls(&world);
        assert_eq!(calls.len(), 2, "{calls:#?}");
        assert!(calls.iter().all(|call| !is_alive(call.pid)), "{calls:#?}");
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    });
}

#[test]
fn a_second_signal_ends_a_plugin_that_outlives_its_host() {
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "delay_ms": FOREVER, "grandchild": true }]));
    // Longer than the test: the timeout must not end it.
    let running = world.start(&with(&SMS, &["--timeout", "3600"]));
    wait_for_plugin(&world);
    crate::guard::kills::kill_host(&world);
    world.wait_until("the host is gone", || !is_alive(calls(&world)[0].pid));
    let ran = running.signal_until_ended(Signal::INT);
    assert_ended_by(&ran, Signal::INT);
    assert_eq!(ran.json()["error"]["outcome"], "unknown");
    world.assert_clean();
}

#[test]
fn signals_during_disable_do_not_stop_it() {
    for_each_signal(|signal| {
        let world = World::new();
        let disable = ["configure", "ai-mode", "disable"];
        world.script(json!([{ "match": disable, "held": true }]));
        let running = world.start(&SMS);
        world.wait_for_command("ai-mode disable");
        running.signal(signal);
        world.release();
        let ran = running.signal_until_ended(signal);
        assert_ended_by(&ran, signal);
        let json = ran.json();
        assert_eq!(json["data"]["status"], "accepted", "{json:#}");
        assert_eq!(json["ai_mode_disabled"], true, "{json:#}");
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    });
}

#[test]
fn the_exit_status_is_the_first_signal_when_another_kind_follows() {
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "delay_ms": FOREVER }]));
    let running = world.start(&SMS);
    world.wait_for_command("dysmsapi send-sms");
    running.signal(Signal::TERM);
    running.wait_for_stderr("waiting for the running call to finish");
    let ran = running.signal_until_ended(Signal::INT);
    assert_ended_by(&ran, Signal::TERM);
    world.assert_clean();
}

#[test]
fn a_signal_at_any_moment_leaves_ai_mode_off_and_reports_the_outcome() {
    for_each_signal(|signal| {
        let world = warm();
        world.write_delay_ms(4);
        let mut random =
            fastrand::Rng::with_seed(0x5EED_0010 + u64::from(signal.as_raw().unsigned_abs()));
        for round in 0..12 {
            let before = world.sent().len();
            let running = world.start(&SMS);
            thread::sleep(Duration::from_micros(random.u64(..80_000)));
            running.signal(signal);
            let ran = running.wait();
            // At once: the run itself cleans up, not the watchdog.
            world.assert_clean();
            let sent = world.sent().len() - before;
            if ran.stdout.is_empty() {
                // The signal handlers were not installed yet.
                assert_eq!((ran.signal(), sent), (Some(signal.as_raw()), 0), "{round}: {ran:#?}");
                continue;
            }
            let json = ran.json();
            assert!(ran.signal() == Some(signal.as_raw()) || ran.exit() == 0, "{round}: {ran:#?}");
            assert_eq!(json["ai_mode_disabled"], true, "{round}: {json:#}");
            // One signal never ends a call, so the outcome is always known.
            let expected = if json["ok"] == true { "sent" } else { "not_sent" };
            let outcome = json["error"]["outcome"].as_str().unwrap_or("sent");
            assert_eq!(
                (outcome, sent),
                (expected, usize::from(expected == "sent")),
                "{round}: {json:#}"
            );
        }
        assert_on_during_calls(&world);
    });
}

/// Only Linux shows which signals are ignored.
#[cfg(target_os = "linux")]
#[test]
fn a_sighup_ignored_by_nohup_stays_ignored() {
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let command = world.shell(r#"trap "" HUP; exec "$0" "$@""#, &SMS);
    let running = Running::start(command);
    world.wait_for_command("dysmsapi send-sms");
    for _ in 0..3 {
        running.signal(Signal::HUP);
        thread::sleep(Duration::from_millis(20));
    }
    world.release();
    assert_accepted(&running.wait());
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn a_signal_ends_the_wait_for_the_configuration_lock() {
    let world = warm();
    let lock = std::fs::File::open(world.path("home/.aliyun/.alimsg/configuration.lock"));
    let lock = lock.expect("the lock of the configuration");
    lock.lock().expect("the lock");
    let before = world.processes().len();
    // On a busy machine the handlers may not be installed after the shorter pauses.
    let mut pauses = [100, 500, 2_000, 8_000].into_iter();
    let ran = loop {
        let running = world.start(&SMS);
        thread::sleep(Duration::from_millis(pauses.next().expect("it waits at last")));
        running.signal(Signal::TERM);
        let ran = running.wait();
        assert_ended_by(&ran, Signal::TERM);
        if !ran.stdout.is_empty() {
            break ran;
        }
    };
    assert_eq!(ran.json()["error"]["outcome"], "not_sent");
    assert_eq!(commands_after(&world, before), [""; 0]);
    drop(lock);
    world.assert_clean();
}

#[test]
fn a_run_that_waits_for_another_one_prints_a_note() {
    let world = warm();
    let lock = std::fs::File::open(world.path("home/.aliyun/.alimsg/configuration.lock"));
    let lock = lock.expect("the lock of the configuration");
    lock.lock().expect("the lock");
    let running = world.start(&SMS);
    running.wait_for_stderr("waiting for another run of alimsg");
    drop(lock);
    let ran = running.wait();
    assert_accepted(&ran);
    assert!(ran.took >= Duration::from_secs(1), "{ran:#?}");
    assert_eq!(ran.stderr.matches("waiting for another run").count(), 1, "{ran:#?}");
    // There is no note for a short wait.
    assert!(!world.run(&SMS).stderr.contains("waiting for another run"));
    world.assert_clean();
}
