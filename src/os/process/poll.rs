//! Runs a process without threads: waits for its outputs, its end and signals at once.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;
use std::time::Instant;

use crate::os::process::{
    Launch, Listener, Output, POLL_INTERVAL, Running, STDERR_LIMIT, STDOUT_LIMIT, SpawnOptions,
    spawn,
};
use crate::os::{signals, system};

/// The most that one output can hold when its process ends: the largest pipe of Linux.
const MAX_PIPE: usize = 1024 * 1024;

/// As [`run`](super::run).
pub fn run(launch: &Launch<'_>) -> io::Result<Output> {
    run_with(launch, system::open_process)
}

/// Runs a process. `open` returns a file that becomes readable when the process ends. Without it,
/// its end is found by asking every few milliseconds.
pub fn run_with(launch: &Launch<'_>, open: impl Fn(u32) -> Option<OwnedFd>) -> io::Result<Output> {
    let SpawnOptions { interruptible, started, on_stdout, on_first_signal, .. } = *launch.options;
    // Opened before the child is started, because afterwards nothing may fail.
    let (mut woken, wake) = io::pipe()?;
    system::set_nonblocking(&woken)?;
    system::set_nonblocking(&wake)?;

    let deadline = Instant::now() + launch.limit;
    let mut child = spawn(launch, Stdio::piped(), Stdio::piped())?;
    if let Some(started) = started {
        started(child.id());
    }
    let _subscription = signals::SignalSubscription::waking(wake);
    let mut process = open(child.id());
    let mut stdout = Captured::new(child.stdout.take(), STDOUT_LIMIT, on_stdout);
    let mut stderr = Captured::new(child.stderr.take(), STDERR_LIMIT, None);

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
    // A signal from before the child was started counts as well.
    report_signal();
    running.on_signal(interruptible);
    while !running.is_over() {
        let mut limit = running.deadline.saturating_duration_since(Instant::now());
        if process.is_none() && !running.exited {
            limit = limit.min(POLL_INTERVAL);
        }
        let files = [
            signals::readable(),
            Some(woken.as_fd()),
            process.as_ref().map(AsFd::as_fd),
            stdout.source.as_ref().map(AsFd::as_fd),
            stderr.source.as_ref().map(AsFd::as_fd),
        ];
        let ready = system::await_input(files, limit);
        let [signalled, counted, has_ended, has_stdout, has_stderr] = ready.unwrap_or_else(|_| {
            // Out of memory, for example. Everything is tried, without waiting.
            std::thread::sleep(POLL_INTERVAL);
            process = None;
            [true, true, false, true, true]
        });
        if signalled || counted {
            let _ = woken.read(&mut [0; 64]);
            report_signal();
            running.on_signal(interruptible);
        }
        if has_stdout {
            stdout.read();
        }
        if has_stderr {
            stderr.read();
        }
        if has_ended || (process.is_none() && !running.exited) {
            let by_signal = system::has_exited(running.child.id());
            if let Some(by_signal) = by_signal.or(has_ended.then_some(false)) {
                process = None;
                running.on_exit(by_signal);
            }
        }
        let is_late = Instant::now() >= running.deadline;
        if is_late {
            // What is in the pipes now belongs to the output. More could follow without end.
            stdout.read_available();
            stderr.read_available();
        }
        running.open = u8::from(stdout.is_open()) + u8::from(stderr.is_open());
        if is_late && !running.is_over() && !running.on_deadline(launch.limit) {
            break;
        }
    }
    let end = running.reap()?;
    Ok(Output {
        end,
        stdout: stdout.bytes,
        stdout_truncated: stdout.truncated,
        stderr: stderr.bytes,
    })
}

/// One output of a process.
struct Captured<'a, S> {
    /// `None` at its end.
    source: Option<S>,
    /// The first `limit` bytes.
    bytes: Vec<u8>,
    limit: usize,
    truncated: bool,
    listener: Option<Listener<'a>>,
    buffer: Vec<u8>,
}

impl<'a, S: Read + AsFd> Captured<'a, S> {
    fn new(source: Option<S>, limit: usize, listener: Option<Listener<'a>>) -> Self {
        // A file that can block is not read, because it would delay the end of the process.
        let source = source.filter(|source| system::set_nonblocking(source).is_ok());
        let buffer = vec![0; 16 * 1024];
        Self { source, bytes: Vec::new(), limit, truncated: false, listener, buffer }
    }

    fn is_open(&self) -> bool {
        self.source.is_some()
    }

    /// Reads what is there, at most one buffer; returns the number of bytes.
    fn read(&mut self) -> usize {
        let Some(source) = &mut self.source else { return 0 };
        match source.read(&mut self.buffer) {
            Ok(0) => self.source = None,
            Ok(count) => {
                let kept = &self.buffer[..count.min(self.limit - self.bytes.len())];
                self.bytes.extend_from_slice(kept);
                self.truncated |= kept.len() < count;
                if let Some(listener) = self.listener {
                    listener(kept);
                }
                return count;
            }
            Err(error) if is_temporary(&error) => {}
            Err(_) => self.source = None,
        }
        0
    }

    /// Reads what is in the pipe.
    fn read_available(&mut self) {
        let mut total = 0;
        while total < MAX_PIPE {
            match self.read() {
                0 => return,
                count => total += count,
            }
        }
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}
