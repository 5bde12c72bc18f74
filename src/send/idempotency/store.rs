//! The database of keys: one table, opened by many processes at once.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use anyhow::{Result, bail};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::os::system;
use crate::send::idempotency::Tracking;
use crate::storage::lock;

pub const FILE: &str = "keys.sqlite3";
/// The version of the table, as SQLite's own `user_version`.
const VERSION: i64 = 1;
/// Transactions last milliseconds; a machine that is very busy is forgiven.
const PATIENCE: Duration = Duration::from_secs(20);

const SCHEMA: &str = "
    CREATE TABLE sends (
        key         TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        tracking    TEXT NOT NULL,
        generated   INTEGER NOT NULL,
        state       TEXT NOT NULL,
        lease       TEXT NOT NULL,
        since       TEXT NOT NULL,
        result      TEXT
    ) STRICT;
";

/// How far a send has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Reserved,
    Calling,
    Open,
    Accepted,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Calling => "calling",
            Self::Open => "open",
            Self::Accepted => "accepted",
        }
    }

    /// A word that is not known is taken for the one that forbids most.
    fn read(word: &str) -> Self {
        [Self::Reserved, Self::Accepted, Self::Calling]
            .into_iter()
            .find(|state| state.word() == word)
            .unwrap_or(Self::Open)
    }
}

/// A key's row.
#[derive(Debug, Clone)]
pub struct Row {
    pub fingerprint: String,
    pub tracking: Tracking,
    pub state: State,
    pub lease: String,
    pub since: Timestamp,
    pub result: Option<String>,
}

/// What a run that wants a key finds.
pub enum Found {
    /// Nothing that is in the way: the key is now this run's.
    Nothing,
    /// The key stands for another message.
    Other,
    /// The key stands for this message under that tracking ID, and another one is wanted.
    OtherId(String),
    /// A send that has a result.
    Done(Row),
    /// A run that is at work.
    Busy,
    /// A send that may have happened, of a run that is gone.
    Abandoned(Row),
}

pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the database, made for the user alone if it is not there.
    ///
    /// # Errors
    /// It cannot be opened or made, or a later version of alimsg wrote it.
    pub fn open(folder: &Path) -> Result<Self> {
        crate::storage::folder::create(folder)?;
        let path = folder.join(FILE);
        // Whoever is first makes the table; SQLite's own waiting does not cover that.
        let _opening = lock::acquire(&folder.join("opening.lock"), PATIENCE, true)?;
        // SQLite gives the files beside it the mode of this one.
        system::private_file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let open = || -> Result<Connection> {
            let connection = Connection::open(&path)?;
            connection.busy_timeout(PATIENCE)?;
            // A record must be on disk before the step that it stands for, power cuts included.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            make_table(&connection)?;
            Ok(connection)
        };
        let connection = open().with_context(|| format!("cannot use {}", path.display()))?;
        Ok(Self { connection })
    }

    /// Puts the row in the place of the key's, unless something is in the way. One transaction:
    /// of several runs at once, one is first. `alive` tells whether a lease is held.
    pub fn reserve(&mut self, key: &str, row: &Row, alive: impl Fn(&str) -> bool) -> Result<Found> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(known) = find(&transaction, key)? {
            let busy = known.state != State::Accepted && alive(&known.lease);
            // A reservation that was abandoned led to no call, whatever it was for.
            let free = known.state == State::Reserved && !busy;
            if !free {
                // An ID that alimsg made for this run is nobody's wish.
                let wants_other_id =
                    !row.tracking.generated && row.tracking.id != known.tracking.id;
                return Ok(if known.fingerprint != row.fingerprint {
                    Found::Other
                } else if wants_other_id {
                    Found::OtherId(known.tracking.id)
                } else if busy {
                    Found::Busy
                } else if known.state == State::Accepted {
                    Found::Done(known)
                } else {
                    Found::Abandoned(known)
                });
            }
        }
        transaction.execute(
            "INSERT OR REPLACE INTO sends
             (key, fingerprint, tracking, generated, state, lease, since, result)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)",
            params![
                key,
                row.fingerprint,
                row.tracking.id,
                row.tracking.generated,
                row.state.word(),
                row.lease,
                row.since.to_string(),
            ],
        )?;
        transaction.commit()?;
        Ok(Found::Nothing)
    }

    /// Takes the row of this lease to another state.
    ///
    /// # Errors
    /// Also if the row is not this lease's: then nothing may be called or concluded.
    pub fn set(&self, key: &str, lease: &str, state: State, result: Option<&str>) -> Result<()> {
        let since = Timestamp::now().to_string();
        let changed = self.connection.execute(
            "UPDATE sends SET state = ?3, result = ?4,
                 since = CASE WHEN ?3 = 'calling' THEN ?5 ELSE since END
             WHERE key = ?1 AND lease = ?2",
            params![key, lease, state.word(), result, since],
        )?;
        if changed != 1 {
            bail!("the record of this key is not this run's any more");
        }
        Ok(())
    }

    /// Removes the row of this lease.
    pub fn remove(&self, key: &str, lease: &str) -> Result<()> {
        self.connection.execute(
            "DELETE FROM sends WHERE key = ?1 AND lease = ?2 AND state <> 'accepted'",
            params![key, lease],
        )?;
        Ok(())
    }

    /// Puts a result in the place of an open outcome, if nobody else has.
    pub fn settle(&self, key: &str, tracking: &str, result: &str) -> Result<()> {
        self.connection.execute(
            "UPDATE sends SET state = 'accepted', result = ?3
             WHERE key = ?1 AND tracking = ?2 AND state <> 'accepted'",
            params![key, tracking, result],
        )?;
        Ok(())
    }
}

fn make_table(connection: &Connection) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        VERSION => Ok(()),
        0 => Ok(connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
        ))?),
        later => bail!("version {later} of the record is of a later alimsg: upgrade this one"),
    }
}

fn find(connection: &Connection, key: &str) -> Result<Option<Row>> {
    let mut statement = connection.prepare(
        "SELECT fingerprint, tracking, generated, state, lease, since, result
         FROM sends WHERE key = ?1",
    )?;
    let row = statement.query_row([key], |row| {
        Ok(Row {
            fingerprint: row.get(0)?,
            tracking: Tracking { id: row.get(1)?, generated: row.get(2)? },
            state: State::read(&row.get::<_, String>(3)?),
            lease: row.get(4)?,
            // A time that cannot be read finds no receipt: the outcome then stays open.
            since: row.get::<_, String>(5)?.parse().unwrap_or(Timestamp::MAX),
            result: row.get(6)?,
        })
    });
    Ok(row.optional()?)
}
