//! The table of idempotency keys.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::{Connection, Row, params};

use crate::os::failpoint;
use crate::storage::records::{FORGOTTEN_RESULT, forgotten_key};
use crate::storage::sqlite::Sqlite;
use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::{
    Error, Fix, Identity, KeyRecord, KeyState, NewKey, Owner, Reserve, Result, SendEnd, Store as _,
    Tracking,
};

const COLUMNS: &str = "key, state, content, account, tracking_id, generated, lease, since, \
                       details, result";

pub const INSERT: &str = "INSERT OR REPLACE INTO keys (key, state, content, account, tracking_id,
                              generated, lease, since, details, result)
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)";
pub const START: &str = "UPDATE keys SET state = 'calling', since = ?3
                         WHERE key = ?1 AND lease = ?2 AND state = 'reserved'";

const fn state_name(state: KeyState) -> &'static str {
    match state {
        KeyState::Reserved => "reserved",
        KeyState::Calling => "calling",
        KeyState::Unresolved => "unresolved",
        KeyState::Accepted => "accepted",
    }
}

/// Parses the name of a state; in version 0.1.0, `unresolved` was `open`.
fn parse_state(name: &str) -> Option<KeyState> {
    match name {
        "reserved" => Some(KeyState::Reserved),
        "calling" => Some(KeyState::Calling),
        "unresolved" | "open" => Some(KeyState::Unresolved),
        "accepted" => Some(KeyState::Accepted),
        _ => None,
    }
}

impl Sqlite {
    pub(super) fn reserve_key(&self, key: &str, new: &NewKey) -> Result<Reserve> {
        let reserved = self.change(false, |transaction| {
            let used = self.usage(transaction, key)?;
            if used.is_none() {
                insert(transaction, key, new, KeyState::Reserved).map_err(not_written)?;
            }
            Ok(used.unwrap_or(Reserve::Reserved))
        });
        match reserved {
            // A used key can still be reported if the database is only readable.
            Err(Error::Unreadable(error, Fix::Files)) => {
                match self.usage(&self.connection, key)? {
                    Some(used) => Ok(used),
                    None => Err(Error::NotWritten(error)),
                }
            }
            other => other,
        }
    }

    /// The record of a key, also if its name and its result were deleted after their time.
    pub(super) fn find_key(&self, connection: &Connection, key: &str) -> Result<Option<KeyRecord>> {
        if let Some(known) = find(connection, key)? {
            return Ok(Some(known));
        }
        let hashed = find(connection, &forgotten_key(&self.digest(key)))?;
        Ok(hashed.map(|hashed| KeyRecord { key: key.to_string(), ..hashed }))
    }

    /// Why the key cannot be reserved; `None` if it can.
    fn usage(&self, connection: &Connection, key: &str) -> Result<Option<Reserve>> {
        let known = match self.find_key(connection, key)? {
            Some(known) => Some(known),
            None => self.legacy.find(key)?,
        };
        Ok(known.and_then(|known| match known.state {
            KeyState::Accepted => Some(Reserve::Used(Box::new(known))),
            _ if self.is_alive(&known.lease) => Some(Reserve::Busy),
            // Its run ended before it started the call.
            KeyState::Reserved if !known.damaged => None,
            _ => Some(Reserve::Used(Box::new(known))),
        }))
    }
}

pub fn insert(
    connection: &Connection,
    key: &str,
    new: &NewKey,
    state: KeyState,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(INSERT)?.execute(params![
        key,
        state_name(state),
        new.identity.content,
        new.identity.account,
        new.tracking.id,
        new.tracking.generated,
        new.lease,
        Timestamp::now().to_string(),
        new.details,
    ])
}

/// Records that the call is about to start: from here on, the message may be sent.
pub fn start(connection: &Connection, owner: Owner<'_>, now: Timestamp) -> Result<()> {
    let changed = connection
        .prepare_cached(START)
        .and_then(|mut start| start.execute(params![owner.key, owner.lease, now.to_string()]))
        .map_err(not_written)?;
    if changed == 1 { Ok(()) } else { Err(Error::TakenOver) }
}

/// Keeps the result of a key that the user gave.
pub const ACCEPT_WITH_RESULT: &str = "UPDATE keys SET state = 'accepted', result = ?3, \
                                      details = NULL WHERE key = ?1 AND lease = ?2";
/// Removes a key that alimsg generated.
pub const ACCEPT_WITHOUT_RESULT: &str = "DELETE FROM keys WHERE key = ?1 AND lease = ?2";

pub fn finish(connection: &Connection, owner: Owner<'_>, end: &SendEnd<'_>) -> Result<()> {
    let Owner { key, lease } = owner;
    let changed = match end {
        SendEnd::Accepted { result: Some(result), .. } => connection
            .prepare_cached(ACCEPT_WITH_RESULT)
            .and_then(|mut accept| accept.execute(params![key, lease, result])),
        SendEnd::Accepted { result: None, .. } => connection
            .prepare_cached(ACCEPT_WITHOUT_RESULT)
            .and_then(|mut accept| accept.execute(params![key, lease])),
        SendEnd::Unresolved { details } => connection.execute(
            "UPDATE keys SET state = 'unresolved', details = coalesce(?3, details)
             WHERE key = ?1 AND lease = ?2",
            params![key, lease, details],
        ),
        SendEnd::NotSent => connection.execute(
            "DELETE FROM keys WHERE key = ?1 AND lease = ?2 AND state <> 'accepted'",
            params![key, lease],
        ),
    };
    match changed.map_err(not_written)? {
        1 => Ok(()),
        _ => Err(Error::TakenOver),
    }
}

