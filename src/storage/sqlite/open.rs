//! Opens the database of a folder, or creates it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Context as _;
use anyhow::anyhow;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::os::{failpoint, system};
use crate::storage::files::{self, PathState};
use crate::storage::sqlite::errors::unreadable;
use crate::storage::sqlite::leases;
use crate::storage::sqlite::legacy::Legacy;
use crate::storage::sqlite::schema::{self, APPLICATION, SECRET, VERSION};
use crate::storage::sqlite::{Log, PATIENCE, Sqlite, marker};
use crate::storage::{Error, Fix, KeyedHash, Result, folder, lock};

/// The paths of the store.
pub struct Paths {
    pub folder: PathBuf,
    pub database: PathBuf,
    pub marker: PathBuf,
    pub lock: PathBuf,
}

impl Paths {
    pub fn below(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            database: folder.join("store.sqlite3"),
            marker: folder.join("store.created"),
            lock: folder.join("store.lock"),
        }
    }

    /// The database, its write-ahead log and its shared-memory file.
    pub fn database_files(&self) -> [PathBuf; 3] {
        ["", "-wal", "-shm"].map(|end| {
            let mut path = self.database.clone().into_os_string();
            path.push(end);
            path.into()
        })
    }
}

/// The length of the write-ahead log in pages at which any change copies it into the database, and
/// waits for that. A send does it earlier, while its call runs.
const MAX_LOG_PAGES: i64 = 100;

/// Whether the folder contains or contained a store.
///
/// # Errors
/// A file cannot be examined.
pub fn exists(folder: &Path) -> Result<bool> {
    let paths = Paths::below(folder);
    if leases_remain(folder) {
        return Ok(true);
    }
    let [database, log, _] = paths.database_files();
    for path in [database, log, paths.marker, Legacy::below(folder).path] {
        let state = files::inspect(&path).map_err(|error| Error::Unreadable(error, Fix::Files))?;
        if state != PathState::Missing {
            return Ok(true);
        }
    }
    Ok(false)
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
        if used && (is_empty(&paths)? || log_was_deleted(&paths)?) {
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
        // SQLite creates its other files with the mode of this file. An existing file is not opened
        // here: closing it would release the locks of another connection in this process.
        if files::inspect(&paths.database).is_ok_and(|state| state == PathState::Missing) {
            system::private_file()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&paths.database)
                .with_context(|| format!("cannot open {}", paths.database.display()))
                .map_err(|error| Error::Unreadable(error, Fix::Files))?;
        }
        let (connection, has_log) = connect(&paths.database).map_err(unreadable)?;
        let pragma = |name| -> rusqlite::Result<i64> {
            connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
        };
        let pragmas = pragma("application_id").and_then(|id| Ok((id, pragma("user_version")?)));
        match pragmas.map_err(unreadable)? {
            (APPLICATION, VERSION) => {}
            (APPLICATION, 1..VERSION) => schema::migrate(&connection).map_err(unreadable)?,
            (APPLICATION, later) if later > VERSION => {
                let error = anyhow!("the store has version {later}, of a later version of alimsg");
                return Err(Error::Unreadable(error, Fix::Upgrade));
            }
            (0, 0)
                if marked.is_none()
                    && schema::has_no_tables(&connection).map_err(unreadable)? =>
            {
                failpoint::point("store: about to create the tables");
                schema::create(&connection, None).map_err(unreadable)?;
                // The tables are in the database itself: without its log, it is still a store.
                connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                    .map_err(unreadable)?;
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
                sync_folders(&paths.folder);
                marker::write(&paths.marker, &own)
                    .map_err(|error| Error::Unreadable(error, Fix::Files))?;
                failpoint::point("store: marked");
            }
        }
        let [_, log, _] = paths.database_files();
        Ok(Self {
            connection: Rc::new(connection),
            log: has_log.then(|| Log::new(log)),
            hash: KeyedHash::new(&secret),
            known_since: known_since.and_then(|time| time.parse().ok()),
            legacy: Legacy::below(&paths.folder),
            leases: leases::folder(&paths.folder),
        })
    }
}

/// Connects to the database; also returns whether it has a write-ahead log.
fn connect(path: &Path) -> rusqlite::Result<(Connection, bool)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Otherwise SQLite compiles some statements again for the values of their parameters.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    // A file system without shared memory has no log; then SQLite writes each change to disk.
    let has_log = mode == "wal";
    let synchronous = if has_log { "NORMAL" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "wal_autocheckpoint", MAX_LOG_PAGES)?;
    Ok((connection, has_log))
}

/// Writes the folder and its parents to disk, so that a power failure cannot remove a new store. A
/// folder that this user may not open existed before.
fn sync_folders(folder: &Path) {
    for folder in folder.ancestors() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Whether the database is missing or empty.
fn is_empty(paths: &Paths) -> Result<bool> {
    let state =
        files::inspect(&paths.database).map_err(|error| Error::Unreadable(error, Fix::Files))?;
    Ok(matches!(state, PathState::Missing | PathState::File(0)))
}

/// Whether the write-ahead log is missing. SQLite removes its shared-memory file first and creates
/// it last.
fn log_was_deleted(paths: &Paths) -> Result<bool> {
    let [_, log, shared] = paths.database_files();
    let is_missing = |path: &Path| match files::inspect(path) {
        Ok(state) => Ok(state == PathState::Missing),
        Err(error) => Err(Error::Unreadable(error, Fix::Files)),
    };
    // Another program may open or close the database during the check.
    Ok(!is_missing(&shared)? && is_missing(&log)? && !is_missing(&shared)?)
}

/// Whether leases show that runs have used keys in a store of this version.
fn leases_remain(folder: &Path) -> bool {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    is_there(&leases::folder(folder)) && !is_there(&Legacy::below(folder).path)
}

fn lost(paths: &Paths) -> Error {
    let error = anyhow!("{} or its log was deleted or emptied", paths.database.display());
    Error::Unreadable(error, Fix::Repair)
}
