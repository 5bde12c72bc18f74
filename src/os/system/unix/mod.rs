//! The code for Linux and macOS.

mod files;
mod open_folder;
mod signals;

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use std::time::Duration;

pub use files::*;
pub use open_folder::OpenFolder;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;
use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};
pub use signals::*;

/// Starts the child in its own process group. Ctrl-C at the terminal does not reach it, and the
/// whole group can be killed at once, with the plugin that `aliyun` runs as its child.
pub fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Whether a process that this one starts can outlive it. The first process of a container takes all
/// others with it when it ends.
pub fn can_detach() -> bool {
    !rustix::process::getpid().is_init()
}

/// Detaches this process from the program that started it: gives it its own session, so that no
/// terminal ends it, and closes all files that it inherited except the three standard streams, so
/// that it does not keep the caller's locks or pipes.
///
/// # Errors
/// The process already leads a process group, or the open files cannot be listed.
pub fn detach() -> io::Result<()> {
    rustix::process::setsid()?;
    let listed = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let open: Vec<i32> = std::fs::read_dir(listed)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for file in open.into_iter().filter(|file| *file > 2) {
        // One of them was the list itself, which is closed already.
        let _ = nix::unistd::close(file);
    }
    Ok(())
}

/// Kills the process group of `leader`. It is not an error if the group has ended.
///
/// The leader must not have been reaped, because its process ID could have been reused.
pub fn end_group(leader: u32) {
    if let Some(pid) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        // The only expected error is ESRCH: the group has already ended.
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    }
}

/// The start time of a process in clock ticks since boot, from `/proc`. Together with the process
/// ID it identifies the process. `None` on systems without `/proc`, or if the process has ended.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name can contain spaces and parentheses; field 3, the state, follows the last one.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Waits until there is input or the other end is closed; false if neither happens within `limit`.
pub fn is_readable_within(input: impl AsFd, limit: Duration) -> io::Result<bool> {
    let mut watched = [PollFd::new(&input, PollFlags::IN)];
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    match rustix::event::poll(&mut watched, Some(&limit)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits until one of these files has input or is closed, at most `limit`; returns which ones.
///
/// # Errors
/// The system cannot wait.
pub fn await_input<const N: usize>(
    files: [Option<BorrowedFd<'_>>; N],
    limit: Duration,
) -> io::Result<[bool; N]> {
    let mut watched: Vec<PollFd<'_>> =
        files.iter().flatten().map(|file| PollFd::from_borrowed_fd(*file, PollFlags::IN)).collect();
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    match rustix::event::poll(&mut watched, Some(&limit)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut is_ready = watched.iter().map(|file| !file.revents().is_empty());
    Ok(files.map(|file| file.is_some() && is_ready.next().unwrap_or(false)))
}

/// Makes reads and writes fail instead of block (`O_NONBLOCK`).
pub fn set_nonblocking(file: impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(&file)?;
    Ok(rustix::fs::fcntl_setfl(&file, flags | rustix::fs::OFlags::NONBLOCK)?)
}

/// Opens a file that becomes readable when the child ends; `None` if the system has none.
#[cfg(target_os = "linux")]
pub fn open_process(child: u32) -> Option<OwnedFd> {
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw)?;
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
pub fn open_process(_child: u32) -> Option<OwnedFd> {
    None
}

/// Waits until the child has ended; returns whether a signal killed it. The child is not reaped, so
/// its process ID cannot be reused while its group may still have to be killed.
#[cfg(test)]
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

/// If the child has ended, whether a signal killed it. The child is not reaped, as with
/// [`await_exit`].
pub fn has_exited(child: u32) -> Option<bool> {
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw)?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let status = rustix::process::waitid(WaitId::Pid(pid), options).ok()??;
    Some(status.killed() || status.dumped())
}

/// Whether the reader of an output is gone: the other end of the pipe or the terminal was closed.
pub fn is_cut_off(output: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&output, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = PollFlags::ERR | PollFlags::HUP;
    rustix::event::poll(&mut watched, Some(&at_once)).is_ok_and(|ready| ready > 0)
        && watched[0].revents().intersects(gone)
}

/// Whether the output was closed when this program started. Rust then opens `/dev/null` for reading
/// and writing, whereas `>/dev/null` in a shell opens it only for writing.
pub fn was_closed_at_start(output: impl AsFd) -> bool {
    let output = output.as_fd();
    let mode = rustix::fs::fcntl_getfl(output).map(|flags| flags & OFlags::RWMODE);
    let (Ok(output), Ok(null)) = (rustix::fs::fstat(output), rustix::fs::stat("/dev/null")) else {
        return false;
    };
    mode == Ok(OFlags::RDWR) && output.st_ino == null.st_ino && output.st_dev == null.st_dev
}

/// The signal that killed a process, if one did.
pub fn ending_signal(status: ExitStatus) -> Option<c_int> {
    status.signal()
}

/// Until it is dropped, new children inherit the file. A lock on it is then held while any of them
/// runs, even if this process is killed.
pub struct Inherited<'a>(BorrowedFd<'a>);

impl<'a> Inherited<'a> {
    pub fn new(file: &'a File) -> Self {
        let fd = file.as_fd();
        // An error is ignored: it only weakens the protection if alimsg is killed during a call.
        let _ = rustix::io::fcntl_setfd(fd, FdFlags::empty());
        Self(fd)
    }
}

impl Drop for Inherited<'_> {
    fn drop(&mut self) {
        let _ = rustix::io::fcntl_setfd(self.0, FdFlags::CLOEXEC);
    }
}

/// Ends this process by the signal, so that a shell sees `128 + n`. Returns if that is impossible:
/// process 1 of a container ignores signals with their default action.
pub fn reraise(signal: c_int) {
    if rustix::process::getpid().is_init() {
        return;
    }
    // SIGQUIT would dump core, which is useless here. The hard limit is passed unchanged, because
    // raising it is not permitted and the call would fail.
    let limit = rustix::process::getrlimit(Resource::Core);
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Interrupts the blocking system call of this program with SIGCHLD, which has no other effect.
/// Works only after [`SignalRecord::start`], because a signal without a handler interrupts nothing.
pub fn interrupt_own_waits() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::CHILD);
}

/// Sends SIGINT to this process, for a Ctrl-C that the terminal did not turn into a signal.
pub fn interrupt_self() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::INT);
}

/// The mode of the terminal of stdin, to restore it after an interrupted prompt.
pub struct TerminalMode(Option<rustix::termios::Termios>);

impl TerminalMode {
    pub fn current() -> Self {
        Self(rustix::termios::tcgetattr(std::io::stdin()).ok())
    }

    pub fn restore(&self) {
        if let Some(mode) = &self.0 {
            // A closed terminal has no mode to restore.
            let when = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(std::io::stdin(), when, mode);
        }
    }
}

/// The name of a signal, such as `SIGINT`.
pub fn signal_name(signal: c_int) -> String {
    signal_hook::low_level::signal_name(signal)
        .map_or_else(|| format!("signal {signal}"), str::to_string)
}
