//! What alimsg remembers between runs: idempotency keys and the messages of the last minutes.
//!
//! [`Store`] is the whole interface. The engine behind it is SQLite, one file in the state folder
//! and one of its own for the sandbox; SQL is found in `sqlite` only.
//!
//! Two promises rest on the store. A key that is `calling` is on disk before the call starts, so
//! that no later run takes it for unused. And a store that existed once is never mistaken for a new
//! one: a marker file beside it survives when the database is deleted or emptied.

mod files;
pub mod folder;
pub mod lock;
mod sqlite;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::settings::Settings;

pub use sqlite::repair;

/// The folder of the leases of runs that use keys, below the folder of the store. It is made after
/// the store.
pub const LEASES: &str = "ledger/alive";

/// The ID by which a message can be found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracking {
    pub id: String,
    /// Made by alimsg for this one message, so that no other message carries it.
    pub generated: bool,
}

impl Tracking {
    /// The user's own ID, or a new one.
    pub fn given_or_new(given: Option<String>) -> Self {
        let generated = given.is_none();
        Self { id: given.unwrap_or_else(|| uuid::Uuid::now_v7().to_string()), generated }
    }
}

/// How far the send behind a key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// A run prepares the call and has not started it.
    Reserved,
    /// The call may have been started.
    Calling,
    /// The call has ended, and its outcome is unknown.
    Unresolved,
    /// The message went out.
    Accepted,
}

/// What makes two uses of a key the same message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// [`Store::digest`] of what reaches the customer.
    pub content: String,
    /// Which account was chosen to send: profile, region, credentials. No secret is part of it.
    pub account: String,
}

/// A key that a run wants to use.
#[derive(Debug)]
pub struct NewKey {
    pub identity: Identity,
    pub tracking: Tracking,
    /// The name of the run's lease.
    pub lease: String,
    /// What a later look-up needs, as text of the caller's own form.
    pub details: String,
}

/// A key on record.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    pub key: String,
    pub state: KeyState,
    /// Missing for a key of version 0.1.0.
    pub identity: Option<Identity>,
    pub tracking: Tracking,
    pub lease: String,
    /// When its call was about to start; missing if it cannot be read.
    pub since: Option<Timestamp>,
    /// Only while the key is not accepted.
    pub details: Option<String>,
    /// Only of an accepted key.
    pub result: Option<String>,
    /// Some field of it cannot be read.
    pub damaged: bool,
}

/// Whose key it is: the run with this lease.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub key: &'a str,
    pub lease: &'a str,
}

/// What a run that wants a key gets.
#[derive(Debug)]
pub enum Reserve {
    Reserved,
    /// Another run is at work with the key.
    Busy,
    /// The key was used: the message is accepted or unresolved.
    Used(Box<KeyRecord>),
}

/// A message for the duplicate check.
#[derive(Debug)]
pub struct NewMessage {
    pub id: String,
    /// [`Store::digest`] of sender, recipient and content.
    pub fingerprint: String,
    pub key: Option<String>,
    /// An equal message since then keeps this one from being sent; `None` where a repetition is
    /// intended.
    pub refuse_since: Option<Timestamp>,
}

/// An equal message that was sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    pub at: Timestamp,
    /// Accepted by the service. Otherwise it is not known whether it went out.
    pub accepted: bool,
}

/// Whether the call may be started.
#[derive(Debug)]
pub enum Begin {
    Go,
    Duplicate(Earlier),
}

/// How a send ended.
#[derive(Debug)]
pub enum Termination<'a> {
    Accepted {
        result: &'a str,
    },
    Unresolved,
    /// It is certain that nothing was sent: the key is unused again.
    NotSent,
}

/// Why the store cannot do what was asked.
#[derive(Debug)]
pub enum Error {
    /// There was no store here before, and none can be created.
    NeverExisted(anyhow::Error),
    /// A record exists or may exist, and cannot be read.
    Unreadable(anyhow::Error, Fix),
    /// The record was read, and cannot be changed. Nothing was changed.
    NotWritten(anyhow::Error),
    /// The key belongs to another run by now.
    TakenOver,
}

