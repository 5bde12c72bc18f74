//! What a run did.

use std::collections::BTreeMap;

use crate::error::Failure;

/// What a run did, in messages.
#[derive(Debug, Default)]
pub struct Tally {
    pub calls: u64,
    pub accepted: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Failed and unknown messages by error code, with the meaning and the action.
    pub codes: BTreeMap<String, CodeTally>,
    /// Why the run stopped before its end.
    pub stopped: Option<Box<Failure>>,
}

/// The messages with one error code.
#[derive(Debug, Clone)]
pub struct CodeTally {
    pub messages: u64,
    pub message: String,
    pub hint: Option<String>,
}

impl Tally {
    pub(super) fn count(&mut self, failure: &Failure, messages: u64) {
        let code = failure.code.clone().unwrap_or_else(|| "no code".into());
        let entry = self.codes.entry(code).or_insert_with(|| CodeTally {
            messages: 0,
            message: failure.message.clone(),
            hint: failure.hint.clone(),
        });
        entry.messages += messages;
    }
}
