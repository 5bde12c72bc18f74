//! The status of a run, updated while it runs.

use std::cell::{Cell, RefCell};

use crate::api::account::Account;
use crate::api::redaction::Redaction;

/// The data that the output reports besides the result. It is still available after a panic.
#[derive(Default)]
pub struct RunStatus {
    /// Whether ai-mode is known not to be left on: there was no lease of a killed run, or this run
    /// switched ai-mode off after it; and ai-mode is off again after this run's own use, or another
    /// run uses it and will switch it off. False until this was checked.
    pub ai_mode_disabled: Cell<bool>,
    pub account: RefCell<Option<Account>>,
    /// Hides the content of this run's message, also in replies to other calls, because a receipt
    /// contains its text.
    pub redaction: RefCell<Redaction>,
    /// Work that does not belong to the result and starts after it was printed.
    pub after_run: RefCell<Option<Box<dyn FnOnce()>>>,
}
