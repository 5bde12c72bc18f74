//! The record behind `--idempotency-key`: which keys have been used, and what came of it.
//!
//! A key belongs to one message for good. Before anything else happens, a run *claims* its key in
//! one transaction; of several runs at once only one gets it, and the others wait for its result.
//! The record then follows the send, each state on disk before the step that it stands for:
//!
//! | state      | means                                                    | if its run died   |
//! |------------|----------------------------------------------------------|-------------------|
//! | `reserved` | someone prepares the call; it has not been started       | the key is free   |
//! | `calling`  | the call may have been started                           | the outcome is open |
//! | `open`     | the call has ended and nobody knows whether it sent      | the outcome is open |
//! | `accepted` | the message went out; the result is on record            | –                 |
//!
//! A send that certainly did not happen leaves no record. Whether a run is alive is told by a
//! locked file, its [lease], not by a process number that may belong to someone else by now.
//!
//! The key alone identifies the message. A fingerprint of its parameters and of who was told to send
//! it (profile, region, choice of credentials) makes sure that it is the same message: with other
//! ones the key is refused, since nobody can say whether that is a repetition. No number is on
//! record before the service has accepted the message, and no text of a message ever.

mod fingerprint;
mod lease;
mod store;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aliyun::client;
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::failpoint;
use crate::settings::Settings;
use crate::storage::folder;
pub use fingerprint::fingerprint;
use lease::Lease;
use store::{Row, State, Store};

/// The longest key, in characters.
const MAX_KEY: usize = 255;
/// How often a waiting run looks whether the other one is done.
const PAUSE: Duration = Duration::from_millis(50);

/// What a send came to, as it is told again to whoever asks with the same key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub data: Map<String, Value>,
    pub raw: Value,
}

/// The ID by which a message can be found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracking {
    pub id: String,
    /// Made by alimsg for this one message, so that nothing else can carry it.
    pub generated: bool,
}

impl Tracking {
    /// The user's own ID, or a new one.
    pub fn given_or_new(given: Option<String>) -> Self {
        let generated = given.is_none();
        Self { id: given.unwrap_or_else(|| uuid::Uuid::now_v7().to_string()), generated }
    }
}

/// What a key stands for.
pub enum Claim {
    /// Nothing yet: this run may send.
    Free(Reservation),
    /// A message that went out, and when its call was about to start.
    Accepted(Record, Timestamp),
    /// A message that may have gone out; its run is gone.
    Open(UnresolvedSend),
}

/// Checks a key before anything is started.
///
/// # Errors
/// An empty or overlong key, or one with control characters.
pub fn check_key(key: &str) -> Result<()> {
    let sound = !key.trim().is_empty()
        && key.chars().count() <= MAX_KEY
        && !key.chars().any(char::is_control);
    if sound {
        return Ok(());
    }
    Err(Failure::usage("--idempotency-key is not a key")
        .hint(format!("1 to {MAX_KEY} characters, for example the number of an order")))
}

/// Claims the key for a message. A run that is at work with it is waited for, as long as one call
/// may take and some more.
///
/// # Errors
/// The key stands for another message, or for this one with another ID than the user's; the record cannot be read or written; the other run did
/// not end in time. Nothing has been started.
pub fn claim(
    context: &Context,
    key: &str,
    fingerprint: &str,
    tracking: &Tracking,
) -> Result<Claim> {
    let deadline = Instant::now() + context.settings.timeout * 2;
    let folder = folder(&context.settings).map_err(unusable)?;
    let mut store = Store::open(&folder).map_err(unusable)?;
    let lease = Lease::take(&folder).map_err(unusable)?;
    failpoint::point("ledger: lease taken");
    let row = Row {
        fingerprint: fingerprint.to_string(),
        tracking: tracking.clone(),
        state: State::Reserved,
        lease: lease.name().to_string(),
        since: Timestamp::now(),
        result: None,
    };
    let mut waiting = false;
    loop {
        let alive = |name: &str| lease::is_alive(&folder, name);
        match store.reserve(key, &row, alive).map_err(unusable)? {
            store::Found::Nothing => {
                failpoint::point("ledger: reserved");
                let key = key.to_string();
                let state = State::Reserved;
                return Ok(Claim::Free(Reservation { store, key, state, lease }));
            }
            store::Found::Other => return Err(other_message(key)),
            store::Found::OtherId(id) => return Err(other_id(key, &id)),
            store::Found::Done(row) => {
                let result = row.result.unwrap_or_default();
                let record = serde_json::from_str(&result).context("cannot read a record");
                return Ok(Claim::Accepted(record.map_err(unusable)?, row.since));
            }
            store::Found::Abandoned(row) => {
                let key = key.to_string();
                let (tracking, since) = (row.tracking, row.since);
                return Ok(Claim::Open(UnresolvedSend { store, key, tracking, since }));
            }
            store::Found::Busy if Instant::now() >= deadline => return Err(still_busy(key)),
            store::Found::Busy => {
                if !std::mem::replace(&mut waiting, true) {
                    context
                        .screen
                        .note("another run is sending with this key; waiting for its result");
                }
                client::sleep(PAUSE)?;
            }
        }
    }
}

