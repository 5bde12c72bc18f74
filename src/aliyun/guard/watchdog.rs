//! The watchdog: a second process that outlives a killed run and switches ai-mode off for it.
//!
//! It is this program, started before ai-mode is switched on, in its own process group. Its input is
//! a pipe from the run: first a line with its configuration, then one line for each change. It
//! prints one line when it is ready; ai-mode is not switched on before, nor before the configuration
//! is in the pipe. If the pipe closes without the line `done`, the run was killed. The watchdog then
//! waits for the running calls, which hold the lease, and releases ai-mode for the run.

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

/// How long the watchdog tries to switch ai-mode off. After that, the next run does it.
const MAX_RETRY_TIME: Duration = Duration::from_secs(15 * 60);
/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(20);
/// How long a run waits for its watchdog to be ready.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a run waits for its watchdog to end, before it kills a watchdog that was stopped.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a waiting run checks for signals.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The first line of the watchdog's input.
#[derive(Debug, Serialize, Deserialize)]
struct Configuration {
    cli: AliyunCli,
    lease: PathBuf,
}

/// The process group of a running call: the ID of its leader and when the leader started. The
/// system may reuse the ID alone for another process.
#[derive(Debug, Clone, Copy)]
struct Group {
    leader: u32,
    started: u64,
}

impl Group {
    /// Ends the group if its leader still runs, which proves that the ID was not reused.
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

/// The first words of the following lines.
const CALLING: &str = "calling";
const ENDED: &str = "ended";
const DONE: &str = "done";
/// The line that the watchdog prints when it is ready.
const READY: &[u8] = b"ready\n";

/// The run's handle to its watchdog. Dropping it ends the watchdog, because ai-mode is off or was
/// not switched on.
pub struct Watchdog {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    ready: bool,
    is_successor: bool,
}

impl Watchdog {
    /// Starts the watchdog, which initializes in parallel: see [`Self::await_ready`].
    ///
    /// # Errors
    /// The process could not be started.
    pub fn start() -> Result<Self> {
        let mut child = process::start_companion((role::VARIABLE, role::WATCHDOG))?;
        let (input, output) = child.stdin.take().zip(child.stdout.take()).context("no pipes")?;
        let watchdog =
            Self { child, input: Some(input), output, ready: false, is_successor: false };
        // A stopped watchdog does not read, and a full pipe must not block the run.
        watchdog.input.as_ref().map_or(Ok(()), system::set_nonblocking)?;
        Ok(watchdog)
    }

    /// Sends the configuration to the watchdog.
    ///
    /// # Errors
    /// The write failed, for example because the watchdog has ended.
    pub fn configure(&mut self, cli: &AliyunCli, lease: &Path) -> Result<()> {
        let configuration = Configuration { cli: cli.clone(), lease: lease.to_path_buf() };
        self.write(&serde_json::to_string(&configuration)?).context("it has ended")
    }

    /// Waits until the watchdog is ready, at most 20 s.
    ///
    /// # Errors
    /// It has ended, it is not ready in time, or a signal arrived.
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
        // The watchdog writes the line at once, so it can be read at once.
        let mut answer = [0; READY.len()];
        if self.output.read(&mut answer)? < answer.len() {
            bail!("it ended before it was ready");
        }
        self.ready = true;
        Ok(())
    }

    /// Reports a call that runs in this process group.
    pub fn call_started(&mut self, group: u32) {
        // Without a start time the watchdog could not end the group safely.
        if let Some(started) = system::start_time(group) {
            self.send(&format!("{CALLING} {group} {started}"));
        }
    }

    /// Reports that the call in this process group has ended.
    pub fn call_ended(&mut self, group: u32) {
        self.send(&format!("{ENDED} {group}"));
    }

    /// Leaves switching ai-mode off to the watchdog, after this process has failed to do it. Returns
    /// false if the watchdog has already ended.
    pub fn take_over(mut self) -> bool {
        let is_alive = self.ready && matches!(self.child.try_wait(), Ok(None));
        self.is_successor = is_alive;
        self.input = None;
        is_alive
    }

    /// Ends the watchdog, because ai-mode is off. Dropping the result waits for its end.
    pub fn end(mut self) -> Self {
        self.send(DONE);
        self.input = None;
        self
    }

    fn send(&mut self, line: &str) {
        // If the watchdog was killed or stopped, the run continues without it.
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
        // It ends as soon as it has read the line. Waiting for it avoids leaving a process behind. A
        // stopped watchdog is not needed any more and is killed.
        if !self.ends_within(EXIT_TIMEOUT) {
            let _ = self.child.kill();
            self.ends_within(EXIT_TIMEOUT);
        }
        // Its output is closed shortly before it can be reaped.
        let deadline = Instant::now() + EXIT_TIMEOUT;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(30));
        }
    }
}

/// The main function of the watchdog process.
///
/// # Errors
/// Its input is invalid because it was not started by a run, or signals cannot be handled.
pub fn main(input: impl Read, mut output: impl Write) -> Result<()> {
    // The watchdog outlives the run.
    system::ignore_ending_signals()?;
    output.write_all(READY)?;
    output.flush()?;
    // The configuration may already be in the pipe; the run writes it before it switches ai-mode on.
    let mut lines = BufReader::new(input).lines();
    let first_line = lines.next().transpose()?.unwrap_or_default();
    let configuration: Configuration = serde_json::from_str(&first_line)?;
    let mut groups: Vec<Group> = Vec::new();
    for line in lines.map_while(Result::ok) {
        match line.split_once(' ') {
            Some((CALLING, call)) => groups.extend(Group::parse(call)),
            Some((ENDED, leader)) => groups.retain(|group| group.leader.to_string() != leader),
            _ if line == DONE => return Ok(()),
            _ => {}
        }
    }
    await_calls(&configuration, &groups);
    release_with_retries(&configuration);
    Ok(())
}

/// Waits for the running calls, at most for the timeout of one call, then ends them.
fn await_calls(configuration: &Configuration, groups: &[Group]) {
    let deadline = Instant::now() + configuration.cli.limit;
    let may_run = || lock::is_held(&configuration.lease).unwrap_or(Some(true)) == Some(true);
    while may_run() {
        if Instant::now() >= deadline {
            groups.iter().for_each(|group| group.end());
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn release_with_retries(configuration: &Configuration) {
    let start = Instant::now();
    let mut pause = Duration::from_millis(200);
    let cli = &configuration.cli;
    // If the configuration folder was deleted, the ai-mode setting is gone as well.
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
