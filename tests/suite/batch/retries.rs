//! `--retry-unknown`, also of a queue and with a crash, and a queue that is incomplete.

use rustix::process::Signal;
use serde_json::json;

use crate::batch::{
    BATCH, ROWS_PER_CALL, exported, number, recipients, result, rows, sandbox_recipients,
};
use crate::support::messages::and;
use crate::support::{Running, Terminal, World};

/// [`BATCH`] at a terminal.
const TYPED: [&str; 8] = ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_100002", "--yes"];
const QUESTION: &str = "to send them again";

#[test]
fn a_receipt_that_arrives_later_prevents_a_second_message() {
    let world = World::bare();
    rows(&world, 2 * ROWS_PER_CALL);
    world.run(&["sandbox", "faults", "--lose-reply-every", "1"]).exits(0);
    let ran = world.run(&and(&["--sandbox"], &BATCH)).exits(7);
    assert_eq!(number(&result(&ran), "unknown"), 2 * ROWS_PER_CALL, "{ran:#?}");
    world.run(&["sandbox", "faults", "--clear"]).exits(0);
    let words = and(&and(&["--sandbox"], &TYPED), &["--retry-unknown", "--look-up", "10"]);
    // Nothing is left to be confirmed.
    world.terminal(&words).wait().exits(0);
    assert_eq!(sandbox_recipients(&world, "after the retry").len(), 2 * ROWS_PER_CALL);
}

#[test]
fn unknown_rows_are_sent_again_only_after_the_typed_confirmation() {
    let world = World::bare();
    rows(&world, 2 * ROWS_PER_CALL);
    world.run(&["sandbox", "faults", "--lose-request-every", "2"]).exits(0);
    world.run(&and(&["--sandbox"], &[&BATCH[..], &["--jobs", "1"]].concat())).exits(7);
    assert_eq!(sandbox_recipients(&world, "before").len(), ROWS_PER_CALL);
    world.run(&["sandbox", "faults", "--clear"]).exits(0);
    let words = and(&and(&["--sandbox"], &TYPED), &["--retry-unknown"]);
    for (answer, exit, sent) in [("yes", 9, 1), ("send 100 again", 0, 2)] {
        let mut terminal = world.terminal(&words);
        terminal.answer(QUESTION, answer);
        terminal.wait().exits(exit);
        assert_eq!(sandbox_recipients(&world, answer).len(), sent * ROWS_PER_CALL, "{answer}");
    }
}

/// Queues two calls, of which one is unknown; returns the ID of the batch.
fn queue_with_an_unknown_call(world: &World) -> String {
    rows(world, 2 * ROWS_PER_CALL);
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID").to_owned();
    world.script(json!([{
        "match": ["dysmsapi", "send-batch-sms"], "times": 1, "exit": 1,
        "stderr": "Error: unexpected EOF\n",
    }]));
    let ran = world.run(&["batches", "work", &id, "--json", "--jobs", "1"]).exits(7);
    assert_eq!(number(&result(&ran), "unknown"), ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(world.sent().len(), 2);
    id
}

#[cfg(debug_assertions)]
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
    let payloads: i64 = crate::batch::store(&world)
        .query_row("SELECT count(payload) FROM batch_calls", [], |row| row.get(0))
        .expect("the calls");
    assert_eq!(payloads, 0, "texts stay in the store");
    world.assert_clean();
}

#[test]
fn unknown_rows_of_a_queue_can_be_sent_again_with_resume() {
    let world = World::new();
    let id = queue_with_an_unknown_call(&world);
    let mut terminal = world.terminal(&["batches", "resume", &id, "--yes", "--retry-unknown"]);
    terminal.answer(QUESTION, "send 100 again");
    terminal.wait().exits(0);
    assert_eq!(world.sent().len(), 2);
    let ran = world.run(&["batches", "work", &id, "--json"]).exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 2 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[cfg(debug_assertions)]
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
    let counts: (i64, i64) = crate::batch::store(&world)
        .query_row("SELECT count(*), sum(row_count) FROM batch_calls", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("the calls");
    assert_eq!(counts, (103, i64::try_from(ROWS).expect("a number")));
    assert!(recipients(&world).is_empty());
}