/// What helps against a store that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// `alimsg keys repair`.
    Repair,
    /// The same command again: another program has it locked.
    Retry,
    /// Owner or permissions of files, a disk that is full or failing.
    Files,
    /// A later version of alimsg wrote it.
    Upgrade,
}

pub type Result<T> = std::result::Result<T, Error>;

/// Whether the run with this lease, or the call that it started, is alive.
pub type IsAlive<'a> = &'a dyn Fn(&str) -> bool;

/// The store: one for all runs of a user, used by many processes at once.
pub trait Store {
    /// A keyed hash for comparing values without keeping them. The secret is random and never
    /// leaves the store.
    fn digest(&self, value: &str) -> String;

    /// Keys from before this date are not known: the store was repaired then.
    fn known_since(&self) -> Option<Timestamp>;

    /// Reserves the key unless it was used or another run is at work with it. Of several runs at
    /// once one gets it.
    ///
    /// # Errors
    /// [`Error::NotWritten`] only where the key is certainly unused.
    fn reserve(&self, key: &str, new: &NewKey, is_alive: IsAlive<'_>) -> Result<Reserve>;

    /// Records, in one step and on disk when this returns, that the call is about to start.
    ///
    /// # Errors
    /// The call must not be started.
    fn begin(&self, owner: Option<Owner<'_>>, message: Option<&NewMessage>) -> Result<Begin>;

    /// Records how the call ended.
    fn finish(
        &self,
        owner: Option<Owner<'_>>,
        message: Option<&str>,
        end: Termination<'_>,
    ) -> Result<()>;

    /// Gives up a reservation whose call was not started.
    fn release(&self, owner: Owner<'_>) -> Result<()>;

    fn key(&self, key: &str) -> Result<Option<KeyRecord>>;

    /// Every key, the latest first.
    fn keys(&self) -> Result<Vec<KeyRecord>>;

    /// A receipt or a person says that the message of this record went out.
    fn settle_as_sent(&self, record: &KeyRecord, result: &str) -> Result<()>;

    /// A person says that it did not: the key is unused again. False if the record has changed
    /// since it was read, or its call may still run.
    fn settle_as_not_sent(&self, record: &KeyRecord, is_alive: IsAlive<'_>) -> Result<bool>;

    /// The latest equal message since then.
    fn recent(&self, fingerprint: &str, since: Timestamp) -> Result<Option<Earlier>>;

    /// Reads everything, to find damage that opening does not.
    fn check(&self) -> Result<()>;

    /// Forgets all keys and messages: only for the sandbox.
    fn clear(&self) -> Result<()>;
}

/// The folder of the store for these settings.
///
/// # Errors
/// There is no home folder.
pub fn folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    if settings.sandbox { folder::sandbox_folder() } else { folder::folder() }
}

/// Opens the store, created if there is none.
///
/// # Errors
/// As [`Error`] lists them.
pub fn open(settings: &Settings) -> Result<Box<dyn Store>> {
    let folder = folder(settings).map_err(|error| Error::Unreadable(error, Fix::Files))?;
    Ok(Box::new(sqlite::Sqlite::open(&folder)?))
}

/// Opens the store if there is one; creates nothing where there is none.
///
/// # Errors
/// As [`Error`] lists them.
pub fn open_existing(settings: &Settings) -> Result<Option<Box<dyn Store>>> {
    let folder = folder(settings).map_err(|error| Error::Unreadable(error, Fix::Files))?;
    if !sqlite::exists(&folder)? {
        return Ok(None);
    }
    Ok(Some(Box::new(sqlite::Sqlite::open(&folder)?)))
}

/// Forgets what the sandbox has sent.
///
/// # Errors
/// Its store cannot be read or changed.
pub fn forget_sandbox() -> anyhow::Result<()> {
    let folder = folder::sandbox_folder()?;
    if sqlite::exists(&folder)? {
        sqlite::Sqlite::open(&folder)?.clear()?;
    }
    Ok(())
}

impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NeverExisted(error) | Error::NotWritten(error) => error,
            Error::Unreadable(error, Fix::Repair) => {
                error.context("the store is damaged; `alimsg keys repair` starts a new one")
            }
            Error::Unreadable(error, _) => error.context("the store cannot be read"),
            Error::TakenOver => anyhow::anyhow!("another run has changed the record"),
        }
    }
}
