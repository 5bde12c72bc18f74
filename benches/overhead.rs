//! Measures what alimsg adds to `aliyun`. Each case is compared with the same bare commands of
//! `aliyun`, in the same run: the rounds alternate between the cases, so that other work on the
//! machine affects all of them. `aliyun` is the stand-in of the tests, which here uses as much CPU
//! time as the real program needs to start.
//!
//! `ALIMSG_BENCH_ROUNDS` sets the number of rounds. The exit code does not depend on the targets.

mod common;
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::cell::Cell;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{fs, iter};

use anyhow::{Context as _, Result, ensure};
use common::{cpu_of_children, median, peak_mib, quartile};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::World;

const ROUNDS: usize = 40;
/// CPU time of one start of the real `aliyun`.
const START_COST_MS: &str = "25";
const CROWD: usize = 32;
const SEND: [&str; 10] =
    ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes", "--json"];

fn main() -> ExitCode {
    common::exit_code(Bench::prepare().and_then(|mut bench| {
        bench.run()?;
        bench.report(&mut std::io::stdout())
    }))
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Bare,
    FourBare,
    Send(Mode),
    /// As `Send(Mode::Call)`, without the outbox.
    NoOutbox,
    Cold,
    Key,
    Replay,
    Aged {
        hangs: bool,
    },
    CrowdBare,
    Crowd(Mode),
    Help,
    DryRun,
}

/// How ai-mode is switched on for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Switch,
    Call,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Switch => "switch",
            Mode::Call => "call",
        }
    }
}

enum Target {
    None,
    /// The ratio to the median of the other case is shown, without a target.
    Compared(Case),
    /// At most this ratio to the median of the other case.
    Ratio(Case, f64),
    Milliseconds(f64),
    /// At most this many milliseconds less than the other case.
    Saved(Case, f64),
}

/// One row of the table.
struct Row {
    case: Case,
    name: &'static str,
    /// Measured in every n-th round, because it takes long.
    every: usize,
    target: Target,
    wall_ms: Vec<f64>,
    cpu_ms: Vec<f64>,
}

struct Bench {
    world: World,
    rounds: usize,
    rows: Vec<Row>,
    /// The commands of `aliyun` that one send runs with ai-mode switched on around it.
    four: Vec<Vec<String>>,
    keys: usize,
    /// The number of messages so far: an equal message would be refused as a duplicate.
    messages: Cell<usize>,
}

