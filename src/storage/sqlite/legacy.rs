//! Keys of version 0.1.0, in a separate database. They are not migrated, because a run of the old
//! version may still write there.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use anyhow::anyhow;
use rusqlite::OptionalExtension as _;
use rusqlite::{Connection, OpenFlags};

use crate::storage::files::{self, PathState};
use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::sqlite::{PATIENCE, keys};
use crate::storage::{Error, Fix, KeyRecord, KeyState, Result};

/// The columns of 0.1.0 in the order of [`keys::from_row`]. Its fingerprint is not used: it is a
/// hash without a secret, so its content could be guessed.
const COLUMNS: &str = "key, state, NULL, NULL, tracking, generated, lease, since, NULL, result";

pub struct Legacy {
    pub path: PathBuf,
}

impl Legacy {
    pub fn below(folder: &Path) -> Self {
        Self { path: folder.join("ledger").join("keys.sqlite3") }
    }

    fn connect(&self) -> Result<Option<Connection>> {
        match files::inspect(&self.path).map_err(|error| Error::Unreadable(error, Fix::Files))? {
            PathState::Missing => return Ok(None),
            PathState::File(_) => {}
        }
        let open = || -> rusqlite::Result<(Connection, i64)> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            Ok((connection, version))
        };
        let (connection, version) = open().map_err(|error| self.with_path(unreadable(error)))?;
        if version != 1 {
            let error = anyhow!("{} is not a key database of version 0.1.0", self.path.display());
            return Err(Error::Unreadable(error, Fix::Repair));
        }
        Ok(Some(connection))
    }

    fn with_path(&self, error: Error) -> Error {
        match error {
            Error::Unreadable(error, fix) => {
                let named = Err::<(), _>(error).with_context(|| self.path.display().to_string());
                Error::Unreadable(named.err().unwrap_or_else(|| anyhow!("unknown")), fix)
            }
            other => other,
        }
    }

    pub fn find(&self, key: &str) -> Result<Option<KeyRecord>> {
        let Some(connection) = self.connect()? else { return Ok(None) };
        let query = format!("SELECT {COLUMNS} FROM sends WHERE key = ?1");
        connection
            .query_row(&query, [key], keys::from_row)
            .optional()
            .map_err(|error| self.with_path(unreadable(error)))
    }

    pub fn all(&self) -> Result<Vec<KeyRecord>> {
        let Some(connection) = self.connect()? else { return Ok(Vec::new()) };
        let read = || {
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM sends"))?;
            let rows = statement.query_map([], keys::from_row)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut records = read().map_err(|error| self.with_path(unreadable(error)))?;
        records.retain(|record| record.state != KeyState::Reserved);
        Ok(records)
    }

    pub fn remove(&self, key: &str) -> Result<()> {
        match self.connect()? {
            None => Ok(()),
            Some(connection) => connection
                .execute("DELETE FROM sends WHERE key = ?1", [key])
                .map(drop)
                .map_err(not_written),
        }
    }

    pub fn clear(&self) -> Result<()> {
        match self.connect()? {
            None => Ok(()),
            Some(connection) => connection.execute_batch("DELETE FROM sends").map_err(not_written),
        }
    }
}
