//! The Unix side, for Linux and macOS.

use std::ffi::c_int;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::event::{PollFd, PollFlags, Timespec};
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

/// Whether nobody can read any more what is written there: the other end of a pipe was closed, or
/// a terminal went away.
pub fn is_cut_off(output: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&output, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = PollFlags::ERR | PollFlags::HUP;
    rustix::event::poll(&mut watched, Some(&at_once)).is_ok_and(|found| found > 0)
        && watched[0].revents().intersects(gone)
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

/// Creates the folder and its parents, readable by the user alone.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Options that create files readable by the user alone.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Tells two versions of a file apart: where it lies on disk.
pub fn inode(metadata: &Metadata) -> u64 {
    metadata.ino()
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

/// Ends this process the way the signal would have, so that a shell sees `128 + n`. Returns only
/// where the signal cannot do that.
pub fn reraise(signal: c_int) {
    // A core file of a program that was asked to quit helps nobody, so no core is dumped.
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
