//! The store in a SQLite database, which many processes can open at the same time.
//!
//! Each key needs two durable writes: before its call starts and when its outcome is known. A
//! reservation is not durable: if a power failure loses it, nothing was sent. A send without a key
//! needs only the first one.
//!
//! Changes go to the write-ahead log, which stays when the store is closed: copying it into the
//! database for each send would cost several more durable writes.

mod batches;
mod errors;
mod keys;
mod leases;
mod legacy;
mod marker;
mod messages;
mod open;
mod repair;
mod retention;
mod schema;
mod sends;

use std::cell::OnceCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::anyhow;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::os::system;
use crate::storage::batches::Batches;
use crate::storage::sends::Sends;
use crate::storage::{
    Begin, Earlier, Error, Fix, KeyRecord, KeyState, KeyedHash, Lease, NewKey, NewMessage, Owner,
    Reserve, Result, SendEnd, Store,
};
use errors::{not_written, unreadable};
use legacy::Legacy;
pub use open::exists;
pub use repair::repair;

/// How long to wait for another process. Transactions take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The length of the write-ahead log in pages from which a send copies it into the database while its
/// call runs. That takes three writes to disk, but nothing waits for them. Each process reads the log
/// when it opens the store, about 8 µs for a page, and a send adds ten pages.
const LONG_LOG_PAGES: i64 = 40;

pub struct Sqlite {
    connection: Rc<Connection>,
    log: Option<Log>,
    hash: KeyedHash,
    known_since: Option<Timestamp>,
    legacy: Legacy,
    /// The folder of the leases.
    leases: PathBuf,
}

/// Whether any run that uses the store of this folder is alive, or a call that outlived its run.
pub fn any_alive(folder: &Path) -> bool {
    leases::any_alive(&leases::folder(folder))
}

/// The lease files of runs that were killed.
pub fn abandoned_leases(folder: &Path) -> Vec<PathBuf> {
    leases::abandoned(&leases::folder(folder))
}

/// The write-ahead log of a database.
struct Log {
    path: PathBuf,
    file: OnceCell<File>,
}

impl Log {
    fn new(path: PathBuf) -> Self {
        Self { path, file: OnceCell::new() }
    }

    /// Waits until all committed transactions are on disk.
    ///
    /// SQLite itself could do this with `synchronous = FULL`, but it would also write the folder to
    /// disk in each process. That is only necessary for a new log: SQLite does it when it writes
    /// the header of the log, because of `synchronous = NORMAL`.
    fn sync(&self) -> anyhow::Result<()> {
        let sync = || {
            let file = match self.file.get() {
                Some(file) => file,
                None => {
                    let file = system::private_file().write(true).open(&self.path)?;
                    self.file.get_or_init(|| file)
                }
            };
            file.sync_data()
        };
        sync().with_context(|| format!("cannot write {} to disk", self.path.display()))
    }
}

impl Sqlite {
    /// Runs a change in a transaction. With `durable`, it is on disk on return.
    ///
    /// # Errors
    /// The change was not made. Or, with [`Error::Unreadable`], it may have been made but is not
    /// certain to be on disk.
    fn change<T>(
        &self,
        durable: bool,
        change: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let before = self.connection.total_changes();
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
                .map_err(unreadable)?;
        let changed = change(&transaction)?;
        transaction.commit().map_err(not_written)?;
        let has_changed = self.connection.total_changes() != before;
        if durable
            && has_changed
            && let Some(log) = &self.log
        {
            log.sync().map_err(|error| Error::Unreadable(error, Fix::Files))?;
        }
        Ok(changed)
    }

    /// Prepares statements that are used soon.
    fn prepare(&self, statements: &[&str]) {
        for statement in statements {
            // Its use reports an error.
            let _ = self.connection.prepare_cached(statement);
        }
    }
}

impl Store for Sqlite {
    fn hash(&self, parts: &[&str]) -> [u8; 32] {
        self.hash.hash(parts)
    }

    fn known_since(&self) -> Option<Timestamp> {
        self.known_since
    }

    fn lease(&self) -> Result<Box<dyn Lease>> {
        leases::take(&self.leases)
    }

    fn is_alive(&self, lease: &str) -> bool {
        leases::is_alive(&self.leases, lease)
    }

    fn reserve(&self, key: &str, new: &NewKey) -> Result<Reserve> {
        self.reserve_key(key, new)
    }

