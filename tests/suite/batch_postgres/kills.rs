//! Workers are killed while the server restarts: no row is sent twice, and none is lost.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::batch_postgres::{BATCH, Machines, ROWS_PER_CALL, all, number, result};
use crate::postgres::server::Server;
use crate::support::{Running, World};

const WORKERS: usize = 4;
const JOBS: usize = 2;

/// One batch whose workers are killed.
#[derive(Clone, Copy)]
struct Trial {
    rows: usize,
    kills: usize,
    between_kills: Duration,
    /// The time of a call in milliseconds.
    delay: u64,
    /// In the sandbox; otherwise with the stand-in.
    sandbox: bool,
    /// The rate of all workers together.
    rate: &'static str,
    /// The longest time to wait for the workers after the last kill.
    limit: Duration,
}

impl Trial {
    fn run(self, server: &Server, database: &str) {
        let machines = Machines::new(server, database);
        machines.rows(self.rows);
        machines.delay(self.delay);
        let globals: &[&str] = if self.sandbox { &["--sandbox"] } else { &[] };
        let schema = if self.sandbox { "alimsg_sandbox" } else { "alimsg" };
        let recipients = || match self.sandbox {
            true => machines.recipients_in_sandbox(),
            false => machines.recipients(),
        };
        let enqueue = [globals, &BATCH, &["--enqueue"]].concat();
        let queued = machines.run(0, &enqueue).exits(0).json();
        let id = queued["data"]["id"].as_str().expect("an ID").to_owned();
        let jobs = JOBS.to_string();
        let speed = ["--json", "--jobs", &jobs, "--rate", self.rate];
        let work = [globals, &["batches", "work", &id], &speed].concat();
        let mut workers: Vec<Running> =
            (1..=WORKERS).map(|machine| machines.start(machine, &work)).collect();
        machines.worlds[0].wait_until("a call is sent", || !recipients().is_empty());
        let mut random = fastrand::Rng::new();
        for kill in 0..self.kills {
            thread::sleep(self.between_kills);
            if kill == self.kills / 3 {
                server.crash();
                thread::sleep(Duration::from_millis(300));
                server.start_again();
            } else if kill == 2 * self.kills / 3 {
                server.stop();
                thread::sleep(Duration::from_millis(300));
                server.start_again();
            }
            let victim = random.usize(0..WORKERS);
            // It may have ended, if nothing is queued any more.
            if !workers[victim].has_ended() {
                workers[victim].signal(Signal::KILL);
            }
            let other = machines.start(victim + 1, &work);
            let mut killed = std::mem::replace(&mut workers[victim], other);
            machines.worlds[0].wait_until("the worker ended", || killed.has_ended());
            killed.wait();
            recipients();
        }
        let deadline = Instant::now() + self.limit;
        while workers.iter_mut().any(|worker| !worker.has_ended()) {
            assert!(Instant::now() < deadline, "the workers do not end");
            thread::sleep(Duration::from_millis(50));
        }
        let ends: Vec<_> = workers.into_iter().map(Running::wait).collect();
        for ran in &ends {
            assert!([0, 7].contains(&ran.exit()), "{ran:#?}");
        }
        machines.wait_for_quiet();

        // Each machine can complete the batch, and nothing is sent twice.
        let resume = [globals, &["batches", "resume", &id, "--json", "--yes"]].concat();
        for (machine, words) in [(1, &work[..]), (3, &resume[..])] {
            let ran = machines.run(machine, words);
            assert!([0, 7].contains(&ran.exit()), "{ran:#?}");
            let data = result(&ran)["data"].take();
            assert_eq!(number(&data, "failed") + number(&data, "remaining"), 0, "{ran:#?}");
        }
        let counts = machines.counts(globals, &id);
        let sent = recipients();
        // For some time after a restart of the server, killed workers may still count as running.
        let open = machines.recorded(server, schema, &["unknown", "started"]);
        let accepted = machines.recorded(server, schema, &["accepted"]);
        assert_eq!(number(&counts, "accepted"), accepted.len(), "{counts:#} {ends:#?}");
        assert_eq!(number(&counts, "unknown") + number(&counts, "started"), open.len());
        assert_eq!(accepted.len() + open.len(), self.rows, "{counts:#} {ends:#?}");
        assert!(open.len() <= self.kills * JOBS * ROWS_PER_CALL, "{counts:#} {ends:#?}");
        assert!(accepted.is_subset(&sent), "accepted without a message: {ends:#?}");
        let missing: Vec<_> = all(self.rows).difference(&sent).cloned().collect();
        assert!(missing.iter().all(|row| open.contains(row)), "lost: {missing:?} {ends:#?}");
        machines.assert_no_payloads(server, schema);
        let violations: Vec<_> = machines.worlds.iter().flat_map(World::violations).collect();
        assert!(violations.is_empty(), "{violations:#?}");

        // The same file on another machine is the same batch.
        let again = machines.run(2, &enqueue);
        assert!([0, 7].contains(&again.exit()), "{again:#?}");
        assert_eq!(recipients(), sent);
    }
}

#[test]
fn killed_workers_and_a_restarted_server_send_no_row_twice() {
    let Some(server) = Server::start(&["max_connections=60"]) else { return };
    let trial = Trial {
        rows: 4_000,
        kills: 6,
        between_kills: Duration::from_millis(600),
        delay: 400,
        sandbox: false,
        rate: "100000",
        limit: Duration::from_secs(120),
    };
    trial.run(&server, "kills");
}

#[test]
fn killed_workers_in_the_sandbox_send_no_row_twice() {
    let Some(server) = Server::start(&["max_connections=60"]) else { return };
    let trial = Trial {
        rows: 1_500,
        kills: 5,
        between_kills: Duration::from_millis(600),
        delay: 0,
        sandbox: true,
        rate: "300",
        limit: Duration::from_secs(120),
    };
    trial.run(&server, "sandbox_kills");
}

const LONG: Trial = Trial {
    rows: 10_000,
    kills: 30,
    between_kills: Duration::from_secs(1),
    delay: 2_500,
    sandbox: false,
    rate: "100000",
    limit: Duration::from_secs(120),
};

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_workers_and_restarts_of_the_server() {
    let Some(server) = Server::start(&[]) else { return };
    LONG.run(&server, "long_kills");
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_workers_in_the_sandbox_and_restarts_of_the_server() {
    let Some(server) = Server::start(&[]) else { return };
    let trial = Trial { sandbox: true, delay: 0, rate: "300", ..LONG };
    trial.run(&server, "long_sandbox_kills");
}
