//! Batches in SQLite. Writers exclude each other, so a row that a transaction finds free is free.
//! The primary key of `batch_rows` enforces it again.

mod calls;
mod row_ids;

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::{Connection, Row, params};

use crate::storage::batches::{
    Batch, Batches, CallEnd, CallRecord, CallState, Cancelled, Claimed, Counts, Created, NewBatch,
    NewCall, RowIndex, Start, WorkerLease, new_id, not_on_record, time_at_rate,
};
use crate::storage::sends::NewSend;
use crate::storage::sqlite::Sqlite;
use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::{Error, Result, Store as _};

const COLUMNS: &str = "number, id, name, command, account, source, content, definition, rows, \
                       enqueued, created_at, cancelled_at";

/// The length of the write-ahead log in pages at which a worker copies it into the database. A call
/// with many rows adds twenty pages: with the limit for other commands, one call in five would wait
/// for several more writes to disk. The end of the batch shortens the log.
const MAX_LOG_PAGES: i64 = 1000;

impl Batches for Sqlite {
    fn create(&self, new: &NewBatch) -> Result<Created> {
        let id = new_id()?;
        self.change(true, |transaction| {
            if let Some(batch) = find(transaction, "identity = ?1", &new.identity)? {
                return Ok(Created::Existing(batch));
            }
            transaction
                .execute(
                    "INSERT INTO batches (id, identity, name, command, account, source, content,
                                          definition, rows, enqueued, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    params![
                        id,
                        new.identity,
                        new.name,
                        new.command,
                        new.account,
                        new.source,
                        new.content,
                        new.definition,
                        new.rows.cast_signed(),
                        new.enqueued,
                        Timestamp::now().as_millisecond(),
                    ],
                )
                .map_err(not_written)?;
            find(transaction, "id = ?1", &id)?.map(Created::New).ok_or_else(|| not_on_record(&id))
        })
    }

    fn find(&self, identity: &str) -> Result<Option<Batch>> {
        find(&self.connection, "identity = ?1", identity)
    }

    fn batch(&self, id_or_name: &str) -> Result<Option<Batch>> {
        match find(&self.connection, "id = ?1", id_or_name)? {
            Some(batch) => Ok(Some(batch)),
            None => find(&self.connection, "name = ?1", id_or_name),
        }
    }

    fn batches(&self) -> Result<Vec<Batch>> {
        let query = format!("SELECT {COLUMNS} FROM batches ORDER BY number DESC");
        let mut statement = self.connection.prepare(&query).map_err(unreadable)?;
        let found = statement.query_map([], from_row).map_err(unreadable)?;
        found.map(|batch| with_counts(&self.connection, batch.map_err(unreadable)?)).collect()
    }

    fn amend(&self, current: &Batch, rows: u64, definition: &str) -> Result<bool> {
        self.change(true, |transaction| {
            let (number, _) = number(transaction, &current.id)?;
            let query = "UPDATE batches SET rows = ?2, definition = ?3
                         WHERE number = ?1 AND rows = ?4 AND definition = ?5";
            let (rows, old) = (rows.cast_signed(), current.rows.cast_signed());
            transaction
                .execute(query, params![number, rows, definition, old, current.definition])
                .map(|changed| changed == 1)
                .map_err(not_written)
        })
    }

    fn cancel(&self, batch: &str) -> Result<()> {
        self.change(true, |transaction| {
            let (number, _) = number(transaction, batch)?;
            let query = "UPDATE batches SET cancelled_at = coalesce(cancelled_at, ?2)
                         WHERE number = ?1";
            transaction
                .execute(query, params![number, Timestamp::now().as_millisecond()])
                .map_err(not_written)?;
            calls::forget_payloads(transaction, number)
        })
    }

    fn worker(&self) -> Result<Box<dyn WorkerLease>> {
        // The copies of pages for SAVEPOINT go to memory: a large call would create a temporary file.
        let settings = [("wal_autocheckpoint", MAX_LOG_PAGES), ("temp_store", 2)];
        for (name, value) in settings {
            self.connection.pragma_update(None, name, value).map_err(unreadable)?;
        }
        self.lease()
    }

    fn is_working(&self, worker: &str) -> Result<bool> {
        Ok(self.is_alive(worker))
    }

    fn finish_and_start(
        &self,
        batch: &str,
        ends: &[(i64, CallEnd)],
        worker: &str,
        calls: &[NewCall],
    ) -> Result<Vec<Start>> {
        self.change(true, |transaction| {
            let number = open_batch(transaction, batch)?;
            finish_all(transaction, number, ends)?;
            let now = Timestamp::now();
            calls
                .iter()
                .map(|call| calls::add(transaction, number, call, Some((worker, now))))
                .collect()
        })
    }

    fn enqueue(&self, batch: &str, calls: &[NewCall]) -> Result<Vec<Start>> {
        self.change(true, |transaction| {
            let number = open_batch(transaction, batch)?;
            let add = |call| calls::add(transaction, number, call, None);
            let starts = calls.iter().map(add).collect::<Result<_>>()?;
            calls::forget_replaced_payloads(transaction, number)?;
            Ok(starts)
        })
    }

    fn claim_within_limits(
        &self,
        batch: &str,
        worker: &str,
        max: usize,
        send_of: &dyn Fn(&CallRecord) -> Option<NewSend>,
    ) -> Result<Claimed> {
        let number = number(&self.connection, batch)?.0;
        if calls::queued(&self.connection, number, 1)?.is_empty() {
            return Ok(Claimed::default());
        }
        self.change(true, |transaction| match open_batch(transaction, batch) {
            Ok(number) => calls::claim(transaction, number, worker, max, send_of),
            Err(Error::NotWritten(error)) if error.is::<Cancelled>() => Ok(Claimed::default()),
            Err(error) => Err(error),
        })
    }

