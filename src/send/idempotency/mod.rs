//! What an idempotency key promises: its message is sent once.
//!
//! A key belongs to one message for good. Before anything else happens, a run *claims* its key in
//! one transaction; of several runs at once only one gets it, and the others wait for its result.
//! The record then follows the send, each state before the step that it describes:
//!
//! | state        | means                                              | if its run died        |
//! |--------------|----------------------------------------------------|------------------------|
//! | `reserved`   | a run prepares the call; it has not been started   | the key is unused      |
//! | `calling`    | the call may have been started                     | the outcome is unknown |
//! | `unresolved` | the call has ended and its outcome is unknown      | the outcome is unknown |
//! | `accepted`   | the message went out; the result is on record      | –                      |
//!
//! A send that certainly did not happen leaves no record. A locked file, the [lease], shows whether
//! a run or its call is alive, not a process number that may belong to another process by now.
//!
//! The key alone identifies the message. An unresolved key ends every command with exit 7, whatever
//! its parameters are, until a receipt or a person resolves it. An accepted key gives its result to
//! the same message and is refused for another one.

mod details;
mod failures;
mod fingerprint;
pub mod lease;

use std::path::PathBuf;
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
use crate::storage::{self, Begin, KeyRecord, NewKey, NewMessage, Owner, Reserve, SendEnd, Store};
pub use details::Details;
pub use failures::{REPAIR, advice, resolve_commands, show_command, unreadable};
pub use fingerprint::account;
use lease::Lease;

/// The longest key, in characters.
const MAX_KEY_LENGTH: usize = 255;
/// How often a waiting run checks whether the other one is done.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The result of a send, given again to every run with the same key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub data: Map<String, Value>,
    pub raw: Value,
}

/// What a run wants to send with a key.
pub struct Request<'m> {
    pub call: &'m SendCall,
    pub tracking: &'m Tracking,
    pub receipt_query: &'m ReceiptQuery,
    pub recipients: usize,
}

/// What is known about a key.
pub enum Claim<'s> {
    /// It is unused: this run may send.
    Free(Pending<'s>),
    /// Its message went out, and when its call was about to start.
    Accepted(Record, Timestamp),
    /// Its message may have gone out; the run that sent it has ended.
    Unresolved(Unresolved<'s>),
}

/// Checks a key before anything is started.
///
/// # Errors
/// An empty or overlong key, or one with control characters.
pub fn check_key(key: &str) -> Result<()> {
    let is_valid = !key.trim().is_empty()
        && key.chars().count() <= MAX_KEY_LENGTH
        && !key.chars().any(char::is_control);
    if is_valid {
        return Ok(());
    }
    Err(Failure::usage("invalid --idempotency-key")
        .hint(format!("1 to {MAX_KEY_LENGTH} characters, for example the number of an order")))
}

/// Claims the key for a message. A run that is at work with it is waited for, as long as one call
/// may take and some more.
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
    let folder = folder(context).map_err(lease_error)?;
    let mut new = NewKey {
        identity: fingerprint::identity(store, request.call, &context.settings),
        tracking: request.tracking.clone(),
        lease: String::new(),
        details: Details::new(request.receipt_query, request.recipients).to_text(),
    };
    let lease = match (Lease::take(&folder), store.key(key).map_err(unreadable)?) {
        (Ok(lease), _) => lease,
        // Without a lease this run cannot send, and the record still answers.
        (Err(error), None) => return Err(unreadable(storage::Error::NotWritten(error))),
        (Err(_), Some(known)) if known.state == storage::KeyState::Accepted => {
            return claim_used_key(context, store, known, request, &new);
        }
        (Err(error), Some(_)) => return Err(lease_error(error)),
    };
    new.lease = lease.name().to_string();
    failpoint::point("ledger: lease taken");
    let mut waiting = false;
    loop {
        let is_alive = |name: &str| lease::is_alive(&folder, name);
        match store.reserve(key, &new, &is_alive).map_err(unreadable)? {
            Reserve::Reserved => {
                failpoint::point("ledger: reserved");
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

/// The state folder, whose leases belong to the keys.
pub fn folder(context: &Context) -> anyhow::Result<PathBuf> {
    storage::folder(&context.settings)
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
    // An ID that alimsg made for this run was not asked for.
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
            "the parameters of the key {key:?} cannot be compared with those of the first use; its \
             result may be that of another message"
        ));
    }
    Ok(Claim::Accepted(parsed, record.since.unwrap_or(Timestamp::MAX)))
}

/// A key that a run holds.
struct HeldKey {
    key: String,
    lease: Lease,
}

impl HeldKey {
    fn owner(&self) -> Owner<'_> {
        Owner { key: &self.key, lease: self.lease.name() }
    }
}

