//! What alimsg itself costs: a warm `alimsg sms send` against the four commands of `aliyun` that it
//! runs, started bare one after the other, turn by turn in the same run. `aliyun` is the tests'
//! stand-in, so only the difference means anything.

#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use anyhow::{Result, ensure};
use support::World;

const WARM_UP: usize = 3;
const ROUNDS: usize = 200;
/// What one send may add.
const PROMISE: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let mut report = std::io::stdout();
    match measure(&mut report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(report: &mut impl std::io::Write) -> Result<()> {
    build_stand_in()?;
    let world = World::new();
    for _ in 0..WARM_UP {
        alimsg(&world)?;
        bare(&world, &calls_of_one_send(&world)?)?;
    }
    let calls = calls_of_one_send(&world)?;

    let (mut with, mut without, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Whoever goes first alternates, so that neither always finds the caches warmer.
        let (one, other) = if round.is_multiple_of(2) {
            let one = alimsg(&world)?;
            (one, bare(&world, &calls)?)
        } else {
            let other = bare(&world, &calls)?;
            (alimsg(&world)?, other)
        };
        with.push(one.as_secs_f64() * 1e3);
        without.push(other.as_secs_f64() * 1e3);
        added.push((one.as_secs_f64() - other.as_secs_f64()) * 1e3);
    }
    let [low, added, high] = [1, 2, 3].map(|quarter| quantile(&added, quarter));
    let (with, without) = (quantile(&with, 2), quantile(&without, 2));
    writeln!(report, "{ROUNDS} rounds, medians; aliyun is the tests' stand-in")?;
    writeln!(report, "  alimsg sms send, warm     {with:8.2} ms")?;
    writeln!(report, "  the same 4 commands bare  {without:8.2} ms")?;
    writeln!(report, "  ratio                     {:8.2}", with / without)?;
    let promise = PROMISE.as_secs_f64() * 1e3;
    let kept = if added < promise { "kept" } else { "NOT KEPT" };
    writeln!(
        report,
        "  added by alimsg           {added:8.2} ms (promise: under {promise} ms, {kept})"
    )?;
    // Wide apart, they say that the machine was busy with something else.
    writeln!(report, "  half of the rounds added  {low:8.2} to {high:.2} ms")?;
    Ok(())
}

/// One warm send.
fn alimsg(world: &World) -> Result<Duration> {
    let words =
        ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes", "--json"];
    timed(world.alimsg(&words))
}

/// The same commands by hand, one after the other.
fn bare(world: &World, calls: &[Vec<String>]) -> Result<Duration> {
    let mut all = Duration::ZERO;
    for call in calls {
        let words: Vec<&str> = call.iter().map(String::as_str).collect();
        all += timed(world.aliyun(&words))?;
    }
    Ok(all)
}

/// The commands that one warm send really runs: no more than four.
fn calls_of_one_send(world: &World) -> Result<Vec<Vec<String>>> {
    let before = world.processes().len();
    alimsg(world)?;
    let calls: Vec<Vec<String>> =
        world.processes().into_iter().skip(before).map(|seen| seen.argv).collect();
    ensure!(calls.len() == 4, "a warm send ran {} processes: {calls:?}", calls.len());
    Ok(calls)
}

fn timed(mut command: Command) -> Result<Duration> {
    let since = Instant::now();
    let Output { status, stderr, .. } = command.output()?;
    let took = since.elapsed();
    ensure!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    Ok(took)
}

/// The value below which that many quarters of the values lie.
fn quantile(values: &[f64], quarters: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * quarters / 4]
}

/// `cargo bench` builds no examples, and the stand-in is one. It has to come from the same profile
/// as the program under test.
#[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
fn build_stand_in() -> Result<()> {
    let profile = Path::new(env!("CARGO_BIN_EXE_alimsg")).parent().context("a folder")?;
    let target = profile.parent().context("a target folder")?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--quiet", "--example", "aliyun", "--target-dir"]).arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    ensure!(cargo.status()?.success(), "the stand-in for aliyun could not be built");
    Ok(())
}
