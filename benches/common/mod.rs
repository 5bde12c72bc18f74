//! What the benchmarks share: the stand-in for `aliyun`, what processes use, and the output.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::fmt::Display;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The exit code of a benchmark, after its error is printed.
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The number in an environment variable.
pub fn number_from_env<N: FromStr>(name: &str, default: N) -> Result<N> {
    match std::env::var(name) {
        Ok(text) => text.parse().map_err(|_| anyhow!("{name} is not a whole number")),
        Err(_) => Ok(default),
    }
}

/// Builds the stand-in: it is an example, which `cargo bench` does not build. It needs the same
/// profile as the program under test.
#[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
pub fn build_stand_in() -> Result<()> {
    let profile = Path::new(env!("CARGO_BIN_EXE_alimsg")).parent().context("a folder")?;
    let target = profile.parent().context("a target folder")?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--quiet", "--example", "aliyun", "--target-dir"]).arg(target);
    // Cargo sets these for the benchmark. Build scripts of dependencies that read them would run
    // again, and what depends on them would be compiled twice for each benchmark.
    let is_set = |name: &str| {
        name == "OUT_DIR" || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_set)) {
        cargo.env_remove(name);
    }
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    ensure!(cargo.status()?.success(), "the stand-in for aliyun could not be built");
    Ok(())
}

/// Copies alimsg and the stand-in into the `bin` folder of a world, as `cargo install` and packages
/// do. On Linux, a program of this size that the linker has just written starts about 1 ms slower than
/// a copy of it.
///
/// # Errors
/// The folder has no link to the stand-in, or a program cannot be copied.
pub fn install(bin: &Path) -> Result<()> {
    let alimsg = Path::new(env!("CARGO_BIN_EXE_alimsg"));
    let stand_in = fs::canonicalize(bin.join("aliyun"))?;
    for (program, name) in [(alimsg, "alimsg"), (&stand_in, "aliyun")] {
        let installed = bin.join(name);
        let _ = fs::remove_file(&installed);
        fs::copy(program, &installed).with_context(|| format!("cannot install {name}"))?;
    }
    Ok(())
}

/// CPU time of all processes that this one has waited for, and of their children.
pub fn cpu_of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(microseconds)?))
}

/// The peak memory of a running process; `None` on systems without `/proc`.
pub fn peak_mib(pid: impl Display) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

pub fn median(values: &[f64]) -> f64 {
    quartile(values, 2)
}

/// A quartile of the values: 1 lower, 2 median, 3 upper. `NAN` without values.
pub fn quartile(values: &[f64], number: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) * number / 4).copied().unwrap_or(f64::NAN)
}

/// The word in the last column of a target.
pub fn verdict(passed: bool) -> &'static str {
    if passed { "passed" } else { "MISSED" }
}