impl Bench {
    fn prepare() -> Result<Self> {
        common::build_stand_in()?;
        let world = World::new();
        common::install(&world.path("bin"))?;
        let rounds = common::number_from_env("ALIMSG_BENCH_ROUNDS", ROUNDS)?;
        let mut bench = Self {
            world,
            rounds,
            rows: table(),
            four: Vec::new(),
            keys: 0,
            messages: Cell::default(),
        };
        let folder = bench.world.path("without_outbox/alimsg");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("config.toml"), "[outbox]\nenabled = false\n")?;
        // A first run, and the replay's first send.
        bench.measure(Case::Send(Mode::Switch))?;
        bench.measure(Case::Replay)?;
        let call = bench.world.processes().into_iter().rfind(|one| one.argv[0] == "dysmsapi");
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let agent = "AlibabaCloud-Agent-Skills/alibabacloud-sms-send-short-message";
        bench.four = vec![
            words(&["configure", "ai-mode", "enable"]),
            words(&["configure", "ai-mode", "set-user-agent", "--user-agent", agent]),
            call.context("a send")?.argv,
            words(&["configure", "ai-mode", "disable"]),
        ];
        Ok(bench)
    }

    /// Measures all rows. The first round only warms up.
    fn run(&mut self) -> Result<()> {
        for round in 0..=self.rounds {
            // Another case begins in each round, so that none always follows the same one.
            for index in 0..self.rows.len() {
                let index = (index + round) % self.rows.len();
                let case = self.rows[index].case;
                if round == 0 || !round.is_multiple_of(self.rows[index].every) {
                    continue;
                }
                let (wall, cpu) = self.measure(case)?;
                self.rows[index].wall_ms.push(wall.as_secs_f64() * 1e3);
                self.rows[index].cpu_ms.push(cpu.as_secs_f64() * 1e3);
            }
        }
        Ok(())
    }

    /// Prepares one case, measures it, and waits for what it has left running.
    fn measure(&mut self, case: Case) -> Result<(Duration, Duration)> {
        let commands = match case {
            Case::Bare => vec![self.aliyun(2)],
            Case::FourBare => (0..4).map(|index| self.aliyun(index)).collect(),
            Case::CrowdBare => (0..CROWD).map(|_| self.aliyun(2)).collect(),
            Case::Crowd(mode) => (0..CROWD).map(|_| self.send(mode)).collect(),
            Case::Send(mode) => vec![self.send(mode)],
            Case::NoOutbox => {
                let mut command = self.send(Mode::Call);
                command.env("XDG_CONFIG_HOME", self.world.path("without_outbox"));
                vec![command]
            }
            Case::Cold => {
                let _ = fs::remove_dir_all(self.world.path("state/stamps"));
                vec![self.send(Mode::Switch)]
            }
            Case::Key => {
                self.keys += 1;
                vec![self.send_with(&["--idempotency-key", &format!("key-{}", self.keys)])]
            }
            Case::Replay => vec![self.send_with(&["--idempotency-key", "replay"])],
            Case::Aged { hangs } => {
                self.age_checks()?;
                if hangs {
                    self.world.script(json!([{ "match": ["plugin", "update"], "delay_ms": 1500 }]));
                }
                vec![self.send(Mode::Switch)]
            }
            Case::Help => vec![self.alimsg(&["--help"])],
            Case::DryRun => vec![self.alimsg(&[&SEND[..], &["--dry-run"]].concat())],
        };
        let at_once = matches!(case, Case::CrowdBare | Case::Crowd(_));
        let measured = timed(commands, at_once)?;
        if matches!(case, Case::Aged { .. }) {
            self.world.wait_for_quiet();
            self.world.script(json!([]));
        }
        Ok(measured)
    }

    /// Makes the cached checks look one day old.
    fn age_checks(&self) -> Result<()> {
        let folder = fs::read_dir(self.world.path("state/stamps"))?;
        for entry in folder {
            let path = entry?.path();
            let mut cache: Value = serde_json::from_slice(&fs::read(&path)?)?;
            cache["checked_at"] = json!(Timestamp::now() - SignedDuration::from_hours(25));
            fs::write(path, cache.to_string())?;
        }
        Ok(())
    }

    /// One of the bare commands of a send.
    fn aliyun(&self, index: usize) -> Command {
        let words: Vec<&str> = self.four[index].iter().map(String::as_str).collect();
        with_start_cost(self.world.aliyun(&words))
    }

    fn send(&self, mode: Mode) -> Command {
        self.messages.set(self.messages.get() + 1);
        let param = format!("number={}", self.messages.get());
        self.send_with(&["--ai-mode", mode.name(), "--param", &param])
    }

    fn send_with(&self, flags: &[&str]) -> Command {
        self.alimsg(&[&SEND[..], flags].concat())
    }

    fn alimsg(&self, words: &[&str]) -> Command {
        let mut command = self.world.program(&self.world.path("bin/alimsg"));
        command.args(words);
        with_start_cost(command)
    }

    fn report(&self, out: &mut impl std::io::Write) -> Result<()> {
        writeln!(
            out,
            "{} rounds, medians in ms; aliyun is the stand-in of the tests,",
            self.rounds
        )?;
        writeln!(out, "with {START_COST_MS} ms of CPU time for each start. CPU includes aliyun.")?;
        let heading = ["", "wall", "middle half", "CPU", "ratio to", "target", ""];
        let rows = self.rows.iter().map(|row| self.cells(row));
        for [name, wall, spread, cpu, ratio, target, result] in
            iter::once(heading.map(String::from)).chain(rows)
        {
            let line =
                format!("{name:26}{wall:>8}{spread:>18}{cpu:>9}  {ratio:<31}{target:<9}{result}");
            writeln!(out, "{}", line.trim_end())?;
        }
        for mode in [Mode::Switch, Mode::Call] {
            self.report_own_cost(mode, out)?;
        }
        Ok(())
    }

    fn cells(&self, row: &Row) -> [String; 7] {
        let wall = median(&row.wall_ms);
        let spread = [1, 3].map(|quarter| format!("{:.1}", quartile(&row.wall_ms, quarter)));
        let (ratio, target, passed) = match row.target {
            Target::None => (String::new(), String::new(), None),
            Target::Milliseconds(limit) => {
                (String::new(), format!("< {limit} ms"), Some(wall < limit))
            }
            Target::Saved(other, limit) => {
                let saved = self.median_of(other) - wall;
                let name = self.name_of(other);
                (format!("-{saved:.1} ms {name}"), format!("< {limit} ms"), Some(saved < limit))
            }
            Target::Compared(other) => (self.compare(wall, other), String::new(), None),
            Target::Ratio(other, limit) => (
                self.compare(wall, other),
                format!("<= {limit}"),
                Some(self.ratio(wall, other) <= limit),
            ),
        };
        let result = passed.map_or("", common::verdict);
        [
            row.name.to_string(),
            format!("{wall:.1}"),
            spread.join(" to "),
            format!("{:.1}", median(&row.cpu_ms)),
            ratio,
            target,
            result.to_string(),
        ]
    }

    fn ratio(&self, wall: f64, other: Case) -> f64 {
        wall / self.median_of(other)
    }

    fn median_of(&self, case: Case) -> f64 {
        let row = self.rows.iter().find(|row| row.case == case);
        row.map_or(f64::NAN, |row| median(&row.wall_ms))
    }

    fn name_of(&self, case: Case) -> &'static str {
        self.rows.iter().find(|row| row.case == case).map_or("", |row| row.name)
    }

    fn compare(&self, wall: f64, other: Case) -> String {
        format!("{:.2} {}", self.ratio(wall, other), self.name_of(other))
    }

    /// Prints the CPU time that alimsg and its watchdog add to the processes of `aliyun`, and their
    /// peak memory during a call.
    fn report_own_cost(&self, mode: Mode, out: &mut impl std::io::Write) -> Result<()> {
        let cpu =
            |case| self.rows.iter().find(|row| row.case == case).map(|row| median(&row.cpu_ms));
        let (Some(send), Some(bare)) = (cpu(Case::Send(mode)), cpu(Case::Bare)) else {
            return Ok(());
        };
        let before = self.world.processes().len();
        self.world.script(json!([{ "match": [], "contains": ["send-sms"], "delay_ms": 700 }]));
        let mut child = self.send(mode).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let is_call = |words: &[String]| words.iter().any(|word| word == "send-sms");
        self.world.wait_until("the call is running", || {
            self.world.processes().iter().skip(before).any(|process| is_call(&process.argv))
        });
        let peak = |is_watchdog: bool| {
            let processes = self.world.running();
            let mut alimsg = processes.iter().filter(|process| process.name == "alimsg");
            alimsg
                .find(|process| process.is_watchdog == is_watchdog)
                .and_then(|process| peak_mib(process.pid))
        };
        let [run, watchdog] = [false, true].map(|is_watchdog| {
            peak(is_watchdog).map_or("none".to_string(), |mib| format!("{mib:.1} MiB"))
        });
        ensure!(child.wait()?.success(), "a send failed");
        self.world.script(json!([]));
        let processes = self.world.processes().len() - before;
        let own = send - bare * processes as f64;
        let mode = mode.name();
        writeln!(
            out,
            "{mode}: {processes} processes of aliyun; own CPU time {own:.1} ms; peak memory: run \
             {run}, watchdog {watchdog}"
        )?;
        Ok(())
    }
}