pub fn release(connection: &Connection, owner: Owner<'_>) -> Result<()> {
    connection
        .execute(
            "DELETE FROM keys WHERE key = ?1 AND lease = ?2 AND state = 'reserved'",
            params![owner.key, owner.lease],
        )
        .map(drop)
        .map_err(not_written)
}

/// Records that a message was accepted after all, also for a record of another database.
pub fn put_accepted(connection: &Connection, record: &KeyRecord, result: &str) -> Result<()> {
    failpoint::point("store: about to settle a key");
    let identity = record.identity.as_ref();
    let changed = connection
        .execute(
            &format!(
                "INSERT INTO keys ({COLUMNS})
                 VALUES (?1, 'accepted', ?2, ?3, ?4, ?5, ?6, ?7, NULL, ?8)
                 ON CONFLICT (key) DO UPDATE
                 SET state = 'accepted', result = excluded.result, details = NULL,
                     since = excluded.since
                 WHERE tracking_id = excluded.tracking_id"
            ),
            params![
                record.key,
                identity.map(|identity| &identity.content),
                identity.map(|identity| &identity.account),
                record.tracking.id,
                record.tracking.generated,
                record.lease,
                record.since.unwrap_or_else(Timestamp::now).to_string(),
                result,
            ],
        )
        .map_err(not_written)?;
    if changed == 1 { Ok(()) } else { Err(Error::TakenOver) }
}

/// Copies a record of another database unchanged.
pub fn copy(connection: &Connection, record: &KeyRecord) -> rusqlite::Result<usize> {
    let identity = record.identity.as_ref();
    connection.execute(
        &format!(
            "INSERT OR IGNORE INTO keys ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        ),
        params![
            record.key,
            state_name(record.state),
            identity.map(|identity| &identity.content),
            identity.map(|identity| &identity.account),
            record.tracking.id,
            record.tracking.generated,
            record.lease,
            record.since.unwrap_or_else(Timestamp::now).to_string(),
            record.details,
            record.result,
        ],
    )
}

/// Replaces up to `max` accepted keys before this moment by their hashes, and deletes their results.
/// Returns how many there were.
pub fn forget_results(
    connection: &Connection,
    before: Timestamp,
    max: i64,
    digest: impl Fn(&str) -> String,
) -> Result<u64> {
    let query = "SELECT key FROM keys
                 WHERE state = 'accepted' AND substr(key, 1, 5) <> 'hash:' AND since < ?1
                 ORDER BY since LIMIT ?2";
    let mut statement = connection.prepare_cached(query).map_err(unreadable)?;
    let before = before.to_string();
    let old = statement.query_map(params![before, max], |row| row.get(0)).map_err(unreadable)?;
    let old: Vec<String> = old.collect::<rusqlite::Result<_>>().map_err(unreadable)?;
    for key in &old {
        let query = "UPDATE OR REPLACE keys SET key = ?2, tracking_id = '', lease = '',
                         details = NULL, result = ?3
                     WHERE key = ?1";
        connection
            .execute(query, [key, &forgotten_key(&digest(key)), FORGOTTEN_RESULT])
            .map_err(not_written)?;
    }
    Ok(old.len() as u64)
}

pub fn remove(connection: &Connection, key: &str) -> Result<()> {
    connection.execute("DELETE FROM keys WHERE key = ?1", [key]).map(drop).map_err(not_written)
}

pub fn find(connection: &Connection, key: &str) -> Result<Option<KeyRecord>> {
    connection
        .query_row(&format!("SELECT {COLUMNS} FROM keys WHERE key = ?1"), [key], from_row)
        .optional()
        .map_err(unreadable)
}

pub fn all(connection: &Connection) -> Result<Vec<KeyRecord>> {
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM keys")).map_err(unreadable)?;
    let rows = statement.query_map([], from_row).map_err(unreadable)?;
    rows.collect::<rusqlite::Result<_>>().map_err(unreadable)
}

/// Parses a row. A damaged row with an unreadable state becomes an unresolved key.
pub fn from_row(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    let text = |at: usize| row.get::<_, Option<String>>(at).ok().flatten();
    let known = text(1).as_deref().and_then(parse_state);
    let tracking_id = text(4);
    let since = text(7).and_then(|time| time.parse().ok());
    let identity = text(2).zip(text(3));
    let result = text(9);
    let unreadable_result = known == Some(KeyState::Accepted)
        && result
            .as_deref()
            .is_none_or(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_err());
    Ok(KeyRecord {
        key: text(0).unwrap_or_default(),
        state: known.unwrap_or(KeyState::Unresolved),
        identity: identity.map(|(content, account)| Identity { content, account }),
        damaged: known.is_none() || tracking_id.is_none() || since.is_none() || unreadable_result,
        tracking: Tracking {
            id: tracking_id.unwrap_or_default(),
            generated: row.get::<_, bool>(5).unwrap_or(false),
        },
        lease: text(6).unwrap_or_default(),
        since,
        details: text(8),
        result,
    })
}
