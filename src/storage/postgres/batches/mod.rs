//! Batches in PostgreSQL. The primary key of `batch_rows` makes sure that a row has one call, also
//! among concurrent transactions.

mod calls;
mod ends;

use std::time::Duration;

use jiff::Timestamp;
use postgres::Row;

use crate::os::failpoint;
use crate::storage::batches::{
    Batch, Batches, CallEnd, CallRecord, CallState, Cancelled, Claimed, Counts, Created, NewBatch,
    NewCall, RowIndex, Start, WorkerLease, new_id, not_on_record, time_at_rate,
};
use crate::storage::postgres::connection::{PATIENCE, RESULT_PATIENCE};
use crate::storage::postgres::errors::{StepError, StepResult};
use crate::storage::postgres::schema::NOW;
use crate::storage::postgres::session::{Session, unexpected};
use crate::storage::postgres::{Postgres, leases};
use crate::storage::sends::NewSend;
use crate::storage::{Error, Result, Store as _};

const COLUMNS: &str = "number, id, name, command, account, source, content, definition, \
                       row_total, enqueued, created_at, cancelled_at";
/// The number of rows that are read at once.
const PAGE: i64 = 50_000;

impl Batches for Postgres {
    fn create(&self, new: &NewBatch) -> Result<Created> {
        let id = new_id()?;
        let query = format!(
            "INSERT INTO batches (id, identity, name, command, account, source, content,
                                  definition, row_total, enqueued, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, {NOW})
             ON CONFLICT (identity) DO NOTHING"
        );
        self.connection.change(PATIENCE, |session| {
            session.execute(
                &query,
                &[
                    &id,
                    &new.identity,
                    &new.name,
                    &new.command,
                    &new.account,
                    &new.source,
                    &new.content,
                    &new.definition,
                    &new.rows.cast_signed(),
                    &new.enqueued,
                ],
            )?;
            let batch = find(session, "identity = $1", &new.identity)?.ok_or_else(unexpected)?;
            // Also if an earlier attempt has created it.
            Ok(if batch.id == id { Created::New(batch) } else { Created::Existing(batch) })
        })
    }

    fn find(&self, identity: &str) -> Result<Option<Batch>> {
        self.connection.read(|session| find(session, "identity = $1", identity))
    }

    fn batch(&self, id_or_name: &str) -> Result<Option<Batch>> {
        self.connection.read(|session| match find(session, "id = $1", id_or_name)? {
            Some(batch) => Ok(Some(batch)),
            None => find(session, "name = $1", id_or_name),
        })
    }

    fn batches(&self) -> Result<Vec<Batch>> {
        let query = format!("SELECT {COLUMNS} FROM batches ORDER BY number DESC");
        self.connection.read(|session| {
            let rows = session.rows(&query, &[])?;
            rows.iter().map(|row| with_counts(session, from_row(row))).collect()
        })
    }

    fn amend(&self, current: &Batch, rows: u64, definition: &str) -> Result<bool> {
        let query = "UPDATE batches SET row_total = $2, definition = $3
                     WHERE number = $1 AND row_total = $4 AND definition = $5";
        let (rows, old) = (rows.cast_signed(), current.rows.cast_signed());
        self.connection.change(PATIENCE, |session| {
            let (number, _) = number(session, &current.id)?;
            let values =
                session.execute(query, &[&number, &rows, &definition, &old, &current.definition]);
            values.map(|changed| changed == 1)
        })
    }

    fn cancel(&self, batch: &str) -> Result<()> {
        let query = format!(
            "UPDATE batches SET cancelled_at = coalesce(cancelled_at, {NOW}) WHERE number = $1"
        );
        self.connection.change(PATIENCE, |session| {
            let (number, _) = number(session, batch)?;
            session.execute(&query, &[&number])?;
            ends::forget_payloads(session, number)
        })
    }

    fn worker(&self) -> Result<Box<dyn WorkerLease>> {
        self.lease()
    }

    fn is_working(&self, worker: &str) -> Result<bool> {
        self.connection.read(|session| leases::is_alive(session, &self.leases, worker))
    }

    fn finish_and_start(
        &self,
        batch: &str,
        ends: &[(i64, CallEnd)],
        worker: &str,
        calls: &[NewCall],
    ) -> Result<Vec<Start>> {
        let tokens: Vec<String> = calls.iter().map(|_| calls::new_token()).collect();
        let starts = self.connection.change(PATIENCE, |session| {
            if session.is_repeated {
                let (number, _) = number(session, batch)?;
                if let Some(starts) = calls::added(session, number, calls, &tokens)? {
                    return Ok(starts);
                }
            }
            let number = open_batch(session, batch)?;
            ends::finish_all(session, number, ends)?;
            let starts = calls::add(session, number, calls, &tokens, Some(worker))?;
            failpoint::point("store: about to commit the start of calls");
            Ok(starts)
        })?;
        failpoint::point("store: start of calls committed");
        Ok(starts)
    }

    fn enqueue(&self, batch: &str, calls: &[NewCall]) -> Result<Vec<Start>> {
        let tokens: Vec<String> = calls.iter().map(|_| calls::new_token()).collect();
        self.connection.change(PATIENCE, |session| {
            if session.is_repeated {
                let (number, _) = number(session, batch)?;
                if let Some(starts) = calls::added(session, number, calls, &tokens)? {
                    return Ok(starts);
                }
            }
            let number = open_batch(session, batch)?;
            let starts = calls::add(session, number, calls, &tokens, None)?;
            ends::forget_replaced_payloads(session, number)?;
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
        let has_queued = self.connection.read(|session| {
            let (number, _) = number(session, batch)?;
            calls::has_queued(session, number)
        })?;
        if !has_queued {
            return Ok(Claimed::default());
        }
        let token = calls::new_token();
        let claimed = self.connection.change(PATIENCE, |session| {
            if session.is_repeated {
                let (number, _) = number(session, batch)?;
                let calls = calls::claimed(session, number, worker, &token)?;
                if !calls.is_empty() {
                    return Ok(Claimed { calls, limited: None });
                }
            }
            let number = match open_batch(session, batch) {
                Err(StepError::Store(Error::NotWritten(error))) if error.is::<Cancelled>() => {
                    return Ok(Claimed::default());
                }
                number => number?,
            };
            let calls = calls::claim(session, number, worker, max, &token, send_of)?;
            failpoint::point("store: about to commit a claim");
            Ok(calls)
        })?;
        failpoint::point("store: claim committed");
        Ok(claimed)
    }

    fn finish(&self, batch: &str, ends: &[(i64, CallEnd)]) -> Result<()> {
        self.connection.change(RESULT_PATIENCE, |session| {
            let (number, _) = number(session, batch)?;
            ends::finish_all(session, number, ends)
        })
    }

    fn recorded_rows(&self, batch: &str, visit: &mut dyn FnMut(RowIndex)) -> Result<()> {
        let (number, _) = self.connection.read(|session| number(session, batch))?;
        let query = "SELECT row_index FROM batch_rows WHERE batch = $1 AND row_index > $2
                     ORDER BY row_index LIMIT $3";
        let mut last = -1_i64;
        loop {
            let page = self.connection.read(|session| {
                let rows = session.rows(query, &[&number, &last, &PAGE])?;
                Ok(rows.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>())
            })?;
            let Some(end) = page.last() else { return Ok(()) };
            last = *end;
            page.into_iter().for_each(|row| visit(row.cast_unsigned()));
        }
    }

    fn calls(
        &self,
        batch: &str,
        states: &[CallState],
        visit: &mut dyn FnMut(CallRecord) -> Result<()>,
    ) -> Result<()> {
        let (number, _) = self.connection.read(|session| number(session, batch))?;
        let mut last = 0;
        loop {
            let page =
                self.connection.read(|session| calls::page_after(session, number, states, last))?;
            let Some(end) = page.last().map(|call| call.id) else { return Ok(()) };
            last = end;
            page.into_iter().try_for_each(&mut *visit)?;
        }
    }

    fn supersede(&self, batch: &str, call: i64) -> Result<bool> {
        self.connection.change(PATIENCE, |session| {
            let (number, _) = number(session, batch)?;
            if session.is_repeated && ends::is_superseded(session, number, call)? {
                return Ok(true);
            }
            ends::supersede(session, number, call)
        })
    }

    fn reserve_rate(&self, batch: &str, messages: u64, per_second: f64) -> Result<Duration> {
        let Some(needed) = time_at_rate(messages, per_second) else {
            return Ok(Duration::ZERO);
        };
        // If the clock was set back, the reserved time moves with it. Smaller differences come from
        // waiting for another worker.
        let query = format!(
            "WITH clock AS MATERIALIZED (SELECT {NOW} AS now)
             INSERT INTO batch_rates AS rate (batch, at, free_at)
             SELECT $1, now, now + $2::bigint FROM clock
             ON CONFLICT (batch) DO UPDATE
             SET at = excluded.at,
                 free_at = $2::bigint + greatest(
                     excluded.at,
                     rate.free_at - CASE WHEN rate.at - excluded.at > 1000000
                                         THEN rate.at - excluded.at ELSE 0 END)
             RETURNING free_at - $2::bigint - at"
        );
        let wait: i64 = self.connection.change(PATIENCE, |session| {
            let (number, _) = number(session, batch)?;
            let row = session.row(&query, &[&number, &needed])?.ok_or_else(unexpected)?;
            Ok(row.get(0))
        })?;
        Ok(Duration::from_micros(wait.max(0).unsigned_abs()))
    }
}

/// The number of a batch, and whether it was cancelled.
fn number(session: &mut Session, batch: &str) -> StepResult<(i64, bool)> {
    let query = "SELECT number, cancelled_at IS NOT NULL FROM batches WHERE id = $1";
    let row = session.row(query, &[&batch])?.ok_or_else(|| not_on_record(batch))?;
    Ok((row.get(0), row.get(1)))
}

/// The number of a batch that may start calls. It cannot be cancelled until the transaction ends.
fn open_batch(session: &mut Session, batch: &str) -> StepResult<i64> {
    let query = "SELECT number, cancelled_at IS NOT NULL FROM batches WHERE id = $1 FOR SHARE";
    let row = session.row(query, &[&batch])?.ok_or_else(|| not_on_record(batch))?;
    if row.get(1) {
        return Err(Error::NotWritten(Cancelled.into()).into());
    }
    Ok(row.get(0))
}

/// The latest batch that meets a condition.
fn find(session: &mut Session, condition: &str, value: &str) -> StepResult<Option<Batch>> {
    let query =
        format!("SELECT {COLUMNS} FROM batches WHERE {condition} ORDER BY number DESC LIMIT 1");
    let row = session.row(&query, &[&value])?;
    row.map(|row| with_counts(session, from_row(&row))).transpose()
}

/// Parses a row: the number of the batch, and the batch without its counts.
fn from_row(row: &Row) -> (i64, Batch) {
    let time = |at: i64| Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let batch = Batch {
        id: row.get(1),
        name: row.get(2),
        command: row.get(3),
        account: row.get(4),
        source: row.get(5),
        content: row.get(6),
        definition: row.get(7),
        rows: row.get::<_, i64>(8).cast_unsigned(),
        enqueued: row.get(9),
        created_at: time(row.get(10)),
        cancelled_at: row.get::<_, Option<i64>>(11).map(time),
        counts: Counts::default(),
    };
    (row.get(0), batch)
}

fn with_counts(session: &mut Session, (number, mut batch): (i64, Batch)) -> StepResult<Batch> {
    let query = "SELECT state, sum(row_count)::bigint FROM batch_calls WHERE batch = $1
                 GROUP BY state";
    for row in session.rows(query, &[&number])? {
        let count = row.get::<_, i64>(1).cast_unsigned();
        batch.counts.add(CallState::parse(row.get(0)), count);
    }
    Ok(batch)
}
