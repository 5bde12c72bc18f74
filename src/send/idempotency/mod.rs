//! Idempotency keys: a message with a key is sent at most once.
//!
//! A key belongs to one message permanently. A run first *claims* its key in one transaction. If
//! several runs claim it at once, one gets it and the others wait for its result. The record is
//! updated before each step of the send:
//!
//! | state        | means                                              | if its run died        |
//! |--------------|----------------------------------------------------|------------------------|
//! | `reserved`   | a run prepares the call; it has not been started   | the key is unused      |
//! | `calling`    | the call may have been started                     | the outcome is unknown |
//! | `unresolved` | the call has ended and its outcome is unknown      | the outcome is unknown |
//! | `accepted`   | the message was sent; the result is recorded       | –                      |
//!
//! The record is removed if the message was certainly not sent. The lease of a
//! run shows whether the run or its call is alive.
//!
//! The key alone identifies the message. Every command with an unresolved key exits with code 7,
//! regardless of its parameters, until a receipt or the user resolves it. An accepted key returns
//! its result for the same message and is refused for another one.

mod details;
mod failures;
mod fingerprint;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aliyun::client;
use crate::api::call::SendCall;
use crate::context::Context;
use crate::error::{Failure, Outcome, Result};
use crate::os::failpoint;
use crate::send::duplicates;
use crate::send::receipt_lookup::ReceiptQuery;
pub use crate::storage::Tracking;
use crate::storage::{
    self, Begin, KeyRecord, Lease, NewKey, NewMessage, Owner, Reserve, SendEnd, Store,
};
pub use details::Details;
pub use failures::{not_durable, resolve_commands, show_command, unreadable};
pub use fingerprint::account;

/// The maximum length of a key, in characters.
const MAX_KEY_LENGTH: usize = 255;
/// How often a waiting run checks whether the other one is done.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The result of a send, returned to every later run with the same key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub data: Map<String, Value>,
    pub raw: Value,
}

/// The message that a run wants to send with a key.
pub struct Request<'m> {
    pub call: &'m SendCall,
    pub tracking: &'m Tracking,
    pub receipt_query: &'m ReceiptQuery,
    pub recipients: usize,
}

/// The state of a key.
pub enum Claim<'s> {
    /// The key is unused: this run may send.
    Free(Pending<'s>),
    /// Its message was sent. The timestamp is just before its call started.
    Accepted(Record, Timestamp),
    /// Its message may have been sent; the run that sent it has ended.
    Unresolved(Unresolved<'s>),
}

/// Checks the form of a key before any process starts.
///
/// # Errors
/// The key is empty, longer than 255 characters or has control characters.
pub fn check_key(key: &str) -> Result<()> {
    let is_valid = !key.trim().is_empty()
        && key.chars().count() <= MAX_KEY_LENGTH
        && !key.chars().any(char::is_control);
    if is_valid {
        return Ok(());
    }
    Err(Failure::usage("invalid --idempotency-key")
        .hint(format!("use 1 to {MAX_KEY_LENGTH} characters, for example an order number")))
}

/// Claims the key for a message. If another run is using it, waits for that run, at most twice the
/// timeout of one call.
///
/// # Errors
/// The key was accepted for another message; the record cannot be read or written; the other run
/// did not end in time.
pub fn claim<'s>(
    context: &Context,
    store: &'s dyn Store,
    key: &str,
    request: &Request<'_>,
) -> Result<Claim<'s>> {
    let unreadable =
        |error| unreadable(key, error, Some((request.receipt_query, request.tracking)));
    let lease_error = |error| unreadable(storage::Error::Unreadable(error, storage::Fix::Files));
    let deadline = Instant::now() + context.settings.timeout * 2;
    let mut new = NewKey {
        identity: fingerprint::identity(store, request.call, &context.settings),
        tracking: request.tracking.clone(),
        lease: String::new(),
        details: Details::new(request.receipt_query, request.recipients).to_text(),
    };
    let lease = match (store.lease(), store.key(key).map_err(unreadable)?) {
        (Ok(lease), _) => lease,
        // Without a lease this run cannot send, but it can still return the recorded result.
        (Err(error), None) => return Err(unreadable(error)),
        (Err(_), Some(known)) if known.state == storage::KeyState::Accepted => {
            return claim_used_key(context, store, known, request, &new);
        }
        (Err(error), Some(_)) => return Err(lease_error(error.into())),
    };
    new.lease = lease.name().to_string();
    failpoint::point("key: lease taken");
    let mut waiting = false;
    loop {
        match store.reserve(key, &new).map_err(unreadable)? {
            Reserve::Reserved => {
                failpoint::point("key: reserved");
                if let Some(since) = store.known_since() {
                    context.screen.warn(format!(
                        "the record of keys was repaired: a key that was used before {since} may \
                         be missing"
                    ));
                }
                let held = Some(HeldKey { key: key.to_string(), lease });
                return Ok(Claim::Free(Pending::new(store, held)));
            }
            Reserve::Used(record) => return claim_used_key(context, store, *record, request, &new),
            Reserve::Busy if Instant::now() >= deadline => return Err(failures::still_busy(key)),
            Reserve::Busy => {
                if !std::mem::replace(&mut waiting, true) {
                    context
                        .screen
                        .note("another run is sending with this key; waiting for its result");
                }
                client::sleep(POLL_INTERVAL).map_err(failures::interrupted_while_busy)?;
            }
        }
    }
}