    fn finish(&self, batch: &str, ends: &[(i64, CallEnd)]) -> Result<()> {
        // A lost `unknown` is concluded again, because its worker is gone.
        let durable =
            ends.iter().any(|(_, end)| !matches!(end, CallEnd::Unknown { .. } | CallEnd::NotSent));
        self.change(durable, |transaction| {
            let (number, _) = number(transaction, batch)?;
            finish_all(transaction, number, ends)
        })
    }

    fn recorded_rows(&self, batch: &str, visit: &mut dyn FnMut(RowIndex)) -> Result<()> {
        let (number, _) = number(&self.connection, batch)?;
        let query = "SELECT id FROM batch_rows WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
        let mut statement = self.connection.prepare_cached(query).map_err(unreadable)?;
        let mut rows = statement.query(row_ids::range(number)?).map_err(unreadable)?;
        while let Some(row) = rows.next().map_err(unreadable)? {
            visit(row_ids::row(row.get(0).map_err(unreadable)?));
        }
        Ok(())
    }

    fn calls(
        &self,
        batch: &str,
        states: &[CallState],
        visit: &mut dyn FnMut(CallRecord) -> Result<()>,
    ) -> Result<()> {
        let (number, _) = number(&self.connection, batch)?;
        calls::visit(&self.connection, number, states, visit)
    }

    fn supersede(&self, batch: &str, call: i64) -> Result<bool> {
        self.change(true, |transaction| {
            let (number, _) = number(transaction, batch)?;
            calls::supersede(transaction, number, call)
        })
    }

    fn reserve_rate(&self, batch: &str, messages: u64, per_second: f64) -> Result<Duration> {
        let Some(needed) = time_at_rate(messages, per_second) else {
            return Ok(Duration::ZERO);
        };
        self.change(false, |transaction| {
            let (number, _) = number(transaction, batch)?;
            let now = Timestamp::now().as_microsecond();
            let (at, free): (i64, i64) = transaction
                .query_row(
                    "SELECT rate_at, rate_free_at FROM batches WHERE number = ?1",
                    [number],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .map_err(unreadable)?;
            // If the clock was set back, the reserved time moves with it.
            let free = free.saturating_sub(at.saturating_sub(now).max(0));
            let start = free.max(now);
            let end = start.saturating_add(needed);
            transaction
                .execute(
                    "UPDATE batches SET rate_at = ?2, rate_free_at = ?3 WHERE number = ?1",
                    params![number, now, end],
                )
                .map_err(not_written)?;
            Ok(Duration::from_micros((start - now).unsigned_abs()))
        })
    }
}

fn finish_all(connection: &Connection, batch: i64, ends: &[(i64, CallEnd)]) -> Result<()> {
    ends.iter().try_for_each(|(id, end)| calls::finish(connection, batch, *id, end))
}

/// The number of a batch, and whether it was cancelled.
fn number(connection: &Connection, batch: &str) -> Result<(i64, bool)> {
    connection
        .prepare_cached("SELECT number, cancelled_at IS NOT NULL FROM batches WHERE id = ?1")
        .and_then(|mut statement| {
            statement.query_row([batch], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .map_err(unreadable)?
        .ok_or_else(|| not_on_record(batch))
}

/// The number of a batch that may start calls.
fn open_batch(connection: &Connection, batch: &str) -> Result<i64> {
    match number(connection, batch)? {
        (_, true) => Err(Error::NotWritten(Cancelled.into())),
        (number, false) => Ok(number),
    }
}

/// The latest batch that meets a condition.
fn find(connection: &Connection, condition: &str, value: &str) -> Result<Option<Batch>> {
    let query =
        format!("SELECT {COLUMNS} FROM batches WHERE {condition} ORDER BY number DESC LIMIT 1");
    let found = connection.query_row(&query, [value], from_row).optional().map_err(unreadable)?;
    found.map(|batch| with_counts(connection, batch)).transpose()
}

/// Parses a row: the number of the batch, and the batch without its counts.
fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, Batch)> {
    let time = |at: i64| Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let batch = Batch {
        id: row.get(1)?,
        name: row.get(2)?,
        command: row.get(3)?,
        account: row.get(4)?,
        source: row.get(5)?,
        content: row.get(6)?,
        definition: row.get(7)?,
        rows: row.get::<_, i64>(8)?.cast_unsigned(),
        enqueued: row.get(9)?,
        created_at: time(row.get(10)?),
        cancelled_at: row.get::<_, Option<i64>>(11)?.map(time),
        counts: Counts::default(),
    };
    Ok((row.get(0)?, batch))
}

fn with_counts(connection: &Connection, (number, mut batch): (i64, Batch)) -> Result<Batch> {
    let query = "SELECT state, sum(row_count) FROM batch_calls WHERE batch = ?1 GROUP BY state";
    let mut statement = connection.prepare_cached(query).map_err(unreadable)?;
    let mut rows = statement.query([number]).map_err(unreadable)?;
    while let Some(row) = rows.next().map_err(unreadable)? {
        let state: String = row.get(0).map_err(unreadable)?;
        let count = row.get::<_, i64>(1).map_err(unreadable)?.cast_unsigned();
        batch.counts.add(CallState::parse(&state), count);
    }
    Ok(batch)
}

#[cfg(test)]
pub fn add_call(connection: &Connection, batch: &str, new: &NewCall) -> Result<Start> {
    calls::add(connection, open_batch(connection, batch)?, new, Some(("w", Timestamp::now())))
}
