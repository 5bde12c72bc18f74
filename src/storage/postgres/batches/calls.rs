//! The calls of batches and their rows.

use anyhow::anyhow;
use jiff::Timestamp;
use postgres::Row;

use crate::storage::batches::{CallRecord, CallState, Claimed, NewCall, RowIndex, Start};
use crate::storage::postgres::errors::{StepError, StepResult};
use crate::storage::postgres::schema::NOW;
use crate::storage::postgres::sends;
use crate::storage::postgres::session::{Session, unexpected};
use crate::storage::rows;
use crate::storage::sends::{NewSend, Reached};
use crate::storage::{Error, Fix};

pub const COLUMNS: &str = "id, state, rows, row_count, tracking_id, generated, details, payload, \
                       worker, started_at, result";
/// The number of calls that are read at once.
const PAGE: i64 = 500;

/// A call to add, with its ID and its encoded rows.
struct Addition<'a> {
    call: &'a NewCall,
    id: i64,
    rows: Vec<u8>,
    token: &'a str,
}

/// Adds calls with their rows: started by this worker, or queued. A call with a row that another
/// call has is not added. `tokens` are random names of the calls, by which a repeated operation
/// recognises them.
pub fn add(
    session: &mut Session,
    batch: i64,
    calls: &[NewCall],
    tokens: &[String],
    worker: Option<&str>,
) -> StepResult<Vec<Start>> {
    sends::lock(session, calls.iter().filter_map(|call| call.send.as_ref()))?;
    let ids = next_ids(session, calls.len())?;
    let mut additions = Vec::with_capacity(calls.len());
    for ((call, id), token) in calls.iter().zip(ids).zip(tokens) {
        let rows = rows::encode(&call.rows)
            .ok_or_else(|| Error::NotWritten(anyhow!("the rows of a call are not ascending")))?;
        additions.push(Addition { call, id, rows, token });
    }
    let all: Vec<&Addition<'_>> = additions.iter().collect();
    let wanted: usize = calls.iter().map(|call| call.rows.len()).sum();
    let has_limits = |call: &NewCall| call.send.as_ref().is_some_and(|one| !one.limits.is_empty());
    // With limits, each call is checked separately.
    if take_rows(session, batch, &all)? == wanted && !calls.iter().any(has_limits) {
        insert(session, batch, &all, worker)?;
        for addition in &additions {
            record_send(session, addition)?;
        }
        return Ok(additions.iter().map(|addition| Start::Recorded(addition.id)).collect());
    }
    // Some rows have a call: free the others again and find out which calls can be added.
    let ids: Vec<i64> = additions.iter().map(|addition| addition.id).collect();
    for addition in &additions {
        free_rows(session, batch, addition.id, &addition.call.rows)?;
    }
    debug_assert_eq!(ids.len(), calls.len());
    let mut starts = Vec::with_capacity(additions.len());
    for addition in &additions {
        let rows = &addition.call.rows;
        starts.push(if take_rows(session, batch, &[addition])? == rows.len() {
            match record_send(session, addition)? {
                Some(reached) => {
                    free_rows(session, batch, addition.id, rows)?;
                    Start::Limited(reached)
                }
                None => {
                    insert(session, batch, &[addition], worker)?;
                    Start::Recorded(addition.id)
                }
            }
        } else {
            free_rows(session, batch, addition.id, rows)?;
            Start::Taken(taken(session, batch, rows)?)
        });
    }
    Ok(starts)
}

/// Records the send of a call, unless it would exceed a limit.
fn record_send(session: &mut Session, addition: &Addition<'_>) -> StepResult<Option<Reached>> {
    match &addition.call.send {
        Some(send) => sends::add(session, None, Some(addition.id), send),
        None => Ok(None),
    }
}

fn next_ids(session: &mut Session, count: usize) -> StepResult<Vec<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let query = "SELECT nextval('batch_call_ids') FROM generate_series(1, $1::bigint)";
    let mut ids: Vec<i64> = session.rows(query, &[&count])?.iter().map(|row| row.get(0)).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Records the rows of calls as far as they are free; returns how many were. The primary key makes
