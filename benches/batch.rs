//! Measures batches, each next to a bare counterpart in the same run. `aliyun` is the stand-in of the
//! tests, which answers at once. The calls per second are also measured with the start cost of the
//! real program.
//!
//! `ALIMSG_BENCH_ROWS` sets the number of rows. The exit code does not depend on the targets.

mod common;
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use alimsg::settings::{AiModeMethod, Credentials, PlanUse, Settings};
use alimsg::storage::batches::{CallEnd, Created, NewBatch, NewCall, Start};
use anyhow::{Context as _, Result, anyhow, ensure};
use common::{cpu_of_children, peak_mib};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use support::World;

const ROWS: u64 = 1_000_000;
const SMALL: u64 = 10_000;
const JOBS: usize = 4;
/// The CPU time in milliseconds that a start of the real program costs at least.
const START_COST_MS: u64 = 25;
/// Rows of one call, and calls that are recorded together.
const ROWS_PER_CALL: u64 = 1_000;
/// How often the calls with a start cost are compared.
const ROUNDS: u64 = 3;
const COMMAND: [&str; 9] =
    ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_1", "--jobs=4", "--look-up=0"];
const START_COST: &str = "STAND_IN_CPU_MS";
/// Set in the process that measures the store; the store takes its folder from the environment.
const ROLE: &str = "ALIMSG_BENCH_STORE";

fn main() -> ExitCode {
    let result = match std::env::var(ROLE) {
        Ok(rows) => rows.parse().map_err(anyhow::Error::from).and_then(measure_store),
        Err(_) => Bench::prepare().and_then(|mut bench| bench.run()),
    };
    common::exit_code(result)
}

struct Bench {
    world: World,
    rows: u64,
    /// The CPU time in milliseconds that each start of the stand-in takes.
    start_cost_ms: u64,
    out: std::io::Stdout,
}

/// A run of a command.
struct Run {
    wall: Duration,
    /// CPU time with all children that ended.
    cpu: Duration,
    /// The peak memory of the command, without its children.
    peak_mib: f64,
}

/// Calls per second with alimsg and without it.
#[derive(Clone, Copy)]
struct CallsPerSecond {
    own: f64,
    bare: f64,
}

impl CallsPerSecond {
    fn ratio(self) -> f64 {
        self.own / self.bare
    }
}

impl Bench {
    fn prepare() -> Result<Self> {
        common::build_stand_in()?;
        let world = World::new();
        common::install(&world.path("bin"))?;
        let rows = common::number_from_env("ALIMSG_BENCH_ROWS", ROWS)?;
        Ok(Self { world, rows, start_cost_ms: 0, out: std::io::stdout() })
    }

    fn line(&mut self, name: &str, value: &str, bare: &str, target: &str, passed: Option<bool>) {
        let result = passed.map_or("", common::verdict);
        let line = format!("{name:38}{value:>18}  {bare:<34}{target:<14}{result}");
        let _ = writeln!(self.out, "{}", line.trim_end());
        let _ = self.out.flush();
    }

