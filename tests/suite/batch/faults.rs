//! Signals, errors that stop a batch, a store that fails, and crashes at every failpoint.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::batch::{
    BATCH, ROWS_PER_CALL, exported, number, phone, recipients, result, rows, store,
};
use crate::support::messages::and;
use crate::support::{Ran, Running, World, can_be_listed, is_alive};

/// Longer than any test waits.
const FOREVER: u64 = 120_000;
const CALL: &str = "dysmsapi send-batch-sms";

/// A world with this number of calls to send.
fn world(calls: usize) -> World {
    let world = World::new();
    rows(&world, calls * ROWS_PER_CALL);
    world
}

fn all(calls: usize) -> BTreeSet<String> {
    (0..calls * ROWS_PER_CALL).map(phone).collect()
}

fn delayed(delay: u64) -> Value {
    json!([{ "match": ["dysmsapi", "send-batch-sms"], "delay_ms": delay, "grandchild": true }])
}

/// Waits until this number of calls has reached the service.
#[track_caller]
fn wait_for_sent(world: &World, calls: usize) {
    world.wait_until("calls are sent", || world.sent().len() >= calls);
}

/// Asserts that every call ran with ai-mode on, from its start to its end.
#[track_caller]
fn assert_on_during_calls(world: &World) {
    for call in world.processes() {
        let is_call = call.words().first().is_some_and(|word| word == "dysmsapi");
        if !is_call || call.requested_ai_mode() {
            continue;
        }
        assert!(call.ai_mode_enabled(), "{call:#?}");
        if let Some(end) = &call.end {
            assert_eq!(end.ai_mode["enabled"], true, "{call:#?}");
        }
    }
}

/// Runs the command again and asserts that all rows are accepted or unknown, none of them twice.
#[track_caller]
fn complete(world: &World, calls: usize, context: &str) -> Value {
    world.script(json!([]));
    let ran = world.run(&BATCH);
    let done = result(&ran);
    let unknown = number(&done, "unknown");
    assert_eq!(ran.exit(), if unknown == 0 { 0 } else { 7 }, "{context}: {ran:#?}");
    let total = number(&done, "accepted") + unknown + number(&done, "failed");
    assert_eq!(total, calls * ROWS_PER_CALL, "{context}: {done:#}");
    let sent = recipients(world);
    let id = done["data"]["id"].as_str().expect("an ID");
    let unknown = exported(world, &[], id, "--unknown");
    for row in all(calls) {
        assert!(sent.contains(&row) || unknown.contains(&row), "{context}: {row} was lost");
    }
    world.assert_clean();
    assert_on_during_calls(world);
    done
}

#[test]
fn a_first_signal_lets_running_calls_finish_and_starts_no_other() {
    for (signal, mode) in [(Signal::INT, "switch"), (Signal::TERM, "call")] {
        let world = world(6);
        world.script(delayed(700));
        let running = world.start(&and(&BATCH, &["--jobs", "2", "--ai-mode", mode]));
        wait_for_sent(&world, 2);
        running.signal(signal);
        let ran = running.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{ran:#?}");
        assert!(ran.stderr.contains("waiting for the running calls to finish"), "{ran:#?}");
        let done = result(&ran);
        assert_eq!(number(&done, "accepted"), 2 * ROWS_PER_CALL, "{done:#}");
        assert_eq!(number(&done, "remaining"), 4 * ROWS_PER_CALL, "{done:#}");
        assert_eq!(number(&done, "unknown"), 0, "{done:#}");
        assert_eq!(done["ai_mode_disabled"], true, "{done:#}");
        assert_eq!(world.sent().len(), 2);
        world.assert_clean();
        let done = complete(&world, 6, mode);
        assert_eq!(number(&done, "accepted"), 6 * ROWS_PER_CALL, "{done:#}");
    }
}

#[test]
fn a_second_signal_ends_the_running_calls_and_they_stay_unknown() {
    let world = world(5);
    world.script(delayed(FOREVER));
    let mut running = world.start(&and(&BATCH, &["--jobs", "3"]));
    wait_for_sent(&world, 3);
    while !running.has_ended() {
        running.signal(Signal::INT);
        thread::sleep(Duration::from_millis(100));
    }
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(Signal::INT.as_raw()), "{ran:#?}");
    let done = result(&ran);
    assert_eq!(done["error"]["outcome"], "unknown", "{done:#}");
    assert_eq!(number(&done, "unknown"), 3 * ROWS_PER_CALL, "{done:#}");
    assert_eq!(done["ai_mode_disabled"], true, "{done:#}");
    assert!(world.processes().iter().all(|call| !is_alive(call.pid)));
    world.assert_clean();
    let done = complete(&world, 5, "after a second signal");
    assert_eq!(number(&done, "unknown"), 3 * ROWS_PER_CALL, "{done:#}");
    assert_eq!(number(&done, "accepted"), 2 * ROWS_PER_CALL, "{done:#}");
    assert_eq!(world.sent().len(), 5);
}

