//! Random kills, concurrent runs and mutated replies.
//!
//! `cargo test --release --test suite chaos -- --ignored` runs the long version. `ALIMSG_CHAOS_ROUNDS` sets the
//! number of rounds of each kind, `ALIMSG_CHAOS_SEED` repeats an earlier run: the seed is printed
//! at the start and in every failure. Each kind also has a short version with a fixed seed, which
//! `cargo test` runs.

mod concurrency;
mod kills;
mod replies;
mod world;

use std::io::Write as _;

const SHORT_ROUNDS: u64 = 12;
const SHORT_SEED: u64 = 20_261_121;

/// Number of rounds and seed of one kind of trial.
pub struct Plan {
    pub seed: u64,
    pub rounds: u64,
}

impl Plan {
    fn short() -> Self {
        Self { seed: SHORT_SEED, rounds: SHORT_ROUNDS }
    }

    /// # Panics
    /// A variable is not a number.
    fn long(name: &str, default_rounds: u64) -> Self {
        let number = |variable: &str| {
            let text = std::env::var(variable).ok()?;
            Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
        };
        let plan = Self {
            seed: number("ALIMSG_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..)),
            rounds: number("ALIMSG_CHAOS_ROUNDS").unwrap_or(default_rounds),
        };
        report(&format!("chaos {name}: seed {}, {} rounds", plan.seed, plan.rounds));
        plan
    }

    /// A generator for one round, so that a single round can be repeated as well.
    pub fn random(&self, round: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_add(round.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }
}

/// Prints a line that the test harness does not capture.
pub fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[test]
fn short_chaos_of_kills() {
    kills::run(&Plan::short());
}

#[test]
fn short_chaos_of_concurrent_runs() {
    concurrency::run(&Plan { rounds: 3, ..Plan::short() });
}

#[test]
fn short_chaos_of_replies() {
    replies::run(&Plan { rounds: 3 * SHORT_ROUNDS, ..Plan::short() });
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite chaos -- --ignored"]
fn long_chaos_of_kills() {
    let figures = kills::run(&Plan::long("kills", 600));
    report(&format!("chaos kills: {figures}"));
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite chaos -- --ignored"]
fn long_chaos_of_concurrent_runs() {
    let figures = concurrency::run(&Plan::long("concurrent runs", 100));
    report(&format!("chaos concurrent runs: {figures}"));
}

#[test]
#[ignore = "takes minutes: cargo test --release --test suite chaos -- --ignored"]
fn long_chaos_of_replies() {
    let figures = replies::run(&Plan::long("replies", 3_000));
    report(&format!("chaos replies: {figures}"));
}
