//! The recorded sends in SQLite. The recipients of a send are one value, because a batch has
//! millions of them: a search reads the values of all sends of its period.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::os::clock;
use crate::storage::Result;
use crate::storage::batches::CallEnd;
use crate::storage::sends::{
    self, History, NewSend, Reached, SendFilter, SendOutcome, SendRecord, Sends,
};
use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::sqlite::{Sqlite, keys};
use crate::storage::{SendEnd, Store as _};

const COLUMNS: &str = "id, key, call, at, outcome, messages, record, result, receipt, recipients";

pub const ADD: &str = "INSERT INTO sends (key, call, at, outcome, messages, record, recipients)
                       VALUES (?1, ?2, ?3, 'started', ?4, ?5, ?6)";
pub const FINISH: &str = "UPDATE sends SET outcome = ?2, result = coalesce(?3, result)
                          WHERE key = ?1 AND outcome IN ('started', 'unknown')";

/// Whose record a send is.
#[derive(Clone, Copy)]
pub enum SendOwner<'a> {
    Key(&'a str),
    Call(i64),
}

/// Records a send, unless it would exceed a limit.
pub fn add(
    connection: &Connection,
    owner: SendOwner<'_>,
    send: &NewSend,
) -> Result<Option<Reached>> {
    let now = clock::now();
    if let Some(reached) = reached(connection, send, now)? {
        return Ok(Some(reached));
    }
    let (key, call) = match owner {
        SendOwner::Key(key) => (Some(key), None),
        SendOwner::Call(call) => (None, Some(call)),
    };
    let add = || -> rusqlite::Result<()> {
        connection
            .prepare_cached(ADD)?
            .execute(params![
                key,
                call,
                milliseconds(now),
                i64::try_from(send.recipients.len()).unwrap_or(i64::MAX),
                send.record,
                encode(&send.recipients),
            ])
            .map(drop)
    };
    add().map_err(not_written)?;
    Ok(None)
}

/// Records how the send of a key ended.
pub fn finish(connection: &Connection, key: &str, end: &SendEnd<'_>) -> Result<()> {
    let (outcome, result) = end.send_outcome();
    connection
        .prepare_cached(FINISH)
        .and_then(|mut statement| statement.execute(params![key, outcome.name(), result]))
        .map(drop)
        .map_err(not_written)
}

/// Records how a call of a batch ended.
pub fn finish_call(connection: &Connection, call: i64, end: &CallEnd) -> Result<()> {
    let Some((outcome, result)) = end.send_outcome() else {
        return connection
            .prepare_cached(
                "DELETE FROM sends WHERE call = ?1 AND outcome IN ('started', 'unknown')",
            )
            .and_then(|mut statement| statement.execute([call]))
            .map(drop)
            .map_err(not_written);
    };
    connection
        .prepare_cached(
            "UPDATE sends SET outcome = ?2, result = ?3
             WHERE call = ?1 AND outcome IN ('started', 'unknown')",
        )
        .and_then(|mut statement| statement.execute(params![call, outcome.name(), result]))
        .map(drop)
        .map_err(not_written)
}

fn reached(connection: &Connection, send: &NewSend, now: Timestamp) -> Result<Option<Reached>> {
    let now = milliseconds(now);
    sends::reached(&mut Recorded { connection, now }, send).map_err(unreadable)
}

/// The sends that count, at a moment.
struct Recorded<'c> {
    connection: &'c Connection,
    now: i64,
}

impl Recorded<'_> {
    fn age(&self, at: i64) -> Duration {
        Duration::from_millis(self.now.saturating_sub(at).max(0).unsigned_abs())
    }
}

