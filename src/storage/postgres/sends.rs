//! The recorded sends in PostgreSQL. All times are those of the server, because the clocks of the
//! machines may differ.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postgres::Row;

use crate::storage::batches::CallEnd;
use crate::storage::postgres::connection::PATIENCE;
use crate::storage::postgres::errors::{StepError, StepResult};
use crate::storage::postgres::schema::NOW as CLOCK;
use crate::storage::postgres::session::{Session, lock_number, unexpected};
use crate::storage::postgres::{Postgres, keys};
use crate::storage::sends::{
    self, History, NewSend, Reached, SendFilter, SendOutcome, SendRecord, Sends,
};
use crate::storage::{Result, SendEnd, Store as _};

const COLUMNS: &str = "id, key, call, at, outcome, messages, record, result, receipt";
/// The start of the statement, in microseconds: unlike the clock, it can be compared with an index.
const NOW: &str = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";
/// The lock of a transaction that counts messages.
const LOCK: &str = "alimsg: count messages";

/// Makes runs with limits wait until this transaction ends, so that the counts stay as they are.
/// Taken before rows of batches are.
pub fn lock<'a>(
    session: &mut Session,
    mut sends: impl Iterator<Item = &'a NewSend>,
) -> StepResult<()> {
    if sends.any(|send| !send.limits.is_empty()) {
        session.rows("SELECT pg_advisory_xact_lock($1)", &[&lock_number(LOCK)])?;
    }
    Ok(())
}

/// Whether this run deletes old records: only some do, because each statement is a round trip.
pub fn is_due() -> bool {
    uuid::Uuid::new_v4().as_u128().is_multiple_of(32)
}

/// Records a send, unless it would exceed a limit. Old records are deleted, some at a time.
pub fn add(
    session: &mut Session,
    key: Option<&str>,
    call: Option<i64>,
    send: &NewSend,
) -> StepResult<Option<Reached>> {
    if let Some(reached) = reached(session, send)? {
        return Ok(Some(reached));
    }
    if !send.keep.is_zero() && is_due() {
        let query = format!(
            "DELETE FROM sends WHERE id IN (
                 SELECT id FROM sends WHERE at < {NOW} - $1::bigint
                 ORDER BY at LIMIT 2000 FOR UPDATE SKIP LOCKED)"
        );
        session.execute(&query, &[&length(send.keep)])?;
    }
    let query = format!(
        "INSERT INTO sends (key, call, at, outcome, messages, record, recipients)
         VALUES ($1, $2, {CLOCK}, 'started', $3, $4, $5)"
    );
    let messages = i64::try_from(send.recipients.len()).unwrap_or(i64::MAX);
    session.execute(&query, &[&key, &call, &messages, &send.record, &send.recipients])?;
    Ok(None)
}

/// Records how the send of a key ended.
pub fn finish(session: &mut Session, key: &str, end: &SendEnd<'_>) -> StepResult<()> {
    let (outcome, result) = end.send_outcome();
    let query = "UPDATE sends SET outcome = $2, result = coalesce($3, result)
                 WHERE key = $1 AND outcome IN ('started', 'unknown')";
    session.execute(query, &[&key, &outcome.name(), &result]).map(drop)
}

/// Records how a call of a batch ended.
pub fn finish_call(session: &mut Session, call: i64, end: &CallEnd) -> StepResult<()> {
    let Some((outcome, result)) = end.send_outcome() else {
        let query = "DELETE FROM sends WHERE call = $1 AND outcome IN ('started', 'unknown')";
        return session.execute(query, &[&call]).map(drop);
    };
    let query = "UPDATE sends SET outcome = $2, result = $3
                 WHERE call = $1 AND outcome IN ('started', 'unknown')";
    session.execute(query, &[&call, &outcome.name(), &result]).map(drop)
}

fn reached(session: &mut Session, send: &NewSend) -> StepResult<Option<Reached>> {
    sends::reached(&mut Recorded(session), send)
}

/// The sends that count now.
struct Recorded<'s>(&'s mut Session);