    fn run(&mut self) -> Result<()> {
        let rows = self.rows;
        writeln!(
            self.out,
            "{rows} rows; aliyun is the stand-in of the tests, which answers at once"
        )?;
        // The first run checks the machine.
        self.write_rows(1, 0)?;
        self.send(&["--yes", "--name=first"])?;

        self.write_rows(SMALL, 0)?;
        let small = self.send(&["--dry-run"])?;
        self.write_rows(rows, 0)?;
        let bare = self.read_bare()?;
        let plan = self.send(&["--dry-run"])?;
        let per_second = |rows: u64, wall: Duration| rows as f64 / wall.as_secs_f64();
        let validated = per_second(rows, plan.wall);
        self.line(
            "validate, rows per second",
            &format!("{validated:.0}"),
            &format!("{:.0} csv crate and SHA-256", per_second(rows, bare)),
            ">= 500000",
            Some(validated >= 500_000.0),
        );
        let by_cpu = per_second(rows, plan.cpu);
        self.line(
            "same by CPU time, for a busy machine",
            &format!("{by_cpu:.0}"),
            "",
            ">= 500000",
            Some(by_cpu >= 500_000.0),
        );
        let memory = |run: &Run| format!("{:.1} MiB", run.peak_mib);
        self.line(
            "plan, peak memory",
            &memory(&plan),
            "",
            "< 100 MiB",
            Some(plan.peak_mib < 100.0),
        );
        self.growth("plan", (SMALL, small.wall), (rows, plan.wall));
        self.store(rows)?;

        // Rows with the same values: calls with 1,000 numbers.
        self.write_rows(SMALL, 1)?;
        let small = self.send(&["--yes"])?;
        let argv = self.world.processes().into_iter().rfind(|one| one.argv[0] == "dysmsapi");
        let argv = argv.context("a call")?.argv;
        self.clear_log()?;
        self.write_rows(rows, 2)?;
        let sent = self.send(&["--yes"])?;
        self.clear_log()?;
        self.line(
            "send, peak memory",
            &memory(&sent),
            "",
            "< 100 MiB",
            Some(sent.peak_mib < 100.0),
        );
        self.growth("send", (SMALL, small.wall), (rows, sent.wall));
        let calls = self.calls_per_second(rows, &plan, &sent, &argv)?;
        self.line_of_calls("calls per second", calls, None);
        let again = self.send(&["--yes"])?;
        self.line(
            "finished batch, same command again",
            &format!("{:.1} s", again.wall.as_secs_f64()),
            "",
            "< 5 s",
            Some(again.wall < Duration::from_secs(5)),
        );
        self.line(
            "same, peak memory",
            &memory(&again),
            "",
            "< 100 MiB",
            Some(again.peak_mib < 100.0),
        );

        self.start_cost_ms = START_COST_MS;
        // In rounds, because the speed of a busy machine changes.
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            self.write_rows(rows, 3 + round)?;
            let plan = self.send(&["--dry-run"])?;
            let sent = self.send(&["--yes"])?;
            self.clear_log()?;
            rounds.push(self.calls_per_second(rows, &plan, &sent, &argv)?);
        }
        rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
        let median = rounds[rounds.len() / 2];
        let name = format!("calls per second, {START_COST_MS} ms of CPU each");
        self.line_of_calls(&name, median, Some(0.9));
        Ok(())
    }

    /// Compares the calls of a run, without the time of its plan, with the same calls without alimsg.
    fn calls_per_second(
        &self,
        rows: u64,
        plan: &Run,
        sent: &Run,
        argv: &[String],
    ) -> Result<CallsPerSecond> {
        let calls = usize::try_from(rows.div_ceil(ROWS_PER_CALL))?;
        let per_second = |wall: Duration| calls as f64 / wall.as_secs_f64();
        let own = per_second(sent.wall - plan.wall.min(sent.wall / 2));
        let bare = per_second(self.call_bare(calls, argv)?);
        self.clear_log()?;
        Ok(CallsPerSecond { own, bare })
    }

    fn line_of_calls(&mut self, name: &str, calls: CallsPerSecond, target: Option<f64>) {
        self.line(
            name,
            &format!("{:.1}", calls.own),
            &format!("{:.1} bare, {JOBS} at a time: {:.2}", calls.bare, calls.ratio()),
            &target.map(|target| format!(">= {target}")).unwrap_or_default(),
            target.map(|target| calls.ratio() >= target),
        );
    }

    fn growth(&mut self, name: &str, small: (u64, Duration), large: (u64, Duration)) {
        let each = |(rows, wall): (u64, Duration)| wall.as_secs_f64() * 1e6 / rows as f64;
        let ratio = each(large) / each(small);
        self.line(
            &format!("{name}, time for each row"),
            &format!("{:.2} µs", each(large)),
            &format!("{:.2} µs with {} rows: {ratio:.2}", each(small), small.0),
            "<= 1.2",
            Some(ratio <= 1.2),
        );
    }

    /// Writes `rows.csv`. `batch` makes it another batch; 0: each row has values of its own.
    fn write_rows(&self, rows: u64, batch: u64) -> Result<()> {
        let mut text = "phone,name,order\n".to_string();
        for row in 0..rows {
            let phone = 13_000_000_000 + row * 7;
            match batch {
                0 => writeln!(text, "{phone},Customer {row},2026-{row}")?,
                _ => writeln!(text, "{phone},Customer,2026-{batch}")?,
            }
        }
        Ok(fs::write(self.world.path("rows.csv"), text)?)
    }

    fn clear_log(&self) -> Result<()> {
        let log = self.world.path("stand_in/log");
        if log.is_dir() {
            fs::remove_dir_all(&log)?;
            fs::create_dir(&log)?;
        } else if log.exists() {
            fs::write(&log, "")?;
        }
        Ok(())
    }

    /// Runs the batch command, and reads its peak memory while it runs.
    fn send(&self, more: &[&str]) -> Result<Run> {
        let mut command = self.world.program(&self.world.path("bin/alimsg"));
        command.args(COMMAND).args(more);
        command.env(START_COST, self.start_cost_ms.to_string());
        let (since, cpu) = (Instant::now(), cpu_of_children()?);
        let errors = File::create(self.world.path("stderr"))?;
        let mut child = command.stdout(Stdio::null()).stderr(errors).spawn()?;
        let mut peak: f64 = 0.0;
        let status = loop {
            peak = peak.max(peak_mib(child.id()).unwrap_or_default());
            match child.try_wait()? {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        let wall = since.elapsed();
        let errors = fs::read_to_string(self.world.path("stderr"))?;
        ensure!(status.success(), "{more:?}: {errors}");
        Ok(Run { wall, cpu: cpu_of_children()?.saturating_sub(cpu), peak_mib: peak })
    }

    /// Reads the rows without any check.
    fn read_bare(&self) -> Result<Duration> {
        let since = Instant::now();
        let mut text = Vec::new();
        File::open(self.world.path("rows.csv"))?.read_to_end(&mut text)?;
        let hash = Sha256::digest(&text);
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let mut record = csv::StringRecord::new();
        let mut rows = 0;
        while reader.read_record(&mut record)? {
            rows += 1;
        }
        ensure!(rows == self.rows && hash.len() == 32, "{rows} rows");
        Ok(since.elapsed())
    }

    /// Runs the same calls without alimsg.
    fn call_bare(&self, calls: usize, argv: &[String]) -> Result<Duration> {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let next = AtomicUsize::new(0);
        let since = Instant::now();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..JOBS)
                .map(|_| {
                    scope.spawn(|| -> Result<()> {
                        while next.fetch_add(1, Ordering::Relaxed) < calls {
                            let mut command = self.world.aliyun(&words);
                            command.env(START_COST, self.start_cost_ms.to_string());
                            let output = command.output()?;
                            // The program exits with 0 after some errors as well.
                            let text = String::from_utf8_lossy(&output.stdout);
                            ensure!(text.contains("\"OK\""), "{output:?}");
                        }
                        Ok(())
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|one| {
                one.join().map_err(|_| anyhow!("a thread panicked")).and_then(|result| result)
            })
        })?;
        Ok(since.elapsed())
    }

    /// Measures the store in a process with a folder of its own.
    fn store(&mut self, rows: u64) -> Result<()> {
        let mut command = this_program()?;
        let folder = self.world.path("tmp/store");
        command.env(ROLE, rows.to_string()).env("ALIMSG_STATE_DIR", &folder);
        let output = command.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout)?;
        for line in text.lines() {
            let seconds: Vec<f64> = line.split(' ').filter_map(|part| part.parse().ok()).collect();
            let [rows_per_call, own, bare] = seconds[..] else { continue };
            let [own, bare] = [own, bare].map(|seconds| rows as f64 / seconds);
            self.line(
                &format!("record, rows per second, {rows_per_call} a call"),
                &format!("{own:.0}"),
                &format!("{bare:.0} bare SQLite"),
                ">= 150000",
                Some(own >= 150_000.0),
            );
        }
        Ok(())
    }
}

