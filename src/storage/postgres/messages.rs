//! Recent messages for the duplicate check: keyed hashes, without content. All times are those of
//! the server, because the clocks of the machines may differ.

use jiff::{SignedDuration, Timestamp};

use crate::storage::postgres::errors::StepResult;
use crate::storage::postgres::schema::NOW;
use crate::storage::postgres::session::{Session, lock_number};
use crate::storage::{Earlier, NewMessage, SendEnd};

/// Deletes messages that are older than the period of any check. Concurrent runs do not wait for
/// each other.
pub fn forget_old(session: &mut Session) -> StepResult<()> {
    let query = format!(
        "DELETE FROM messages WHERE id IN (
             SELECT id FROM messages WHERE at < {NOW} - 86400000000
             ORDER BY at LIMIT 1000 FOR UPDATE SKIP LOCKED)"
    );
    session.execute(&query, &[]).map(drop)
}

/// Makes runs with an equal message wait until this transaction ends.
pub fn lock(session: &mut Session, fingerprint: &str) -> StepResult<()> {
    let number = lock_number(&format!("alimsg: message {fingerprint}"));
    session.rows("SELECT pg_advisory_xact_lock($1)", &[&number]).map(drop)
}

pub fn is_recorded(session: &mut Session, id: &str) -> StepResult<bool> {
    Ok(session.row("SELECT 1 FROM messages WHERE id = $1", &[&id])?.is_some())
}

pub fn add(session: &mut Session, message: &NewMessage) -> StepResult<()> {
    let query = format!(
        "INSERT INTO messages (id, fingerprint, state, key, at)
         VALUES ($1, $2, 'calling', $3, {NOW})"
    );
    session.execute(&query, &[&message.id, &message.fingerprint, &message.key]).map(drop)
}

/// The latest equal message since this moment. A message from the future is ignored, because the
/// clock was set back after it.
pub fn latest(
    session: &mut Session,
    fingerprint: &str,
    since: Timestamp,
) -> StepResult<Option<Earlier>> {
    let now = Timestamp::now();
    let age = i64::try_from(now.duration_since(since).as_micros()).unwrap_or(i64::MAX / 4).max(0);
    // A message with an unknown outcome matters more than a later accepted one.
    let query = format!(
        "SELECT state = 'accepted', {NOW} - at FROM messages
         WHERE fingerprint = $1 AND at >= {NOW} - $2::bigint AND at <= {NOW} + $2::bigint
         ORDER BY state = 'accepted', at DESC LIMIT 1"
    );
    let row = session.row(&query, &[&fingerprint, &age])?;
    Ok(row.map(|row| Earlier {
        at: now.checked_sub(SignedDuration::from_micros(row.get(1))).unwrap_or(now),
        accepted: row.get(0),
    }))
}

pub fn finish(session: &mut Session, id: &str, end: &SendEnd<'_>) -> StepResult<()> {
    let query = match end {
        SendEnd::Accepted { .. } => "UPDATE messages SET state = 'accepted' WHERE id = $1",
        SendEnd::Unresolved => {
            "UPDATE messages SET state = 'unresolved' WHERE id = $1 AND state <> 'accepted'"
        }
        SendEnd::NotSent => "DELETE FROM messages WHERE id = $1 AND state <> 'accepted'",
    };
    session.execute(query, &[&id]).map(drop)
}

pub fn accept_for_key(session: &mut Session, key: &str) -> StepResult<()> {
    session.execute("UPDATE messages SET state = 'accepted' WHERE key = $1", &[&key]).map(drop)
}

pub fn remove_for_key(session: &mut Session, key: &str) -> StepResult<()> {
    let query = "DELETE FROM messages WHERE key = $1 AND state <> 'accepted'";
    session.execute(query, &[&key]).map(drop)
}
