//! Writes the rows of a batch with a certain result, in the format of the input.

use std::collections::HashMap;
use std::io;

use crate::batch::engine::store_failure;
use crate::batch::input::{Input, Record, RowWriter};
use crate::batch::request::require_same_content;
use crate::error::Result;
use crate::storage::batches::{Batch, Batches, CallState, RowIndex};

/// Which rows to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFilter {
    Accepted,
    Failed,
    /// Unknown, or started by a run that was killed.
    Unknown,
    /// Without a call.
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
            ExportFilter::Remaining => matches!(state, None | Some(CallState::Queued)),
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

/// The state of each row that has a call, with its error code.
fn results(
    batches: &dyn Batches,
    batch: &Batch,
) -> Result<HashMap<RowIndex, (CallState, Option<String>)>> {
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
