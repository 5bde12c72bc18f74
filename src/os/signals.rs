//! What the user asked for by signal, counted for the whole process.
//!
//! The first signal means: let what runs finish, start nothing more. The second means: end it now.
//! The handler only counts and wakes whoever waits; every decision is made where the waiting is.

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use crate::os::system;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static FIRST: AtomicI32 = AtomicI32::new(0);
static WAITER: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// Starts listening. Until then a signal has its default effect.
pub fn watch() -> io::Result<()> {
    system::watch_signals(|signal| {
        let _ = FIRST.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        COUNT.fetch_add(1, Ordering::SeqCst);
        if let Some(wake) = &*WAITER.lock().unwrap_or_else(PoisonError::into_inner) {
            wake();
        }
    })
}

/// How many signals have come so far.
pub fn count() -> usize {
    COUNT.load(Ordering::SeqCst)
}

/// The first signal that came: the one to die of.
pub fn first() -> Option<c_int> {
    match FIRST.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(signal),
    }
}

/// While it lives, each signal also sends `event` to the channel.
pub struct SignalSubscription;

impl SignalSubscription {
    pub fn new<E: Clone + Send + 'static>(sender: Sender<E>, event: E) -> Self {
        let wake = move || {
            // A receiver that is gone has stopped waiting.
            let _ = sender.send(event.clone());
        };
        *WAITER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
        Self
    }
}

impl Drop for SignalSubscription {
    fn drop(&mut self) {
        *WAITER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
