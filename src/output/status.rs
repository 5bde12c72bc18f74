//! What is known about a run while it goes on.

use std::cell::{Cell, RefCell};

use crate::api::account::Account;
use crate::error::Outcome;

/// What has become of the run so far. It outlives a panic, so that even then the user is told
/// whether a message went out.
pub struct RunStatus {
    /// Nothing is left for the user to switch off: ai-mode is off again, was never switched on, or
    /// is left to another run that still uses it.
    pub ai_mode_disabled: Cell<bool>,
    pub account: RefCell<Option<Account>>,
    /// Whether a message of this run went out.
    pub outcome: Cell<Outcome>,
}

impl Default for RunStatus {
    fn default() -> Self {
        Self {
            ai_mode_disabled: Cell::new(true),
            account: RefCell::new(None),
            outcome: Cell::new(Outcome::NotSent),
        }
    }
}