fn claim_used_key<'s>(
    context: &Context,
    store: &'s dyn Store,
    record: KeyRecord,
    request: &Request<'_>,
    new: &NewKey,
) -> Result<Claim<'s>> {
    let known = record.identity.as_ref();
    let same_content = known.map(|known| known.content == new.identity.content);
    let same_account = known.map(|known| known.account == new.identity.account);
    if record.state != storage::KeyState::Accepted {
        return Ok(Claim::Unresolved(Unresolved { store, record, same_content, same_account }));
    }
    let key = &record.key;
    // An ID that alimsg generated for this run may differ.
    let other_id = !request.tracking.generated && request.tracking.id != record.tracking.id;
    if same_content == Some(false) {
        return Err(failures::other_message(key));
    }
    if same_account == Some(false) {
        return Err(failures::other_account(key));
    }
    if other_id {
        return Err(failures::other_id(key, &record.tracking.id));
    }
    let result = record.result.as_deref().unwrap_or_default();
    let parsed: anyhow::Result<Record> =
        serde_json::from_str(result).context("the result of this key cannot be read");
    let parsed = parsed.map_err(|_| failures::damaged(&record))?;
    if known.is_none() {
        context.screen.warn(format!(
            "cannot check whether the key {key:?} was first used for this message; its result may \
             belong to another message"
        ));
    }
    Ok(Claim::Accepted(parsed, record.since.unwrap_or(Timestamp::MAX)))
}

/// A key that a run holds.
struct HeldKey {
    key: String,
    lease: Box<dyn Lease>,
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
    store: &'s dyn Store,
    held: Option<HeldKey>,
    message: Option<String>,
    stage: Stage,
}

impl<'s> Pending<'s> {
    fn new(store: &'s dyn Store, held: Option<HeldKey>) -> Self {
        Self { store, held, message: None, stage: Stage::Prepared }
    }

    /// The record of a send without a key.
    pub fn without_key(store: &'s dyn Store) -> Self {
        Self::new(store, None)
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
        let key = self.key().map(str::to_string);
        let message = duplicates.map(|check| NewMessage {
            id: uuid::Uuid::now_v7().to_string(),
            fingerprint: check.fingerprint(self.store),
            key: key.clone(),
            refuse_since: check.refuse_since(Timestamp::now()),
        });
        if key.is_none() && message.is_none() {
            return Ok(());
        }
        failpoint::point("key: about to begin");
        let owner = self.held.as_ref().map(HeldKey::owner);
        match (self.store.begin(owner, message.as_ref()), duplicates) {
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
        if self.held.is_none() && self.message.is_none() {
            return Ok(());
        }
        self.store.finish(self.held.as_ref().map(HeldKey::owner), self.message.as_deref(), end)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        // If the write fails, the next run concludes the same from the unlocked lease.
        let _ = match (self.stage, &self.held) {
            (Stage::Prepared, Some(held)) => self.store.release(held.owner()),
            (Stage::Calling, _) => self.finish(SendEnd::Unresolved),
            _ => Ok(()),
        };
    }
}

/// A send by an earlier run with an unknown outcome.
pub struct Unresolved<'s> {
    store: &'s dyn Store,
    pub record: KeyRecord,
    /// Whether this run has the same message; `None` if the record has nothing to compare.
    same_content: Option<bool>,
    same_account: Option<bool>,
}

/// Why a look-up cannot prove anything about an unresolved key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    OtherMessage,
    OtherAccount,
    /// The record is damaged or lacks the data for a look-up.
    Incomplete,
}

impl Unresolved<'_> {
    /// Where to look for the receipt: from this command, completed from the record.
    ///
    /// # Errors
    /// A look-up would prove nothing.
    pub fn receipt_query(
        &self,
        given: &ReceiptQuery,
    ) -> std::result::Result<ReceiptQuery, Obstacle> {
        if self.same_content == Some(false) {
            return Err(Obstacle::OtherMessage);
        }
        if self.same_account == Some(false) {
            return Err(Obstacle::OtherAccount);
        }
        // Without content to compare, only a generated ID, which is unique, is a proof.
        let comparable = self.same_content.is_some() || self.record.tracking.generated;
        if self.record.damaged || self.record.since.is_none() || !comparable {
            return Err(Obstacle::Incomplete);
        }
        let recorded = Details::from_record(&self.record).map(|details| details.receipt_query);
        Ok(given.clone().with_space_from(recorded.as_ref()))
    }

    /// Records that a receipt proves that the message was sent.
    ///
    /// # Errors
    /// The record cannot be written; the next run looks for the receipt again.
    pub fn settle(&self, record: &Record) -> storage::Result<()> {
        let result = serde_json::to_string(record).unwrap_or_default();
        self.store.settle_as_sent(&self.record, &result)
    }

    /// The failure if this run cannot find out the outcome.
    pub fn failure(
        &self,
        why: &str,
        hint: Option<&str>,
        receipt_query: &ReceiptQuery,
    ) -> Box<Failure> {
        failures::unresolved(&self.record, why, hint, receipt_query)
    }
}

/// Sets the outcome of a failure to unknown.
pub fn with_unknown_outcome(mut failure: Box<Failure>) -> Box<Failure> {
    failure.outcome = Outcome::Unknown;
    failure
}