impl History for Recorded<'_> {
    type Error = rusqlite::Error;

    fn messages(&mut self, window: Duration) -> rusqlite::Result<u64> {
        let query = "SELECT coalesce(sum(messages), 0) FROM sends
                     WHERE at > ?1 AND outcome <> 'not_sent'";
        let mut statement = self.connection.prepare_cached(query)?;
        let sum: i64 = statement.query_row([self.now - length(window)], |row| row.get(0))?;
        Ok(sum.unsigned_abs())
    }

    fn ages(&mut self, window: Duration) -> rusqlite::Result<Vec<(Duration, u64)>> {
        let query = "SELECT at, messages FROM sends WHERE at > ?1 AND outcome <> 'not_sent'
                     ORDER BY at";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map([self.now - length(window)], |row| {
            Ok((self.age(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        rows.collect()
    }

    fn received(
        &mut self,
        window: Duration,
        recipients: &[i64],
    ) -> rusqlite::Result<Vec<(i64, Duration)>> {
        let wanted: std::collections::HashSet<i64> = recipients.iter().copied().collect();
        let query = "SELECT at, recipients FROM sends WHERE at > ?1 AND outcome <> 'not_sent'";
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query([self.now - length(window)])?;
        let mut received = Vec::new();
        while let Some(row) = rows.next()? {
            let age = self.age(row.get(0)?);
            let found = decode(row.get_ref(1)?.as_blob().unwrap_or_default());
            received.extend(found.filter(|one| wanted.contains(one)).map(|one| (one, age)));
        }
        Ok(received)
    }
}

impl Sends for Sqlite {
    fn reached(&self, send: &NewSend) -> Result<Option<Reached>> {
        reached(&self.connection, send, clock::now())
    }

    fn usage(&self, windows: &[Duration]) -> Result<Vec<u64>> {
        let now = milliseconds(clock::now());
        let mut recorded = Recorded { connection: &self.connection, now };
        let sums = windows.iter().map(|window| recorded.messages(*window));
        sums.collect::<rusqlite::Result<_>>().map_err(unreadable)
    }

    fn list(&self, filter: &SendFilter) -> Result<Vec<SendRecord>> {
        let query = format!(
            "SELECT {COLUMNS} FROM sends
             WHERE record IS NOT NULL AND at >= ?1 AND at <= ?2 ORDER BY id DESC"
        );
        let bound = |time: Option<Timestamp>, none| time.map_or(none, milliseconds);
        let bounds = [bound(filter.since, i64::MIN), bound(filter.until, i64::MAX)];
        let list = || -> rusqlite::Result<Vec<SendRecord>> {
            let mut statement = self.connection.prepare(&query)?;
            let mut rows = statement.query(bounds)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let recipients = row.get_ref(9)?.as_blob().unwrap_or_default();
                let is_wanted = |one: i64| decode(recipients).any(|recipient| recipient == one);
                if filter.recipient.is_none_or(is_wanted) {
                    found.push(from_row(row)?);
                }
            }
            Ok(found)
        };
        list().map_err(unreadable)
    }

    fn send(&self, id: i64) -> Result<Option<SendRecord>> {
        let query = format!("SELECT {COLUMNS} FROM sends WHERE id = ?1 AND record IS NOT NULL");
        self.connection.query_row(&query, [id], from_row).optional().map_err(unreadable)
    }

    fn set_receipt(&self, id: i64, receipt: &str) -> Result<()> {
        let query = "UPDATE sends SET receipt = ?2 WHERE id = ?1";
        self.change(false, |transaction| {
            transaction.execute(query, params![id, receipt]).map(drop).map_err(not_written)
        })
    }

    fn prune(&self, before: Timestamp) -> Result<(u64, u64)> {
        self.change(true, |transaction| {
            let deleted = transaction
                .execute("DELETE FROM sends WHERE at < ?1", [milliseconds(before)])
                .map_err(not_written)?;
            let keys = keys::forget_results(transaction, before, i64::MAX, |key| self.digest(key))?;
            Ok((deleted as u64, keys))
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<SendRecord> {
    Ok(SendRecord {
        id: row.get(0)?,
        key: row.get(1)?,
        call: row.get(2)?,
        at: Timestamp::from_millisecond(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH),
        outcome: SendOutcome::parse(&row.get::<_, String>(4)?),
        messages: row.get::<_, i64>(5)?.unsigned_abs(),
        record: row.get(6)?,
        result: row.get(7)?,
        receipt: row.get(8)?,
    })
}

fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

fn length(window: Duration) -> i64 {
    i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 4)
}

fn encode(recipients: &[i64]) -> Vec<u8> {
    recipients.iter().flat_map(|one| one.to_le_bytes()).collect()
}

fn decode(bytes: &[u8]) -> impl Iterator<Item = i64> {
    bytes.as_chunks::<8>().0.iter().map(|chunk| i64::from_le_bytes(*chunk))
}
