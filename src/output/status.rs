//! What is known about a run while it goes on.

use std::cell::{Cell, RefCell};

use crate::api::account::Account;
use crate::api::redaction::Redaction;

/// What the envelope of a result reports besides the result. It outlives a panic.
pub struct RunStatus {
    /// It was checked that this run left nothing on: it found no lease of a run that was killed,
    /// or switched ai-mode off after it, and what it switched on itself is off again or is in use
    /// by another run, which will switch it off. False as long as that was not checked.
    pub ai_mode_disabled: Cell<bool>,
    pub account: RefCell<Option<Account>>,
    /// Hides what is in the message of this run, also in replies to other calls: a receipt has its
    /// text.
    pub redaction: RefCell<Redaction>,
}

impl Default for RunStatus {
    fn default() -> Self {
        Self {
            ai_mode_disabled: Cell::new(false),
            account: RefCell::new(None),
            redaction: RefCell::default(),
        }
    }
}
