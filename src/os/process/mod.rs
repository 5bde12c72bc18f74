//! The one place that starts processes.
//!
//! A child gets a process group of its own and a closed pipe as its input (`aliyun` would prompt
//! on a character device, even on `/dev/null`). Both outputs are drained while it runs. It ends by
//! itself, at the time limit, or at the user's second signal, and then with its whole group.

mod drain;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::os::{signals, system};
use drain::Drain;

/// The most that is kept of a child's standard output; the rest is read and dropped.
pub const STDOUT_LIMIT: usize = 32 * 1024 * 1024;
/// The most that is kept of a child's standard error.
pub const STDERR_LIMIT: usize = 1024 * 1024;

/// How long outputs are read after the child itself has exited, or was killed: what is in the pipes
/// by then belongs to the reply. A straggler that inherited them adds nothing to it.
const STRAGGLER_GRACE: Duration = Duration::from_secs(2);

/// A process to start.
pub struct Launch<'a> {
    pub program: &'a Path,
    pub args: &'a [String],
    pub set_env: &'a [(String, String)],
    pub remove_env: &'a [String],
    /// From start to end; then the group is killed.
    pub limit: Duration,
    pub options: &'a SpawnOptions<'a>,
}

/// What is special about one process.
#[derive(Clone, Copy, Default)]
pub struct SpawnOptions<'a> {
    /// A locked file that it is to hold as long as it runs.
    pub hold: Option<&'a File>,
    /// Whether the user's second signal ends it. Cleaning up is not to be interrupted.
    pub interruptible: bool,
    /// Variables that are its own, besides those that all get.
    pub environment: &'a [(OsString, OsString)],
    /// Where it stands, if not where this program does.
    pub folder: Option<&'a Path>,
    /// Told its number as soon as it exists.
    pub started: Option<&'a dyn Fn(u32)>,
    pub heard: Option<Listener<'a>>,
    /// Called once if a first signal comes while it runs and a second one would end it.
    pub on_first_signal: Option<&'a dyn Fn()>,
}

/// Told what a process prints on standard output, as it comes.
pub type Listener<'a> = &'a dyn Fn(&[u8]);

/// Why a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// By itself, or by someone else's signal.
    Exited(ExitStatus),
    /// Killed here at the time limit.
    TimedOut(Duration),
    /// Killed here at the user's second signal.
    Interrupted,
}

/// What a process said and how it ended.
#[derive(Debug)]
pub struct Output {
    pub end: Termination,
    pub stdout: Vec<u8>,
    /// The output was larger than [`STDOUT_LIMIT`].
    pub stdout_truncated: bool,
    pub stderr: Vec<u8>,
}

impl Output {
    /// The process ran to its end and reported success.
    pub fn succeeded(&self) -> bool {
        matches!(self.end, Termination::Exited(status) if status.success())
    }
}

#[derive(Clone)]
enum Event {
    Exited {
        by_signal: bool,
    },
    /// Standard output said this.
    Heard(Vec<u8>),
    Drained,
    Signal,
}

