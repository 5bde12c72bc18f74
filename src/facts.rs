//! What is known about a run while it goes on.

use std::cell::{Cell, RefCell};

use crate::account::Account;
use crate::failure::Outcome;

/// What has become of the run so far. It outlives a panic, so that even then the user is told
/// whether a message went out.
pub struct Facts {
    /// It was checked that this run left nothing on: it found no lease of a run that was killed,
    /// or switched ai-mode off after it, and what it switched on itself is off again or is in use
    /// by another run, which will switch it off. False as long as that was not checked.
    pub ai_mode_disabled: Cell<bool>,
    pub account: RefCell<Option<Account>>,
    /// Whether a message of this run went out.
    pub outcome: Cell<Outcome>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            ai_mode_disabled: Cell::new(false),
            account: RefCell::new(None),
            outcome: Cell::new(Outcome::NotSent),
        }
    }
}
