//! Signals that the test program inherited as ignored.
//!
//! Under `nohup`, and in the background of a shell script, some signals are ignored, and every
//! program started from there inherits that. The tests send these signals to alimsg, which leaves
//! ignored ones alone, as it should. A signal with a handler is reset when another program starts,
//! so a handler that does nothing gives the programs under test the usual dispositions, and keeps
//! the signal from ending the tests.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Gives the programs that this one starts the default dispositions.
pub fn reset_ignored() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ignored = ignored_signals();
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            if ignored & (1 << (signal - 1)) != 0 {
                signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
                    .expect("a handler");
            }
        }
    });
}

/// Bit n-1 for signal n. Only Linux tells; elsewhere none is assumed.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