/// Runs a process to its end.
///
/// # Errors
/// Only if it could not be started at all: nothing has happened then.
pub fn run(launch: &Launch<'_>) -> io::Result<Output> {
    let SpawnOptions { interruptible, started, heard, on_first_signal, .. } = *launch.options;
    let (sender, events) = mpsc::channel();
    let tell = |event: Event| {
        let sender = sender.clone();
        move || drop(sender.send(event))
    };
    let listener = heard.map(|_| {
        let sender = sender.clone();
        move |bytes: &[u8]| drop(sender.send(Event::Heard(bytes.to_vec())))
    });
    // All threads are there before the child: a child that nobody watches must not exist.
    let stdout = Drain::start(STDOUT_LIMIT, listener, tell(Event::Drained))?;
    let stderr = Drain::start(STDERR_LIMIT, None::<fn(&[u8])>, tell(Event::Drained))?;
    let (pid, pids) = mpsc::channel();
    let exited = sender.clone();
    start_thread("exit", move || {
        let Ok(pid) = pids.recv() else { return };
        let by_signal = system::await_exit(pid);
        drop(exited.send(Event::Exited { by_signal }));
    })?;

    let deadline = Instant::now() + launch.limit;
    let mut child = spawn(launch)?;
    if let Some(started) = started {
        started(child.id());
    }
    let _waking = signals::SignalSubscription::new(sender.clone(), Event::Signal);
    stdout.read(child.stdout.take());
    stderr.read(child.stderr.take());
    // The thread waits for nothing else.
    let _ = pid.send(child.id());

    let mut first_signal = on_first_signal.filter(|_| interruptible);
    let mut report_signal = || {
        if signals::count() == 1
            && let Some(report) = first_signal.take()
        {
            report();
        }
    };
    let mut running =
        Running { child, killed: None, exited: false, group_ended: false, open: 2, deadline };
    // A signal that came before the child existed counts as well.
    report_signal();
    running.on_signal(interruptible);
    while !running.is_over() {
        match events.recv_timeout(running.deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Exited { by_signal }) => running.on_exit(by_signal),
            Ok(Event::Heard(bytes)) => {
                if let Some(heard) = heard {
                    heard(&bytes);
                }
            }
            Ok(Event::Drained) => running.open -= 1,
            Ok(Event::Signal) => {
                report_signal();
                running.on_signal(interruptible);
            }
            Err(RecvTimeoutError::Timeout) if running.on_deadline(launch.limit) => {}
            Err(_) => break,
        }
    }
    let end = running.reap()?;
    let (stdout, stdout_truncated) = stdout.take();
    let (stderr, _) = stderr.take();
    Ok(Output { end, stdout, stdout_truncated, stderr })
}

/// Starts this program once more, in a group of its own, with `role` to tell it what it is there
/// for. Its input and its standard output are pipes to here.
pub fn start_companion(role: (&str, &str)) -> io::Result<Child> {
    let mut command = command(std::env::current_exe()?.as_os_str());
    command.env(role.0, role.1).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    system::own_group(&mut command);
    command.spawn()
}

/// Starts a thread; one that cannot be started is an error like any other.
fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

#[allow(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
fn command(program: &OsStr) -> Command {
    Command::new(program)
}

fn spawn(launch: &Launch<'_>) -> io::Result<Child> {
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
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    system::own_group(&mut command);
    let mut child = {
        let _held = launch.options.hold.map(system::Inherited::new);
        command.spawn()?
    };
    drop(child.stdin.take());
    Ok(child)
}

/// The state of a child between its start and its being reaped.
struct Running {
    child: Child,
    /// Set once its group has been killed here, with the reason.
    killed: Option<Termination>,
    exited: bool,
    /// Its group has been killed after it exited, and the outputs are read to their end.
    group_ended: bool,
    /// How many of its outputs are still open.
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
        // A host that someone killed leaves its plugin running: the reply can still come, and is
        // worth the whole time limit. After a regular exit the reply is complete, also if the exit
        // was noticed after the time limit: then it only remains to be read.
        if self.killed.is_some() || !by_signal {
            self.deadline = Instant::now() + STRAGGLER_GRACE;
        }
    }

    fn on_signal(&mut self, interruptible: bool) {
        // Also when the host has gone and its plugin goes on: that is the call by now.
        if interruptible && signals::count() >= 2 && self.killed.is_none() {
            self.kill(Termination::Interrupted);
        }
    }

    /// Whether there is anything more to wait for.
    fn on_deadline(&mut self, limit: Duration) -> bool {
        if self.killed.is_some() || self.group_ended {
            return false;
        }
        if self.exited {
            // Outputs that outlive the process: end those who hold them, read what they wrote, keep
            // how it ended.
            system::end_group(self.child.id());
            self.group_ended = true;
            self.deadline = Instant::now() + STRAGGLER_GRACE;
            return true;
        }
        // It can have exited unnoticed: this process was stopped, or the machine is busy.
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
        // Where groups do not exist, at least the child itself.
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
