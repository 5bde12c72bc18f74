//! Counts the signals that ask the process to end.
//!
//! After the first signal, a running call finishes and no further call starts. The second signal
//! kills the running call. The handler records each signal itself, and [`count`] includes it at once:
//! after a signal, no step starts because a thread that counts did not run yet. Children have their
//! own process groups, so Ctrl-C at a terminal reaches only this program.

use std::ffi::c_int;
use std::io;
#[cfg(unix)]
use std::io::{PipeWriter, Write as _};
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::os::system::SignalRecord;

static RECORD: OnceLock<SignalRecord> = OnceLock::new();
static COUNT: AtomicUsize = AtomicUsize::new(0);
static FIRST: AtomicI32 = AtomicI32::new(0);
/// Wakes the threads that wait, each with the number of its subscription.
static WAITERS: Mutex<Vec<(usize, Wake)>> = Mutex::new(Vec::new());
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// Whether the thread that wakes them has been started.
static NOTIFIES: AtomicBool = AtomicBool::new(false);

type Wake = Box<dyn FnMut() + Send>;

fn waiters() -> MutexGuard<'static, Vec<(usize, Wake)>> {
    WAITERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handler. Until then, signals have their default effect.
///
/// # Errors
/// The handler cannot be installed.
pub fn watch() -> io::Result<()> {
    let record = SignalRecord::start()?;
    RECORD.get_or_init(|| record);
    Ok(())
}

/// Starts the thread that wakes others, unless it runs. It starts with the first thread that cannot
/// wait for [`readable`]: a send needs none.
fn notify() -> io::Result<()> {
    let _one_at_a_time = waiters();
    if let Some(record) = RECORD.get()
        && !NOTIFIES.load(Ordering::SeqCst)
    {
        record.notify(collect)?;
        NOTIFIES.store(true, Ordering::SeqCst);
    }
    Ok(())
}

/// Counts the signals on record, and wakes the threads that wait for signals. A thread that calls
/// this while another one counts waits for it, so that both get the same number.
fn collect() {
    let Some(record) = RECORD.get().filter(|record| !record.is_empty()) else { return };
    let mut waiters = waiters();
    let new = record.take();
    if new == 0 {
        return;
    }
    if let Some(signal) = record.arrived() {
        let _ = FIRST.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    }
    COUNT.fetch_add(new, Ordering::SeqCst);
    waiters.iter_mut().for_each(|(_, wake)| wake());
}

/// The number of signals so far.
pub fn count() -> usize {
    collect();
    COUNT.load(Ordering::SeqCst)
}

/// The first signal, with which the process ends in the end.
pub fn first() -> Option<c_int> {
    collect();
    match FIRST.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(signal),
    }
}

/// A file that has input after a signal, until [`count`] is called. A thread that waits for it needs
/// no thread that wakes it.
#[cfg(unix)]
pub fn readable() -> Option<BorrowedFd<'static>> {
    RECORD.get().map(SignalRecord::readable)
}

/// Until it is dropped, each signal wakes a thread that waits for something else.
pub struct SignalSubscription {
    number: usize,
}

impl SignalSubscription {
    /// Each signal sends `event` to the channel.
    pub fn new<E: Clone + Send + 'static>(sender: Sender<E>, event: E) -> Self {
        let subscription = Self::on_signal(move || {
            // A dropped receiver has stopped waiting.
            let _ = sender.send(event.clone());
        });
        // At a limit on threads, the waiting thread could not be started either.
        let _ = notify();
        subscription
    }

    /// Each signal that another thread counts writes a byte to the pipe, which must not block. The
    /// waiting thread also has to wait for [`readable`].
    #[cfg(unix)]
    pub fn waking(mut pipe: PipeWriter) -> Self {
        Self::on_signal(move || {
            // A full pipe has already woken its reader.
            let _ = pipe.write(&[0]);
        })
    }

    fn on_signal(wake: impl FnMut() + Send + 'static) -> Self {
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        waiters().push((number, Box::new(wake)));
        Self { number }
    }
}

impl Drop for SignalSubscription {
    fn drop(&mut self) {
        waiters().retain(|(number, _)| *number != self.number);
    }
}
