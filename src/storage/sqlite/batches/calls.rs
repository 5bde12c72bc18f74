//! The calls of batches and their rows.

use std::sync::LazyLock;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use rusqlite::{Connection, ErrorCode, Row, params, params_from_iter};

use crate::storage::Result;
use crate::storage::batches::{CallEnd, CallRecord, CallState, Claimed, NewCall, RowIndex, Start};
use crate::storage::rows;
use crate::storage::sends::{NewSend, Reached};
use crate::storage::sqlite::batches::row_ids;
use crate::storage::sqlite::errors::{not_written, unreadable};
use crate::storage::sqlite::retention;
use crate::storage::sqlite::sends::{self, SendOwner};
use crate::storage::{Error, Fix};

const COLUMNS: &str = "id, state, rows, row_count, tracking_id, generated, details, payload, \
                       worker, started_at, result";
/// One statement with many rows takes less time than many statements.
const ROWS_PER_INSERT: usize = 100;
static INSERT_ROWS: LazyLock<String> = LazyLock::new(|| insert_rows(ROWS_PER_INSERT));
static APPEND_ROWS: LazyLock<String> = LazyLock::new(|| {
    format!("INSERT INTO batch_rows (call) VALUES {}", ["(?1)"; ROWS_PER_INSERT].join(", "))
});
/// The number of calls that are read at once.
const PAGE: usize = 100;

/// Executes a statement that is compiled once for each connection.
fn execute(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> Result<usize> {
    connection
        .prepare_cached(statement)
        .and_then(|mut statement| statement.execute(values))
        .map_err(not_written)
}

/// Adds a call with its rows: started by this worker, or queued.
pub fn add(
    connection: &Connection,
    batch: i64,
    call: &NewCall,
    started: Option<(&str, Timestamp)>,
) -> Result<Start> {
    let encoded = rows::encode(&call.rows).ok_or_else(|| {
        Error::NotWritten(anyhow::anyhow!("the rows of a call are not ascending"))
    })?;
    execute(connection, "SAVEPOINT call", [])?;
    let state = if started.is_some() { CallState::Started } else { CallState::Queued };
    execute(
        connection,
        "INSERT INTO batch_calls (batch, state, rows, row_count, tracking_id, generated, details,
                                  payload, worker, started_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            batch,
            state.name(),
            encoded,
            i64::try_from(call.rows.len()).unwrap_or(i64::MAX),
            call.tracking_id,
            call.generated,
            call.details,
            // A run that starts a call itself has its content.
            call.payload.as_ref().filter(|_| started.is_none()),
            started.map(|(worker, _)| worker),
            started.map(|(_, at)| at.as_millisecond()),
        ],
    )?;
    let id = connection.last_insert_rowid();
    let start = if take_rows(connection, batch, id, &call.rows)? {
        let reached = match &call.send {
            Some(send) => add_send(connection, id, send)?,
            None => None,
        };
        if reached.is_some() {
            execute(connection, "ROLLBACK TO call", [])?;
        }
        reached.map_or(Start::Recorded(id), Start::Limited)
    } else {
        execute(connection, "ROLLBACK TO call", [])?;
        Start::Taken(taken(connection, batch, &call.rows)?)
    };
    execute(connection, "RELEASE call", [])?;
    Ok(start)
}

/// Records the rows of a call; false if another call has one of them.
fn take_rows(connection: &Connection, batch: i64, call: i64, rows: &[RowIndex]) -> Result<bool> {
    let mut last_key = last_key(connection)?;
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let keys = chunk.iter().map(|row| row_ids::id(batch, *row)).collect::<Result<Vec<_>>>()?;
        let are_next = keys.iter().copied().eq((last_key + 1..).take(ROWS_PER_INSERT));
        last_key = keys.last().copied().unwrap_or_default().max(last_key);
        if are_next {
            append_rows(connection, call, last_key)?;
            continue;
        }
        let values = params_from_iter(std::iter::once(call).chain(keys));
        let inserted = if chunk.len() == ROWS_PER_INSERT {
            let insert = connection.prepare_cached(&INSERT_ROWS);
            insert.and_then(|mut insert| insert.execute(values))
        } else {
            connection.execute(&insert_rows(chunk.len()), values)
        };
        match inserted {
            Ok(_) => {}
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                return Ok(false);
            }
            Err(error) => return Err(not_written(error)),
        }
    }
    Ok(true)
}

/// Records rows with the keys that SQLite itself gives to new rows, up to this one. It then does not
/// search for their place, which takes most of the time.
fn append_rows(connection: &Connection, call: i64, last_key: i64) -> Result<()> {
    execute(connection, &APPEND_ROWS, [call])?;
    if connection.last_insert_rowid() == last_key {
        return Ok(());
    }
    Err(Error::NotWritten(anyhow::anyhow!("SQLite gave the rows of a call other keys")))
}

/// The largest key of a row; 0 if there is none.
fn last_key(connection: &Connection) -> Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM batch_rows")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(unreadable)
}

