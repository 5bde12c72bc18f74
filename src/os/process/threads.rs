//! Runs a process with threads that read its outputs and wait for its end: for Windows, where a
//! program cannot wait for all of them at once as in [`poll`](super::poll).

use std::io;
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use crate::os::process::drain::{Drain, start_thread};
use crate::os::process::{
    Launch, Output, Running, STDERR_LIMIT, STDOUT_LIMIT, SpawnOptions, spawn,
};
use crate::os::{signals, system};

#[derive(Clone)]
enum Event {
    Exited {
        by_signal: bool,
    },
    /// A chunk of stdout.
    Stdout(Vec<u8>),
    Drained,
    Signal,
}

/// As [`run`](super::run).
///
/// # Errors
/// The process could not be started, so it had no effect.
pub fn run(launch: &Launch<'_>) -> io::Result<Output> {
    let SpawnOptions { interruptible, started, on_stdout, on_first_signal, .. } = *launch.options;
    let (sender, events) = mpsc::channel();
    let notify = |event: Event| {
        let sender = sender.clone();
        move || drop(sender.send(event))
    };
    let listener = on_stdout.map(|_| {
        let sender = sender.clone();
        move |bytes: &[u8]| drop(sender.send(Event::Stdout(bytes.to_vec())))
    });
    // All threads start before the child, so that the child never runs unwatched.
    let stdout = Drain::start(STDOUT_LIMIT, listener, notify(Event::Drained))?;
    let stderr = Drain::start(STDERR_LIMIT, None::<fn(&[u8])>, notify(Event::Drained))?;
    let (pid, pids) = mpsc::channel();
    let exited = sender.clone();
    start_thread("exit", move || {
        let Ok(pid) = pids.recv() else { return };
        let by_signal = system::await_exit(pid);
        drop(exited.send(Event::Exited { by_signal }));
    })?;

    let deadline = Instant::now() + launch.limit;
    let mut child = spawn(launch, Stdio::piped(), Stdio::piped())?;
    if let Some(started) = started {
        started(child.id());
    }
    let _subscription = signals::SignalSubscription::new(sender.clone(), Event::Signal);
    stdout.start_reading(child.stdout.take());
    stderr.start_reading(child.stderr.take());
    // The thread is waiting for the process ID, so sending cannot fail.
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
    // A signal from before the child was started counts as well.
    report_signal();
    running.on_signal(interruptible);
    while !running.is_over() {
        match events.recv_timeout(running.deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Exited { by_signal }) => running.on_exit(by_signal),
            Ok(Event::Stdout(bytes)) => {
                if let Some(on_stdout) = on_stdout {
                    on_stdout(&bytes);
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
