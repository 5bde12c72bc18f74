//! A batch in the sandbox survives SIGKILL at random moments: by the sandbox's own count no row is
//! sent twice, and every row that was not sent is unknown.
//!
//! `ALIMSG_CHAOS_SEED` repeats an earlier run; the seed is printed in every failure.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::batch::{
    BATCH, ROWS_PER_CALL, exported, number, phone, result, rows, sandbox_recipients,
};
use crate::chaos::report;
use crate::support::{Running, World};

/// What is sent, and to whom.
struct Service {
    command: &'static [&'static str],
    /// The number of a row.
    phone: fn(usize) -> String,
    /// Writes `rows.csv` with this number of rows.
    rows: fn(&World, usize),
}

const SMS: Service = Service { command: &BATCH, phone, rows };

const WHATSAPP: Service = Service {
    command: &[
        "whatsapp",
        "batch",
        "rows.csv",
        "--from",
        "8613800000001",
        "--template-code",
        "100000000000001",
        "--language",
        "en",
        "--cust-space-id",
        "cams-sandbox",
        "--yes",
        "--json",
    ],
    phone: chat_phone,
    rows: chat_rows,
};

fn chat_phone(row: usize) -> String {
    format!("86{}", phone(row))
}

/// With values so long that a call has at most [`ROWS_PER_CALL`] of them instead of 1,000.
fn chat_rows(world: &World, count: usize) {
    let value = "x".repeat(1_150);
    let lines: String =
        (0..count).map(|row| format!("{},{value},{row}\n", chat_phone(row))).collect();
    world.file("rows.csv", &format!("phone,name,order\n{lines}"));
}

const JOBS: usize = 2;
const SHORT_SEED: u64 = 20_261_122;

/// One batch, killed several times.
#[derive(Clone, Copy)]
struct Trial {
    service: &'static Service,
    rows: usize,
    /// How often all runs are killed.
    kills: u64,
    /// How many runs send the batch at the same time.
    runs: usize,
    /// The longest time from the start of a run to its kill.
    until_kill: Duration,
    mode: &'static str,
    /// Arguments of `sandbox faults`.
    faults: &'static [&'static str],
    seed: u64,
}

impl Trial {
    fn short(mode: &'static str, faults: &'static [&'static str]) -> Self {
        let until_kill = Duration::from_millis(500);
        let seed = seed().unwrap_or(SHORT_SEED);
        Self { service: &SMS, rows: 2_000, kills: 12, runs: 1, until_kill, mode, faults, seed }
    }

    fn long(mode: &'static str, faults: &'static [&'static str]) -> Self {
        let seed = seed().unwrap_or_else(|| fastrand::u64(..));
        report(&format!("kills of a batch, --ai-mode {mode}, {faults:?}: seed {seed}"));
        let until_kill = Duration::from_millis(600);
        Self { service: &SMS, rows: 10_000, kills: 50, runs: 1, until_kill, mode, faults, seed }
    }

    /// Runs and kills the batch, then completes it.
    fn run(self) {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let context =
            |text: &str| format!("{text}: seed {}, {} {:?}", self.seed, self.mode, self.faults);
        let world = World::bare();
        (self.service.rows)(&world, self.rows);
        if !self.faults.is_empty() {
            world.run(&[&["sandbox", "faults"], self.faults].concat()).exits(0);
        }
        let globals = ["--sandbox", "--ai-mode", self.mode];
        let jobs = JOBS.to_string();
        let batch = [&globals, self.service.command, &["--jobs", &jobs]].concat();
        let mut id: Option<String> = None;
        for kill in 0..self.kills {
            let start = |_| match &id {
                Some(id) if random.bool() => {
                    let resume = ["batches", "resume", id, "--yes", "--json", "--jobs", &jobs];
                    world.start(&[&globals[..], &resume].concat())
                }
                _ => world.start(&batch),
            };
            let running: Vec<Running> = (0..self.runs).map(start).collect();
            for running in running {
                let until_kill = u64::try_from(self.until_kill.as_micros()).expect("a short time");
                thread::sleep(Duration::from_micros(random.u64(0..until_kill)));
                running.signal(Signal::KILL);
                running.wait();
            }
            if id.is_none() {
                let list = world.run(&["--sandbox", "batches", "list", "--json"]).exits(0).json();
                id = list["data"]["batches"][0]["id"].as_str().map(str::to_owned);
            }
            // Some runs start while the calls of the killed run are still running.
            if random.bool() {
                world.wait_for_quiet();
            }
            sandbox_recipients(&world, &context(&format!("kill {kill}")));
        }
        world.wait_for_quiet();
        self.check(&world, &batch, &context);
    }

    fn check(self, world: &World, batch: &[&str], context: &dyn Fn(&str) -> String) {
        let ran = world.run(batch);
        let done = result(&ran);
        let all: BTreeSet<String> = (0..self.rows).map(self.service.phone).collect();
        let sent = sandbox_recipients(world, &context("after the last run"));
        let (accepted, unknown) = (number(&done, "accepted"), number(&done, "unknown"));
        let text = context(&format!("{} sent: {ran:#?}", sent.len()));
        assert_eq!(ran.exit(), if unknown == 0 { 0 } else { 7 }, "{text}");
        assert_eq!(accepted + unknown, self.rows, "{text}");
        for name in ["failed", "started", "remaining"] {
            assert_eq!(number(&done, name), 0, "{name}: {text}");
        }
        // Every row that was not sent is unknown and belongs to a started call.
        let id = done["data"]["id"].as_str().expect("an ID");
        let unknown_rows = exported(world, &["--sandbox"], id, "--unknown");
        assert_eq!(unknown_rows.len(), unknown, "{text}");
        let missing: BTreeSet<_> = all.difference(&sent).cloned().collect();
        assert!(missing.is_subset(&unknown_rows), "lost: {missing:?} {text}");
        if self.faults.is_empty() || self.faults[0].starts_with("--throttle") {
            let kills = usize::try_from(self.kills).expect("a small number");
            assert!(unknown <= kills * self.runs * JOBS * ROWS_PER_CALL, "{text}");
        }
        world.assert_off_in_sandbox_or_never_on();

        // Receipts settle the calls that were sent, and nothing else changes.
        let ran = world.run(&[batch, &["--look-up", "3"]].concat());
        let done = result(&ran);
        assert_eq!(sandbox_recipients(world, &text), sent, "{text}");
        let unknown_rows = exported(world, &["--sandbox"], id, "--unknown");
        assert!(missing.is_subset(&unknown_rows), "{ran:#?} {text}");
        assert_eq!(number(&done, "accepted"), self.rows - unknown_rows.len(), "{ran:#?} {text}");
        let settled: BTreeSet<_> = unknown_rows.difference(&missing).collect();
        assert!(settled.is_empty(), "sent with a receipt, but unknown: {settled:?} {text}");
        world.assert_off_in_sandbox_or_never_on();
    }
}

fn seed() -> Option<u64> {
    let text = std::env::var("ALIMSG_CHAOS_SEED").ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("ALIMSG_CHAOS_SEED is not a number: {text}")))
}