/// concurrent transactions wait for each other.
fn take_rows(session: &mut Session, batch: i64, calls: &[&Addition<'_>]) -> StepResult<usize> {
    let mut rows = Vec::new();
    let mut ids = Vec::new();
    for addition in calls {
        rows.extend(addition.call.rows.iter().map(|row| row.cast_signed()));
        ids.resize(rows.len(), addition.id);
    }
    let query = "INSERT INTO batch_rows (batch, row_index, call)
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])
                 ON CONFLICT (batch, row_index) DO NOTHING";
    let taken = session.execute(query, &[&batch, &rows, &ids])?;
    Ok(usize::try_from(taken).unwrap_or(usize::MAX))
}

fn insert(
    session: &mut Session,
    batch: i64,
    calls: &[&Addition<'_>],
    worker: Option<&str>,
) -> StepResult<()> {
    fn list<'a, T>(calls: &'a [&Addition<'_>], value: impl Fn(&'a Addition<'a>) -> T) -> Vec<T> {
        calls.iter().map(|call| value(call)).collect()
    }
    let state = if worker.is_some() { CallState::Started } else { CallState::Queued };
    // A run that starts a call itself has its content.
    let payloads = list(calls, |one| one.call.payload.as_deref().filter(|_| worker.is_none()));
    let query = format!(
        "INSERT INTO batch_calls (batch, state, worker, started_at, id, rows, row_count,
                                  tracking_id, generated, details, payload, token)
         SELECT $1, $2, $3, CASE WHEN $3::text IS NULL THEN NULL ELSE {NOW} END, *
         FROM unnest($4::bigint[], $5::bytea[], $6::bigint[], $7::text[], $8::boolean[],
                     $9::text[], $10::text[], $11::text[])"
    );
    session.execute(
        &query,
        &[
            &batch,
            &state.name(),
            &worker,
            &list(calls, |one| one.id),
            &list(calls, |one| one.rows.as_slice()),
            &list(calls, |one| i64::try_from(one.call.rows.len()).unwrap_or(i64::MAX)),
            &list(calls, |one| one.call.tracking_id.as_str()),
            &list(calls, |one| one.call.generated),
            &list(calls, |one| one.call.details.as_str()),
            &payloads,
            &list(calls, |one| one.token),
        ],
    )?;
    Ok(())
}

/// The result of [`add`] if an earlier attempt was committed; `None` if it was not.
pub fn added(
    session: &mut Session,
    batch: i64,
    calls: &[NewCall],
    tokens: &[String],
) -> StepResult<Option<Vec<Start>>> {
    let first: Vec<i64> =
        calls.iter().filter_map(|call| Some(call.rows.first()?.cast_signed())).collect();
    let query = "SELECT c.token, c.id FROM batch_rows r JOIN batch_calls c ON c.id = r.call
                 WHERE r.batch = $1 AND r.row_index = ANY($2) AND c.token = ANY($3)";
    let found = session.rows(query, &[&batch, &first, &tokens])?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut starts = Vec::with_capacity(calls.len());
    for (call, token) in calls.iter().zip(tokens) {
        let own = found.iter().find(|row| row.get::<_, &str>(0) == token);
        starts.push(match own {
            Some(row) => Start::Recorded(row.get(1)),
            None => Start::Taken(taken(session, batch, &call.rows)?),
        });
    }
    Ok(Some(starts))
}

/// Those of the rows that have a call.
pub fn taken(session: &mut Session, batch: i64, rows: &[RowIndex]) -> StepResult<Vec<RowIndex>> {
    let rows: Vec<i64> = rows.iter().map(|row| row.cast_signed()).collect();
    let query = "SELECT row_index FROM batch_rows WHERE batch = $1 AND row_index = ANY($2)
                 ORDER BY row_index";
    let found = session.rows(query, &[&batch, &rows])?;
    Ok(found.iter().map(|row| row.get::<_, i64>(0).cast_unsigned()).collect())
}

pub fn free_rows(
    session: &mut Session,
    batch: i64,
    call: i64,
    rows: &[RowIndex],
) -> StepResult<()> {
    let rows: Vec<i64> = rows.iter().map(|row| row.cast_signed()).collect();
    let query = "DELETE FROM batch_rows WHERE batch = $1 AND row_index = ANY($2) AND call = $3";
    session.execute(query, &[&batch, &rows, &call]).map(drop)
}