#[test]
fn a_closed_stdout_does_not_end_a_batch() {
    let world = world(5);
    let line = r#""$0" "$@" | head -n 1"#;
    let ran = Running::start(world.shell(line, &BATCH)).wait();
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:#?}");
    world.wait_for_quiet();
    assert_eq!(recipients(&world), all(5));
    let done = complete(&world, 5, "after a closed stdout");
    assert_eq!(number(&done, "calls"), 0, "{done:#}");
}

#[test]
fn after_a_kill_ai_mode_stays_on_until_all_calls_have_ended() {
    if !can_be_listed() {
        return;
    }
    let world = world(6);
    // The calls end one after the other.
    let rule = |delay: u64| json!({ "match": ["dysmsapi", "send-batch-sms"], "delay_ms": delay, "times": 1 });
    world.script(json!([rule(600), rule(1_000), rule(1_500)]));
    let running = world.start(&and(&BATCH, &["--jobs", "3"]));
    wait_for_sent(&world, 3);
    running.signal(Signal::KILL);
    running.wait();
    world.wait_for_quiet();
    assert_eq!(world.ai_mode(), Some(false), "{:?}", world.commands());
    let ended =
        world.processes().iter().filter(|call| call.command() == CALL && call.ended()).count();
    assert_eq!(ended, 3);
    assert_on_during_calls(&world);
    let done = complete(&world, 6, "after a kill");
    assert_eq!(number(&done, "unknown"), 3 * ROWS_PER_CALL, "{done:#}");
}

#[test]
fn after_a_kill_the_watchdog_ends_all_calls_that_hang() {
    if !can_be_listed() {
        return;
    }
    let world = world(4);
    world.script(delayed(FOREVER));
    let running = world.start(&and(&BATCH, &["--jobs", "3", "--timeout", "2"]));
    wait_for_sent(&world, 3);
    running.signal(Signal::KILL);
    running.wait();
    world.wait_for_quiet();
    assert_eq!(world.ai_mode(), Some(false), "{:?}", world.commands());
    let done = complete(&world, 4, "after a kill of a hanging run");
    assert_eq!(number(&done, "unknown"), 3 * ROWS_PER_CALL, "{done:#}");
}

#[test]
fn the_watchdog_of_a_killed_run_leaves_no_hanging_call_of_a_queue() {
    if !can_be_listed() {
        return;
    }
    let world = world(3);
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID");
    world.script(delayed(FOREVER));
    let work = ["batches", "work", id, "--json", "--jobs", "2", "--timeout", "2"];
    let running = world.start(&work);
    wait_for_sent(&world, 2);
    running.signal(Signal::KILL);
    running.wait();
    world.wait_for_quiet();
    world.script(json!([]));
    let ran = world.run(&work).exits(7);
    let done = result(&ran);
    assert_eq!(number(&done, "unknown"), 2 * ROWS_PER_CALL, "{done:#}");
    assert_eq!(number(&done, "accepted"), ROWS_PER_CALL, "{done:#}");
    assert_eq!(recipients(&world), all(3));
    world.assert_clean();
}

/// An error of one call and the expected exit code.
fn stop_conditions() -> Vec<(&'static str, Value, i32)> {
    let sdk = |status: u16, code: &str| {
        let text =
            format!("Error: SDKError:\n   StatusCode: {status}\n   Code: {code}\n   Message: no\n");
        json!({ "exit": 1, "stderr": text })
    };
    let reply = |code: &str| {
        let reply = json!({ "Code": code, "Message": "no", "RequestId": "R-12345678" });
        json!({ "stdout": reply.to_string() })
    };
    let refused = "Error: dial tcp 203.0.113.7:443: connect: connection refused\n";
    vec![
        ("permission", sdk(403, "Forbidden.RAM"), 5),
        ("balance", reply("isv.AMOUNT_NOT_ENOUGH"), 6),
        ("credentials", sdk(404, "InvalidAccessKeyId.NotFound"), 4),
        ("connection refused", json!({ "exit": 1, "stderr": refused }), 3),
    ]
}