/// The statement that records so many rows of the call `?1`.
fn insert_rows(count: usize) -> String {
    let values: Vec<String> = (0..count).map(|at| format!("(?{}, ?1)", at + 2)).collect();
    format!("INSERT INTO batch_rows (id, call) VALUES {}", values.join(", "))
}

/// Those of the rows that have a call.
fn taken(connection: &Connection, batch: i64, rows: &[RowIndex]) -> Result<Vec<RowIndex>> {
    let query = "SELECT 1 FROM batch_rows WHERE id = ?1";
    let mut statement = connection.prepare_cached(query).map_err(unreadable)?;
    let mut taken = Vec::new();
    for row in rows {
        if statement.exists([row_ids::id(batch, *row)?]).map_err(unreadable)? {
            taken.push(*row);
        }
    }
    Ok(taken)
}

fn free_rows(connection: &Connection, batch: i64, call: i64, rows: &[RowIndex]) -> Result<()> {
    for row in rows {
        let query = "DELETE FROM batch_rows WHERE id = ?1 AND call = ?2";
        execute(connection, query, [row_ids::id(batch, *row)?, call])?;
    }
    Ok(())
}

/// The IDs of the first queued calls.
pub fn queued(connection: &Connection, batch: i64, max: usize) -> Result<Vec<i64>> {
    let query = "SELECT id FROM batch_calls WHERE batch = ?1 AND state = 'queued'
                 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(query).map_err(unreadable)?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let ids = statement.query_map([batch, max], |row| row.get(0)).map_err(unreadable)?;
    ids.collect::<rusqlite::Result<_>>().map_err(unreadable)
}

pub fn claim(
    connection: &Connection,
    batch: i64,
    worker: &str,
    max: usize,
    send_of: &dyn Fn(&CallRecord) -> Option<NewSend>,
) -> Result<Claimed> {
    let now = Timestamp::now().as_millisecond();
    let mut claimed = Claimed::default();
    for id in queued(connection, batch, max)? {
        let call = find(connection, batch, id)?.ok_or_else(|| damaged(id))?;
        if let Some(send) = send_of(&call)
            && let Some(reached) = add_send(connection, id, &send)?
        {
            claimed.limited = Some(reached);
            break;
        }
        let query = "UPDATE batch_calls SET state = 'started', worker = ?2, started_at = ?3
                     WHERE id = ?1";
        execute(connection, query, params![id, worker, now])?;
        claimed.calls.push(find(connection, batch, id)?.ok_or_else(|| damaged(id))?);
    }
    Ok(claimed)
}

fn add_send(connection: &Connection, call: i64, send: &NewSend) -> Result<Option<Reached>> {
    retention::delete_old_sends(connection, send.keep)?;
    sends::add(connection, SendOwner::Call(call), send)
}

/// Records how a call ended. A call that is not on record was proven not to be sent before.
pub fn finish(connection: &Connection, batch: i64, id: i64, end: &CallEnd) -> Result<()> {
    let Some(call) = find(connection, batch, id)? else { return Ok(()) };
    sends::finish_call(connection, id, end)?;
    match (call.state, end) {
        (CallState::Started, CallEnd::Unknown { result }) => {
            let query = "UPDATE batch_calls SET state = 'unknown', result = ?2 WHERE id = ?1";
            execute(connection, query, params![id, result]).map(drop)
        }
        (CallState::Started | CallState::Unknown, CallEnd::Accepted { result }) => {
            settle(connection, id, CallState::Accepted, result)
        }
        (CallState::Started | CallState::Unknown, CallEnd::Failed { result }) => {
            settle(connection, id, CallState::Failed, result)
        }
        (CallState::Started | CallState::Unknown, CallEnd::NotSent) => {
            not_sent(connection, batch, call)
        }
        (CallState::Superseded, CallEnd::Accepted { result }) => {
            accepted_after_all(connection, batch, &call, result)
        }
        _ => Ok(()),
    }
}

fn settle(connection: &Connection, id: i64, state: CallState, result: &str) -> Result<()> {
    let query = "UPDATE batch_calls SET state = ?2, result = ?3, payload = NULL WHERE id = ?1";
    execute(connection, query, params![id, state.name(), result]).map(drop)
}

/// Frees the rows of a call. A queued call gets a new ID, so that this end has no effect on its next
/// start if it is recorded again.
fn not_sent(connection: &Connection, batch: i64, call: CallRecord) -> Result<()> {
    free_rows(connection, batch, call.id, &call.rows)?;
    execute(connection, "DELETE FROM batch_calls WHERE id = ?1", [call.id])?;
    if call.payload.is_none() {
        return Ok(());
    }
    add(connection, batch, &call.again(), None).map(drop)
}

