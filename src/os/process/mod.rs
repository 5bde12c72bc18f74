//! Starts processes; no other module does.
//!
//! A child has its own process group and a closed pipe as stdin, because `aliyun` prompts if stdin
//! is a character device, even `/dev/null`. Both outputs are drained while it runs. It exits by
//! itself, or its whole group is killed at the time limit or at the user's second signal.

#[cfg(any(not(unix), test))]
mod drain;
#[cfg(unix)]
mod poll;
#[cfg(any(not(unix), test))]
mod threads;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::os::{signals, system};

/// The bytes of a child's stdout that are kept; the rest is read and dropped.
pub const STDOUT_LIMIT: usize = 32 * 1024 * 1024;
/// The bytes of a child's stderr that are kept; the rest is read and dropped.
pub const STDERR_LIMIT: usize = 1024 * 1024;

/// How long outputs are read after the child has exited or was killed. What is in the pipes by then
/// belongs to the reply; later output of a process that inherited the pipes does not.
const STRAGGLER_GRACE: Duration = Duration::from_secs(2);

/// How often [`run_or_leave`] checks whether its process has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Locked while a process with an inherited file starts.
static SPAWNING: Mutex<()> = Mutex::new(());

/// A process to start.
pub struct Launch<'a> {
    pub program: &'a Path,
    pub args: &'a [String],
    pub set_env: &'a [(String, String)],
    pub remove_env: &'a [String],
    /// The time limit from the start; then the group is killed.
    pub limit: Duration,
    pub options: &'a SpawnOptions<'a>,
}

/// Options for one process.
#[derive(Clone, Copy, Default)]
pub struct SpawnOptions<'a> {
    /// A locked file that the process inherits, which keeps the lock while the process runs.
    pub hold: Option<&'a File>,
    /// A second locked file that the process inherits.
    pub also_hold: Option<&'a File>,
    /// Whether it is not started after a signal, and the user's second signal kills it. Clean-up must
    /// not be interrupted.
    pub interruptible: bool,
    /// Variables for this process, in addition to [`Launch::set_env`].
    pub environment: &'a [(OsString, OsString)],
    /// The working directory, if it differs from that of this program.
    pub folder: Option<&'a Path>,
    /// Called with the process ID once the process has started.
    pub started: Option<&'a dyn Fn(u32)>,
    pub on_stdout: Option<Listener<'a>>,
    /// Called once on the first signal while the process runs, if a second signal would kill it.
    pub on_first_signal: Option<&'a dyn Fn()>,
}

/// Called with each chunk of a process's stdout.
pub type Listener<'a> = &'a dyn Fn(&[u8]);

/// Why a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// By itself, or by a signal from elsewhere.
    Exited(ExitStatus),
    /// Killed by alimsg at the time limit.
    TimedOut(Duration),
    /// Killed by alimsg at the user's second signal.
    Interrupted,
}

/// The output of a process and how it ended.
#[derive(Debug)]
pub struct Output {
    pub end: Termination,
    pub stdout: Vec<u8>,
    /// Stdout was larger than [`STDOUT_LIMIT`].
    pub stdout_truncated: bool,
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether the process exited by itself with exit code 0.
    pub fn succeeded(&self) -> bool {
        matches!(self.end, Termination::Exited(status) if status.success())
    }
}

/// Runs a process to its end.
///
/// # Errors
/// The process could not be started, so it had no effect. The kind is `Interrupted` after a signal.
pub fn run(launch: &Launch<'_>) -> io::Result<Output> {
    #[cfg(unix)]
    return poll::run(launch);
    #[cfg(not(unix))]
    return threads::run(launch);
}

/// Runs a process that must not be killed. After the time limit it is left running, and its output is
/// lost. Its output goes to files, because it could not write to a pipe without a reader.
///
/// # Errors
/// The process could not be started, so it had no effect.
pub fn run_or_leave(launch: &Launch<'_>) -> io::Result<Output> {
    let deadline = Instant::now() + launch.limit;
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = spawn(launch, stdout.try_clone()?.into(), stderr.try_clone()?.into())?;
    let end = loop {
        match child.try_wait()? {
            Some(status) => break Termination::Exited(status),
            None if Instant::now() >= deadline => break Termination::TimedOut(launch.limit),
            None => std::thread::sleep(POLL_INTERVAL),
        }
    };
    Ok(Output {
        end,
        stdout: read_start(&mut stdout, STDOUT_LIMIT)?,
        stdout_truncated: false,
        stderr: read_start(&mut stderr, STDERR_LIMIT)?,
    })
}