#[test]
fn an_error_of_the_account_stops_the_batch_and_frees_its_rows() {
    let check = |name: &str, error: &Value, exit: i32, queue: bool| {
        let world = world(3);
        let mut rule = json!({ "match": ["dysmsapi", "send-batch-sms"], "sent": false });
        rule.as_object_mut().expect("a rule").extend(error.as_object().expect("fields").clone());
        let mut words = and(&BATCH, &["--jobs", "1"]);
        let mut id = String::new();
        if queue {
            let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
            queued["data"]["id"].as_str().expect("an ID").clone_into(&mut id);
            words = vec!["batches", "work", &id, "--json", "--jobs", "1"];
        }
        world.script(json!([rule]));
        let ran = world.run(&words);
        let text = format!("{name} queue {queue}: {ran:#?}");
        assert_eq!(ran.exit(), exit, "{text}");
        let done = result(&ran);
        assert_eq!(done["error"]["outcome"], "not_sent", "{text}");
        assert_eq!(number(&done, "remaining"), 3 * ROWS_PER_CALL, "{text}");
        let attempts = world.count(CALL);
        let most = if name == "connection refused" { 12 } else { 1 };
        assert!(attempts <= most, "{attempts} calls: {text}");
        assert!(world.sent().is_empty(), "{text}");
        world.assert_clean();
        // After some calls were accepted, the outcome says so.
        world.script(json!([{ "match": ["dysmsapi", "send-batch-sms"], "times": 1 }, rule]));
        let ran = world.run(&words);
        let done = result(&ran);
        assert_eq!(ran.exit(), 8, "{name}: {ran:#?}");
        assert_eq!(done["error"]["outcome"], "sent", "{done:#}");
        assert_eq!(number(&done, "accepted"), ROWS_PER_CALL, "{done:#}");
        world.script(json!([]));
        let ran = world.run(&words).exits(0);
        assert_eq!(number(&result(&ran), "accepted"), 3 * ROWS_PER_CALL, "{ran:#?}");
        assert_eq!(recipients(&world), all(3));
        world.assert_clean();
    };
    let check = &check;
    thread::scope(|scope| {
        for (name, error, exit) in stop_conditions() {
            scope.spawn(move || check(name, &error, exit, false));
        }
    });
    let (name, error, exit) = stop_conditions().swap_remove(0);
    check(name, &error, exit, true);
}

#[test]
fn constant_throttling_of_a_queue_stops_the_worker() {
    let world = world(2);
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID");
    let throttled = "Error: SDKError:\n   StatusCode: 429\n   Code: Throttling.User\n   Message: Request was denied due to user flow control.\n";
    world.script(json!([{
        "match": ["dysmsapi", "send-batch-sms"], "sent": false, "exit": 1, "stderr": throttled,
    }]));
    let ran = world.run(&["batches", "work", id, "--json"]);
    let done = result(&ran);
    assert_eq!(done["error"]["outcome"], "not_sent", "{ran:#?}");
    assert_eq!(number(&done, "remaining"), 2 * ROWS_PER_CALL, "{done:#}");
    world.assert_clean();
    world.script(json!([]));
    world.run(&["batches", "work", id, "--json"]).exits(0);
    assert_eq!(recipients(&world), all(2));
}

/// Makes changes of the store fail from now on: "INSERT ON batch_calls".
fn break_store(world: &World, change: &str) {
    let trigger = format!(
        "CREATE TRIGGER broken BEFORE {change} BEGIN SELECT raise(ABORT, 'broken by a test'); END"
    );
    store(world).execute_batch(&trigger).expect("a trigger");
}

fn mend_store(world: &World) {
    store(world).execute_batch("DROP TRIGGER broken").expect("the trigger");
}

#[test]
fn no_call_starts_without_its_record() {
    let world = world(6);
    world.script(delayed(400));
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    break_store(&world, "INSERT ON batch_calls");
    let ran = running.wait();
    mend_store(&world);
    assert_eq!(world.sent().len(), 2, "{ran:#?}");
    let done = result(&ran);
    // What was sent is not reported as not sent.
    assert_eq!(done["error"]["outcome"], "sent", "{ran:#?}");
    assert_eq!(ran.exit(), 8, "{ran:#?}");
    assert_eq!(number(&done, "accepted"), 2 * ROWS_PER_CALL, "{done:#}");
    world.assert_clean();
    let done = complete(&world, 6, "after a failed record");
    assert_eq!(number(&done, "accepted"), 6 * ROWS_PER_CALL, "{done:#}");
}