fn table() -> Vec<Row> {
    use Target::{Compared, Milliseconds, None, Ratio, Saved};
    let (switch, call) = (Case::Send(Mode::Switch), Case::Send(Mode::Call));
    let rows = [
        (Case::Bare, "1 bare call", 1, None),
        (Case::FourBare, "4 bare commands", 1, None),
        (switch, "send, --ai-mode switch", 1, Ratio(Case::FourBare, 0.82)),
        // Each send is recorded for the duplicate check and the outbox.
        (call, "send, --ai-mode call", 1, Ratio(Case::Bare, 1.25)),
        (Case::NoOutbox, "same, without the outbox", 1, Saved(call, 1.0)),
        (Case::Cold, "send, cold (all checks)", 2, None),
        (Case::Key, "send with a new key", 1, Compared(switch)),
        (Case::Replay, "replay of a key", 1, Milliseconds(10.0)),
        (Case::Aged { hangs: false }, "first send of a day", 2, Ratio(switch, 1.1)),
        (Case::Aged { hangs: true }, "same, catalogue hangs", 4, Ratio(switch, 1.1)),
        (Case::CrowdBare, "32 concurrent bare calls", 8, None),
        (Case::Crowd(Mode::Switch), "32 concurrent, switch", 8, Compared(Case::CrowdBare)),
        (Case::Crowd(Mode::Call), "32 concurrent, call", 8, Ratio(Case::CrowdBare, 1.3)),
        (Case::Help, "--help", 1, None),
        (Case::DryRun, "--dry-run", 1, None),
    ];
    rows.into_iter()
        .map(|(case, name, every, target)| Row {
            case,
            name,
            every,
            target,
            wall_ms: Vec::new(),
            cpu_ms: Vec::new(),
        })
        .collect()
}

fn with_start_cost(mut command: Command) -> Command {
    command.env("STAND_IN_CPU_MS", START_COST_MS);
    command
}

/// Runs the commands one after the other or at once. Returns wall time and CPU time; the latter
/// includes all processes that they waited for.
fn timed(commands: Vec<Command>, at_once: bool) -> Result<(Duration, Duration)> {
    let cpu_before = cpu_of_children()?;
    let since = Instant::now();
    let mut running = Vec::new();
    for mut command in commands {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        running.push((command, child));
        if !at_once {
            wait_for(&mut running)?;
        }
    }
    wait_for(&mut running)?;
    Ok((since.elapsed(), cpu_of_children()?.saturating_sub(cpu_before)))
}

fn wait_for(running: &mut Vec<(Command, std::process::Child)>) -> Result<()> {
    for (command, child) in running.drain(..) {
        let output = child.wait_with_output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{command:?}: {stderr}");
    }
    Ok(())
}