/// Records the start and the end of calls with this many rows, and the same in bare SQLite. Prints
/// the rows of a call and both times in seconds.
fn measure_store(rows: u64) -> Result<()> {
    let settings = Settings {
        profile: None,
        region: None,
        credentials: Credentials::Auto,
        ai_mode: AiModeMethod::default(),
        yes: true,
        dry_run: false,
        plan: PlanUse::Ask,
        interactive: false,
        timeout: Duration::from_secs(10),
        aliyun: None,
        store: None,
        defaults: alimsg::settings::defaults::Defaults::default(),
        limits: alimsg::settings::limits::Limits::default(),
        outbox: alimsg::settings::outbox::Outbox::default(),
        ephemeral_state: false,
        sandbox: false,
    };
    let store = alimsg::storage::open(&settings)?;
    let batches = store.batches();
    let worker = batches.worker()?;
    for rows_per_call in [ROWS_PER_CALL, 100] {
        let new = NewBatch {
            identity: store.digest(&rows_per_call.to_string()),
            name: None,
            command: "sms batch".into(),
            account: String::new(),
            source: None,
            content: String::new(),
            definition: "{}".into(),
            rows,
            enqueued: false,
        };
        let (Created::New(batch) | Created::Existing(batch)) = batches.create(&new)?;
        let since = Instant::now();
        for first in (0..rows).step_by(usize::try_from(rows_per_call)? * JOBS) {
            let calls: Vec<NewCall> = (0..JOBS as u64)
                .map(|call| first + call * rows_per_call)
                .map(|first| NewCall {
                    rows: (first..(first + rows_per_call).min(rows)).collect(),
                    tracking_id: uuid::Uuid::now_v7().to_string(),
                    generated: true,
                    details: "{}".into(),
                    payload: None,
                    send: None,
                })
                .filter(|call| !call.rows.is_empty())
                .collect();
            let ended = |start| match start {
                Start::Recorded(id) => Ok((id, CallEnd::Accepted { result: "{}".into() })),
                Start::Taken(_) | Start::Limited(_) => Err(anyhow!("a row is taken")),
            };
            let starts = batches.start(&batch.id, worker.name(), &calls)?;
            let ends = starts.into_iter().map(ended).collect::<Result<Vec<_>>>()?;
            batches.finish(&batch.id, &ends)?;
        }
        let own = since.elapsed().as_secs_f64();
        let bare = insert_bare(rows, rows_per_call)?.as_secs_f64();
        writeln!(std::io::stdout(), "{rows_per_call} {own} {bare}")?;
    }
    Ok(())
}

