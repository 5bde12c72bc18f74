//! The signals that ask this program to end, recorded by their handler.

use std::ffi::c_int;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::pipe;

use crate::os::system::{await_input, set_nonblocking};

/// The signals that ask a program to end, in the order of the help pages.
pub const ENDING_SIGNALS: [c_int; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// How long the thread waits for a signal before it waits again.
const WAIT: Duration = Duration::from_secs(3600);

/// Lets this program survive [`ENDING_SIGNALS`]. Its children start with the default effect.
///
/// # Errors
/// The handler cannot be installed.
pub fn ignore_ending_signals() -> io::Result<()> {
    let handle = |signal| flag::register(signal, Arc::new(AtomicBool::new(false))).map(drop);
    ENDING_SIGNALS.into_iter().try_for_each(handle)
}

/// What the handler has recorded. It writes here itself, so a signal is on record as soon as it has
/// interrupted a thread, not when another thread runs.
pub struct SignalRecord {
    /// Set after a signal has been recorded in the other fields.
    any: Arc<AtomicBool>,
    each: Vec<(c_int, Arc<AtomicBool>)>,
    /// One byte for each signal.
    bytes: PipeReader,
    /// Keeps the pipe open if all of the signals are ignored.
    _writer: PipeWriter,
}

impl SignalRecord {
    /// Installs the handler for each of [`ENDING_SIGNALS`]. Signals that were ignored when the program
    /// started (`nohup`, background jobs) stay ignored.
    ///
    /// # Errors
    /// The handler cannot be installed.
    pub fn start() -> io::Result<Self> {
        // A parent may have left SIGCHLD ignored. The system then reaps children by itself, the exit
        // status of a call is lost, and a sent message would count as not started.
        flag::register(SIGCHLD, Arc::new(AtomicBool::new(false)))?;
        let (bytes, writer) = io::pipe()?;
        set_nonblocking(&bytes)?;
        let (any, mut each) = (Arc::new(AtomicBool::new(false)), Vec::new());
        let ignored = ignored_signals();
        for signal in ENDING_SIGNALS {
            if ignored & (1 << (signal - 1)) != 0 {
                continue;
            }
            let arrived = Arc::new(AtomicBool::new(false));
            // The handler does this in the same order.
            flag::register(signal, Arc::clone(&arrived))?;
            pipe::register(signal, writer.try_clone()?)?;
            flag::register(signal, Arc::clone(&any))?;
            each.push((signal, arrived));
        }
        Ok(Self { any, each, bytes, _writer: writer })
    }

    /// Whether no signal has arrived yet. Costs almost nothing.
    pub fn is_empty(&self) -> bool {
        !self.any.load(Ordering::SeqCst)
    }

    /// A file that has input after a signal, until [`SignalRecord::take`] is called.
    pub fn readable(&self) -> BorrowedFd<'_> {
        self.bytes.as_fd()
    }

    /// The number of signals since this was last called. One thread at a time may call it.
    pub fn take(&self) -> usize {
        let (mut total, mut buffer) = (0, [0; 64]);
        loop {
            match (&self.bytes).read(&mut buffer) {
                Ok(count @ 1..) => total += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return total,
            }
        }
    }

    /// A signal that has arrived. A prompt that a signal interrupts also raises SIGINT, so SIGINT
    /// comes last.
    pub fn arrived(&self) -> Option<c_int> {
        let arrived = self.each.iter().filter(|(_, arrived)| arrived.load(Ordering::SeqCst));
        arrived.map(|(signal, _)| *signal).min_by_key(|signal| *signal == SIGINT)
    }

    /// Calls `on_signal` on a thread of its own after signals. They never interrupt that thread, so
    /// another one, which the system runs sooner, records them.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn notify(&'static self, on_signal: fn()) -> io::Result<()> {
        let ending: SigSet =
            ENDING_SIGNALS.iter().filter_map(|signal| Signal::try_from(*signal).ok()).collect();
        // A thread starts with the mask of the thread that starts it.
        let mask = ending.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let started = std::thread::Builder::new().name("signals".into()).spawn(move || {
            loop {
                let waited = await_input([Some(self.bytes.as_fd())], WAIT);
                on_signal();
                if waited.is_err() {
                    // Out of memory, for example.
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        });
        mask.thread_set_mask()?;
        started.map(drop)
    }
}

/// The mask of ignored signals, bit n-1 for signal n. Known on Linux only; elsewhere 0.
fn ignored_signals() -> u64 {
    // The size of the file is unknown, so `read_to_string` would read it in many small parts.
    let mut text = Vec::with_capacity(4096);
    File::open("/proc/self/status")
        .and_then(|mut file| file.read_to_end(&mut text))
        .ok()
        .and_then(|_| {
            let status = String::from_utf8_lossy(&text);
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .unwrap_or(0)
}
