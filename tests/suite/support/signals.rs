//! Resets signals that the test program inherited as ignored.
//!
//! `nohup` and background jobs of a shell script ignore some signals, and child processes inherit
//! that. The tests send these signals to alimsg, which correctly leaves ignored signals ignored.
//! `exec` resets a signal with a handler to its default. So an empty handler gives the programs under
//! test the default disposition, and the signal does not end the tests.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Gives child processes the default signal dispositions.
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

/// Bit n-1 for signal n. Only available on Linux; elsewhere, none counts as ignored.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
