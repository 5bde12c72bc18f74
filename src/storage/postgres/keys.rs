//! The table of idempotency keys.

use std::path::Path;

use jiff::Timestamp;
use postgres::Row;

use crate::storage::postgres::errors::StepResult;
use crate::storage::postgres::leases;
use crate::storage::postgres::schema::NOW;
use crate::storage::postgres::session::Session;
use crate::storage::records::{FORGOTTEN_RESULT, forgotten_key};
use crate::storage::{
    Error, Identity, KeyRecord, KeyState, NewKey, Owner, Reserve, SendEnd, Tracking,
};

const COLUMNS: &str = "key, state, content, account, tracking_id, generated, lease, since, \
                       details, result";

/// Parses the name of a state.
fn parse_state(name: &str) -> Option<KeyState> {
    match name {
        "reserved" => Some(KeyState::Reserved),
        "calling" => Some(KeyState::Calling),
        "unresolved" => Some(KeyState::Unresolved),
        "accepted" => Some(KeyState::Accepted),
        _ => None,
    }
}

pub fn reserve(
    session: &mut Session,
    folder: &Path,
    key: &str,
    new: &NewKey,
) -> StepResult<Reserve> {
    let mut inserted = insert(session, key, new)?;
    if !inserted {
        // The row is locked from here on, so that no other run takes over the same key.
        let Some(known) = find_locked(session, key)? else {
            // It was removed in the meantime.
            inserted = insert(session, key, new)?;
            return Ok(if inserted { Reserve::Reserved } else { Reserve::Busy });
        };
        let is_own = known.state == KeyState::Reserved && known.lease == new.lease;
        if known.state == KeyState::Accepted {
            return Ok(Reserve::Used(Box::new(known)));
        }
        if !is_own && leases::is_alive(session, folder, &known.lease)? {
            return Ok(Reserve::Busy);
        }
        if known.state != KeyState::Reserved || known.damaged {
            return Ok(Reserve::Used(Box::new(known)));
        }
        // Its run ended before it started the call.
        session.execute("DELETE FROM keys WHERE key = $1", &[&key])?;
        insert(session, key, new)?;
    }
    Ok(Reserve::Reserved)
}

/// Reserves the key; false if it is on record.
pub fn insert(session: &mut Session, key: &str, new: &NewKey) -> StepResult<bool> {
    let query = format!(
        "INSERT INTO keys ({COLUMNS})
         VALUES ($1, 'reserved', $2, $3, $4, $5, $6, {NOW}, $7, NULL)
         ON CONFLICT (key) DO NOTHING"
    );
    let inserted = session.execute(
        &query,
        &[
            &key,
            &new.identity.content,
            &new.identity.account,
            &new.tracking.id,
            &new.tracking.generated,
            &new.lease,
            &new.details,
        ],
    )?;
    Ok(inserted == 1)
}

/// Records that the call is about to start: from here on, the message may be sent.
pub fn start(session: &mut Session, owner: Owner<'_>) -> StepResult<()> {
    let query = format!(
        "UPDATE keys SET state = 'calling', since = {NOW}
         WHERE key = $1 AND lease = $2 AND state = 'reserved'"
    );
    match session.execute(&query, &[&owner.key, &owner.lease])? {
        1 => Ok(()),
        _ => Err(Error::TakenOver.into()),
    }
}

/// Whether this run has recorded that its call is about to start.
pub fn is_started(session: &mut Session, owner: Owner<'_>) -> StepResult<bool> {
    let query = "SELECT 1 FROM keys WHERE key = $1 AND lease = $2 AND state = 'calling'";
    Ok(session.row(query, &[&owner.key, &owner.lease])?.is_some())
}

pub fn finish(session: &mut Session, owner: Owner<'_>, end: &SendEnd<'_>) -> StepResult<()> {
    let Owner { key, lease } = owner;
    let changed = match end {
        SendEnd::Accepted { result: Some(result), .. } => session.execute(
            "UPDATE keys SET state = 'accepted', result = $3, details = NULL
             WHERE key = $1 AND lease = $2",
            &[&key, &lease, result],
        ),
        SendEnd::Accepted { result: None, .. } => {
            session.execute("DELETE FROM keys WHERE key = $1 AND lease = $2", &[&key, &lease])
        }
        // A receipt may have settled it in the meantime.
        SendEnd::Unresolved { details } => session.execute(
            "UPDATE keys
             SET state = CASE state WHEN 'accepted' THEN state ELSE 'unresolved' END,
                 details = CASE state WHEN 'accepted' THEN NULL ELSE coalesce($3, details) END
             WHERE key = $1 AND lease = $2",
            &[&key, &lease, details],
        ),
        SendEnd::NotSent => session.execute(
            "DELETE FROM keys WHERE key = $1 AND lease = $2 AND state <> 'accepted'",
            &[&key, &lease],
        ),
    }?;
    let removes = matches!(end, SendEnd::NotSent | SendEnd::Accepted { result: None, .. });
    let is_done = changed == 1 || session.is_repeated && removes;
    if is_done { Ok(()) } else { Err(Error::TakenOver.into()) }
}

