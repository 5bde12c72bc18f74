//! Queues the calls of a batch for `batches work`.

use crate::batch::definition::Definition;
use crate::batch::engine::store_failure;
use crate::batch::grouping::{Group, Groups};
use crate::batch::job::not_on_record;
use crate::batch::summary::Summary;
use crate::context::Context;
use crate::error::Result;
use crate::os::failpoint;
use crate::output::report::Report;
use crate::storage::batches::{Batch, Batches, Start};

/// How many calls are queued in one transaction.
const QUEUE_SIZE: usize = 100;

/// Queues all calls.
///
/// # Errors
/// The input or the store cannot be used, or the batch was cancelled.
pub fn enqueue(
    context: &Context,
    batches: &dyn Batches,
    batch: &Batch,
    definition: &Definition,
    mut groups: Groups<'_>,
) -> Result<Report> {
    let mut waiting = Vec::new();
    loop {
        let group = groups.next_group()?;
        let is_last = group.is_none();
        waiting.extend(group);
        if waiting.len() >= QUEUE_SIZE || is_last {
            add(batches, &batch.id, definition, std::mem::take(&mut waiting))?;
            failpoint::point("batch: calls queued");
        }
        if is_last {
            break;
        }
    }
    let queued = batches.batch(&batch.id).map_err(store_failure)?;
    let batch = queued.ok_or_else(|| not_on_record(&batch.id))?;
    context.screen.note(&format!("queued; send it with `alimsg batches work {}`", batch.id));
    Ok(Report::from_record(&Summary::new(&batch), serde_json::Value::Null))
}

/// Adds groups to the queue, without rows that another run has queued meanwhile.
fn add(
    batches: &dyn Batches,
    id: &str,
    definition: &Definition,
    mut groups: Vec<Group>,
) -> Result<()> {
    while !groups.is_empty() {
        let mut calls = Vec::with_capacity(groups.len());
        for group in &groups {
            let payload = serde_json::to_string(group).map_err(anyhow::Error::from)?;
            calls.push(definition.new_call(group, &group.tracking(), Some(payload)));
        }
        let starts = batches.enqueue(id, &calls).map_err(store_failure)?;
        let left = groups.into_iter().zip(starts).filter_map(|(group, start)| match start {
            // A call is counted once it starts.
            Start::Recorded(_) | Start::Limited(_) => None,
            Start::Taken(rows) => group.without(&rows),
        });
        groups = left.collect();
    }
    Ok(())
}
