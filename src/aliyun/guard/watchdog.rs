//! The watchdog: a second process that outlives a killed run and switches ai-mode off for it.
//!
//! It is this program again, started before ai-mode is switched on, in a process group of its own.
//! Its input is a pipe from the run: first a line with its configuration, then one line for each
//! change. It answers once, on its output, when it is ready; nothing is switched on before. If the
//! pipe ends without a farewell the run was killed; then the watchdog lets the call in flight finish
//! (it holds the lease), and leaves ai-mode in the run's place.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Release};
use crate::os::{process, role, signals, system};
use crate::storage::lock;

/// How long the watchdog goes on trying to switch ai-mode off; after that the next run does it.
const MAX_RETRY_TIME: Duration = Duration::from_secs(15 * 60);
/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(20);
/// How long a run waits for its watchdog to be ready.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a run waits for its watchdog to end; one that was stopped would never do so.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a run that waits attends to signals.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The first line of the watchdog's input.
#[derive(Debug, Serialize, Deserialize)]
struct Configuration {
    cli: AliyunCli,
    lease: PathBuf,
}

/// A call in flight: the leader of its process group, and when that was started. The number alone
/// may belong to another process by the time it is used.
#[derive(Debug, Clone, Copy)]
struct Group {
    leader: u32,
    started: u64,
}

impl Group {
    /// Ends it, if its leader is still there: that proves that the number means this group.
    fn end(self) {
        if system::start_time(self.leader) == Some(self.started) {
            system::end_group(self.leader);
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (leader, started) = text.split_once(' ')?;
        Some(Self { leader: leader.parse().ok()?, started: started.parse().ok()? })
    }
}

/// The lines that follow: one word, and what belongs to it.
const CALLING: &str = "calling";
const IDLE: &str = "idle";
const DONE: &str = "done";
/// The watchdog's one answer.
const READY: &[u8] = b"ready\n";

/// The run's end of the watchdog. Dropping it ends the watchdog: ai-mode is off, or was not
/// switched on.
pub struct Watchdog {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    ready: bool,
    is_successor: bool,
}

impl Watchdog {
    /// Starts it. It gets ready while the run goes on: see [`Self::await_ready`].
    ///
    /// # Errors
    /// The system starts no more processes.
    pub fn start() -> Result<Self> {
        let mut child = process::start_companion((role::VARIABLE, role::WATCHDOG))?;
        let (input, output) = child.stdin.take().zip(child.stdout.take()).context("no pipes")?;
        let watchdog =
            Self { child, input: Some(input), output, ready: false, is_successor: false };
        // One that was stopped reads nothing, and a full pipe must not stop the run.
        watchdog.input.as_ref().map_or(Ok(()), system::never_wait_to_write)?;
        Ok(watchdog)
    }

    /// Gives it what it needs to know.
    ///
    /// # Errors
    /// It cannot be written, for example because the watchdog has ended.
    pub fn configure(&mut self, cli: &AliyunCli, lease: &Path) -> Result<()> {
        let configuration = Configuration { cli: cli.clone(), lease: lease.to_path_buf() };
        self.write(&serde_json::to_string(&configuration)?).context("it has ended")
    }

    /// Waits until it is ready to take over.
    ///
    /// # Errors
    /// It has ended, or is not ready in time; or a signal came.
    pub fn await_ready(&mut self) -> Result<()> {
        if self.ready {
            return Ok(());
        }
        let deadline = Instant::now() + START_TIMEOUT;
        while !system::is_readable_within(&self.output, POLL_INTERVAL)? {
            if signals::count() > 0 {
                bail!("stopped by a signal");
            }
            if Instant::now() >= deadline {
                bail!("it was not ready within {} s", START_TIMEOUT.as_secs());
            }
        }
        // Written at once, so all of it is there.
        let mut answer = [0; READY.len()];
        if self.output.read(&mut answer)? < answer.len() {
            bail!("it ended before it was ready");
        }
        self.ready = true;
        Ok(())
    }

    /// A call runs in this process group.
    pub fn call_started(&mut self, group: u32) {
        // Without a start time it would not be ended at any rate.
        if let Some(started) = system::start_time(group) {
            self.send(&format!("{CALLING} {group} {started}"));
        }
    }

    /// No call runs.
    pub fn call_ended(&mut self) {
        self.send(IDLE);
    }

    /// ai-mode could not be remaining: the watchdog goes on trying when this process has gone. False if
    /// it has ended already.
    pub fn take_over(mut self) -> bool {
        let is_alive = self.ready && matches!(self.child.try_wait(), Ok(None));
        self.is_successor = is_alive;
        self.input = None;
        is_alive
    }

    fn send(&mut self, line: &str) {
        // A watchdog that was killed or stopped learns nothing more; the run goes on without it.
        let _ = self.write(line);
    }

    fn write(&mut self, line: &str) -> std::io::Result<()> {
        let line = format!("{line}\n");
        self.input.as_mut().map_or(Ok(()), |input| input.write_all(line.as_bytes()))
    }

    /// Waits until its output is closed, which the system does when it ends.
    fn ends_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut rest = [0; 64];
        loop {
            let remaining = deadline.saturating_duration_since(Instant::now());
            match system::is_readable_within(&self.output, remaining) {
                Ok(true) if matches!(self.output.read(&mut rest), Ok(1..)) => {}
                Ok(true) | Err(_) => return true,
                Ok(false) if remaining.is_zero() => return false,
                Ok(false) => {}
            }
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if self.is_successor {
            return;
        }
        self.send(DONE);
        self.input = None;
        // It ends as soon as it has read that; leaving no process behind is worth the moment. One
        // that was stopped has nothing remaining to do.
        if !self.ends_within(EXIT_TIMEOUT) {
            let _ = self.child.kill();
            self.ends_within(EXIT_TIMEOUT);
        }
        let deadline = Instant::now() + EXIT_TIMEOUT;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// The watchdog's own life.
///
/// # Errors
/// If it was started by something else than a run, or cannot do its work.
pub fn main(input: impl Read, mut output: impl Write) -> Result<()> {
    // Signals that ask programs to end are for the run; it would otherwise die along with it.
    signals::watch()?;
    let mut lines = BufReader::new(input).lines();
    let first_line = lines.next().transpose()?.unwrap_or_default();
    let configuration: Configuration = serde_json::from_str(&first_line)?;
    output.write_all(READY)?;
    output.flush()?;
    let mut group = None;
    for line in lines.map_while(Result::ok) {
        match line.split_once(' ') {
            Some((CALLING, call)) => group = Group::parse(call),
            _ if line == DONE => return Ok(()),
            _ => group = None,
        }
    }
    await_call(&configuration, group);
    release_with_retries(&configuration);
    Ok(())
}

/// Waits for the call that was in flight, at most as long as the run would have.
fn await_call(configuration: &Configuration, group: Option<Group>) {
    let deadline = Instant::now() + configuration.cli.limit;
    let may_run = || lock::is_held(&configuration.lease).unwrap_or(Some(true)) == Some(true);
    while may_run() {
        if Instant::now() >= deadline {
            if let Some(group) = group {
                group.end();
            }
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn release_with_retries(configuration: &Configuration) {
    let start = Instant::now();
    let mut pause = Duration::from_millis(200);
    let cli = &configuration.cli;
    // Where the configuration is gone, so is what was switched on.
    while cli.config_folder.exists()
        && let Release::On(_) = AiMode::new(cli).release(&configuration.lease)
    {
        if start.elapsed() > MAX_RETRY_TIME {
            return;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(MAX_PAUSE);
    }
}