/// Reads the first bytes of a file that a child has written.
fn read_start(file: &mut File, limit: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Starts this program again as a process that outlives it, with these variables. It must call
/// [`system::detach`] first. Only `stdout` can be open.
///
/// # Errors
/// The process cannot be started.
pub fn start_detached(environment: &[(&str, &str)], stdout: Stdio) -> io::Result<Child> {
    let mut command = command(std::env::current_exe()?.as_os_str());
    command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(stdout);
    command.stderr(Stdio::null()).spawn()
}

/// Starts this program again in its own process group, with `role` as the variable and value of its
/// role. Its stdin and stdout are pipes to this process.
///
/// # Errors
/// The process cannot be started.
pub fn start_companion(role: (&str, &str)) -> io::Result<Child> {
    let mut command = command(std::env::current_exe()?.as_os_str());
    command.env(role.0, role.1).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    system::own_group(&mut command);
    command.spawn()
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
fn command(program: &OsStr) -> Command {
    Command::new(program)
}

fn spawn(launch: &Launch<'_>, stdout: Stdio, stderr: Stdio) -> io::Result<Child> {
    let mut command = command(launch.program.as_os_str());
    for name in launch.remove_env {
        command.env_remove(name);
    }
    if let Some(folder) = launch.options.folder {
        command.current_dir(folder);
    }
    command
        .args(launch.args)
        .envs(launch.set_env.iter().map(|(name, value)| (name, value)))
        .envs(launch.options.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(stderr);
    system::own_group(&mut command);
    let mut child = {
        let SpawnOptions { hold, also_hold, .. } = *launch.options;
        // One thread at a time: the files are inheritable for the whole process.
        let _alone = hold.or(also_hold).map(|_| lock(&SPAWNING));
        let _held = [hold, also_hold].map(|file| file.map(system::Inherited::new));
        // The last check, after everything that can take time.
        if launch.options.interruptible && signals::count() > 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        command.spawn()?
    };
    drop(child.stdin.take());
    Ok(child)
}

/// The state of a child until it is reaped.
struct Running {
    child: Child,
    /// The reason, once alimsg has killed its group.
    killed: Option<Termination>,
    exited: bool,
    /// Its group was killed after it exited, so that its outputs end.
    group_ended: bool,
    /// The number of its outputs that are still open.
    open: u8,
    deadline: Instant,
}

impl Running {
    fn is_over(&self) -> bool {
        self.exited && self.open == 0
    }

    fn on_exit(&mut self, by_signal: bool) {
        if self.exited {
            return;
        }
        self.exited = true;
        // If the host was killed from elsewhere, its plugin continues and can still print the reply,
        // so the time limit stays. After a regular exit the reply is complete and only has to be
        // read, even if the exit was noticed after the time limit.
        if self.killed.is_some() || !by_signal {
            self.deadline = Instant::now() + STRAGGLER_GRACE;
        }
    }

    fn on_signal(&mut self, interruptible: bool) {
        // Also if the host has exited and its plugin still runs the call.
        if interruptible && signals::count() >= 2 && self.killed.is_none() {
            self.kill(Termination::Interrupted);
        }
    }

    /// Handles the deadline; returns whether to go on waiting.
    fn on_deadline(&mut self, limit: Duration) -> bool {
        if self.killed.is_some() || self.group_ended {
            return false;
        }
        if self.exited {
            // Other processes still hold the outputs: kill them and read what they wrote, but keep
            // the exit status.
            system::end_group(self.child.id());
            self.group_ended = true;
            self.deadline = Instant::now() + STRAGGLER_GRACE;
            return true;
        }
        // The exit may not have been noticed yet, if this process was stopped or is slow.
        if let Some(by_signal) = system::has_exited(self.child.id()) {
            self.on_exit(by_signal);
            return true;
        }
        self.kill(Termination::TimedOut(limit));
        true
    }

    fn kill(&mut self, reason: Termination) {
        self.killed = Some(reason);
        system::end_group(self.child.id());
        // On systems without process groups, kill at least the child itself.
        let _ = self.child.kill();
        self.deadline = Instant::now() + STRAGGLER_GRACE;
    }

    fn reap(mut self) -> io::Result<Termination> {
        let status = self.child.wait()?;
        Ok(self.killed.unwrap_or(Termination::Exited(status)))
    }
}

#[cfg(test)]
mod tests;
