//! Measures workers of one batch in a PostgreSQL store: four of them against one. `aliyun` is a
//! stand-in that sleeps as long as a call of the service takes, and uses little CPU time.
//!
//! Start-up is excluded: the rate is that of the calls between the start of all workers and the
//! time when the first of them ends. `ALIMSG_BENCH_CALLS` sets the number of calls for each worker.
//! The exit code does not depend on the target.

mod common;
#[path = "../tests/postgres/server.rs"]
mod server;
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context as _, Result, ensure};
use server::Server;
use support::World;

const WORKERS: usize = 4;
const JOBS: &str = "2";
/// Calls for each worker.
const CALLS: usize = 150;
const ROUNDS: usize = 3;
const TARGET: f64 = 3.5;
/// Calls at the start of a worker and at its end that do not count.
const MARGIN: usize = 10;

/// Answers every call of a batch after 200 ms, and appends a byte to the file `calls`. Everything
/// else is answered by the stand-in of the tests. It uses less than 1 ms of CPU time, which a shell
/// script does not.
const STAND_IN: &str = r##"
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;

fn main() {
    let folder = std::path::PathBuf::from(std::env::var_os("STAND_IN_DIR").expect("a folder"));
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if !words.iter().any(|word| word == "send-sms" || word == "send-batch-sms") {
        let other = folder.join("../bin/aliyun.tests");
        panic!("{}", std::process::Command::new(other).args(words).exec());
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    let mut options = std::fs::OpenOptions::new();
    let mut calls = options.append(true).create(true).open(folder.join("calls")).expect("a file");
    calls.write_all(b".").expect("written");
    println!("{REPLY}");
}

const REPLY: &str = r#"{"Message":"OK","RequestId":"0A974B78","BizId":"1^0","Code":"OK"}"#;
"##;

fn main() -> ExitCode {
    let Some(server) = Server::start(&[]) else { return ExitCode::SUCCESS };
    common::exit_code(common::build_stand_in().and_then(|()| run(&server)))
}

fn run(server: &Server) -> Result<()> {
    let mut out = std::io::stdout();
    let calls = common::number_from_env("ALIMSG_BENCH_CALLS", CALLS)?;
    ensure!(calls > 4 * MARGIN, "ALIMSG_BENCH_CALLS is too small");
    writeln!(out, "calls of 200 ms, --jobs {JOBS}; calls per second without start-up")?;
    let folder = tempfile::tempdir()?;
    let stand_in = compile_stand_in(folder.path())?;
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let one = measure(server, &format!("one_{round}"), 1, calls, &stand_in)?;
        let four = measure(server, &format!("four_{round}"), WORKERS, calls, &stand_in)?;
        ratios.push(four / one);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("unknown");
        writeln!(
            out,
            "round {round}: 1 worker {one:.2}, {WORKERS} workers {four:.2}: {:.2} times (load {load})",
            four / one
        )?;
    }
    let median = common::median(&ratios);
    let result = common::verdict(median >= TARGET);
    writeln!(out, "median {median:.2} times; target >= {TARGET}: {result}")?;
    Ok(())
}

/// The calls per second of this number of workers together.
fn measure(
    server: &Server,
    database: &str,
    workers: usize,
    calls: usize,
    stand_in: &Path,
) -> Result<f64> {
    server.connect().batch_execute(&format!("CREATE DATABASE {database}"))?;
    let url = server.url().replace("/postgres?", &format!("/{database}?"));
    let machines: Vec<World> = (0..workers).map(|_| machine(stand_in)).collect::<Result<_>>()?;
    // Each row is a call, because its `out_id` differs.
    let mut rows = "phone,name,order,out_id\n".to_string();
    for row in 0..calls * workers {
        writeln!(rows, "139{row:05}111,name,{row},id-{row}")?;
    }
    machines[0].file("rows.csv", &rows);
    let words = ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_100002", "--yes", "--json"];
    let queued = alimsg(&machines[0], &url, &[&words[..], &["--enqueue"]].concat()).output()?;
    ensure!(queued.status.success(), "{}", String::from_utf8_lossy(&queued.stdout));
    let queued: serde_json::Value = serde_json::from_slice(&queued.stdout)?;
    let id = queued["data"]["id"].as_str().context("an ID")?;
    let start = |world: &World| -> Result<Child> {
        let mut command = alimsg(world, &url, &["batches", "work", id, "--json", "--jobs", JOBS]);
        Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    };
    let mut running: Vec<Child> = machines.iter().map(start).collect::<Result<_>>()?;
    let done = || machines.iter().map(calls_of).collect::<Vec<_>>();
    wait_until(|| done().iter().all(|calls| *calls >= MARGIN))?;
    let (first, since) = (done().iter().sum::<usize>(), std::time::Instant::now());
    // The last calls of a batch do not keep all workers busy.
    let last = (calls - MARGIN) * workers;
    wait_until(|| done().iter().sum::<usize>() >= last)?;
    let (sent, time) = (done().iter().sum::<usize>() - first, since.elapsed());
    for child in &mut running {
        child.wait()?;
    }
    ensure!(done().iter().sum::<usize>() == calls * workers, "calls: {:?}", done());
    // Counts are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let sent = sent as f64;
    Ok(sent / time.as_secs_f64())
}

/// A machine with the stand-in that sleeps.
fn machine(stand_in: &Path) -> Result<World> {
    let world = World::new();
    let (link, tests) = (world.path("bin/aliyun"), world.path("bin/aliyun.tests"));
    fs::rename(&link, tests)?;
    fs::copy(stand_in, &link)?;
    Ok(world)
}

/// Compiles the stand-in that sleeps.
#[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
fn compile_stand_in(folder: &Path) -> Result<PathBuf> {
    let (source, program) = (folder.join("aliyun.rs"), folder.join("aliyun"));
    fs::write(&source, STAND_IN)?;
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(compiler);
    let output = command.args(["--edition=2024", "-O", "-o"]).arg(&program).arg(source).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(program)
}

fn alimsg(world: &World, url: &str, words: &[&str]) -> Command {
    let mut command = world.alimsg(words);
    command.env("ALIMSG_STORE", url);
    command
}

/// How many calls have ended on this machine.
fn calls_of(world: &World) -> usize {
    let path: PathBuf = world.path("stand_in/calls");
    fs::metadata(path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX))
}

fn wait_until(condition: impl Fn() -> bool) -> Result<()> {
    for _ in 0..60_000 {
        if condition() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(5));
    }
    anyhow::bail!("the workers do not make progress")
}
