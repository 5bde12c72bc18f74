//! Recent messages for the duplicate check: keyed hashes, without content. A message to several
//! recipients has a row for each of them.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::{Earlier, NewMessage, Result, SendEnd};

pub const ADD: &str = "INSERT INTO messages (id, fingerprint, state, key, at)
                       VALUES (?1, ?2, 'calling', ?3, ?4)";
pub const ACCEPT: &str =
    "UPDATE messages SET state = 'accepted', at = ?2 WHERE key = ?1 AND state <> 'accepted'";

pub fn add(connection: &Connection, key: &str, message: &NewMessage, now: Timestamp) -> Result<()> {
    let add = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(ADD)?;
        for (at, fingerprint) in message.fingerprints.iter().enumerate() {
            let id = format!("{}-{at}", message.id);
            statement.execute(params![id, fingerprint, key, now.as_millisecond()])?;
        }
        Ok(())
    };
    add().map_err(not_written)
}

/// The equal messages that prevent this one: those with an unknown outcome, and those accepted since
/// a moment. An accepted message from the future is ignored, because the clock was set back after it.
pub fn earlier(connection: &Connection, message: &NewMessage) -> Result<Vec<Earlier>> {
    let now = Timestamp::now();
    let since = message.refuse_since.unwrap_or(Timestamp::MAX);
    let until = now.saturating_add(now.duration_since(since).abs()).unwrap_or(now);
    let find = || -> rusqlite::Result<Vec<Earlier>> {
        let mut found = Vec::new();
        let mut statement = connection.prepare_cached(
            "SELECT state = 'accepted', at, key FROM messages
             WHERE fingerprint = ?1 AND (state <> 'accepted' OR at BETWEEN ?2 AND ?3)
             ORDER BY state = 'accepted', at DESC",
        )?;
        for (recipient, fingerprint) in message.fingerprints.iter().enumerate() {
            let times = (since.as_millisecond(), until.as_millisecond());
            let mut rows = statement.query(params![fingerprint, times.0, times.1])?;
            // A message with an unknown outcome matters more than a later accepted one.
            while let Some(row) = rows.next()? {
                let (accepted, key): (bool, Option<String>) = (row.get(0)?, row.get(2)?);
                if !accepted && key.as_ref().is_some_and(|key| message.confirmed.contains(key)) {
                    continue;
                }
                let at = Timestamp::from_millisecond(row.get(1)?).unwrap_or(now);
                found.push(Earlier { recipient, at, accepted, key });
                break;
            }
        }
        Ok(found)
    };
    find().map_err(unreadable)
}

/// Records how the send of a key ended. From an acceptance on, equal messages are refused for the
/// period of the check, even if it was found out later: the user may try again at once.
pub fn finish(connection: &Connection, key: &str, end: &SendEnd<'_>) -> Result<()> {
    match end {
        SendEnd::Accepted { .. } => {
            let now = Timestamp::now().as_millisecond();
            connection
                .prepare_cached(ACCEPT)
                .and_then(|mut accept| accept.execute(params![key, now]))
        }
        SendEnd::Unresolved { .. } => connection.execute(
            "UPDATE messages SET state = 'unresolved' WHERE key = ?1 AND state <> 'accepted'",
            [key],
        ),
        SendEnd::NotSent => {
            connection.execute("DELETE FROM messages WHERE key = ?1 AND state <> 'accepted'", [key])
        }
    }
    .map(drop)
    .map_err(not_written)
}