/// Claims queued calls that no other worker is claiming. Those that would exceed a limit go back to
/// the queue.
pub fn claim(
    session: &mut Session,
    batch: i64,
    worker: &str,
    max: usize,
    token: &str,
    send_of: &dyn Fn(&CallRecord) -> Option<NewSend>,
) -> StepResult<Claimed> {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let query = format!(
        "WITH picked AS MATERIALIZED (
             SELECT id AS picked_id FROM batch_calls WHERE batch = $1 AND state = 'queued'
             ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
         UPDATE batch_calls SET state = 'started', worker = $3, started_at = {NOW}, token = $4
         FROM picked WHERE id = picked_id
         RETURNING {COLUMNS}"
    );
    let mut claimed = Claimed::default();
    for call in in_order(&session.rows(&query, &[&batch, &max, &worker, &token])?)? {
        let send = send_of(&call);
        sends::lock(session, send.iter())?;
        let reached = match &send {
            Some(send) => sends::add(session, None, Some(call.id), send)?,
            None => None,
        };
        if reached.is_none() {
            claimed.calls.push(call);
            continue;
        }
        let query = "UPDATE batch_calls SET state = 'queued', worker = NULL, started_at = NULL
                     WHERE id = $1";
        session.execute(query, &[&call.id])?;
        claimed.limited = claimed.limited.or(reached);
    }
    Ok(claimed)
}

/// The calls that an earlier attempt has claimed.
pub fn claimed(
    session: &mut Session,
    batch: i64,
    worker: &str,
    token: &str,
) -> StepResult<Vec<CallRecord>> {
    let query = format!(
        "SELECT {COLUMNS} FROM batch_calls
         WHERE batch = $1 AND state = 'started' AND worker = $2 AND token = $3"
    );
    in_order(&session.rows(&query, &[&batch, &worker, &token])?)
}

fn in_order(rows: &[Row]) -> StepResult<Vec<CallRecord>> {
    let mut calls = rows.iter().map(from_row).collect::<StepResult<Vec<_>>>()?;
    calls.sort_by_key(|call| call.id);
    Ok(calls)
}

/// Whether a worker could claim a call.
pub fn has_queued(session: &mut Session, batch: i64) -> StepResult<bool> {
    let query = "SELECT 1 FROM batch_calls WHERE batch = $1 AND state = 'queued' LIMIT 1";
    Ok(session.row(query, &[&batch])?.is_some())
}

/// Reads the next calls in these states, by ID.
pub fn page_after(
    session: &mut Session,
    batch: i64,
    states: &[CallState],
    last: i64,
) -> StepResult<Vec<CallRecord>> {
    // One query for each state, because each of them is in the order of the index.
    let query = format!(
        "SELECT {COLUMNS} FROM batch_calls WHERE batch = $1 AND state = $2 AND id > $3
         ORDER BY id LIMIT $4"
    );
    let mut page = Vec::new();
    for state in states {
        let rows = session.rows(&query, &[&batch, &state.name(), &last, &PAGE])?;
        for row in &rows {
            page.push(from_row(row)?);
        }
    }
    page.sort_by_key(|call| call.id);
    page.dedup_by_key(|call| call.id);
    page.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    Ok(page)
}

/// A random name for a call or a claim.
pub fn new_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

pub fn from_row(row: &Row) -> StepResult<CallRecord> {
    let id: i64 = row.get(0);
    let count = usize::try_from(row.get::<_, i64>(3)).unwrap_or_default();
    let rows = rows::decode(row.get(2), count).ok_or_else(|| {
        let error = anyhow!("the record of call {id} is damaged");
        StepError::Store(Error::Unreadable(error, Fix::Database))
    })?;
    let started_at: Option<i64> = row.get(9);
    let started_at = started_at.map(Timestamp::from_microsecond).transpose();
    Ok(CallRecord {
        id,
        state: CallState::parse(row.get(1)),
        rows,
        tracking_id: row.get(4),
        generated: row.get(5),
        details: row.get(6),
        payload: row.get(7),
        worker: row.get(8),
        started_at: started_at.map_err(|_| unexpected())?,
        result: row.get(10),
    })
}
