//! Data that alimsg keeps between runs: idempotency keys, recent messages, sends, batches, and the
//! channel instance of each sender.
//!
//! [`Store`] is the whole interface. It has two engines: SQLite, with one file in the state folder
//! and another one for the sandbox, and PostgreSQL, which several machines can share. Only `sqlite`
//! and `postgres` contain SQL.
//!
//! The store makes two guarantees. The state `calling` of a key is on disk before the call starts,
//! so that no later run treats the key as unused. And a deleted or emptied store is never mistaken
//! for a new one, because a marker file next to the database remains.

pub mod batches;
mod durability;
mod files;
pub mod folder;
mod last;
pub mod lock;
pub mod names;
#[cfg(feature = "postgres")]
pub mod postgres;
mod records;
mod rows;
pub mod sends;
mod sqlite;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base16ct::lower::encode_string;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use jiff::Timestamp;
use sha2::Sha256;

use crate::settings::{Settings, StoreUrl};
use batches::{Batch, Batches};
#[cfg(feature = "postgres")]
use postgres::url::Url;
use sends::Sends;

pub use records::{
    Begin, Earlier, Identity, KeyRecord, KeyState, NewKey, NewMessage, Owner, Reserve, SendEnd,
    Tracking,
};
pub use sqlite::{abandoned_leases, any_alive, repair};

/// The value of `--store` for the database in the state folder.
const SQLITE: &str = "sqlite";

/// Why an operation of the store failed.
#[derive(Debug)]
pub enum Error {
    /// There was no store before, and none can be created.
    NeverExisted(anyhow::Error),
    /// A record exists or may exist, but cannot be read.
    Unreadable(anyhow::Error, Fix),
    /// The record can be read but not changed. Nothing was changed.
    NotWritten(anyhow::Error),
    /// Another run has taken over the key.
    TakenOver,
}

/// How a store that cannot be read can be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// `alimsg keys repair`.
    Repair,
    /// Repeat the command: another program has locked the store.
    Retry,
    /// Fix the owner or the permissions of files, or a full or failing disk.
    Files,
    /// Upgrade alimsg: a later version wrote the store.
    Upgrade,
    /// Correct the URL, the password or the permissions of the database.
    Database,
}

pub type Result<T> = std::result::Result<T, Error>;

/// Shows that a run is alive, until it is dropped or its process ends.
pub trait Lease {
    /// Its name, unique in the store. It has only hexadecimal digits and hyphens.
    fn name(&self) -> &str;

    /// A locked file. A call inherits it, so that the lease is also alive while a call runs that
    /// outlives its run. `None` if the store cannot see such calls.
    fn file(&self) -> Option<&File>;
}

/// The store of a user, which many processes use at the same time.
pub trait Store {
    /// A keyed hash of a text in parts, to compare values without storing them. Its secret is random
    /// and never leaves the store.
    fn hash(&self, parts: &[&str]) -> [u8; 32];

    /// [`Self::hash`] in hexadecimal digits.
    fn digest(&self, value: &str) -> String {
        encode_string(&self.hash(&[value]))
    }

    /// When the store was repaired; keys from before may be missing.
    fn known_since(&self) -> Option<Timestamp>;

    /// Whether calls of the batch may have been lost by a repair of the store.
    fn may_lack_records(&self, batch: &Batch) -> bool {
        self.known_since().is_some_and(|since| batch.created_at < since)
    }

    /// Takes a lease under a new name.
    ///
    /// # Errors
    /// The lease cannot be recorded.
    fn lease(&self) -> Result<Box<dyn Lease>>;

    /// Whether the run with this lease, or a call that outlived the run, is alive. True if in doubt.
    fn is_alive(&self, lease: &str) -> bool;

    /// Reserves the key unless it was used or another run is using it. Of several concurrent runs,
    /// exactly one gets it.
    ///
    /// # Errors
    /// The store cannot be read or changed; [`Error::NotWritten`] only if the key is certainly
    /// unused.
    fn reserve(&self, key: &str, new: &NewKey) -> Result<Reserve>;

    /// Records atomically that the call is about to start, unless an equal message or a limit prevents
    /// it; the record is on disk on return. `new` is the record of a key that was not reserved.
    ///
    /// # Errors
    /// The record is not certain, so the call must not be started.
    fn begin(
        &self,
        owner: Owner<'_>,
        new: Option<&NewKey>,
        message: Option<&NewMessage>,
    ) -> Result<Begin>;