pub fn release(session: &mut Session, owner: Owner<'_>) -> StepResult<()> {
    let query = "DELETE FROM keys WHERE key = $1 AND lease = $2 AND state = 'reserved'";
    session.execute(query, &[&owner.key, &owner.lease]).map(drop)
}

/// Records that a message was accepted after all, also if its record was removed.
pub fn put_accepted(session: &mut Session, record: &KeyRecord, result: &str) -> StepResult<()> {
    let identity = record.identity.as_ref();
    let since = record.since.unwrap_or_else(Timestamp::now).as_microsecond();
    let query = format!(
        "INSERT INTO keys ({COLUMNS})
         VALUES ($1, 'accepted', $2, $3, $4, $5, $6, $7, NULL, $8)
         ON CONFLICT (key) DO UPDATE
         SET state = 'accepted', result = excluded.result, details = NULL, since = excluded.since
         WHERE keys.tracking_id = excluded.tracking_id"
    );
    let changed = session.execute(
        &query,
        &[
            &record.key,
            &identity.map(|identity| &identity.content),
            &identity.map(|identity| &identity.account),
            &record.tracking.id,
            &record.tracking.generated,
            &record.lease,
            &since,
            &result,
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::TakenOver.into()) }
}

/// Removes the key if its record is unchanged and its run has ended; false otherwise.
pub fn remove_unchanged(
    session: &mut Session,
    folder: &Path,
    record: &KeyRecord,
) -> StepResult<bool> {
    let Some(now) = find_locked(session, &record.key)? else {
        return Ok(session.is_repeated);
    };
    let is_unchanged = now.state == record.state
        && now.tracking == record.tracking
        && now.lease == record.lease
        && !leases::is_alive(session, folder, &now.lease)?;
    if is_unchanged {
        session.execute("DELETE FROM keys WHERE key = $1", &[&record.key])?;
    }
    Ok(is_unchanged)
}

/// Replaces up to `max` accepted keys before this moment by their hashes, and deletes their results.
/// Returns how many there were.
pub fn forget_results(
    session: &mut Session,
    before: Timestamp,
    max: i64,
    digest: impl Fn(&str) -> String,
) -> StepResult<u64> {
    let query = "SELECT key FROM keys
                 WHERE state = 'accepted' AND substr(key, 1, 5) <> 'hash:' AND since < $1
                 ORDER BY since LIMIT $2 FOR UPDATE SKIP LOCKED";
    let old = session.rows(query, &[&before.as_microsecond(), &max])?;
    for row in &old {
        let key: &str = row.get(0);
        let query = "UPDATE keys SET key = $2, tracking_id = '', lease = '',
                         details = NULL, result = $3
                     WHERE key = $1";
        session.execute(query, &[&key, &forgotten_key(&digest(key)), &FORGOTTEN_RESULT])?;
    }
    Ok(old.len() as u64)
}

pub fn find(session: &mut Session, key: &str) -> StepResult<Option<KeyRecord>> {
    let row = session.row(&format!("SELECT {COLUMNS} FROM keys WHERE key = $1"), &[&key])?;
    Ok(row.as_ref().map(from_row))
}

/// Finds a key; no other run can change it until the transaction ends.
fn find_locked(session: &mut Session, key: &str) -> StepResult<Option<KeyRecord>> {
    let query = format!("SELECT {COLUMNS} FROM keys WHERE key = $1 FOR UPDATE");
    Ok(session.row(&query, &[&key])?.as_ref().map(from_row))
}

pub fn all(session: &mut Session) -> StepResult<Vec<KeyRecord>> {
    let rows = session.rows(&format!("SELECT {COLUMNS} FROM keys ORDER BY since DESC"), &[])?;
    Ok(rows.iter().map(from_row).collect())
}

/// Parses a row. A row with an unknown state becomes an unresolved key.
fn from_row(row: &Row) -> KeyRecord {
    let known = parse_state(row.get(1));
    let content: Option<String> = row.get(2);
    let account: Option<String> = row.get(3);
    let since = Timestamp::from_microsecond(row.get(7)).ok();
    let result: Option<String> = row.get(9);
    let unreadable_result = known == Some(KeyState::Accepted)
        && result
            .as_deref()
            .is_none_or(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_err());
    KeyRecord {
        key: row.get(0),
        state: known.unwrap_or(KeyState::Unresolved),
        identity: content.zip(account).map(|(content, account)| Identity { content, account }),
        tracking: Tracking { id: row.get(4), generated: row.get(5) },
        lease: row.get(6),
        since,
        details: row.get(8),
        result,
        damaged: known.is_none() || since.is_none() || unreadable_result,
    }
}