    fn begin(
        &self,
        owner: Owner<'_>,
        new: Option<&NewKey>,
        message: Option<&NewMessage>,
    ) -> Result<Begin> {
        let now = Timestamp::now();
        self.change(true, |transaction| {
            if let Some(message) = message {
                let earlier = messages::earlier(transaction, message)?;
                if !earlier.is_empty() {
                    return Ok(Begin::Duplicate(earlier));
                }
                if let Some(send) = &message.send
                    && let Some(reached) =
                        sends::add(transaction, sends::SendOwner::Key(owner.key), send)?
                {
                    return Ok(Begin::Limited(reached));
                }
                messages::add(transaction, owner.key, message, now)?;
            }
            match new {
                Some(new) => keys::insert(transaction, owner.key, new, KeyState::Calling)
                    .map(drop)
                    .map_err(not_written)?,
                None => keys::start(transaction, owner, now)?,
            }
            Ok(Begin::Go)
        })
    }

    fn prepare_begin(&self) {
        self.prepare(&[sends::ADD, messages::ADD, keys::INSERT, keys::START]);
    }

    fn prepare_finish(&self, keep: Duration) {
        self.prepare(&[
            messages::ACCEPT,
            sends::FINISH,
            keys::ACCEPT_WITH_RESULT,
            keys::ACCEPT_WITHOUT_RESULT,
        ]);
        let _ = retention::delete_old(self, keep);
        self.tidy();
    }

    fn leave_open(&self) {
        std::mem::forget(Rc::clone(&self.connection));
    }

    /// Copies a long log into the database. It waits for no other process.
    fn tidy(&self) {
        let length = |(_, pages, copied): (i64, i64, i64)| pages - copied;
        let pragma = |mode| {
            let query = format!("PRAGMA wal_checkpoint({mode})");
            self.connection.query_row(&query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        };
        if pragma("NOOP").is_ok_and(|state| length(state) >= LONG_LOG_PAGES) {
            // A later run tries again.
            let _ = pragma("PASSIVE");
        }
    }

    fn finish(&self, owner: Owner<'_>, end: SendEnd<'_>) -> Result<()> {
        // If the record is lost, a later run treats the outcome as unknown, which is correct. But a
        // key must return its result.
        let durable = matches!(end, SendEnd::Accepted { result: Some(_), .. } | SendEnd::NotSent);
        self.change(durable, |transaction| {
            messages::finish(transaction, owner.key, &end)?;
            sends::finish(transaction, owner.key, &end)?;
            keys::finish(transaction, owner, &end)
        })
    }

    fn release(&self, owner: Owner<'_>) -> Result<()> {
        self.change(false, |transaction| keys::release(transaction, owner))
    }

    fn key(&self, key: &str) -> Result<Option<KeyRecord>> {
        match self.find_key(&self.connection, key)? {
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
            let end = SendEnd::Accepted { result: None, service: None };
            sends::finish(transaction, &record.key, &end)?;
            messages::finish(transaction, &record.key, &end)
        })
    }

    fn settle_as_not_sent(&self, record: &KeyRecord) -> Result<bool> {
        self.change(true, |transaction| {
            let now = match keys::find(transaction, &record.key)? {
                Some(now) => Some(now),
                None => self.legacy.find(&record.key)?,
            };
            let unchanged = now.is_some_and(|now| {
                now.state == record.state
                    && now.tracking == record.tracking
                    && now.lease == record.lease
                    && !self.is_alive(&now.lease)
            });
            if unchanged {
                // Otherwise a key of version 0.1.0 would be found there again.
                self.legacy.remove(&record.key)?;
                keys::remove(transaction, &record.key)?;
                sends::finish(transaction, &record.key, &SendEnd::NotSent)?;
                messages::finish(transaction, &record.key, &SendEnd::NotSent)?;
            }
            Ok(unchanged)
        })
    }

    fn earlier(&self, message: &NewMessage) -> Result<Vec<Earlier>> {
        messages::earlier(&self.connection, message)
    }

    fn space(&self, sender: &str) -> Result<Option<String>> {
        let query = "SELECT space FROM spaces WHERE sender = ?1";
        self.connection.query_row(query, [sender], |row| row.get(0)).optional().map_err(unreadable)
    }

    fn remember_space(&self, sender: &str, space: &str) -> Result<()> {
        self.change(false, |transaction| {
            transaction
                .execute("INSERT OR REPLACE INTO spaces VALUES (?1, ?2)", [sender, space])
                .map(drop)
                .map_err(not_written)
        })
    }

    fn batches(&self) -> &dyn Batches {
        self
    }

    fn sends(&self) -> &dyn Sends {
        self
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
                .execute_batch(
                    "DELETE FROM keys; DELETE FROM messages; DELETE FROM batch_rows;
                     DELETE FROM batch_calls; DELETE FROM batches; DELETE FROM spaces;
                     DELETE FROM sends;",
                )
                .map_err(not_written)
        })
    }
}

#[cfg(test)]
mod tests;
