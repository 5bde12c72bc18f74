//! The record of a send while it runs.

use jiff::Timestamp;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::failpoint;
use crate::send::duplicates;
use crate::send::idempotency::{Record, failures};
use crate::storage::{self, Begin, Lease, NewMessage, Owner, SendEnd, Store};

/// A key that a run holds.
pub struct HeldKey {
    pub key: String,
    pub lease: Box<dyn Lease>,
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

/// The record of this run's send: its key, if any, and its entry for the duplicate check. Dropping
/// it releases the key if the call was certainly not started. Otherwise the outcome stays unknown.
pub struct Pending<'s> {
    /// `None` if the send has no key and no duplicate check.
    store: Option<&'s dyn Store>,
    held: Option<HeldKey>,
    message: Option<String>,
    stage: Stage,
}

impl<'s> Pending<'s> {
    pub fn new(store: Option<&'s dyn Store>, held: Option<HeldKey>) -> Self {
        Self { store, held, message: None, stage: Stage::Prepared }
    }

    pub fn key(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.key.as_str())
    }

    /// The locked file. The call inherits it, so other runs also wait for a call that outlives its
    /// run.
    pub fn lease(&self) -> Option<&std::fs::File> {
        self.held.as_ref().and_then(|held| held.lease.file())
    }

    /// Records that the call may start, in one transaction for the key and the duplicate check.
    ///
    /// # Errors
    /// The same message was just sent, or the record cannot be written. The call must not be made.
    pub fn begin(
        &mut self,
        context: &Context,
        duplicates: Option<&duplicates::Check>,
    ) -> Result<()> {
        let Some(store) = self.store else { return Ok(()) };
        let key = self.key().map(str::to_string);
        let message = duplicates.map(|check| NewMessage {
            id: uuid::Uuid::now_v7().to_string(),
            fingerprint: check.fingerprint(store),
            key: key.clone(),
            refuse_since: check.refuse_since(Timestamp::now()),
        });
        if key.is_none() && message.is_none() {
            return Ok(());
        }
        failpoint::point("key: about to begin");
        let owner = self.held.as_ref().map(HeldKey::owner);
        match (store.begin(owner, message.as_ref()), duplicates) {
            (Ok(Begin::Go), _) => {
                self.message = message.map(|message| message.id);
                self.stage = Stage::Calling;
                failpoint::point("key: calling");
                Ok(())
            }
            (Ok(Begin::Duplicate(earlier)), Some(check)) => Err(check.refuse(earlier)),
            (Ok(Begin::Duplicate(_)), None) => {
                Err(Failure::internal("duplicate found without a duplicate check"))
            }
            (Err(error), check) => match key {
                Some(key) => Err(failures::not_begun(&key, error)),
                None if check.is_some_and(duplicates::Check::is_waived) => {
                    context.screen.warn("this message is not recorded for the duplicate check");
                    Ok(())
                }
                None => Err(duplicates::check_failed(error)),
            },
        }
    }

    /// Records that the call has ended with an unknown outcome.
    ///
    /// # Errors
    /// The record cannot be written; it stays `calling`, which later runs treat the same way.
    pub fn unresolved(&mut self) -> storage::Result<()> {
        self.finish(SendEnd::Unresolved)?;
        failpoint::point("key: outcome unknown");
        Ok(())
    }

    /// Records that the message was sent.
    ///
    /// # Errors
    /// The record cannot be written; a later run will look for the receipt.
    pub fn accepted(&mut self, record: &Record) -> storage::Result<()> {
        let result = serde_json::to_string(record).unwrap_or_default();
        failpoint::point("key: about to record the result");
        self.finish(SendEnd::Accepted { result: &result })?;
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
        let owner = self.held.as_ref().map(HeldKey::owner);
        match self.store {
            Some(store) if owner.is_some() || self.message.is_some() => {
                store.finish(owner, self.message.as_deref(), end)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        // If the write fails, the next run concludes the same from the unlocked lease.
        let _ = match (self.stage, self.store, &self.held) {
            (Stage::Prepared, Some(store), Some(held)) => store.release(held.owner()),
            (Stage::Calling, ..) => self.finish(SendEnd::Unresolved),
            _ => Ok(()),
        };
    }
}
