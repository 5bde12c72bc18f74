//! Replaces a store that cannot be read with a new one.
//!
//! The new database is complete before the old one is moved, and the marker exists all the time.
//! After a crash at any point, the store is still known to need repair and is not mistaken for a
//! new one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use anyhow::Result;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params_from_iter};

use crate::os::failpoint;
use crate::storage::files::{self, PathState};
use crate::storage::sqlite::legacy::Legacy;
use crate::storage::sqlite::open::Paths;
use crate::storage::sqlite::schema::{SECRET, create};
use crate::storage::sqlite::{PATIENCE, keys, marker, schema};
use crate::storage::{KeyRecord, folder, lock};

/// The result of a repair.
#[derive(Debug)]
pub struct Repaired {
    /// When the store was repaired; earlier keys may be missing.
    pub known_since: Timestamp,
    /// The number of keys that could be read.
    pub kept: usize,
    /// The new paths of the old files.
    pub moved: Vec<PathBuf>,
}

/// Creates a new store in the folder, with the keys of the old one that can be read.
///
/// # Errors
/// A file cannot be written or moved. The store still needs repair then.
pub fn repair(folder: &Path) -> Result<Repaired> {
    let paths = Paths::below(folder);
    folder::create(folder)?;
    let _opening = lock::acquire(&paths.lock, PATIENCE, true)?;
    let now = Timestamp::now();
    let ending = format!("damaged-{}", now.strftime("%Y%m%dT%H%M%S%3fZ"));
    let mut moved = Vec::new();

    let old_marker = marker::load(&paths.marker).ok().flatten().filter(marker::Marker::is_readable);
    if old_marker.is_none() && paths.marker.symlink_metadata().is_ok() {
        moved.extend(move_aside(&paths.marker, &ending)?);
    }
    let id = old_marker.map_or_else(|| uuid::Uuid::new_v4().to_string(), |marker| marker.store);
    let marker = marker::Marker { store: id, created_at: now.to_string() };
    marker::write(&paths.marker, &marker)?;
    failpoint::point("store: marked for repair");

    let old = salvage(&paths.database, "keys");
    let legacy = Legacy::below(folder);
    let legacy_is_damaged = legacy.all().is_err();
    let mut records = old.records;
    if legacy_is_damaged {
        records.extend(salvage(&legacy.path, "sends").records);
    }
    let draft = folder.join("store.sqlite3.new");
    let kept = write_draft(&draft, &marker, &paths.database, old.secret.as_deref(), &records)
        .with_context(|| format!("cannot write {}", draft.display()))?;
    failpoint::point("store: about to move the old files");
    for path in paths.database_files() {
        moved.extend(move_aside(&path, &ending)?);
    }
    failpoint::point("store: old files moved");
    std::fs::rename(&draft, &paths.database).context("cannot put the new store in place")?;
    failpoint::point("store: new store in place");
    if legacy_is_damaged {
        moved.extend(move_aside(&legacy.path, &ending)?);
    }
    Ok(Repaired { known_since: now, kept, moved })
}

/// Writes the new database; returns its number of keys.
fn write_draft(
    path: &Path,
    marker: &marker::Marker,
    old: &Path,
    secret: Option<&[u8]>,
    records: &[KeyRecord],
) -> Result<usize> {
    // Left by an earlier repair that did not finish.
    for name in [path.to_path_buf(), path.with_extension("new-journal")] {
        if name.symlink_metadata().is_ok() {
            std::fs::remove_file(name)?;
        }
    }
    crate::os::system::private_file().write(true).create_new(true).open(path)?;
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    create(&connection, Some(marker))?;
    if let Some(secret) = secret {
        connection.execute("UPDATE store SET secret = ?1", [secret])?;
        // The hashes of messages can be compared only with their secret.
        if let Some(old) = open_damaged(old) {
            copy_table(&old, &connection, "messages")?;
            copy_table(&old, &connection, "sends")?;
        }
    }
    copy_batches(old, &connection)?;
    let mut kept = 0;
    for record in records {
        let mut record = record.clone();
        if secret.is_none() {
            // Its digests cannot be compared without the old secret.
            record.identity = None;
        }
        kept += keys::copy(&connection, &record)?;
    }
    Ok(kept)
}

