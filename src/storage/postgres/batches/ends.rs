//! How calls of batches end: their results, and rows that become free again.

use crate::storage::batches::{CallEnd, CallState, RowIndex};
use crate::storage::postgres::batches::calls::{
    COLUMNS, add, free_rows, from_row, new_token, taken,
};
use crate::storage::postgres::errors::StepResult;
use crate::storage::postgres::sends;
use crate::storage::postgres::session::Session;
use crate::storage::rows;

/// Records how calls ended. A call that is not on record was proven not to be sent before.
pub fn finish_all(session: &mut Session, batch: i64, ends: &[(i64, CallEnd)]) -> StepResult<()> {
    ends.iter().try_for_each(|(id, end)| finish(session, batch, *id, end))
}

fn finish(session: &mut Session, batch: i64, id: i64, end: &CallEnd) -> StepResult<()> {
    sends::finish_call(session, id, end)?;
    match end {
        CallEnd::Unknown { result } => {
            let query = "UPDATE batch_calls SET state = 'unknown', result = $3
                         WHERE id = $1 AND batch = $2 AND state = 'started'";
            session.execute(query, &[&id, &batch, result]).map(drop)
        }
        CallEnd::Failed { result } => {
            settle(session, batch, id, CallState::Failed, result).map(drop)
        }
        CallEnd::Accepted { result } => {
            if settle(session, batch, id, CallState::Accepted, result)? {
                return Ok(());
            }
            accepted_after_all(session, batch, id, result)
        }
        CallEnd::NotSent => not_sent(session, batch, id),
    }
}

/// Records a result that is proven, unless there is one; false if nothing was changed.
fn settle(
    session: &mut Session,
    batch: i64,
    id: i64,
    state: CallState,
    result: &str,
) -> StepResult<bool> {
    let query = "UPDATE batch_calls SET state = $3, result = $4, payload = NULL
                 WHERE id = $1 AND batch = $2 AND state IN ('started', 'unknown')";
    Ok(session.execute(query, &[&id, &batch, &state.name(), &result])? == 1)
}

/// Frees the rows of a call. A queued call gets a new ID, so that this end has no effect on its
/// next start if it is recorded again.
fn not_sent(session: &mut Session, batch: i64, id: i64) -> StepResult<()> {
    let query = format!(
        "DELETE FROM batch_calls
         WHERE id = $1 AND batch = $2 AND state IN ('started', 'unknown') RETURNING {COLUMNS}"
    );
    let Some(row) = session.row(&query, &[&id, &batch])? else { return Ok(()) };
    let call = from_row(&row)?;
    free_rows(session, batch, id, &call.rows)?;
    if call.payload.is_none() {
        return Ok(());
    }
    add(session, batch, &[call.again()], &[new_token()], None).map(drop)
}

/// A superseded call was accepted: those of its rows that are still free belong to it again.
fn accepted_after_all(session: &mut Session, batch: i64, id: i64, result: &str) -> StepResult<()> {
    let query = format!(
        "SELECT {COLUMNS} FROM batch_calls
         WHERE id = $1 AND batch = $2 AND state = 'superseded' FOR UPDATE"
    );
    let Some(row) = session.row(&query, &[&id, &batch])? else { return Ok(()) };
    let call = from_row(&row)?;
    let rows: Vec<i64> = call.rows.iter().map(|row| row.cast_signed()).collect();
    let query = "INSERT INTO batch_rows (batch, row_index, call)
                 SELECT $1, row_index, $3 FROM unnest($2::bigint[]) row_index
                 ON CONFLICT (batch, row_index) DO NOTHING RETURNING row_index";
    let mut free: Vec<RowIndex> = session
        .rows(query, &[&batch, &rows, &id])?
        .iter()
        .map(|row| row.get::<_, i64>(0).cast_unsigned())
        .collect();
    free.sort_unstable();
    let Some(encoded) = rows::encode(&free).filter(|_| !free.is_empty()) else { return Ok(()) };
    let count = i64::try_from(free.len()).unwrap_or(i64::MAX);
    let query = "UPDATE batch_calls
                 SET state = 'accepted', rows = $2, row_count = $3, result = $4, payload = NULL
                 WHERE id = $1";
    session.execute(query, &[&id, &encoded, &count, &result]).map(drop)
}

pub fn supersede(session: &mut Session, batch: i64, id: i64) -> StepResult<bool> {
    let query = format!(
        "UPDATE batch_calls SET state = 'superseded'
         WHERE id = $1 AND batch = $2 AND state = 'unknown' RETURNING {COLUMNS}"
    );
    let Some(row) = session.row(&query, &[&id, &batch])? else { return Ok(false) };
    free_rows(session, batch, id, &from_row(&row)?.rows)?;
    Ok(true)
}

/// Whether a call is superseded.
pub fn is_superseded(session: &mut Session, batch: i64, id: i64) -> StepResult<bool> {
    let query = "SELECT 1 FROM batch_calls
                 WHERE id = $1 AND batch = $2 AND state = 'superseded'";
    Ok(session.row(query, &[&id, &batch])?.is_some())
}

/// Deletes all payloads of a batch.
pub fn forget_payloads(session: &mut Session, batch: i64) -> StepResult<()> {
    let query = "UPDATE batch_calls SET payload = NULL WHERE batch = $1 AND payload IS NOT NULL";
    session.execute(query, &[&batch]).map(drop)
}

/// Deletes the payloads of superseded calls whose rows belong to other calls. Until then, they are
/// the only copy.
pub fn forget_replaced_payloads(session: &mut Session, batch: i64) -> StepResult<()> {
    let query = format!(
        "SELECT {COLUMNS} FROM batch_calls
         WHERE batch = $1 AND state = 'superseded' AND payload IS NOT NULL"
    );
    for row in session.rows(&query, &[&batch])? {
        let call = from_row(&row)?;
        if taken(session, batch, &call.rows)?.len() == call.rows.len() {
            session.execute("UPDATE batch_calls SET payload = NULL WHERE id = $1", &[&call.id])?;
        }
    }
    Ok(())
}
