//! A key whose message may have been sent by an earlier run.

use crate::error::Failure;
use crate::send::idempotency::{Details, Record, failures};
use crate::send::receipt_lookup::Unproven;
use crate::send::receipt_lookup::{Obstacle, ReceiptQuery};
use crate::storage::{self, KeyRecord, Store};

/// A send by an earlier run with an unknown outcome.
pub struct Unresolved<'s> {
    pub store: &'s dyn Store,
    pub record: KeyRecord,
    /// Whether this run has the same message; `None` if the record has nothing to compare.
    pub same_content: Option<bool>,
    pub same_account: Option<bool>,
}

const OTHER_MESSAGE: Obstacle = Obstacle {
    reason: "it was a different message; this one was not sent",
    hint: Some("run the first command again to look for its receipt"),
};
const OTHER_ACCOUNT: Obstacle = Obstacle {
    reason: "it was sent with another profile, region or credentials",
    hint: Some("run the command with those settings to look for its receipt"),
};
/// The record is damaged or lacks the data for a look-up.
const INCOMPLETE: Obstacle =
    Obstacle { reason: "its record does not have enough data to identify its receipt", hint: None };

impl Unresolved<'_> {
    /// Where to look for the receipt: from this command, completed from the record.
    ///
    /// # Errors
    /// A look-up would prove nothing.
    pub fn receipt_query(&self, given: &ReceiptQuery) -> Result<ReceiptQuery, Obstacle> {
        if self.same_content == Some(false) {
            return Err(OTHER_MESSAGE);
        }
        if self.same_account == Some(false) {
            return Err(OTHER_ACCOUNT);
        }
        // Without content to compare, only a generated ID, which is unique, is a proof.
        let comparable = self.same_content.is_some() || self.record.tracking.generated;
        let has_id = !self.record.tracking.id.is_empty();
        if self.record.damaged || self.record.since.is_none() || !comparable || !has_id {
            return Err(INCOMPLETE);
        }
        Ok(given.clone().with_space_from(self.recorded_query().as_ref()))
    }

    /// Where to look for the receipt, as far as it is recorded.
    pub fn recorded_query(&self) -> Option<ReceiptQuery> {
        Details::from_record(&self.record).map(|details| details.receipt_query)
    }

    /// Records that a receipt proves that the message was sent.
    ///
    /// # Errors
    /// The record cannot be written; the next run looks for the receipt again.
    pub fn settle(&self, record: &Record) -> storage::Result<()> {
        let result = serde_json::to_string(record).unwrap_or_default();
        self.store.settle_as_sent(&self.record, &result)
    }

    /// The failure if this run cannot find out the outcome, with the commands that check it.
    pub fn failure(&self, unproven: &Unproven) -> Box<Failure> {
        failures::unresolved(&self.record, unproven)
    }
}
