//! Measures the overhead of alimsg: a warm `alimsg sms send` compared with the same four `aliyun`
//! commands started directly. Both alternate in the same run. `aliyun` is the stand-in of the tests,
//! so only the difference is meaningful.

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
/// The maximum overhead of one send.
const LIMIT: Duration = Duration::from_millis(10);

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
        direct(&world, &calls_of_one_send(&world)?)?;
    }
    let calls = calls_of_one_send(&world)?;

    let (mut with, mut without, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // The order alternates, so that neither side always has the warmer caches.
        let (alimsg_time, direct_time) = if round.is_multiple_of(2) {
            let alimsg_time = alimsg(&world)?;
            (alimsg_time, direct(&world, &calls)?)
        } else {
            let direct_time = direct(&world, &calls)?;
            (alimsg(&world)?, direct_time)
        };
        with.push(alimsg_time.as_secs_f64() * 1e3);
        without.push(direct_time.as_secs_f64() * 1e3);
        added.push((alimsg_time.as_secs_f64() - direct_time.as_secs_f64()) * 1e3);
    }
    let [low, added, high] = [1, 2, 3].map(|quarter| quantile(&added, quarter));
    let (with, without) = (quantile(&with, 2), quantile(&without, 2));
    writeln!(report, "{ROUNDS} rounds, medians; aliyun is the stand-in of the tests")?;
    writeln!(report, "  alimsg sms send, warm     {with:8.2} ms")?;
    writeln!(report, "  same 4 aliyun commands    {without:8.2} ms")?;
    writeln!(report, "  ratio                     {:8.2}", with / without)?;
    let limit = LIMIT.as_secs_f64() * 1e3;
    let result = if added < limit { "passed" } else { "EXCEEDED" };
    writeln!(report, "  added by alimsg           {added:8.2} ms (limit: {limit} ms, {result})")?;
    // A wide range means that the machine was busy with other work.
    writeln!(report, "  middle half of the rounds {low:8.2} to {high:.2} ms")?;
    Ok(())
}

/// Times one warm send.
fn alimsg(world: &World) -> Result<Duration> {
    let words =
        ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes", "--json"];
    timed(world.alimsg(&words))
}

/// Times the same commands, started directly one after the other.
fn direct(world: &World, calls: &[Vec<String>]) -> Result<Duration> {
    let mut all = Duration::ZERO;
    for call in calls {
        let words: Vec<&str> = call.iter().map(String::as_str).collect();
        all += timed(world.aliyun(&words))?;
    }
    Ok(all)
}

/// The four commands that one warm send runs.
fn calls_of_one_send(world: &World) -> Result<Vec<Vec<String>>> {
    let before = world.processes().len();
    alimsg(world)?;
    let calls: Vec<Vec<String>> =
        world.processes().into_iter().skip(before).map(|invocation| invocation.argv).collect();
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

/// The quartile of the values: 1 lower, 2 median, 3 upper.
fn quantile(values: &[f64], quarters: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * quarters / 4]
}

/// Builds the stand-in: it is an example, which `cargo bench` does not build. It needs the same
/// profile as the program under test.
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