/// Copies the batches that can be read. If some of their rows may be missing, all of them are
/// cancelled: a row without a record could be sent again.
fn copy_batches(old: &Path, new: &Connection) -> Result<()> {
    let Some(old) = open_damaged(old) else { return Ok(()) };
    let query = "SELECT 1 FROM sqlite_schema WHERE name = 'batches'";
    if matches!(old.query_row(query, [], |_| Ok(())).optional(), Ok(None)) {
        return Ok(());
    }
    let mut is_complete = true;
    for table in ["batches", "batch_calls", "batch_rows"] {
        new.execute_batch("BEGIN")?;
        is_complete &= copy_table(&old, new, table)?;
        new.execute_batch("COMMIT")?;
    }
    if !is_complete {
        let query = "UPDATE batches SET cancelled_at = ?1 WHERE cancelled_at IS NULL";
        new.execute(query, [Timestamp::now().as_millisecond()])?;
    }
    Ok(())
}

/// Copies the rows of a table; false if some cannot be read.
fn copy_table(old: &Connection, new: &Connection, table: &str) -> Result<bool> {
    let before_version_5 = || old.prepare(&schema::rows_before_version_5(table)).ok();
    let rows = (table == "batch_rows").then(before_version_5).flatten();
    let rows = rows.map_or_else(|| old.prepare(&format!("SELECT * FROM {table}")), Ok);
    let Ok(mut rows) = rows else { return Ok(false) };
    let columns = rows.column_count();
    let values = vec!["?"; columns].join(", ");
    let mut insert = new.prepare(&format!("INSERT OR IGNORE INTO {table} VALUES ({values})"))?;
    let Ok(mut rows) = rows.query([]) else { return Ok(false) };
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let values = (0..columns).map(|column| row.get::<_, Value>(column));
                let Ok(values) = values.collect::<rusqlite::Result<Vec<Value>>>() else {
                    return Ok(false);
                };
                if insert.execute(params_from_iter(values)).is_err() {
                    return Ok(false);
                }
            }
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        }
    }
}

fn open_damaged(path: &Path) -> Option<Connection> {
    if !matches!(files::inspect(path), Ok(PathState::File(1..))) {
        return None;
    }
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()
}

#[derive(Default)]
struct Salvaged {
    secret: Option<Vec<u8>>,
    records: Vec<KeyRecord>,
}

/// Reads as much as possible of a damaged database, without changing it.
fn salvage(path: &Path, table: &str) -> Salvaged {
    let mut salvaged = Salvaged::default();
    let Some(connection) = open_damaged(path) else { return salvaged };
    let secret = connection
        .query_row("SELECT secret FROM store WHERE id = 1", [], |row| row.get::<_, Vec<u8>>(0));
    salvaged.secret = secret.ok().filter(|secret| secret.len() == SECRET);
    let columns = match table {
        "keys" => {
            "key, state, content, account, tracking_id, generated, lease, since, details, result"
        }
        _ => "key, state, NULL, NULL, tracking, generated, lease, since, NULL, result",
    };
    let query = format!("SELECT {columns} FROM {table}");
    let Ok(mut statement) = connection.prepare(&query) else { return salvaged };
    let Ok(mut rows) = statement.query([]) else { return salvaged };
    // Stops at the first page that cannot be read.
    while let Ok(Some(row)) = rows.next() {
        if let Ok(record) = keys::from_row(row)
            && !record.key.is_empty()
        {
            salvaged.records.push(record);
        }
    }
    salvaged
}

/// Renames the file if it exists; returns its new path.
fn move_aside(path: &Path, ending: &str) -> Result<Option<PathBuf>> {
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let mut target = path.to_path_buf().into_os_string();
    target.push(format!(".{ending}"));
    std::fs::rename(path, &target).with_context(|| format!("cannot rename {}", path.display()))?;
    Ok(Some(target.into()))
}
