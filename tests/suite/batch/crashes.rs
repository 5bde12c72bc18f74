//! Crashes at every failpoint of a batch.

#![cfg(debug_assertions)]

use rustix::process::Signal;

use crate::batch::retries::{QUESTION, TYPED, queue_with_an_unknown_call};
use crate::batch::*;
use crate::support::failpoints::for_each_on;
use crate::support::messages::and;
use crate::support::{Ran, Running, Terminal, World};

/// Reached if a call ends while another one waits for its start.
const RECORDED_TOGETHER: &str = "batch: results and start recorded";

/// Crashes once at each failpoint, and completes the batch.
fn crash_at_every_point(fault: &str, mode: &str, check: impl Fn(&World, &str, &Ran) + Sync) {
    const CALLS: usize = 3;
    let words = and(&BATCH, &["--jobs", "2", "--ai-mode", mode]);
    let first = world(CALLS);
    let mut points = first.failpoints(first.alimsg(&words));
    points.retain(|point| point.starts_with("batch:") || point.starts_with("service:"));
    // Two calls that end at once pass this point together or not at all; it has its own test.
    points.retain(|point| point != RECORDED_TOGETHER);
    assert!(points.len() >= 6, "{points:?}");
    for_each_on(2, &points, |point| {
        let world = world(CALLS);
        let mut command = world.alimsg(&words);
        command.env("ALIMSG_FAULT", format!("{point}={fault}"));
        let ran = Running::start(command).wait();
        world.wait_for_quiet();
        assert_ne!(world.ai_mode(), Some(true), "{mode} {point}: {ran:#?}");
        check(&world, point, &ran);
        complete(&world, CALLS, &format!("{fault} at {point}"));
    });
}

#[test]
fn a_kill_at_any_point_of_a_batch_sends_no_row_twice() {
    for mode in ["switch", "call"] {
        crash_at_every_point("kill", mode, |_, point, ran| {
            assert_eq!(ran.signal(), Some(9), "{point}: {ran:#?}");
        });
    }
}

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

#[test]
fn a_result_is_on_record_when_the_next_call_starts() {
    let world = world(2);
    let mut command = world.alimsg(&and(&BATCH, &["--jobs", "1"]));
    command.env("ALIMSG_FAULT", format!("{RECORDED_TOGETHER}=kill"));
    assert_eq!(Running::start(command).wait().signal(), Some(Signal::KILL.as_raw()));
    world.wait_for_quiet();
    let states: String = store(&world)
        .query_row("SELECT group_concat(state) FROM batch_calls", [], |row| row.get(0))
        .expect("the calls");
    assert_eq!(states, "accepted,started");
    assert_eq!(world.sent().len(), 1);
    complete(&world, 2, "after the kill");
}

#[test]
fn a_crash_after_the_confirmation_of_a_retry_loses_no_row_of_a_queue() {
    let world = World::new();
    let id = queue_with_an_unknown_call(&world);
    let mut command = world.alimsg(&and(&TYPED, &["--enqueue", "--retry-unknown"]));
    command.env("TERM", "xterm").env("ALIMSG_FAULT", "batch: superseded=kill");
    let mut terminal = Terminal::start(command);
    terminal.answer(QUESTION, "send 100 again");
    assert_eq!(terminal.wait().signal(), Some(Signal::KILL.as_raw()));
    // The rows are free, and no worker sends them before they are queued again.
    let work = ["batches", "work", &id, "--json"];
    let ran = world.run(&work).exits(0);
    let done = result(&ran);
    assert_eq!(number(&done, "remaining"), ROWS_PER_CALL, "{done:#}");
    assert!(done["warnings"].to_string().contains("100 of 200 rows are not queued"), "{done:#}");
    assert_eq!(world.sent().len(), 2);
    assert_eq!(exported(&world, &[], &id, "--remaining").len(), ROWS_PER_CALL);
    // The confirmation was typed: the same command completes the queue.
    world.run(&and(&BATCH, &["--enqueue"])).exits(0);
    let ran = world.run(&work).exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 2 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(world.sent().len(), 3);
    let payloads: i64 = store(&world)
        .query_row("SELECT count(payload) FROM batch_calls", [], |row| row.get(0))
        .expect("the calls");
    assert_eq!(payloads, 0, "texts stay in the store");
    world.assert_clean();
}

#[test]
fn an_interrupted_queue_is_completed_by_the_same_command() {
    const ROWS: usize = 103 * ROWS_PER_CALL;
    let world = World::new();
    rows(&world, ROWS);
    let mut command = world.alimsg(&and(&BATCH, &["--enqueue"]));
    command.env("ALIMSG_FAULT", "batch: calls queued=kill");
    let ran = Running::start(command).wait();
    assert_eq!(ran.signal(), Some(Signal::KILL.as_raw()), "{ran:#?}");
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0);
    assert_eq!(number(&result(&queued), "remaining"), ROWS, "{queued:#?}");
    let counts: (i64, i64) = store(&world)
        .query_row("SELECT count(*), sum(row_count) FROM batch_calls", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("the calls");
    assert_eq!(counts, (103, i64::try_from(ROWS).expect("a number")));
    assert!(recipients(&world).is_empty());
}