impl History for Recorded<'_> {
    type Error = StepError;

    fn messages(&mut self, window: Duration) -> StepResult<u64> {
        let query = format!(
            "SELECT coalesce(sum(messages), 0)::bigint FROM sends
             WHERE at > {NOW} - $1::bigint AND outcome <> 'not_sent'"
        );
        let row = self.0.row(&query, &[&length(window)])?.ok_or_else(unexpected)?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    fn ages(&mut self, window: Duration) -> StepResult<Vec<(Duration, u64)>> {
        let query = format!(
            "SELECT {NOW} - at, messages FROM sends
             WHERE at > {NOW} - $1::bigint AND outcome <> 'not_sent' ORDER BY at"
        );
        let rows = self.0.rows(&query, &[&length(window)])?;
        let age = |row: &Row| (age(row.get(0)), row.get::<_, i64>(1).unsigned_abs());
        Ok(rows.iter().map(age).collect())
    }

    fn received(
        &mut self,
        window: Duration,
        recipients: &[i64],
    ) -> StepResult<Vec<(i64, Duration)>> {
        let query = format!(
            "SELECT recipient, {NOW} - at FROM sends, unnest(recipients) recipient
             WHERE at > {NOW} - $1::bigint AND outcome <> 'not_sent'
               AND recipients && $2 AND recipient = ANY($2)"
        );
        let rows = self.0.rows(&query, &[&length(window), &recipients])?;
        Ok(rows.iter().map(|row| (row.get(0), age(row.get(1)))).collect())
    }
}

impl Sends for Postgres {
    fn reached(&self, send: &NewSend) -> Result<Option<Reached>> {
        self.connection.read(|session| reached(session, send))
    }

    fn usage(&self, windows: &[Duration]) -> Result<Vec<u64>> {
        self.connection.read(|session| {
            let mut recorded = Recorded(session);
            windows.iter().map(|window| recorded.messages(*window)).collect()
        })
    }

    fn list(&self, filter: &SendFilter) -> Result<Vec<SendRecord>> {
        let query = format!(
            "SELECT {COLUMNS} FROM sends
             WHERE record IS NOT NULL AND at >= $1 AND at <= $2
               AND ($3::bigint IS NULL OR recipients @> ARRAY[$3::bigint])
             ORDER BY id DESC"
        );
        let bound = |time: Option<Timestamp>, none| time.map_or(none, Timestamp::as_microsecond);
        let since = bound(filter.since, i64::MIN);
        let until = bound(filter.until, i64::MAX);
        self.connection.read(|session| {
            let rows = session.rows(&query, &[&since, &until, &filter.recipient])?;
            rows.iter().map(from_row).collect()
        })
    }

    fn send(&self, id: i64) -> Result<Option<SendRecord>> {
        let query = format!("SELECT {COLUMNS} FROM sends WHERE id = $1 AND record IS NOT NULL");
        let read =
            |session: &mut Session| session.row(&query, &[&id])?.as_ref().map(from_row).transpose();
        self.connection.read(read)
    }

    fn set_receipt(&self, id: i64, receipt: &str) -> Result<()> {
        let query = "UPDATE sends SET receipt = $2 WHERE id = $1";
        self.connection
            .change(PATIENCE, |session| session.execute(query, &[&id, &receipt]).map(drop))
    }

    fn prune(&self, before: Timestamp) -> Result<(u64, u64)> {
        self.connection.change(PATIENCE, |session| {
            let query = "DELETE FROM sends WHERE at < $1";
            let deleted = session.execute(query, &[&before.as_microsecond()])?;
            let keys = keys::forget_results(session, before, i64::MAX, |key| self.digest(key))?;
            Ok((deleted, keys))
        })
    }
}

fn from_row(row: &Row) -> StepResult<SendRecord> {
    Ok(SendRecord {
        id: row.get(0),
        key: row.get(1),
        call: row.get(2),
        at: Timestamp::from_microsecond(row.get(3)).map_err(|_| unexpected())?,
        outcome: SendOutcome::parse(row.get(4)),
        messages: row.get::<_, i64>(5).unsigned_abs(),
        record: row.get(6),
        result: row.get(7),
        receipt: row.get(8),
    })
}

fn length(window: Duration) -> i64 {
    i64::try_from(window.as_micros()).unwrap_or(i64::MAX / 4)
}

/// A message from the future counts as new, because the clock of the server was set back after it.
fn age(microseconds: i64) -> Duration {
    SignedDuration::from_micros(microseconds.max(0)).unsigned_abs()
}
