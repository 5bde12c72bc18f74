//! What is known about a run while it goes on.

use std::cell::{Cell, RefCell};

use crate::api::account::Account;
use crate::api::redaction::Redaction;
use crate::error::Outcome;

/// What has become of the run so far. It outlives a panic, so that even then the user is told
/// whether a message went out.
pub struct RunStatus {
    /// It was checked that this run left nothing on: it found no lease of a run that was killed,
    /// or switched ai-mode off after it, and what it switched on itself is off again or is in use
    /// by another run, which will switch it off. False as long as that was not checked.
    pub ai_mode_disabled: Cell<bool>,
    pub account: RefCell<Option<Account>>,
    /// Whether a message of this run went out.
    pub outcome: Cell<Outcome>,
    /// The name and the value of the ID by which that message can be found again.
    pub tracking: RefCell<Option<(&'static str, String)>>,
    /// Hides what is in that message, also in replies to other calls: a receipt has its text.
    pub redaction: RefCell<Redaction>,
}

impl Default for RunStatus {
    fn default() -> Self {
        Self {
            ai_mode_disabled: Cell::new(false),
            account: RefCell::new(None),
            outcome: Cell::new(Outcome::NotSent),
            tracking: RefCell::new(None),
            redaction: RefCell::default(),
        }
    }
}
