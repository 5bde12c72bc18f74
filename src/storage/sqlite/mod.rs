//! The store in a SQLite database, which many processes can open at the same time.
//!
//! Each key needs two durable writes: before its call starts and when its outcome is known. A
//! reservation is not durable: if a power failure loses it, nothing was sent.

mod keys;
mod legacy;
mod marker;
mod messages;
mod repair;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use anyhow::anyhow;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, params};
use sha2::Sha256;

use crate::os::{failpoint, system};
use crate::storage::files::{self, PathState};
use crate::storage::{
    Begin, Earlier, Error, Fix, IsAlive, KeyRecord, LEASES, NewKey, NewMessage, Owner, Reserve,
    Result, SendEnd, Store, folder, lock,
};
use legacy::Legacy;
pub use repair::repair;

/// How long to wait for another process. Transactions take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// The `application_id` of the database: "alim" in ASCII.
const APPLICATION: i64 = 0x616c_696d;
/// The version of the schema, in `user_version`.
const VERSION: i64 = 1;
/// The length of the secret in bytes.
const SECRET: usize = 32;

const SCHEMA: &str = "
    CREATE TABLE store (
        id          INTEGER PRIMARY KEY CHECK (id = 1),
        store_id    TEXT NOT NULL,
        secret      BLOB NOT NULL,
        created_at  TEXT NOT NULL,
        known_since TEXT
    ) STRICT;
    CREATE TABLE keys (
        key         TEXT PRIMARY KEY,
        state       TEXT NOT NULL,
        content     TEXT,
        account     TEXT,
        tracking_id TEXT NOT NULL,
        generated   INTEGER NOT NULL,
        lease       TEXT NOT NULL,
        since       TEXT NOT NULL,
        details     TEXT,
        result      TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE messages (
        id          TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        state       TEXT NOT NULL,
        key         TEXT,
        at          INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX messages_by_fingerprint ON messages (fingerprint, at);
";

/// The paths of the store.
pub struct Paths {
    folder: PathBuf,
    database: PathBuf,
    marker: PathBuf,
    lock: PathBuf,
}

impl Paths {
    fn below(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            database: folder.join("store.sqlite3"),
            marker: folder.join("store.created"),
            lock: folder.join("store.lock"),
        }
    }

    /// The database, its write-ahead log and its shared-memory file.
    fn database_files(&self) -> [PathBuf; 3] {
        ["", "-wal", "-shm"].map(|end| {
            let mut path = self.database.clone().into_os_string();
            path.push(end);
            path.into()
        })
    }
}

/// Whether the folder contains or contained a store.
///
/// # Errors
/// A file cannot be examined.
pub fn exists(folder: &Path) -> Result<bool> {
    let paths = Paths::below(folder);
    if leases_remain(folder) {
        return Ok(true);
    }
    let legacy = Legacy::below(folder);
    for path in [&paths.database, &paths.marker, &legacy.path] {
        let state = files::inspect(path).map_err(|error| Error::Unreadable(error, Fix::Files))?;
        if state != PathState::Missing {
            return Ok(true);
        }
    }
    Ok(false)
}

pub struct Sqlite {
    connection: Connection,
    secret: Vec<u8>,
    known_since: Option<Timestamp>,
    legacy: Legacy,
}

impl Sqlite {
    /// Opens the database of a folder, or creates it with mode 0600.
    ///
    /// # Errors
    /// As [`Error`] lists them.
    pub fn open(folder: &Path) -> Result<Self> {
        let paths = Paths::below(folder);
        let existed = exists(folder)?;
        let failed = |error: anyhow::Error| {
            if existed { Error::Unreadable(error, Fix::Files) } else { Error::NeverExisted(error) }
        };
        folder::create(folder).map_err(failed)?;
        // SQLite's busy timeout does not cover the creation of a database.
        let _opening =
            lock::acquire(&paths.lock, PATIENCE, true).map_err(|reason| match reason {
                lock::LockError::Failed(error) => failed(error),
                other => Error::Unreadable(other.into(), Fix::Retry),
            })?;
        // Another run may have created it in the meantime.
        let existed = exists(folder)?;
        let marked = marker::load(&paths.marker)?;
        let used = marked.is_some() || leases_remain(folder);
        if used && is_empty(&paths)? {
            return Err(lost(&paths));
        }
        let opened = Self::open_files(&paths, marked.as_ref());
        opened.map_err(|error| match error {
            Error::Unreadable(error, Fix::Files) if !existed => Error::NeverExisted(error),
            other => other,
        })
    }

    fn open_files(paths: &Paths, marked: Option<&marker::Marker>) -> Result<Self> {
        for path in paths.database_files() {
            files::inspect(&path).map_err(|error| Error::Unreadable(error, Fix::Files))?;
        }
        // SQLite creates its other files with the mode of this file.
        system::private_file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&paths.database)
            .with_context(|| format!("cannot open {}", paths.database.display()))
            .map_err(|error| Error::Unreadable(error, Fix::Files))?;
        let connection = connect(&paths.database).map_err(unreadable)?;
        let pragma = |name| -> rusqlite::Result<i64> {
            connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
        };
        let pragmas = pragma("application_id").and_then(|id| Ok((id, pragma("user_version")?)));
        match pragmas.map_err(unreadable)? {
            (APPLICATION, VERSION) => {}
            (APPLICATION, later @ 2..) => {
                let error = anyhow!("the store has version {later}, of a later version of alimsg");
                return Err(Error::Unreadable(error, Fix::Upgrade));
            }
            (0, 0) if marked.is_none() && has_no_tables(&connection).map_err(unreadable)? => {
                failpoint::point("store: about to create the tables");
                create(&connection, None).map_err(unreadable)?;
                failpoint::point("store: tables created");
            }
            (0, 0) if marked.is_some() => return Err(lost(paths)),
            _ => {
                let error = anyhow!("{} is not a store of alimsg", paths.database.display());
                return Err(Error::Unreadable(error, Fix::Repair));
            }
        }
        let (id, secret, created_at, known_since) = connection
            .query_row(
                "SELECT store_id, secret, created_at, known_since FROM store WHERE id = 1",
                [],
                |row| {
                    let text = |at| row.get::<_, Option<String>>(at);
                    Ok((text(0)?, row.get::<_, Vec<u8>>(1)?, text(2)?, text(3)?))
                },
            )
            .map_err(|error| Error::Unreadable(error.into(), Fix::Repair))?;
        let own = marker::Marker {
            store: id.unwrap_or_default(),
            created_at: created_at.unwrap_or_default(),
        };
        if secret.len() != SECRET {
            return Err(Error::Unreadable(
                anyhow!("the secret of the store is damaged"),
                Fix::Repair,
            ));
        }
        match marked {
            Some(marked) if marked.is_readable() && marked.store != own.store => {
                let error = anyhow!(
                    "{} is not the original database of this folder",
                    paths.database.display()
                );
                return Err(Error::Unreadable(error, Fix::Repair));
            }
            Some(marked) if marked.is_readable() => {}
            _ => {
                marker::write(&paths.marker, &own)
                    .map_err(|error| Error::Unreadable(error, Fix::Files))?;
                failpoint::point("store: marked");
            }
        }
        Ok(Self {
            connection,
            secret,
            known_since: known_since.and_then(|time| time.parse().ok()),
            legacy: Legacy::below(&paths.folder),
        })
    }

    /// Runs a change in a transaction. With `durable`, it is on disk on return.
    fn change<T>(
        &self,
        durable: bool,
        change: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let synchronous = if durable { "FULL" } else { "NORMAL" };
        self.connection.pragma_update(None, "synchronous", synchronous).map_err(unreadable)?;
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
                .map_err(unreadable)?;
        let changed = change(&transaction)?;
        transaction.commit().map_err(not_written)?;
        Ok(changed)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Creates the tables; `previous` is the marker of the store that this one replaces.
fn create(connection: &Connection, previous: Option<&marker::Marker>) -> rusqlite::Result<()> {
    let now = Timestamp::now().to_string();
    let mut secret = [0_u8; SECRET];
    getrandom::fill(&mut secret).map_err(|error| {
        rusqlite::Error::ToSqlConversionFailure(format!("cannot get random bytes: {error}").into())
    })?;
    let store = previous.map_or_else(|| uuid::Uuid::new_v4().to_string(), |old| old.store.clone());
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute(
        "INSERT INTO store (id, store_id, secret, created_at, known_since)
         VALUES (1, ?1, ?2, ?3, ?4)",
        params![store, secret.as_slice(), now, previous.map(|_| &now)],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn has_no_tables(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

/// Whether the database is missing or empty.
fn is_empty(paths: &Paths) -> Result<bool> {
    let state =
        files::inspect(&paths.database).map_err(|error| Error::Unreadable(error, Fix::Files))?;
    Ok(matches!(state, PathState::Missing | PathState::File(0)))
}

/// Whether leases show that runs have used keys in a store of this version.
fn leases_remain(folder: &Path) -> bool {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    is_there(&folder.join(LEASES)) && !is_there(&Legacy::below(folder).path)
}

fn lost(paths: &Paths) -> Error {
    let error = anyhow!("{} was deleted or emptied", paths.database.display());
    Error::Unreadable(error, Fix::Repair)
}

fn fix_for(error: &rusqlite::Error) -> Fix {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fix::Retry,
        Some(
            ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::FileLockingProtocolFailed,
        ) => Fix::Files,
        _ => Fix::Repair,
    }
}

fn unreadable(error: rusqlite::Error) -> Error {
    let fix = fix_for(&error);
    Error::Unreadable(error.into(), fix)
}

fn not_written(error: rusqlite::Error) -> Error {
    match fix_for(&error) {
        Fix::Files => Error::NotWritten(error.into()),
        fix => Error::Unreadable(error.into(), fix),
    }
}

impl Store for Sqlite {
    fn digest(&self, value: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            // HMAC accepts keys of any length.
            return String::new();
        };
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn known_since(&self) -> Option<Timestamp> {
        self.known_since
    }

    fn reserve(&self, key: &str, new: &NewKey, is_alive: IsAlive<'_>) -> Result<Reserve> {
        self.reserve_key(key, new, is_alive)
    }

    fn begin(&self, owner: Option<Owner<'_>>, message: Option<&NewMessage>) -> Result<Begin> {
        let now = Timestamp::now();
        self.change(true, |transaction| {
            if let Some(message) = message {
                messages::forget_old(transaction, now)?;
                if let Some(since) = message.refuse_since
                    && let Some(earlier) =
                        messages::latest(transaction, &message.fingerprint, since)?
                {
                    return Ok(Begin::Duplicate(earlier));
                }
                messages::add(transaction, message, now)?;
            }
            if let Some(owner) = owner {
                keys::start(transaction, owner, now)?;
            }
            Ok(Begin::Go)
        })
    }

    fn finish(
        &self,
        owner: Option<Owner<'_>>,
        message: Option<&str>,
        end: SendEnd<'_>,
    ) -> Result<()> {
        // If this record is lost, a later run treats the outcome as unknown, which is correct.
        let durable = !matches!(end, SendEnd::Unresolved);
        self.change(durable, |transaction| {
            if let Some(id) = message {
                messages::finish(transaction, id, &end)?;
            }
            match owner {
                Some(owner) => keys::finish(transaction, owner, &end),
                None => Ok(()),
            }
        })
    }

    fn release(&self, owner: Owner<'_>) -> Result<()> {
        self.change(false, |transaction| keys::release(transaction, owner))
    }

    fn key(&self, key: &str) -> Result<Option<KeyRecord>> {
        match keys::find(&self.connection, key)? {
            Some(record) => Ok(Some(record)),
            None => self.legacy.find(key),
        }
    }

    fn keys(&self) -> Result<Vec<KeyRecord>> {
        let mut records = keys::all(&self.connection)?;
        for record in self.legacy.all()? {
            if !records.iter().any(|known| known.key == record.key) {
                records.push(record);
            }
        }
        records.sort_by_key(|record| std::cmp::Reverse(record.since));
        Ok(records)
    }

    fn settle_as_sent(&self, record: &KeyRecord, result: &str) -> Result<()> {
        self.change(true, |transaction| {
            keys::put_accepted(transaction, record, result)?;
            messages::accept_for_key(transaction, &record.key)
        })
    }

    fn settle_as_not_sent(&self, record: &KeyRecord, is_alive: IsAlive<'_>) -> Result<bool> {
        self.change(true, |transaction| {
            let now = match keys::find(transaction, &record.key)? {
                Some(now) => Some(now),
                None => self.legacy.find(&record.key)?,
            };
            let unchanged = now.is_some_and(|now| {
                now.state == record.state
                    && now.tracking == record.tracking
                    && now.lease == record.lease
                    && !is_alive(&now.lease)
            });
            if unchanged {
                // Otherwise a key of version 0.1.0 would be found there again.
                self.legacy.remove(&record.key)?;
                keys::remove(transaction, &record.key)?;
                messages::remove_for_key(transaction, &record.key)?;
            }
            Ok(unchanged)
        })
    }

    fn recent(&self, fingerprint: &str, since: Timestamp) -> Result<Option<Earlier>> {
        messages::latest(&self.connection, fingerprint, since)
    }

    fn check(&self) -> Result<()> {
        self.legacy.all()?;
        let result: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(unreadable)?;
        if result == "ok" {
            return Ok(());
        }
        Err(Error::Unreadable(anyhow!("the database is damaged: {result}"), Fix::Repair))
    }

    fn clear(&self) -> Result<()> {
        self.legacy.clear()?;
        self.change(true, |transaction| {
            transaction
                .execute_batch("DELETE FROM keys; DELETE FROM messages;")
                .map_err(not_written)
        })
    }
}

#[cfg(test)]
mod tests;
