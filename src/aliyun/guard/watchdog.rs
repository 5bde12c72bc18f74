//! The watchdog: a second process that outlives a killed run and switches ai-mode off for it.
//!
//! It is this program again, started before ai-mode is switched on, in a process group of its own.
//! Its input is a pipe from the run: first a line that says what it needs to know, then one line
//! for each change. If the pipe ends without a farewell the run was killed; then the watchdog lets
//! the call in flight finish (it holds the lease), and leaves ai-mode in the run's place.

use std::io::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Release};
use crate::os::{process, role, signals, system};
use crate::storage::lock;

/// How long the watchdog goes on trying to switch ai-mode off; after that the next run does it.
const PERSISTENCE: Duration = Duration::from_secs(15 * 60);
/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// What the watchdog has to know, as the first line of its input.
#[derive(Debug, Serialize, Deserialize)]
struct WatchdogConfig {
    host: AliyunCli,
    lease: PathBuf,
}

/// What the run tells it later, one word a line.
const CALLING: &str = "calling";
const IDLE: &str = "idle";
const DONE: &str = "done";

/// The run's end of the watchdog.
pub struct Watchdog {
    child: Child,
    input: Option<ChildStdin>,
}

impl Watchdog {
    /// # Errors
    /// If it could not be started; the run is then protected by its drop guard and by the healing
    /// of the next run only.
    pub fn start(host: &AliyunCli, lease: &Path) -> anyhow::Result<Self> {
        let mut child = process::start_companion((role::VARIABLE, role::WATCHDOG))?;
        let input = child.stdin.take();
        let config = WatchdogConfig { host: host.clone(), lease: lease.to_path_buf() };
        let mut watchdog = Self { child, input };
        watchdog.tell(&serde_json::to_string(&config)?);
        Ok(watchdog)
    }

    /// A call runs in this process group.
    pub fn calling(&mut self, group: u32) {
        self.tell(&format!("{CALLING} {group}"));
    }

    /// No call runs.
    pub fn idle(&mut self) {
        self.tell(IDLE);
    }

    /// ai-mode has been left: there is nothing more to do.
    pub fn dismiss(mut self) {
        self.tell(DONE);
        self.input = None;
        // It ends as soon as it has read that; leaving no process behind is worth the moment.
        let _ = self.child.wait();
    }

    /// ai-mode could not be left: the watchdog is to go on trying when this process has gone.
    pub fn take_over(mut self) {
        self.input = None;
    }

    fn tell(&mut self, line: &str) {
        if let Some(input) = &mut self.input {
            // A watchdog that was killed can be told nothing; the run goes on without it.
            let _ = input.write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// The watchdog's own life.
///
/// # Errors
/// If it was started by something else than a run.
pub fn main(input: impl Read) -> anyhow::Result<()> {
    // Signals that ask programs to end are for the run; it would otherwise die along with it.
    signals::watch()?;
    let mut lines = BufReader::new(input).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let config: WatchdogConfig = serde_json::from_str(&first)?;
    let mut group = None;
    for line in lines.map_while(Result::ok) {
        match line.split_once(' ') {
            Some((CALLING, number)) => group = number.parse().ok(),
            _ if line == DONE => return Ok(()),
            _ => group = None,
        }
    }
    await_call(&config, group);
    leave_persistently(&config);
    Ok(())
}

/// Waits for the call that was in flight, at most as long as the run would have.
fn await_call(config: &WatchdogConfig, group: Option<u32>) {
    let Ok(lease) = std::fs::File::open(&config.lease) else { return };
    let deadline = Instant::now() + config.host.limit;
    while !lock::try_lock_shared(&lease).unwrap_or(true) {
        if Instant::now() >= deadline {
            // The lease is still held, so the group still runs and its number is still its own.
            if let Some(group) = group {
                system::end_group(group);
            }
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn leave_persistently(config: &WatchdogConfig) {
    let start = Instant::now();
    let mut pause = Duration::from_millis(200);
    // Where the configuration is gone, so is what was switched on.
    while config.host.config_folder.exists()
        && let Release::On(_) = AiMode::new(&config.host).leave(&config.lease)
    {
        if start.elapsed() > PERSISTENCE {
            return;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(MAX_PAUSE);
    }
}
