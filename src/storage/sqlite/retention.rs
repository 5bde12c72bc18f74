//! Deletes what is older than its retention period, some of it at a time. Each send looks for old
//! records while its call runs; only a few sends find some, because a period ends in steps of a
//! hundredth of its length.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::os::clock;
use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::sqlite::{PATIENCE, Sqlite, keys};
use crate::storage::{Result, Store as _};

/// How long an accepted message is kept for the duplicate check: longer than the period of any
/// check. A message with an unknown outcome is kept until its outcome is known.
const KEEP_MESSAGES: Duration = Duration::from_secs(24 * 60 * 60);
/// The maximum number of records that one send deletes from a table.
const MAX_AT_A_TIME: i64 = 1000;

/// Whether there is something to delete. One statement that finds nothing takes a fifth of the time of
/// three that delete nothing.
const FIND_OLD: &str =
    "SELECT EXISTS (SELECT 1 FROM messages WHERE at < ?1 AND state = 'accepted'),
            EXISTS (SELECT 1 FROM sends WHERE at < ?2),
            EXISTS (SELECT 1 FROM keys WHERE state = 'accepted'
                    AND substr(key, 1, 5) <> 'hash:' AND since < ?3)";

/// Deletes old messages, and sends and results of keys that are older than `keep`. Waits for no other
/// process, because the caller has to watch a call.
///
/// # Errors
/// Another process is changing the store, or it cannot be changed.
pub fn delete_old(store: &Sqlite, keep: Duration) -> Result<()> {
    let messages = end(Timestamp::now(), KEEP_MESSAGES).unwrap_or(Timestamp::MIN);
    let (sends, results) = (end(clock::now(), keep), end(Timestamp::now(), keep));
    let ends = params![
        messages.as_millisecond(),
        sends.map_or(i64::MIN, Timestamp::as_millisecond),
        results.map(|end| end.to_string()),
    ];
    let flags = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (has_messages, has_sends, has_results): (bool, bool, bool) =
        store.connection.query_row(FIND_OLD, ends, flags).map_err(unreadable)?;
    if !(has_messages || has_sends || has_results) {
        return Ok(());
    }
    store.connection.busy_timeout(Duration::ZERO).map_err(unreadable)?;
    let deleted = store.change(false, |connection| {
        if has_messages {
            delete(connection, "messages", "at < ?1 AND state = 'accepted'", messages)?;
        }
        if let Some(sends) = sends.filter(|_| has_sends) {
            delete_sends(connection, sends)?;
        }
        if let Some(results) = results.filter(|_| has_results) {
            keys::forget_results(connection, results, MAX_AT_A_TIME, |key| store.digest(key))?;
        }
        Ok(())
    });
    store.connection.busy_timeout(PATIENCE).map_err(unreadable)?;
    deleted
}

/// Deletes old sends before a new call of a batch is recorded. Zero keeps all.
pub fn delete_old_sends(connection: &Connection, keep: Duration) -> Result<()> {
    end(clock::now(), keep).map_or(Ok(()), |end| delete_sends(connection, end))
}

fn delete_sends(connection: &Connection, before: Timestamp) -> Result<()> {
    delete(connection, "sends", "at < ?1", before)
}

/// Deletes the oldest rows of a table that meet a condition.
fn delete(connection: &Connection, table: &str, condition: &str, before: Timestamp) -> Result<()> {
    // SQLite compiles a statement again for each value of a parameter in LIMIT.
    let query = format!(
        "DELETE FROM {table} WHERE id IN (
             SELECT id FROM {table} WHERE {condition} ORDER BY at LIMIT {MAX_AT_A_TIME})"
    );
    connection
        .prepare_cached(&query)
        .and_then(|mut statement| statement.execute([before.as_millisecond()]))
        .map(drop)
        .map_err(not_written)
}

/// The moment before which records are old; `None` if all are kept.
fn end(now: Timestamp, keep: Duration) -> Option<Timestamp> {
    let keep = i64::try_from(keep.as_millis()).ok().filter(|keep| *keep > 0)?;
    let step = (keep / 100).max(1);
    let end = now.as_millisecond().checked_sub(keep)?;
    Timestamp::from_millisecond(end - end.rem_euclid(step)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_in_steps_of_a_hundredth_and_never_early() {
        let now: Timestamp = "2026-03-04T05:06:07.891Z".parse().expect("a time");
        let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
        for keep in [hours(1), hours(24), hours(24 * 90), Duration::from_millis(1)] {
            let end = end(now, keep).expect("a moment");
            let age = now.duration_since(end).unsigned_abs();
            assert!(age >= keep && age <= keep + keep / 100 + Duration::from_millis(1), "{keep:?}");
        }
        assert_eq!(end(now, Duration::ZERO), None);
        assert_eq!(end(now, Duration::MAX), None);
    }
}