fn folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    let base = if settings.sandbox { folder::sandbox_folder() } else { folder::folder() }?;
    Ok(base.join("ledger"))
}

/// A key that this run holds. Dropping it frees the key if the call was certainly never started,
/// and leaves the outcome open otherwise.
pub struct Reservation {
    store: Store,
    key: String,
    state: State,
    lease: Lease,
}

impl Reservation {
    /// The locked file, for the call to hold while it runs: a call that outlives its run is then
    /// waited for.
    pub fn lease(&self) -> &std::fs::File {
        self.lease.file()
    }

    /// From here on the message may go out.
    ///
    /// # Errors
    /// It cannot be put on record, so the call must not be made.
    pub fn calling(&mut self) -> Result<()> {
        self.store.set(&self.key, self.lease.name(), State::Calling, None).map_err(unusable)?;
        self.state = State::Calling;
        failpoint::point("ledger: calling");
        Ok(())
    }

    /// The call has ended, and nobody knows whether the message went out.
    ///
    /// # Errors
    /// It cannot be put on record; the record then says `calling`, which comes to the same.
    pub fn open(&mut self) -> anyhow::Result<()> {
        self.store.set(&self.key, self.lease.name(), State::Open, None)?;
        self.state = State::Open;
        failpoint::point("ledger: outcome open");
        Ok(())
    }

    /// The message went out.
    ///
    /// # Errors
    /// It cannot be put on record; a later run will look for the receipt.
    pub fn accepted(&mut self, record: &Record) -> anyhow::Result<()> {
        let result = serde_json::to_string(record)?;
        failpoint::point("ledger: about to record the result");
        self.store.set(&self.key, self.lease.name(), State::Accepted, Some(&result))?;
        self.state = State::Accepted;
        failpoint::point("ledger: accepted");
        Ok(())
    }

    /// The message certainly did not go out: the key is free again.
    ///
    /// # Errors
    /// The record stays, and a later run will look for a receipt in vain.
    pub fn release(&mut self) -> anyhow::Result<()> {
        self.store.remove(&self.key, self.lease.name())?;
        // Nothing is left for the drop to do.
        self.state = State::Accepted;
        failpoint::point("ledger: released");
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // What cannot be written now is concluded from the abandoned lease by the next run.
        let _ = match self.state {
            State::Reserved => self.store.remove(&self.key, self.lease.name()),
            State::Calling => self.open(),
            State::Open | State::Accepted => Ok(()),
        };
    }
}

/// A send of an earlier run whose outcome is open.
pub struct UnresolvedSend {
    store: Store,
    key: String,
    pub tracking: Tracking,
    /// When its call was about to start.
    pub since: Timestamp,
}

impl UnresolvedSend {
    /// A receipt has proven that the message went out.
    ///
    /// # Errors
    /// It cannot be put on record; the next run looks again.
    pub fn settle(&mut self, record: &Record) -> anyhow::Result<()> {
        self.store.settle(&self.key, &self.tracking.id, &serde_json::to_string(record)?)
    }
}

fn unusable(error: anyhow::Error) -> Box<Failure> {
    Failure::environment(format!("the record of idempotency keys cannot be used: {error:#}"))
        .hint(format!("nothing was sent; {} names another folder for the record", folder::VARIABLE))
}

fn other_message(key: &str) -> Box<Failure> {
    Failure::usage(format!("the key {key:?} was used for another message"))
        .hint("one key stands for one message: give this one a key of its own")
}

fn other_id(key: &str, id: &str) -> Box<Failure> {
    Failure::usage(format!("the key {key:?} was used for this message with the ID {id}"))
        .hint("leave the ID out or give that one; a message with another ID needs another key")
}

fn still_busy(key: &str) -> Box<Failure> {
    let mut failure = Failure::new(
        Kind::UnknownOutcome,
        format!("another run is still sending with the key {key:?}"),
    )
    .hint("the same command waits for it again and cannot send twice")
    .retryable();
    failure.outcome = Outcome::Unknown;
    failure
}
