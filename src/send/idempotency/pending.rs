//! The record of a send while it runs.

use std::time::Duration;

use crate::os::failpoint;
use crate::send::idempotency::Record;
use crate::storage::{self, Begin, Lease, NewKey, NewMessage, Owner, SendEnd, Store};

/// A key that a run holds.
pub struct HeldKey {
    pub key: String,
    pub lease: Box<dyn Lease>,
    /// The record of a key that alimsg generated for a send without one. It was not reserved, and it
    /// is removed once the message is accepted.
    pub generated: Option<NewKey>,
}

impl HeldKey {
    fn owner(&self) -> Owner<'_> {
        Owner { key: &self.key, lease: self.lease.name() }
    }
}

/// The progress of this run's send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Prepared,
    Calling,
    Done,
}

/// The record of this run's send: its key and its entries for the duplicate check. Dropping it
/// releases the key if the call was certainly not started. Otherwise the outcome stays unknown.
pub struct Pending<'s> {
    /// `None` if the send is not recorded.
    held: Option<(&'s dyn Store, HeldKey)>,
    stage: Stage,
    /// How long the store keeps old records; zero keeps all.
    keep: Duration,
}

impl<'s> Pending<'s> {
    pub fn new(store: &'s dyn Store, held: HeldKey) -> Self {
        Self { held: Some((store, held)), stage: Stage::Prepared, keep: Duration::ZERO }
    }

    /// A send without a record, because the user allows duplicates and there is no store.
    pub const fn unrecorded() -> Self {
        Self { held: None, stage: Stage::Done, keep: Duration::ZERO }
    }

    /// The key, with which the user can also resolve a send without a key.
    pub fn key(&self) -> Option<&str> {
        self.held.as_ref().map(|(_, held)| held.key.as_str())
    }

    /// The locked file. The call inherits it, so other runs also wait for a call that outlives its
    /// run.
    pub fn lease(&self) -> Option<&std::fs::File> {
        self.held.as_ref().and_then(|(_, held)| held.lease.file())
    }

    /// The store with the record, if there is one.
    pub fn store(&self) -> Option<&'s dyn Store> {
        self.held.as_ref().map(|(store, _)| *store)
    }

    /// The key of the user.
    pub fn given_key(&self) -> Option<&str> {
        let given = self.held.as_ref().filter(|(_, held)| held.generated.is_none());
        given.map(|(_, held)| held.key.as_str())
    }

    /// Prepares [`Pending::begin`], while another command runs.
    pub fn prepare_begin(&self) {
        if let Some((store, _)) = &self.held {
            store.prepare_begin();
        }
    }

    /// Records that the call may start, in one transaction for the key and the duplicate check,
    /// unless an equal message prevents it.
    ///
    /// # Errors
    /// The record cannot be written; the call must not be made.
    pub fn begin(&mut self, message: &NewMessage) -> storage::Result<Begin> {
        let Some((store, held)) = &self.held else { return Ok(Begin::Go) };
        let details = held.generated.as_ref().map(NewKey::without_details);
        let begun = store.begin(held.owner(), details.as_ref(), Some(message))?;
        if matches!(begun, Begin::Go) {
            self.stage = Stage::Calling;
            self.keep = message.keep;
            failpoint::point("key: calling");
        }
        Ok(begun)
    }

    /// Prepares the record of the outcome, while the call runs.
    pub fn prepare_end(&self) {
        if let Some((store, _)) = &self.held {
            store.prepare_finish(self.keep);
        }
    }

    /// Records that the call has ended with an unknown outcome.
    ///
    /// # Errors
    /// The record cannot be written; it stays `calling`, which later runs treat the same way.
    pub fn unresolved(&mut self) -> storage::Result<()> {
        self.end_unresolved()?;
        failpoint::point("key: outcome unknown");
        Ok(())
    }

    fn end_unresolved(&mut self) -> storage::Result<()> {
        // Until now, a send without a key has only hashes on record.
        let generated = self.held.as_ref().and_then(|(_, held)| held.generated.as_ref());
        let details = generated.map(|new| new.details.clone());
        self.finish(SendEnd::Unresolved { details: details.as_deref() })
    }

    /// Records that the message was sent.
    ///
    /// # Errors
    /// The record cannot be written; a later run will look for the receipt.
    pub fn accepted(&mut self, record: &Record) -> storage::Result<()> {
        let is_generated = self.held.as_ref().is_some_and(|(_, held)| held.generated.is_some());
        let result = (!is_generated).then(|| serde_json::to_string(record).unwrap_or_default());
        let service = record.service_ids();
        failpoint::point("key: about to record the result");
        self.finish(SendEnd::Accepted { result: result.as_deref(), service: Some(&service) })?;
        // Other runs may be waiting for the result of this key.
        self.held = None;
        failpoint::point("key: accepted");
        Ok(())
    }

    /// Records that the message was certainly not sent: the key is unused again.
    ///
    /// # Errors
    /// The record cannot be removed; a later run will look for a receipt that does not exist.
    pub fn not_sent(&mut self) -> storage::Result<()> {
        self.finish(SendEnd::NotSent)?;
        failpoint::point("key: released");
        Ok(())
    }

    fn finish(&mut self, end: SendEnd<'_>) -> storage::Result<()> {
        self.stage = Stage::Done;
        match &self.held {
            Some((store, held)) => store.finish(held.owner(), end),
            None => Ok(()),
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        // If the write fails, the next run concludes the same from the unlocked lease.
        let _ = match (self.stage, &self.held) {
            (Stage::Prepared, Some((store, held))) if held.generated.is_none() => {
                store.release(held.owner())
            }
            (Stage::Calling, _) => self.end_unresolved(),
            _ => Ok(()),
        };
    }
}
