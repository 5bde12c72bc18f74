//! The status of a run, updated while it runs.

use std::any::Any;
use std::cell::{Cell, RefCell};

use crate::api::account::Account;
use crate::api::call::ReadCall;
use crate::api::redaction::Redaction;
use crate::settings::defaults::UsedDefault;

/// Rows of a plan with the value of a flag that can have a default.
const ROWS: [(&str, &str); 6] = [
    ("--from", "from"),
    ("--cust-space-id", "space"),
    ("--sign-name", "signature"),
    ("--language", "language"),
    ("--language", "template"),
    ("--region", "account"),
];

/// The data that the output reports besides the result. It is still available after a panic.
#[derive(Default)]
pub struct RunStatus {
    /// The name of the command, such as `sms send`.
    pub command: RefCell<String>,
    /// Whether ai-mode is known not to be left on: there was no lease of a killed run, or this run
    /// switched ai-mode off after it; and ai-mode is off again after this run's own use, or another
    /// run uses it and will switch it off. False until this was checked.
    pub ai_mode_disabled: Cell<bool>,
    pub account: RefCell<Option<Account>>,
    /// Hides the content of this run's message, also in replies to other calls, because a receipt
    /// contains its text.
    pub redaction: RefCell<Redaction>,
    /// Defaults that this run used instead of flags.
    pub used_defaults: RefCell<Vec<UsedDefault>>,
    /// In a dry run, the call that lists the channel instances before the others, which have a
    /// placeholder for the ID.
    pub listed_first: RefCell<Option<ReadCall>>,
    /// Work that does not belong to the result and starts after it was printed.
    pub after_run: RefCell<Option<Box<dyn FnOnce()>>>,
    /// A process that ends while the run continues. Dropping the value waits for its end.
    pub until_end: RefCell<Option<Box<dyn Any>>>,
}

impl RunStatus {
    /// Marks the rows of a plan whose values are defaults, with their source.
    pub fn mark_defaults(&self, rows: &mut [(String, String)]) {
        for used in self.used_defaults.borrow().iter() {
            // The row of a template ends with its language in brackets.
            let in_brackets = format!("({})", used.value);
            for (name, value) in rows.iter_mut() {
                let is_shown = ROWS.contains(&(used.flag, name.as_str()))
                    && (value.ends_with(&used.value) || value.ends_with(&in_brackets));
                if is_shown {
                    *value = format!("{value} ({})", used.source.describe());
                }
            }
        }
    }
}
