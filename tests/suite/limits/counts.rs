//! Limits that count messages: concurrent runs, killed runs, rejected messages, quiet hours.

use std::fs;

use rustix::process::Signal;
use serde_json::json;

use super::{assert_refused, assert_rule, command, limit, limited, run};
use crate::support::messages::{SMS, TEXT, and, with};
use crate::support::{Running, World};

/// An SMS that differs in each run.
fn sms() -> Vec<&'static str> {
    and(&SMS, &["--json", "--param=n=x{n}"])
}

#[test]
fn concurrent_runs_send_exactly_as_many_messages_as_the_limit() {
    let world = limited("per_hour = 3");
    let runs: Vec<Running> = (0..8).map(|_| Running::start(command(&world, &sms()))).collect();
    let ended: Vec<_> = runs.into_iter().map(Running::wait).collect();
    assert_eq!(ended.iter().filter(|ran| ran.exit() == 0).count(), 3, "{ended:#?}");
    for ran in ended.iter().filter(|ran| ran.exit() != 0) {
        assert_eq!(ran.exit(), 2);
        assert_eq!(assert_rule(ran, "per_hour")["retryable"], true);
    }
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[cfg(debug_assertions)]
#[test]
fn messages_count_for_their_period() {
    let world = limited("per_hour = 2\nper_day = 3\nper_recipient_per_day = 2");
    world.file("clock", "2026-11-22T12:00:00Z");
    run(&world, &sms()).exits(0);
    world.file("clock", "2026-11-22T12:10:00Z");
    run(&world, &sms()).exits(0);
    let error = assert_refused(&world, &SMS, "per_recipient_per_day");
    assert!(error["hint"].to_string().contains("2026-11-23T12:00:01Z"), "{error}");
    assert!(error["message"].to_string().contains("*1000"), "the number is masked: {error}");
    // Every notation is the same recipient, on every channel.
    let text = and(&TEXT, &["--text", "Hi"]);
    assert_refused(&world, &text, "per_recipient_per_day");
    assert_refused(&world, &with(&SMS, "-p", "+8613800001000"), "per_recipient_per_day");
    let other = with(&sms(), "-p", "13800001001");
    let error = assert_rule(&run(&world, &other).exits(2), "per_hour");
    assert!(error["hint"].to_string().contains("2026-11-22T13:00:01Z"), "{error}");
    world.file("clock", "2026-11-22T13:00:01Z");
    run(&world, &other).exits(0);
    assert_rule(&run(&world, &with(&sms(), "-p", "13800001002")).exits(2), "per_day");
    world.file("clock", "2026-11-23T12:00:01Z");
    run(&world, &sms()).exits(0);
    assert_eq!(world.sent().len(), 4);
}

#[test]
fn a_message_counts_until_it_is_proven_not_to_be_sent() {
    let world = limited("per_hour = 1");
    // Rejected: it does not count.
    world.script(json!([{ "match": ["dysmsapi", "send-sms"], "times": 1, "sent": false,
        "stdout": "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"too many\"}" }]));
    run(&world, &sms()).exits(6);
    // Killed: it may have been sent.
    world.script(json!([{ "match": ["dysmsapi", "send-sms"], "times": 1, "delay_ms": 600 }]));
    let before = world.count("dysmsapi send-sms");
    let running = Running::start(command(&world, &sms()));
    world.wait_until("the call", || world.count("dysmsapi send-sms") > before);
    running.signal(Signal::KILL);
    running.wait();
    assert_refused(&world, &with(&SMS, "-p", "13800001001"), "per_hour");
    world.wait_for_quiet();
    assert_eq!(world.sent().len(), 1);
}

#[cfg(debug_assertions)]
#[test]
fn nothing_is_sent_in_quiet_hours() {
    let world = limited("quiet_hours = \"22:00-08:00 Asia/Shanghai\"");
    world.file("clock", "2026-11-22T15:00:00Z");
    let error = assert_refused(&world, &SMS, "quiet_hours");
    assert!(error["hint"].to_string().contains("2026-11-23T00:00:00Z"), "{error}");
    assert_refused(&world, &and(&TEXT, &["--text", "Hi"]), "quiet_hours");
    world.file("clock", "2026-11-23T00:00:00Z");
    run(&world, &SMS).exits(0);
    // They begin while the user reads the plan.
    let mut terminal =
        crate::support::Terminal::start(command(&world, &with(&SMS[..8], "-p", "13800001001")));
    terminal.expect("Type \"yes\"");
    world.file("clock", "2026-11-23T15:00:00Z");
    terminal.write("yes\r");
    let ran = terminal.wait().exits(2);
    assert!(ran.stdout.contains("limit quiet_hours"), "{}", ran.stdout);
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn the_sandbox_has_its_own_counts() {
    let world = limited("per_hour = 1\nsandbox_only = true");
    let sandbox = and(&["--sandbox"], &SMS);
    run(&world, &sandbox).exits(0);
    assert_refused(&world, &and(&sandbox, &["--param=n=1"]), "per_hour");
    limit(&world, "per_hour = 1");
    run(&world, &SMS).exits(0);
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_send_that_cannot_be_counted_is_refused() {
    let world = limited("per_hour = 5");
    run(&world, &SMS).exits(0);
    fs::write(world.path("state/store.sqlite3"), "damaged").expect("written");
    let words = and(&sms(), &["--allow-duplicate", "--ephemeral-state"]);
    let ran = run(&world, &words).exits(3);
    assert_eq!(ran.json()["error"]["outcome"], "not_sent", "{ran:#?}");
    assert_eq!(world.sent().len(), 1);
    let world: World = limited("per_hour = 5");
    fs::remove_dir(world.path("state")).expect("removed");
    fs::write(world.path("state"), "not a folder").expect("written");
    run(&world, &words).exits(3);
    assert!(world.sent().is_empty());
}