/// Inserts the same rows into a table of SQLite, with as many transactions.
fn insert_bare(rows: u64, rows_per_call: u64) -> Result<Duration> {
    // SQLite has signed integers only.
    let (rows, rows_per_call) = (i64::try_from(rows)?, i64::try_from(rows_per_call)?);
    let folder = tempfile::tempdir()?;
    let mut database = Connection::open(folder.path().join("bare.db"))?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE calls (id INTEGER PRIMARY KEY, result TEXT);
         CREATE TABLE rows (batch INTEGER, row INTEGER, call INTEGER, PRIMARY KEY (batch, row))
             WITHOUT ROWID;",
    )?;
    let since = Instant::now();
    let together = rows_per_call * i64::try_from(JOBS)?;
    for first in (0..rows).step_by(usize::try_from(together)?) {
        let transaction = database.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO rows VALUES (1, ?1, ?2)")?;
            let mut call = transaction.prepare_cached("INSERT INTO calls VALUES (?1, NULL)")?;
            for row in first..(first + together).min(rows) {
                if row % rows_per_call == 0 {
                    call.execute([row / rows_per_call])?;
                }
                insert.execute([row, row / rows_per_call])?;
            }
        }
        transaction.commit()?;
        let transaction = database.transaction()?;
        let range = [first / rows_per_call, (first + together) / rows_per_call];
        transaction.execute("UPDATE calls SET result = '{}' WHERE id >= ?1 AND id < ?2", range)?;
        transaction.commit()?;
    }
    Ok(since.elapsed())
}

#[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}