/// A superseded call was accepted: those of its rows that are still free belong to it again.
fn accepted_after_all(
    connection: &Connection,
    batch: i64,
    call: &CallRecord,
    result: &str,
) -> Result<()> {
    let taken = taken(connection, batch, &call.rows)?;
    let free: Vec<RowIndex> =
        call.rows.iter().copied().filter(|row| taken.binary_search(row).is_err()).collect();
    let Some(encoded) = rows::encode(&free).filter(|_| !free.is_empty()) else { return Ok(()) };
    take_rows(connection, batch, call.id, &free)?;
    let query = "UPDATE batch_calls SET rows = ?2, row_count = ?3 WHERE id = ?1";
    let count = i64::try_from(free.len()).unwrap_or(i64::MAX);
    execute(connection, query, params![call.id, encoded, count])?;
    settle(connection, call.id, CallState::Accepted, result)
}

pub fn supersede(connection: &Connection, batch: i64, id: i64) -> Result<bool> {
    let Some(call) = find(connection, batch, id)?.filter(|call| call.state == CallState::Unknown)
    else {
        return Ok(false);
    };
    free_rows(connection, batch, id, &call.rows)?;
    execute(connection, "UPDATE batch_calls SET state = 'superseded' WHERE id = ?1", [id])?;
    Ok(true)
}

/// Deletes the payloads of superseded calls whose rows belong to other calls. Until then, they are
/// the only copy.
pub fn forget_replaced_payloads(connection: &Connection, batch: i64) -> Result<()> {
    visit(connection, batch, &[CallState::Superseded], &mut |call| {
        if call.payload.is_some() && taken(connection, batch, &call.rows)?.len() == call.rows.len()
        {
            let query = "UPDATE batch_calls SET payload = NULL WHERE id = ?1";
            execute(connection, query, [call.id])?;
        }
        Ok(())
    })
}

/// Deletes all payloads of a batch.
pub fn forget_payloads(connection: &Connection, batch: i64) -> Result<()> {
    let query = "UPDATE batch_calls SET payload = NULL WHERE batch = ?1 AND payload IS NOT NULL";
    execute(connection, query, [batch]).map(drop)
}

fn find(connection: &Connection, batch: i64, id: i64) -> Result<Option<CallRecord>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM batch_calls WHERE id = ?1 AND batch = ?2"))
        .and_then(|mut statement| statement.query_row([id, batch], from_row).optional())
        .map_err(unreadable)?
        .map(|call| call.ok_or_else(|| damaged(id)))
        .transpose()
}

/// Visits calls in pages, so that the visitor can change them.
pub fn visit(
    connection: &Connection,
    batch: i64,
    states: &[CallState],
    visit: &mut dyn FnMut(CallRecord) -> Result<()>,
) -> Result<()> {
    let mut last = 0;
    loop {
        // One query for each state, because each of them is in the order of the index.
        let mut page = Vec::new();
        for state in states {
            page.extend(calls_after(connection, batch, *state, last)?);
        }
        page.sort_by_key(|call| call.id);
        page.dedup_by_key(|call| call.id);
        page.truncate(PAGE);
        let Some(end) = page.last().map(|call| call.id) else { return Ok(()) };
        last = end;
        page.into_iter().try_for_each(&mut *visit)?;
    }
}

fn calls_after(
    connection: &Connection,
    batch: i64,
    state: CallState,
    last: i64,
) -> Result<Vec<CallRecord>> {
    let query = format!(
        "SELECT {COLUMNS} FROM batch_calls WHERE batch = ?1 AND state = ?2 AND id > ?3
         ORDER BY id LIMIT {PAGE}"
    );
    let mut statement = connection.prepare_cached(&query).map_err(unreadable)?;
    let mut found = statement.query(params![batch, state.name(), last]).map_err(unreadable)?;
    let mut calls = Vec::new();
    while let Some(row) = found.next().map_err(unreadable)? {
        let call = from_row(row).map_err(unreadable)?;
        calls.push(call.ok_or_else(|| damaged(last))?);
    }
    Ok(calls)
}

fn damaged(id: i64) -> Error {
    Error::Unreadable(anyhow::anyhow!("the record of call {id} or later is damaged"), Fix::Repair)
}

/// Parses a row; `None` if the rows of the call are damaged.
fn from_row(row: &Row<'_>) -> rusqlite::Result<Option<CallRecord>> {
    let count = usize::try_from(row.get::<_, i64>(3)?).unwrap_or_default();
    let Some(rows) = rows::decode(row.get_ref(2)?.as_blob().unwrap_or_default(), count) else {
        return Ok(None);
    };
    let started_at: Option<i64> = row.get(9)?;
    Ok(Some(CallRecord {
        id: row.get(0)?,
        state: CallState::parse(&row.get::<_, String>(1)?),
        rows,
        tracking_id: row.get(4)?,
        generated: row.get(5)?,
        details: row.get(6)?,
        payload: row.get(7)?,
        worker: row.get(8)?,
        started_at: started_at.and_then(|at| Timestamp::from_millisecond(at).ok()),
        result: row.get(10)?,
    }))
}
