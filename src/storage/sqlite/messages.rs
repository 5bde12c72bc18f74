//! Recent messages for the duplicate check: keyed hashes, without content.

use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension as _;
use rusqlite::{Connection, params};

use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::{Earlier, NewMessage, Result, SendEnd};

/// How long a message is kept: longer than the period of any check.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

pub fn forget_old(connection: &Connection, now: Timestamp) -> Result<()> {
    let oldest = now.checked_sub(KEPT).unwrap_or(now);
    connection
        .execute("DELETE FROM messages WHERE at < ?1", [oldest.as_millisecond()])
        .map(drop)
        .map_err(not_written)
}

pub fn add(connection: &Connection, message: &NewMessage, now: Timestamp) -> Result<()> {
    connection
        .execute(
            "INSERT INTO messages (id, fingerprint, state, key, at)
             VALUES (?1, ?2, 'calling', ?3, ?4)",
            params![message.id, message.fingerprint, message.key, now.as_millisecond()],
        )
        .map(drop)
        .map_err(not_written)
}

/// The latest equal message since this moment. A message from the future is ignored, because the
/// clock was set back after it.
pub fn latest(
    connection: &Connection,
    fingerprint: &str,
    since: Timestamp,
) -> Result<Option<Earlier>> {
    let now = Timestamp::now();
    let until = now.saturating_add(now.duration_since(since).abs()).unwrap_or(now);
    // A message with an unknown outcome matters more than a later accepted one.
    connection
        .query_row(
            "SELECT state, at FROM messages
             WHERE fingerprint = ?1 AND at >= ?2 AND at <= ?3
             ORDER BY state = 'accepted', at DESC LIMIT 1",
            params![fingerprint, since.as_millisecond(), until.as_millisecond()],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
        )
        .optional()
        .map_err(unreadable)
        .map(|row| {
            row.map(|(state, at)| Earlier {
                at: Timestamp::from_millisecond(at).unwrap_or(now),
                accepted: state == "accepted",
            })
        })
}

pub fn finish(connection: &Connection, id: &str, end: &SendEnd<'_>) -> Result<()> {
    match end {
        SendEnd::Accepted { .. } => {
            connection.execute("UPDATE messages SET state = 'accepted' WHERE id = ?1", [id])
        }
        SendEnd::Unresolved => {
            connection.execute("UPDATE messages SET state = 'unresolved' WHERE id = ?1", [id])
        }
        SendEnd::NotSent => connection.execute("DELETE FROM messages WHERE id = ?1", [id]),
    }
    .map(drop)
    .map_err(not_written)
}

pub fn accept_for_key(connection: &Connection, key: &str) -> Result<()> {
    connection
        .execute("UPDATE messages SET state = 'accepted' WHERE key = ?1", [key])
        .map(drop)
        .map_err(not_written)
}

pub fn remove_for_key(connection: &Connection, key: &str) -> Result<()> {
    connection
        .execute("DELETE FROM messages WHERE key = ?1 AND state <> 'accepted'", [key])
        .map(drop)
        .map_err(not_written)
}
