//! Limits of batches: before the start for each row, and while they run.

use std::collections::BTreeSet;

use rustix::process::Signal;
use serde_json::json;

use super::{assert_rule, command, limit, limited, run};
use crate::batch::{BATCH, number, phone, recipients, result, rows};
use crate::support::messages::and;
use crate::support::{Running, World};

fn phones(range: std::ops::Range<usize>) -> BTreeSet<String> {
    range.map(phone).collect()
}

#[test]
fn rows_that_a_limit_does_not_permit_are_invalid() {
    let world = limited("allow_recipients = [\"8613900000*\", \"8613900001*\"]");
    rows(&world, 5);
    let ran = run(&world, &BATCH).exits(2);
    let error = assert_rule(&ran, "allow_recipients");
    assert_eq!(
        (&ran.json()["data"]["invalid"], &ran.json()["data"]["valid"]),
        (&json!(3), &json!(2))
    );
    assert!(ran.json()["data"]["rows"][0]["reason"].to_string().contains("limit allow_recipients"));
    assert!(!error.to_string().contains("13900002111"), "{error}");
    assert!(world.sent().is_empty());
    run(&world, &and(&BATCH, &["--skip-invalid"])).exits(0);
    assert_eq!(recipients(&world), phones(0..2));
}

#[test]
fn a_batch_keeps_to_the_limits_of_its_command() {
    let world = limited("max_recipients = 4");
    rows(&world, 5);
    let refused = |limits: &str, words: &[&str], rule: &str| {
        limit(&world, limits);
        let ran = run(&world, words).exits(2);
        assert_rule(&ran, rule);
        assert!(world.sent().is_empty());
    };
    refused("max_recipients = 4", &BATCH, "max_recipients");
    refused("max_recipients = 4", &and(&BATCH, &["--enqueue"]), "max_recipients");
    refused("allow_templates = [\"SMS_9\"]", &BATCH, "allow_templates");
    refused("allow_signatures = [\"Other\"]", &BATCH, "allow_signatures");
    refused("sandbox_only = true", &BATCH, "sandbox_only");
    refused("deny_commands = [\"sms batch\"]", &BATCH, "deny_commands");
    // A batch that was queued before a limit was set.
    limit(&world, "");
    let queued = run(&world, &and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID").to_string();
    for (limits, rule) in [
        ("deny_commands = [\"sms batch\"]", "deny_commands"),
        ("allow_templates = []", "allow_templates"),
        ("max_recipients = 4", "max_recipients"),
        ("deny_recipients = [\"86139*\"]", "deny_recipients"),
        ("per_day = 2", "per_day"),
    ] {
        limit(&world, limits);
        let ran = run(&world, &["batches", "work", &id, "--json"]).exits(2);
        let result = result(&ran);
        assert_eq!(result["error"]["rule"], rule, "{result:#}");
        assert!(world.sent().is_empty());
    }
    limit(&world, "");
    run(&world, &["batches", "work", &id]).exits(0);
    assert_eq!(recipients(&world), phones(0..5));
    world.assert_clean();
}

#[test]
fn a_value_with_a_credential_makes_its_row_invalid() {
    let world = World::new();
    let key = ["LTAI5t", "ExampleExample01"].concat();
    world.file("rows.csv", &format!("phone,name,order\n13800001000,{key},1\n13800001001,Al,2\n"));
    let ran = run(&world, &BATCH).exits(2);
    assert_rule(&ran, "credentials");
    assert!(!ran.stdout.contains(&key), "{ran:#?}");
}

/// Asserts that a run sends all five rows.
#[cfg(debug_assertions)]
#[track_caller]
fn assert_sends_all(world: &World, running: Running) {
    let ran = running.wait().exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 5, "{ran:#?}");
    assert_eq!(recipients(world), phones(0..5));
    world.assert_clean();
}