/// How far the record of this run's send has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Prepared,
    Calling,
    Done,
}

/// The record of a send that this run makes: its key, if it has one, and its entry for the
/// duplicate check. Dropping it gives the key up if the call was certainly not started, and leaves
/// the outcome unknown otherwise.
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

    /// The locked file, for the call to hold while it runs: a call that outlives its run is then
    /// waited for.
    pub fn lease(&self) -> Option<&std::fs::File> {
        self.held.as_ref().map(|held| held.lease.file())
    }

    /// From here on the message may go out. One transaction for the key and the duplicate check.
    ///
    /// # Errors
    /// An equal message was sent before, or nothing can be recorded: the call must not be made.
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
        failpoint::point("ledger: about to begin");
        let owner = self.held.as_ref().map(HeldKey::owner);
        match (self.store.begin(owner, message.as_ref()), duplicates) {
            (Ok(Begin::Go), _) => {
                self.message = message.map(|message| message.id);
                self.stage = Stage::Calling;
                failpoint::point("ledger: calling");
                Ok(())
            }
            (Ok(Begin::Duplicate(earlier)), Some(check)) => Err(check.refuse(earlier)),
            (Ok(Begin::Duplicate(_)), None) => Err(Failure::internal("a check that was not made")),
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

    /// The call has ended, and it is not known whether the message went out.
    ///
    /// # Errors
    /// It cannot be recorded; the record then says `calling`, which has the same meaning.
    pub fn unresolved(&mut self) -> storage::Result<()> {
        self.finish(SendEnd::Unresolved)?;
        failpoint::point("ledger: outcome unknown");
        Ok(())
    }

    /// The message went out.
    ///
    /// # Errors
    /// It cannot be recorded; a later run will look for the receipt.
    pub fn accepted(&mut self, record: &Record) -> storage::Result<()> {
        let result = serde_json::to_string(record).unwrap_or_default();
        failpoint::point("ledger: about to record the result");
        self.finish(SendEnd::Accepted { result: &result })?;
        failpoint::point("ledger: accepted");
        Ok(())
    }

    /// The message certainly did not go out: the key is unused again.
    ///
    /// # Errors
    /// The record stays, and a later run will look for a receipt in vain.
    pub fn not_sent(&mut self) -> storage::Result<()> {
        self.finish(SendEnd::NotSent)?;
        failpoint::point("ledger: released");
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
        // What cannot be written now is concluded from the abandoned lease by the next run.
        let _ = match (self.stage, &self.held) {
            (Stage::Prepared, Some(held)) => self.store.release(held.owner()),
            (Stage::Calling, _) => self.finish(SendEnd::Unresolved),
            _ => Ok(()),
        };
    }
}

/// A send of an earlier run whose outcome is unknown.
pub struct Unresolved<'s> {
    store: &'s dyn Store,
    pub record: KeyRecord,
    /// Whether this run was given the same message; `None` if it cannot be compared.
    same_content: Option<bool>,
    same_account: Option<bool>,
}

/// What keeps a look-up from proving anything about an unresolved key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    OtherMessage,
    OtherAccount,
    /// Some field of the record, or all that is needed to look, is missing.
    Incomplete,
}

impl Unresolved<'_> {
    /// Where to look for the receipt: as on record, with what this command adds.
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
        // Without parameters to compare, only an ID that no other message carries is a proof.
        let comparable = self.same_content.is_some() || self.record.tracking.generated;
        if self.record.damaged || self.record.since.is_none() || !comparable {
            return Err(Obstacle::Incomplete);
        }
        let recorded = Details::from_record(&self.record).map(|details| details.receipt_query);
        Ok(given.clone().with_space_from(recorded.as_ref()))
    }

    /// A receipt has proven that the message went out.
    ///
    /// # Errors
    /// It cannot be recorded; the next run looks again.
    pub fn settle(&self, record: &Record) -> storage::Result<()> {
        let result = serde_json::to_string(record).unwrap_or_default();
        self.store.settle_as_sent(&self.record, &result)
    }

    /// This run cannot find out what became of it.
    pub fn failure(
        &self,
        why: &str,
        hint: Option<&str>,
        receipt_query: &ReceiptQuery,
    ) -> Box<Failure> {
        failures::unresolved(&self.record, why, hint, receipt_query)
    }
}

/// Marks a failure as one of a message whose outcome is unknown.
pub fn with_unknown_outcome(mut failure: Box<Failure>) -> Box<Failure> {
    failure.outcome = Outcome::Unknown;
    failure
}