#[test]
fn a_result_that_cannot_be_recorded_is_unknown() {
    let world = world(4);
    world.script(delayed(400));
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    break_store(&world, "UPDATE ON batch_calls");
    let ran = running.wait();
    mend_store(&world);
    let sent = world.sent().len();
    assert!(sent <= 2, "{ran:#?}");
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let lines = ran.json_lines();
    let done = lines.last().expect("a result");
    assert_eq!(done["error"]["outcome"], "unknown", "{ran:#?}");
    // A call is not reported as accepted before this is on record.
    assert!(lines.iter().all(|line| line["data"]["status"] != "accepted"), "{ran:#?}");
    world.assert_clean();
    let done = complete(&world, 4, "after a failed record");
    assert_eq!(number(&done, "unknown"), 2 * ROWS_PER_CALL, "{done:#}");
}

#[test]
fn a_failed_claim_leaves_queued_calls_claimable() {
    let world = world(3);
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID");
    break_store(&world, "UPDATE OF rate_at ON batches");
    // The first call is claimed, and then the time of its start cannot be reserved.
    let ran = world.run(&["batches", "work", id, "--json", "--rate", "1000"]);
    mend_store(&world);
    assert_ne!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(result(&ran)["error"]["outcome"], "not_sent", "{ran:#?}");
    assert!(world.sent().is_empty());
    let ran = world.run(&["batches", "work", id, "--json"]).exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 3 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(recipients(&world), all(3));
}

#[test]
fn a_locked_store_delays_a_batch() {
    let world = world(6);
    world.script(delayed(200));
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    let store = store(&world);
    store.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    thread::sleep(Duration::from_millis(700));
    assert!(world.sent().len() <= 4, "a call started without a record");
    store.execute_batch("ROLLBACK").expect("the end of the lock");
    drop(store);
    let ran = running.wait().exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 6 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(recipients(&world), all(6));
    world.assert_clean();
}

/// Crashes once at each failpoint, and completes the batch.
#[cfg(debug_assertions)]
fn crash_at_every_point(fault: &str, mode: &str, check: impl Fn(&World, &str, &Ran) + Sync) {
    const CALLS: usize = 3;
    let words = and(&BATCH, &["--jobs", "2", "--ai-mode", mode]);
    let first = world(CALLS);
    let trace = first.path("trace");
    let mut command = first.alimsg(&words);
    command.env("ALIMSG_FAULT_TRACE", &trace);
    Running::start(command).wait().exits(0);
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let is_relevant = |point: &&str| point.starts_with("batch:") || point.starts_with("service:");
    let points: BTreeSet<&str> = trace.lines().filter(is_relevant).collect();
    assert!(points.len() >= 6, "{points:?}");
    let (points, words, check) = (&points, &words, &check);
    thread::scope(|scope| {
        for lane in 0..2 {
            scope.spawn(move || {
                for point in points.iter().skip(lane).step_by(2) {
                    let world = world(CALLS);
                    let mut command = world.alimsg(words);
                    command.env("ALIMSG_FAULT", format!("{point}={fault}"));
                    let ran = Running::start(command).wait();
                    world.wait_for_quiet();
                    assert_ne!(world.ai_mode(), Some(true), "{mode} {point}: {ran:#?}");
                    check(&world, point, &ran);
                    complete(&world, CALLS, &format!("{fault} at {point}"));
                }
            });
        }
    });
}

#[cfg(debug_assertions)]
#[test]
fn a_kill_at_any_point_of_a_batch_sends_no_row_twice() {
    for mode in ["switch", "call"] {
        crash_at_every_point("kill", mode, |_, point, ran| {
            assert_eq!(ran.signal(), Some(9), "{point}: {ran:#?}");
        });
    }
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_at_any_point_of_a_batch_is_not_reported_as_not_sent() {
    crash_at_every_point("panic", "switch", |world, point, ran| {
        let done = result(ran);
        if !world.sent().is_empty() {
            let outcome = done["error"]["outcome"].as_str();
            assert_ne!(outcome, Some("not_sent"), "{point}: {ran:#?}");
            // 8 if all results are on record, with rows left.
            let expected = if number(&done, "unknown") > 0 { 7 } else { 8 };
            assert_eq!(ran.exit(), expected, "{point}: {ran:#?}");
        }
    });
}