#[cfg(debug_assertions)]
#[test]
fn a_batch_pauses_in_quiet_hours_without_ai_mode() {
    let world = limited("quiet_hours = \"22:00-08:00 Asia/Shanghai\"");
    rows(&world, 5);
    world.file("clock", "2026-11-22T15:00:00Z");
    let running = Running::start(command(&world, &BATCH));
    running.wait_for_stderr("paused until 2026-11-23T00:00:00Z");
    assert_ne!(world.ai_mode(), Some(true));
    assert!(world.sent().is_empty());
    world.file("clock", "2026-11-23T00:00:00Z");
    assert_sends_all(&world, running);
}

#[cfg(debug_assertions)]
#[test]
fn a_batch_pauses_until_its_counts_permit_the_next_call() {
    for more in [&[][..], &["--enqueue"]] {
        let world = limited("per_hour = 2");
        rows(&world, 5);
        world.file("clock", "2026-11-22T12:00:00Z");
        let running = if more.is_empty() {
            Running::start(command(&world, &BATCH))
        } else {
            let queued = run(&world, &and(&BATCH, more)).exits(0).json();
            let id = queued["data"]["id"].as_str().expect("an ID").to_string();
            Running::start(command(&world, &["batches", "work", &id, "--json"]))
        };
        running.wait_for_stderr("paused until 2026-11-22T13:00:00.005Z");
        assert_ne!(world.ai_mode(), Some(true), "the guard is released");
        assert_eq!(recipients(&world).len(), 2);
        world.file("clock", "2026-11-22T13:00:01Z");
        running.wait_for_stderr("paused until 2026-11-22T14");
        assert_eq!(recipients(&world).len(), 4);
        world.file("clock", "2026-11-22T14:00:02Z");
        assert_sends_all(&world, running);
    }
}

#[cfg(debug_assertions)]
#[test]
fn a_row_whose_recipient_has_reached_the_limit_waits_and_the_others_are_sent() {
    let world = limited("per_recipient_per_day = 1");
    rows(&world, 3);
    world.file("clock", "2026-11-22T12:00:00Z");
    let first = phone(0);
    let sms = ["sms", "send", "-p", &first, "-s", "Acme", "-t", "SMS_100003", "--yes"];
    run(&world, &sms).exits(0);
    let running = Running::start(command(&world, &BATCH));
    running.wait_for_stderr("paused until 2026-11-23T12");
    assert_eq!(world.sent().len(), 2);
    // A stopped batch continues later.
    running.signal(Signal::INT);
    let ran = running.wait();
    let stopped = result(&ran);
    assert_eq!((number(&stopped, "accepted"), number(&stopped, "remaining")), (2, 1), "{ran:#?}");
    world.file("clock", "2026-11-23T12:00:01Z");
    let id = stopped["data"]["id"].as_str().expect("an ID");
    let ran = run(&world, &["batches", "resume", id, "--yes", "--json"]).exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 3);
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn calls_of_concurrent_batches_and_single_messages_share_the_counts() {
    let world = limited("per_day = 7");
    let runs: Vec<Running> = (0..4)
        .map(|batch| {
            let lines: String = (0..4)
                .map(|row| format!("{},name {row},{row}\n", phone(batch * 10 + row)))
                .collect();
            let file = format!("rows{batch}.csv");
            world.file(&file, &format!("phone,name,order\n{lines}"));
            let words = [&["sms", "batch", &file], &BATCH[3..], &["--jobs", "2"]].concat();
            Running::start(command(&world, &words))
        })
        .collect();
    world.wait_until("7 messages", || recipients(&world).len() == 7);
    let sms = and(&crate::support::messages::SMS, &["--json"]);
    assert_rule(&run(&world, &sms).exits(2), "per_day");
    for running in &runs {
        running.signal(Signal::INT);
    }
    runs.into_iter().for_each(|running| drop(running.wait()));
    assert_eq!(recipients(&world).len(), 7);
    world.assert_clean();
}