    /// Prepares [`Store::begin`] while another command runs. Changes nothing.
    fn prepare_begin(&self) {}

    /// Prepares the record of an accepted message and tidies the store, while the call runs. May
    /// delete some sends and results of keys that are older than `keep`, unless it is zero. Waits for
    /// no other process. A failure does not matter: a later run tries again.
    fn prepare_finish(&self, _keep: Duration) {}

    /// Tidies the store after many changes. Changes no record.
    fn tidy(&self) {}

    /// Leaves it to the system to close the store when the process ends, which is soon: that takes
    /// less time.
    fn leave_open(&self) {}

    /// Records how the call ended, for the key and its message.
    fn finish(&self, owner: Owner<'_>, end: SendEnd<'_>) -> Result<()>;

    /// Removes a reservation whose call was not started.
    fn release(&self, owner: Owner<'_>) -> Result<()>;

    fn key(&self, key: &str) -> Result<Option<KeyRecord>>;

    /// All keys, the latest first.
    fn keys(&self) -> Result<Vec<KeyRecord>>;

    /// Records that the message was sent, according to a receipt or the user.
    fn settle_as_sent(&self, record: &KeyRecord, result: &str) -> Result<()>;

    /// Records that the message was not sent, according to the user: the key becomes unused.
    /// Returns false if the record has changed since it was read, or its call may still be running.
    fn settle_as_not_sent(&self, record: &KeyRecord) -> Result<bool>;

    /// The equal messages that prevent a send, at most one for each recipient.
    fn earlier(&self, message: &NewMessage) -> Result<Vec<Earlier>>;

    /// The channel instance that a sender was used with. `sender` is a [`Store::digest`].
    fn space(&self, sender: &str) -> Result<Option<String>>;

    /// Records the channel instance that a sender was used with.
    fn remember_space(&self, sender: &str, space: &str) -> Result<()>;

    fn batches(&self) -> &dyn Batches;

    fn sends(&self) -> &dyn Sends;

    /// Reads the whole store, to find damage that is not noticed when it is opened.
    fn check(&self) -> Result<()>;

    /// Deletes all keys, messages, sends and batches; only for the sandbox.
    fn clear(&self) -> Result<()>;
}

/// The folder of the store for these settings.
///
/// # Errors
/// As [`folder::folder`].
pub fn folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    if settings.sandbox { folder::sandbox_folder() } else { folder::folder() }
}

/// No URL can be used in this build.
#[cfg(not(feature = "postgres"))]
enum Url {}

#[cfg(not(feature = "postgres"))]
impl Url {
    fn parse(_: &str, _: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        anyhow::bail!("this alimsg was built without PostgreSQL (the cargo feature `postgres`)")
    }
}

/// The URL of the database that the settings name; `None` for SQLite.
fn database(settings: &Settings) -> anyhow::Result<Option<Url>> {
    let Some(store) = settings.store.as_ref().filter(|store| store.as_str() != SQLITE) else {
        return Ok(None);
    };
    Url::parse(store.as_str(), &|name| std::env::var(name).ok()).map(Some)
}

/// Checks the URL of the store, without connecting.
///
/// # Errors
/// The URL is invalid.
pub fn check_settings(settings: &Settings) -> anyhow::Result<()> {
    database(settings).map(drop)
}

/// Whether several machines share the store.
pub fn is_shared(settings: &Settings) -> bool {
    matches!(database(settings), Ok(Some(_)))
}

