//! Several processes that send one batch at the same time.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::batch::{
    BATCH, ROWS_PER_CALL, exported, number, phone, result, rows, sandbox_recipients,
};
use crate::support::{Ran, Running, World};

const SANDBOX: &[&str] = &["--sandbox"];

fn words(parts: &[&[&'static str]]) -> Vec<&'static str> {
    parts.concat()
}

/// Asserts that a process of a batch ended well: its own messages were accepted.
#[track_caller]
fn assert_ok(ran: &Ran) {
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(number(&result(ran), "unknown"), 0, "{ran:#?}");
}

#[test]
fn concurrent_shards_together_send_each_row_once() {
    let world = World::bare();
    rows(&world, 2_000);
    let shards = ["1/4", "2/4", "3/4", "4/4"];
    let start = |shard| world.start(&words(&[SANDBOX, &BATCH, &["--shard", shard]]));
    let running: Vec<Running> = shards.into_iter().map(start).collect();
    for running in running {
        // Calls of the other shards that still run are not unknown.
        assert_ok(&running.wait());
    }
    assert_eq!(sandbox_recipients(&world, "shards").len(), 2_000);
    // Each run has added its part to the record.
    let store = rusqlite::Connection::open(world.path("state/sandbox/store.sqlite3"));
    let query = "SELECT definition FROM batches";
    let definition: String =
        store.expect("the store").query_row(query, [], |row| row.get(0)).expect("a batch");
    assert!(definition.contains(r#""shards":[[1,4],[2,4],[3,4],[4,4]]"#), "{definition}");
    let ran = world.run(&words(&[SANDBOX, &BATCH]));
    assert_ok(&ran);
    let done = result(&ran);
    assert_eq!((number(&done, "accepted"), number(&done, "calls")), (2_000, 0), "{done:#}");
    world.assert_off_in_sandbox_or_never_on();
}

#[test]
fn the_same_command_four_times_at_once_sends_each_row_once() {
    let world = World::bare();
    rows(&world, 1_500);
    let start = |_| world.start(&words(&[SANDBOX, &BATCH]));
    let running: Vec<Running> = (0..4).map(start).collect();
    let mut calls = 0;
    for running in running {
        let ran = running.wait();
        assert_ok(&ran);
        calls += number(&result(&ran), "calls");
    }
    assert_eq!(sandbox_recipients(&world, "four times").len(), 1_500);
    assert_eq!(calls, 1_500 / ROWS_PER_CALL);
    let ids = world.run(&words(&[SANDBOX, &["batches", "list", "--json"]])).exits(0).json();
    assert_eq!(ids["data"]["batches"].as_array().map(Vec::len), Some(1), "{ids:#}");
}

#[test]
fn two_files_with_the_same_name_at_once_are_not_mixed() {
    let world = World::bare();
    rows(&world, 300);
    let other: String = (1_000..1_300).map(|row| format!("{},other,{row}\n", phone(row))).collect();
    world.file("other.csv", &format!("phone,name,order\n{other}"));
    let named = words(&[SANDBOX, &BATCH, &["--name", "news"]]);
    let mut with_other = named.clone();
    with_other[3] = "other.csv";
    let running = [world.start(&named), world.start(&with_other)];
    let [first, second] = running.map(Running::wait);
    let sent = sandbox_recipients(&world, "two files");
    let (accepted, refused) = if first.exit() == 0 { (first, second) } else { (second, first) };
    assert_ok(&accepted);
    assert_eq!(refused.exit(), 2, "{refused:#?}");
    assert_eq!(result(&refused)["error"]["outcome"], "not_sent", "{refused:#?}");
    assert_eq!(sent.len(), 300);
}

#[test]
fn workers_share_a_queue_and_one_of_them_is_killed() {
    let world = World::bare();
    rows(&world, 2_000);
    let queued = world.run(&words(&[SANDBOX, &BATCH, &["--enqueue"]])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID").to_owned();
    assert_eq!(sandbox_recipients(&world, "queued").len(), 0);
    let work = ["--sandbox", "batches", "work", &id, "--json", "--jobs", "2"];
    let mut running: Vec<Running> = (0..4).map(|_| world.start(&work)).collect();
    let batch_has_started =
        || world.path("state/sandbox/messages.jsonl").metadata().is_ok_and(|file| file.len() > 0);
    world.wait_until("a call was sent", batch_has_started);
    thread::sleep(Duration::from_millis(30));
    let mut victim = running.remove(1);
    let was_killed = !victim.has_ended();
    if was_killed {
        victim.signal(Signal::KILL);
    }
    victim.wait();
    for running in running {
        let ran = running.wait();
        // The calls of the killed worker may already be known as unknown.
        assert!([0, 7].contains(&ran.exit()), "{ran:#?}");
    }
    world.wait_for_quiet();
    let sent = sandbox_recipients(&world, "workers");
    let ran = world.run(&work);
    let done = result(&ran);
    let unknown = number(&done, "unknown");
    assert!(unknown <= 2 * ROWS_PER_CALL, "{done:#}");
    assert_eq!(ran.exit(), if unknown == 0 { 0 } else { 7 }, "{ran:#?}");
    assert_eq!(number(&done, "accepted") + unknown, 2_000, "{done:#}");
    assert_eq!(sandbox_recipients(&world, "the last worker"), sent, "{was_killed}");
    let unknown = exported(&world, SANDBOX, &id, "--unknown");
    for row in (0..2_000).map(phone) {
        assert!(sent.contains(&row) || unknown.contains(&row), "{row} was lost");
    }
    world.assert_off_in_sandbox_or_never_on();
}

/// Queues three calls and starts a worker that waits 100 seconds after each of them. Returns the ID
/// of the batch and the worker after its first call.
fn waiting_worker(world: &World) -> (String, Running) {
    rows(world, 3 * ROWS_PER_CALL);
    let queued = world.run(&words(&[SANDBOX, &BATCH, &["--enqueue"]])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID").to_owned();
    let running =
        world.start(&["--sandbox", "batches", "work", &id, "--json", "--rate", "1", "--jobs", "2"]);
    world.wait_until("the first call has ended", || !running.stdout_so_far().is_empty());
    thread::sleep(Duration::from_millis(200));
    (id, running)
}

#[test]
fn a_worker_that_waits_for_its_rate_has_claimed_nothing() {
    let world = World::bare();
    let (id, running) = waiting_worker(&world);
    running.signal(Signal::KILL);
    running.wait();
    // Another worker is not affected by a rate that it does not have.
    let ran = world.run(&["--sandbox", "batches", "work", &id, "--json"]);
    assert_ok(&ran);
    assert_eq!(number(&result(&ran), "accepted"), 3 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(sandbox_recipients(&world, "waiting worker").len(), 3 * ROWS_PER_CALL);
}

#[test]
fn a_signal_ends_a_worker_that_waits_for_its_rate() {
    let world = World::bare();
    let (_, running) = waiting_worker(&world);
    running.signal(Signal::TERM);
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(Signal::TERM.as_raw()), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(90), "{ran:#?}");
    let done = result(&ran);
    let counts = ["accepted", "unknown", "started", "remaining"].map(|name| number(&done, name));
    assert_eq!(counts, [ROWS_PER_CALL, 0, 0, 2 * ROWS_PER_CALL], "{done:#}");
    world.assert_off_in_sandbox_or_never_on();
}
