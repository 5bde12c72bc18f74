//! Workers and local runs on several machines send each row once.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::batch::receipt;
use crate::batch_postgres::{
    BATCH, Machines, ROWS_PER_CALL, all, assert_all_known, number, result,
};
use crate::postgres::server;
use crate::support::Running;

#[test]
fn four_workers_share_a_queue_and_send_each_row_once() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_workers");
    machines.rows(1_250);
    machines.delay(100);
    let id = machines.enqueue();
    assert_eq!(number(&machines.counts(&[], &id), "remaining"), 1_250);
    let work = ["batches", "work", &id, "--json", "--jobs", "2"];
    let running: Vec<Running> = (1..=4).map(|machine| machines.start(machine, &work)).collect();
    let mut calls = 0;
    for running in running {
        calls += number(&assert_all_known(&running.wait()), "calls");
    }
    assert_eq!(calls, 1_250_usize.div_ceil(ROWS_PER_CALL));
    assert_eq!(machines.recipients(), all(1_250));
    let counts = machines.counts(&[], &id);
    assert_eq!(number(&counts, "accepted"), 1_250, "{counts:#}");
    assert_eq!(counts["status"], "finished", "{counts:#}");
    machines.assert_no_payloads(server, "alimsg");
    // Another worker finds nothing to do, and the batch cannot be queued again.
    assert_eq!(number(&assert_all_known(&machines.run(2, &work)), "calls"), 0);
    let again = machines.run(1, &[&BATCH[..], &["--enqueue"]].concat());
    assert_eq!(number(&assert_all_known(&again), "remaining"), 0);
    assert_eq!(machines.recipients().len(), 1_250);
    machines.assert_clean();
}

#[test]
fn the_outbox_shows_what_another_machine_found_out_about_a_killed_worker() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_outbox");
    machines.rows(ROWS_PER_CALL);
    let id = machines.enqueue();
    machines.hold(1);
    let work = ["batches", "work", &id, "--json", "--look-up", "5"];
    let killed = machines.start(1, &work);
    machines.wait_for_sent(1);
    let outcome = |machine| {
        let ran = machines.run(machine, &["outbox", "list", "--json"]).exits(0);
        ran.json()["data"]["sends"][0]["outcome"].as_str().map(str::to_string)
    };
    assert_eq!(outcome(2).as_deref(), Some("started"));
    killed.signal(Signal::KILL);
    killed.wait();
    machines.release(1, 1);
    let world = &machines.worlds[2];
    world.wait_until("its worker is gone", || outcome(2).as_deref() == Some("unknown"));
    world.script(receipt(&machines.sent()));
    let done = assert_all_known(&machines.run(2, &work));
    assert_eq!(number(&done, "accepted"), ROWS_PER_CALL, "{done:#}");
    assert_eq!(outcome(3).as_deref(), Some("accepted"));
    assert_eq!(machines.recipients(), all(ROWS_PER_CALL));
    machines.wait_for_quiet();
}

#[test]
fn the_same_file_on_three_machines_at_once_is_sent_once() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_local");
    machines.rows(1_000);
    machines.delay(100);
    let running: Vec<Running> = (1..=3).map(|machine| machines.start(machine, &BATCH)).collect();
    let mut calls = 0;
    for running in running {
        calls += number(&assert_all_known(&running.wait()), "calls");
    }
    assert_eq!(calls, 1_000 / ROWS_PER_CALL);
    assert_eq!(machines.recipients(), all(1_000));
    let list = machines.run(4, &["batches", "list", "--json"]).exits(0).json();
    assert_eq!(list["data"]["batches"].as_array().map(Vec::len), Some(1), "{list:#}");
    let again = assert_all_known(&machines.run(4, &BATCH));
    assert_eq!((number(&again, "calls"), number(&again, "accepted")), (0, 1_000), "{again:#}");
    machines.assert_clean();
}

#[test]
fn the_same_file_is_queued_once_by_two_machines_at_once() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_queue");
    machines.rows(3_000);
    let enqueue = [&BATCH[..], &["--enqueue"]].concat();
    let running: Vec<Running> = (1..=2).map(|machine| machines.start(machine, &enqueue)).collect();
    // The later one continues where the other one was, or stops.
    let exits: Vec<i32> = running.into_iter().map(|running| running.wait().exit()).collect();
    assert!(exits.contains(&0) && exits.iter().all(|exit| [0, 3].contains(exit)), "{exits:?}");
    let list = machines.run(3, &["batches", "list", "--json"]).exits(0).json();
    let batches = list["data"]["batches"].as_array().expect("batches");
    assert_eq!(batches.len(), 1, "{list:#}");
    let id = batches[0]["id"].as_str().expect("an ID");
    let done = assert_all_known(&machines.run(3, &["batches", "work", id, "--json"]));
    assert_eq!(number(&done, "accepted"), 3_000, "{done:#}");
    assert_eq!(machines.recipients(), all(3_000));
    machines.assert_clean();
}

#[test]
fn two_workers_share_the_rate() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_rate");
    machines.single_rows(40);
    let id = machines.enqueue();
    let work = ["batches", "work", &id, "--json", "--rate", "10"];
    let start = Instant::now();
    let running: Vec<Running> = (1..=2).map(|machine| machines.start(machine, &work)).collect();
    for running in running {
        assert_all_known(&running.wait());
    }
    // The last of 40 messages starts 3.9 seconds after the first one.
    assert!(start.elapsed() >= Duration::from_millis(3_850), "{:?}", start.elapsed());
    assert_eq!(machines.recipients(), all(40));
    machines.assert_clean();
}

#[test]
fn two_runs_of_one_file_share_the_rate() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_rate_local");
    machines.single_rows(30);
    let words = [&BATCH[..], &["--rate", "10"]].concat();
    let start = Instant::now();
    let running: Vec<Running> = (1..=2).map(|machine| machines.start(machine, &words)).collect();
    for running in running {
        assert_all_known(&running.wait());
    }
    assert!(start.elapsed() >= Duration::from_millis(2_850), "{:?}", start.elapsed());
    assert_eq!(machines.recipients(), all(30));
    machines.assert_clean();
}

#[test]
fn a_batch_cancelled_on_one_machine_stops_on_the_others() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "batch_cancel");
    machines.rows(2_000);
    machines.delay(300);
    let id = machines.enqueue();
    let work = ["batches", "work", &id, "--json", "--jobs", "1"];
    let running = machines.start(1, &work);
    machines.wait_for_sent(1);
    machines.run(2, &["batches", "cancel", &id, "--yes", "--json"]).exits(0);
    let ran = running.wait();
    let done = result(&ran)["data"].take();
    let sent = machines.recipients().len();
    assert!(sent < 2_000, "{ran:#?}");
    assert_eq!(number(&done, "accepted"), sent, "{ran:#?}");
    let refused = machines.run(3, &work);
    assert_eq!(refused.exit(), 2, "{refused:#?}");
    assert_eq!(machines.recipients().len(), sent);
    machines.assert_clean();
}
