//! Writes the rows of a batch with a certain result, in the format of the input.

use std::collections::HashMap;
use std::io;

use crate::batch::engine::store_failure;
use crate::batch::input::{Input, Record, RowWriter};
use crate::batch::plan;
use crate::batch::request::{Recorded, require_same_content};
use crate::batch::row_set::RowSet;
use crate::batch::sendable::{Selection, Sendable};
use crate::error::Result;
use crate::storage::batches::{Batch, Batches, CallState, RowIndex};

/// Which rows to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFilter {
    Accepted,
    Failed,
    /// Unknown, or started by a run that was killed.
    Unknown,
    /// Rows that a run of the batch would still send.
    Remaining,
    All,
}

/// Writes the rows; with `details`, each has its line, status and code in front. Returns how many
/// there are.
///
/// # Errors
/// The store or the input cannot be read, the input has changed, or the output cannot be written.
pub fn export(
    batches: &dyn Batches,
    batch: &Batch,
    input: &Input,
    filter: ExportFilter,
    details: bool,
    output: &mut dyn io::Write,
) -> Result<u64> {
    let results = results(batches, batch)?;
    let remaining = match filter {
        ExportFilter::Remaining => remaining(batch, input, &results)?,
        _ => RowSet::default(),
    };
    let mut rows = input.rows()?;
    let mut writer = RowWriter::new(output, input.format, rows.columns(), details)?;
    let mut record = Record::default();
    let (mut index, mut written): (RowIndex, u64) = (0, 0);
    while rows.next(&mut record)? {
        let result = results.get(&index);
        let state = result.map(|(state, _)| *state);
        let wanted = match filter {
            ExportFilter::Accepted => state == Some(CallState::Accepted),
            ExportFilter::Failed => state == Some(CallState::Failed),
            ExportFilter::Unknown => state == Some(CallState::Unknown),
            ExportFilter::Remaining => {
                remaining.contains(index) || state == Some(CallState::Queued)
            }
            ExportFilter::All => true,
        };
        if wanted {
            let code = result.and_then(|(_, code)| code.as_deref()).unwrap_or_default();
            writer.write(record.line, &[state_name(state), code], &record.fields)?;
            written += 1;
        }
        index += 1;
    }
    require_same_content(batch, &input.name, &rows.finish()?)?;
    writer.finish()?;
    Ok(written)
}

/// The rows without a call that a run of the batch would send: not those that repeat another row,
/// whose number is excluded, or that belong to another machine.
fn remaining(batch: &Batch, input: &Input, results: &Results) -> Result<RowSet> {
    let recorded = Recorded::parse(batch)?;
    let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
    let rules = recorded.rules(folder.path().join("invalid"))?;
    let plan = plan::check(input, &rules)?;
    require_same_content(batch, &input.name, &plan.content)?;
    let mut with_call = RowSet::default();
    with_call.extend(results.keys().copied());
    let selection = Selection { recorded: &with_call, limit: None, shards: &recorded.shards };
    let mut rows = Sendable::new(input, &rules, &plan, selection)?;
    let mut remaining = RowSet::default();
    while let Some(row) = rows.next_row()? {
        remaining.insert(row.index);
    }
    Ok(remaining)
}

/// The state of each row that has a call, with its error code.
type Results = HashMap<RowIndex, (CallState, Option<String>)>;

fn results(batches: &dyn Batches, batch: &Batch) -> Result<Results> {
    let states = [
        CallState::Queued,
        CallState::Started,
        CallState::Accepted,
        CallState::Failed,
        CallState::Unknown,
    ];
    let mut results = HashMap::new();
    batches
        .calls(&batch.id, &states, &mut |record| {
            let result = record
                .result
                .as_deref()
                .and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
            let code = result.and_then(|result| result["code"].as_str().map(String::from));
            let state = match &record.worker {
                // Its run is still sending it, so its outcome is not unknown.
                Some(worker) if record.state == CallState::Started => {
                    if batches.is_working(worker)? { record.state } else { CallState::Unknown }
                }
                _ => record.state,
            };
            for row in record.rows {
                results.insert(row, (state, code.clone()));
            }
            Ok(())
        })
        .map_err(store_failure)?;
    Ok(results)
}

const fn state_name(state: Option<CallState>) -> &'static str {
    match state {
        None => "not sent",
        Some(CallState::Queued) => "queued",
        Some(CallState::Started) => "being sent",
        Some(CallState::Unknown) => "unknown",
        Some(CallState::Accepted) => "accepted",
        Some(CallState::Failed) => "failed",
        Some(CallState::Superseded) => "superseded",
    }
}
