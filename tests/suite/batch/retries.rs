//! `--retry-unknown`, also of a queue.

use serde_json::json;

use crate::batch::{BATCH, ROWS_PER_CALL, number, result, rows, sandbox_recipients};
use crate::support::World;
use crate::support::messages::and;

/// [`BATCH`] at a terminal.
pub const TYPED: [&str; 8] =
    ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_100002", "--yes"];
pub const QUESTION: &str = "to send them again";

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
pub fn queue_with_an_unknown_call(world: &World) -> String {
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
