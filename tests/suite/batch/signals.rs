//! Signals, a closed stdout, and the watchdog of a killed batch.

use rustix::process::Signal;
use serde_json::json;

use crate::batch::*;
use crate::support::messages::and;
use crate::support::{Running, can_be_listed, is_alive};

#[test]
fn a_first_signal_lets_running_calls_finish_and_starts_no_other() {
    for (signal, mode) in [(Signal::INT, "switch"), (Signal::TERM, "call")] {
        let world = world(6);
        world.script(held());
        let running = world.start(&and(&BATCH, &["--jobs", "2", "--ai-mode", mode]));
        wait_for_sent(&world, 2);
        running.signal(signal);
        running.wait_for_stderr("waiting for the running calls to finish");
        world.release();
        let ran = running.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{ran:#?}");
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
fn a_signal_at_the_end_of_a_call_is_counted_before_the_next_call() {
    for jobs in [1, 3] {
        let world = world(6);
        let call = ["dysmsapi", "send-batch-sms"];
        world.script(json!([{ "match": call, "interrupt_parent": true, "times": 1 }]));
        let ran = world.run(&and(&BATCH, &["--jobs", &jobs.to_string()]));
        assert_eq!(ran.signal(), Some(Signal::INT.as_raw()), "{ran:#?}");
        assert!(world.sent().len() <= jobs, "{ran:#?}");
        let done = result(&ran);
        assert_eq!(number(&done, "calls"), world.sent().len(), "{done:#}");
        assert_eq!(number(&done, "accepted"), world.sent().len() * ROWS_PER_CALL, "{done:#}");
        assert_eq!(number(&done, "unknown"), 0, "{done:#}");
        world.assert_clean();
        let done = complete(&world, 6, "after a signal at the end of a call");
        assert_eq!(number(&done, "accepted"), 6 * ROWS_PER_CALL, "{done:#}");
    }
}

#[test]
fn a_second_signal_ends_the_running_calls_and_they_stay_unknown() {
    let world = world(5);
    world.script(hanging());
    let running = world.start(&and(&BATCH, &["--jobs", "3"]));
    wait_for_sent(&world, 3);
    let ran = running.signal_until_ended(Signal::INT);
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
    let rule = |delay: u64| {
        json!({
            "match": ["dysmsapi", "send-batch-sms"], "held": true, "delay_ms": delay, "times": 1,
        })
    };
    world.script(json!([rule(0), rule(400), rule(800)]));
    let running = world.start(&and(&BATCH, &["--jobs", "3"]));
    wait_for_sent(&world, 3);
    running.signal(Signal::KILL);
    running.wait();
    world.release();
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
    world.script(hanging());
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
    world.script(hanging());
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

#[test]
fn a_cancelled_batch_starts_no_further_call() {
    let world = world(6);
    world.script(held());
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    let list = world.run(&["batches", "list", "--json"]).exits(0).json();
    let id = list["data"]["batches"][0]["id"].as_str().expect("an ID").to_owned();
    world.run(&["batches", "cancel", &id, "--yes"]).exits(0);
    world.release();
    let ran = running.wait().exits(8);
    let done = result(&ran);
    assert_eq!((world.sent().len(), number(&done, "accepted")), (2, 2 * ROWS_PER_CALL), "{ran:#?}");
    let error = &done["error"];
    assert!(error["message"].as_str().is_some_and(|text| text.contains("cancelled")), "{done:#}");
    assert!(!error["next"].to_string().contains("resume"), "{done:#}");
    world.run(&BATCH).exits(2);
    world.run(&["batches", "resume", &id, "--yes"]).exits(2);
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}
