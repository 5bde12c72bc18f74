//! The Unix side, for Linux and macOS.

mod files;

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use files::*;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;
use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

/// The signals that ask a program to end, in the order in which help pages name them.
pub const ENDING_SIGNALS: [c_int; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Puts the child into a process group of its own, so that a Ctrl-C at the terminal does not reach
/// it and the whole group can be ended at once: `aliyun` runs its plugin as a child of its own.
pub fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Kills every process of the group that `leader` leads. A group that is gone is no error.
///
/// The leader must not have been reaped, or the number could belong to someone else by now.
pub fn end_group(leader: u32) {
    if let Some(pid) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        // The only other failure is ESRCH: the group has ended, which is what was wanted.
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    }
}

/// When the process started, as the system counts it: with its number, this tells it from every
/// other process. `None` where the system does not say.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold blanks and parentheses; the state, field 3, follows the last one.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Waits until there is something to read, or the other end was closed, for at most that long;
/// false if nothing has happened by then.
pub fn is_readable_within(input: impl AsFd, limit: Duration) -> io::Result<bool> {
    let mut watched = [PollFd::new(&input, PollFlags::IN)];
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    match rustix::event::poll(&mut watched, Some(&limit)) {
        Ok(found) => Ok(found > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Writing there fails from now on instead of waiting for a reader.
pub fn never_wait_to_write(output: impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(&output)?;
    Ok(rustix::fs::fcntl_setfl(&output, flags | rustix::fs::OFlags::NONBLOCK)?)
}

/// Blocks until the child has ended and tells whether a signal ended it. The child is left
/// unreaped, so that its number stays taken while its group may still have to be ended.
pub fn await_exit(child: u32) -> bool {
    let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) else { return false };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match rustix::process::waitid(WaitId::Pid(pid), options) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(Some(status)) => return status.killed() || status.dumped(),
            Ok(None) | Err(_) => return false,
        }
    }
}

/// Whether the child has ended, and if so whether a signal ended it; it is left unreaped, as with
/// [`await_exit`].
pub fn has_exited(child: u32) -> Option<bool> {
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw)?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let status = rustix::process::waitid(WaitId::Pid(pid), options).ok()??;
    Some(status.killed() || status.dumped())
}

/// Whether nobody can read any more what is written there: the other end of a pipe was closed, or
/// a terminal went away.
pub fn is_cut_off(output: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&output, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = PollFlags::ERR | PollFlags::HUP;
    rustix::event::poll(&mut watched, Some(&at_once)).is_ok_and(|found| found > 0)
        && watched[0].revents().intersects(gone)
}

/// Whether the output was closed when this program started. Rust opens `/dev/null` in its place, to
/// read and to write; a shell that discards an output opens it to write alone.
pub fn was_closed_at_start(output: impl AsFd) -> bool {
    let output = output.as_fd();
    let mode = rustix::fs::fcntl_getfl(output).map(|flags| flags & OFlags::RWMODE);
    let (Ok(found), Ok(null)) = (rustix::fs::fstat(output), rustix::fs::stat("/dev/null")) else {
        return false;
    };
    mode == Ok(OFlags::RDWR) && found.st_ino == null.st_ino && found.st_dev == null.st_dev
}

/// The signal that ended a process, if one did.
pub fn ending_signal(status: ExitStatus) -> Option<c_int> {
    status.signal()
}

/// While it lives, children that are started inherit the file: a lock on it then holds for as long
/// as any of them runs, even when this process is killed.
pub struct Inherited<'a>(BorrowedFd<'a>);

impl<'a> Inherited<'a> {
    pub fn new(file: &'a File) -> Self {
        let fd = file.as_fd();
        // Failing to hand the file down only narrows the protection against a kill in mid-call.
        let _ = rustix::io::fcntl_setfd(fd, FdFlags::empty());
        Self(fd)
    }
}

impl Drop for Inherited<'_> {
    fn drop(&mut self) {
        let _ = rustix::io::fcntl_setfd(self.0, FdFlags::CLOEXEC);
    }
}

/// Calls `on_signal` on a thread of its own for each signal that asks the program to end. Signals
/// that were ignored when the program started (`nohup`, background jobs) stay ignored.
pub fn watch_signals(on_signal: impl Fn(c_int) + Send + 'static) -> io::Result<()> {
    // A parent may have left this one ignored. Then the system collects children by itself, nobody
    // can be told how a call has ended, and a message that went out would count as not started.
    signal_hook::flag::register(SIGCHLD, Arc::new(AtomicBool::new(false)))?;
    let ignored = ignored_signals();
    let wanted = ENDING_SIGNALS.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = Signals::new(wanted.collect::<Vec<_>>())?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        while !signals.is_closed() {
            let mut arrived: Vec<c_int> = signals.wait().collect();
            // A prompt that any signal ends sends itself a SIGINT as well: that one is last.
            arrived.sort_by_key(|signal| *signal == SIGINT);
            arrived.into_iter().for_each(&on_signal);
        }
    })?;
    Ok(())
}

/// The mask of ignored signals, bit n-1 for signal n; Linux tells it, elsewhere none is assumed.
fn ignored_signals() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .unwrap_or(0)
}

/// Ends this process the way the signal would have, so that a shell sees `128 + n`. Returns where
/// the signal cannot do that: process 1 of a container ignores a signal with its default action.
pub fn reraise(signal: c_int) {
    if rustix::process::getpid().is_init() {
        return;
    }
    // A core file of a program that was asked to quit is of no use, so no core is dumped.
    // The upper limit stays as it is: a user may not raise it, and the whole change would fail.
    let limit = rustix::process::getrlimit(Resource::Core);
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Interrupts whatever system call this program waits in, and does nothing else. Works from
/// [`watch_signals`] on: a signal that nobody handles interrupts nothing.
pub fn interrupt_own_waits() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::CHILD);
}

/// The name of a signal as `kill` knows it.
pub fn signal_name(signal: c_int) -> String {
    signal_hook::low_level::signal_name(signal)
        .map_or_else(|| format!("signal {signal}"), str::to_string)
}