#[test]
fn no_row_is_sent_twice_after_kills() {
    thread::scope(|scope| {
        for mode in ["switch", "call"] {
            scope.spawn(move || Trial::short(mode, &[]).run());
        }
    });
}

#[test]
fn no_row_is_sent_twice_after_kills_with_lost_replies_and_requests() {
    thread::scope(|scope| {
        let faults: [&'static [&'static str]; 2] = [
            &["--lose-reply-every", "4"],
            &["--lose-reply-every", "5", "--lose-request-every", "4"],
        ];
        for (mode, faults) in ["switch", "call"].into_iter().zip(faults) {
            let trial = Trial { rows: 1_000, kills: 5, ..Trial::short(mode, faults) };
            scope.spawn(move || trial.run());
        }
    });
}

#[test]
fn no_row_is_sent_twice_after_kills_of_concurrent_runs() {
    let trial = Trial::short("switch", &[]);
    let until_kill = Duration::from_millis(250);
    Trial { kills: 4, runs: 3, until_kill, ..trial }.run();
}

#[test]
fn no_row_is_sent_twice_after_kills_with_throttling() {
    let trial = Trial::short("switch", &["--throttle-every", "3"]);
    Trial { rows: 600, kills: 5, ..trial }.run();
}

#[test]
fn no_whatsapp_message_is_sent_twice_after_kills() {
    thread::scope(|scope| {
        let faults: [&'static [&'static str]; 2] = [&[], &["--lose-reply-every", "4"]];
        for (mode, faults) in ["switch", "call"].into_iter().zip(faults) {
            let short = Trial::short(mode, faults);
            let trial = Trial { service: &WHATSAPP, rows: 1_000, kills: 6, ..short };
            scope.spawn(move || trial.run());
        }
    });
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_a_whatsapp_batch() {
    // The service permits ten calls per second.
    Trial { service: &WHATSAPP, ..Trial::long("switch", &[]) }.run();
    let faults = &["--lose-reply-every", "10", "--lose-request-every", "7"];
    Trial { service: &WHATSAPP, ..Trial::long("call", faults) }.run();
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_a_batch() {
    Trial::long("switch", &[]).run();
    Trial::long("call", &[]).run();
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_a_batch_with_lost_replies_and_requests() {
    Trial::long("switch", &["--lose-reply-every", "10"]).run();
    Trial::long("call", &["--lose-reply-every", "10", "--lose-request-every", "7"]).run();
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_concurrent_runs() {
    let trial = Trial::long("switch", &[]);
    Trial { kills: 15, runs: 4, until_kill: Duration::from_millis(250), ..trial }.run();
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite long_kills -- --ignored"]
fn long_kills_of_a_batch_with_throttling() {
    // Throttled runs are slow: about one call per second.
    let trial = Trial::long("switch", &["--throttle-every", "3"]);
    Trial { until_kill: Duration::from_secs(4), ..trial }.run();
}