/// Whether the settings use this store: the path of a state folder, or a URL without a password.
pub fn is_at(settings: &Settings, place: &str) -> bool {
    if let Some(store) = settings.store.as_ref().filter(|store| store.as_str() != SQLITE) {
        return store.shown() == StoreUrl::from(place.to_string()).shown();
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    folder(settings).is_ok_and(|folder| real(&folder) == real(Path::new(place)))
}

/// Checks that the store keeps keys and batches, for this machine and for later runs.
///
/// # Errors
/// It may not: the state folder is on a network file system or in an ephemeral container. The
/// error explains what to do.
pub fn require_durable(settings: &Settings) -> anyhow::Result<()> {
    // The sandbox sends nothing.
    if settings.ephemeral_state || settings.sandbox || is_shared(settings) {
        return Ok(());
    }
    durability::check(&folder(settings)?)
}

/// Records that this run uses the store of its settings. Returns a warning if the last run used
/// another one.
pub fn warn_if_switched(settings: &Settings) -> Option<String> {
    let shown = settings.store.as_ref().map_or_else(|| SQLITE.to_string(), StoreUrl::shown);
    let folder = folder(settings).ok()?;
    // A version without `--store` wrote no file.
    let default = sqlite::exists(&folder).is_ok_and(|exists| exists).then_some(SQLITE);
    last::switch(&folder, &shown, default)
}

/// Opens the store, and creates it if it does not exist.
///
/// # Errors
/// As [`Error`] lists them.
pub fn open(settings: &Settings) -> Result<Box<dyn Store>> {
    let folder = folder(settings).map_err(|error| Error::Unreadable(error, Fix::Files))?;
    match database(settings).map_err(|error| Error::Unreadable(error, Fix::Database))? {
        None => Ok(Box::new(sqlite::Sqlite::open(&folder)?)),
        Some(url) => open_database(settings, url, &folder),
    }
}

/// Opens the store if it exists.
///
/// # Errors
/// As [`Error`] lists them.
pub fn open_existing(settings: &Settings) -> Result<Option<Box<dyn Store>>> {
    let folder = folder(settings).map_err(|error| Error::Unreadable(error, Fix::Files))?;
    match database(settings).map_err(|error| Error::Unreadable(error, Fix::Database))? {
        None if !sqlite::exists(&folder)? => Ok(None),
        None => Ok(Some(Box::new(sqlite::Sqlite::open(&folder)?))),
        Some(url) => open_existing_database(settings, url, &folder),
    }
}

#[cfg(feature = "postgres")]
const fn schema(settings: &Settings) -> &'static str {
    if settings.sandbox { postgres::SANDBOX_SCHEMA } else { postgres::SCHEMA }
}

#[cfg(feature = "postgres")]
fn open_database(settings: &Settings, url: Url, folder: &Path) -> Result<Box<dyn Store>> {
    let store = postgres::Postgres::open(url, schema(settings), folder)?;
    same_store(settings, folder, Some(store.id()))?;
    Ok(Box::new(store))
}

#[cfg(feature = "postgres")]
fn open_existing_database(
    settings: &Settings,
    url: Url,
    folder: &Path,
) -> Result<Option<Box<dyn Store>>> {
    let store = postgres::Postgres::open_existing(url, schema(settings), folder)?;
    same_store(settings, folder, store.as_ref().map(postgres::Postgres::id))?;
    Ok(store.map(|store| Box::new(store) as Box<dyn Store>))
}

#[cfg(not(feature = "postgres"))]
fn open_database(_: &Settings, url: Url, _: &Path) -> Result<Box<dyn Store>> {
    match url {}
}

#[cfg(not(feature = "postgres"))]
fn open_existing_database(_: &Settings, url: Url, _: &Path) -> Result<Option<Box<dyn Store>>> {
    match url {}
}

/// Checks that a database has the store that this machine has used there before: a deleted store is
/// not mistaken for a new one.
#[cfg(feature = "postgres")]
fn same_store(settings: &Settings, folder: &Path, id: Option<&str>) -> Result<()> {
    let shown = settings.store.as_ref().map(StoreUrl::shown).unwrap_or_default();
    last::check_id(folder, &shown, id).map_err(|error| Error::Unreadable(error, Fix::Database))
}

/// Deletes all keys, messages and batches of the sandbox.
///
/// # Errors
/// The store of the sandbox cannot be read or changed.
pub fn forget_sandbox(settings: &Settings) -> anyhow::Result<()> {
    let settings = Settings { sandbox: true, ..settings.clone() };
    if let Some(store) = open_existing(&settings)? {
        store.clear()?;
    }
    Ok(())
}

/// [`Store::hash`] with the secret of the store. Hashing the secret is half of the work for a short
/// value, so it is done once. `None` does not occur: HMAC accepts secrets of any length.
struct KeyedHash(Option<Hmac<Sha256>>);

impl KeyedHash {
    fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).ok())
    }

    fn hash(&self, parts: &[&str]) -> [u8; 32] {
        self.0.clone().map_or([0; 32], |mut mac| {
            parts.iter().for_each(|part| mac.update(part.as_bytes()));
            mac.finalize().into_bytes().into()
        })
    }
}

impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::NeverExisted(error) | Error::NotWritten(error) => error,
            Error::Unreadable(error, Fix::Repair) => {
                error.context("the store is damaged; `alimsg keys repair` starts a new one")
            }
            Error::Unreadable(error, _) => error.context("the store cannot be read"),
            Error::TakenOver => anyhow::anyhow!("another run has taken over the key"),
        }
    }
}

#[cfg(test)]
mod tests;
