//! Which call starts next, and when it may start.

use std::time::Instant;

use serde_json::json;

use crate::batch::engine::Engine;
use crate::batch::engine::state::{Planned, Source, State};
use crate::batch::grouping::Group;
use crate::error::Result;
use crate::storage::Tracking;
use crate::storage::batches::{CallEnd, Claimed, WorkerLease};

/// More processes cannot be started in a second.
const MAX_PROCESSES_PER_SECOND: u32 = 1_000;

impl Engine<'_> {
    /// The next call to start; `None` if there is none now.
    pub(super) fn plan_next(
        &self,
        worker: &dyn WorkerLease,
        state: &mut State<'_>,
        free: usize,
    ) -> Result<Option<Planned>> {
        if let Some(planned) = state.again.pop_front() {
            return Ok(Some(planned));
        }
        if state.exhausted {
            return Ok(None);
        }
        // Results do not wait until rows are read, and what goes back to the queue can be claimed.
        if !matches!(&state.source, Source::Input(groups) if groups.has_ready()) {
            self.record(state)?;
        }
        match &mut state.source {
            Source::Input(groups) => {
                let group = groups.next_group()?;
                state.exhausted = group.is_none();
                Ok(group.map(Planned::new))
            }
            Source::Queue => {
                // Only what can start at once: if this worker is killed, the outcome of the calls
                // that it claimed is unknown.
                let now = Instant::now();
                let mut max = free;
                if let Some(rate) = state.pace.rate(now) {
                    max = 1;
                    let wait =
                        self.retrying(|| self.store.reserve_rate(&self.batch.id, 0, rate))?;
                    if !wait.is_zero() {
                        state.next_claim_at = now + wait;
                        return Ok(None);
                    }
                }
                let Claimed { calls: claimed, limited } =
                    self.retrying_claim(worker, max, &state.claimed)?;
                if let (Some(reached), true) = (&limited, claimed.is_empty()) {
                    let failure = self.limits.failure(reached, None);
                    self.wait_or_stop(state, reached, failure);
                    return Ok(None);
                }
                state.claimed.extend(claimed.iter().map(|record| record.id));
                if claimed.is_empty() {
                    state.exhausted = true;
                    return Ok(None);
                }
                for record in claimed {
                    let group = record.payload.as_deref().map(serde_json::from_str::<Group>);
                    let tracking = Tracking { id: record.tracking_id, generated: record.generated };
                    match group {
                        Some(Ok(group)) => state.again.push_back(Planned {
                            group,
                            tracking,
                            attempts: 0,
                            record: Some(record.id),
                        }),
                        // Not started, so certainly not sent.
                        _ => {
                            let message = "the record of this call cannot be read";
                            let result = json!({ "message": message }).to_string();
                            state.tally.failed += record.rows.len() as u64;
                            state.unrecorded.push((record.id, CallEnd::Failed { result }));
                        }
                    }
                }
                Ok(state.again.pop_front())
            }
        }
    }

    /// When a call with this many messages may start.
    pub(super) fn due(&self, state: &mut State<'_>, messages: u64) -> Result<Instant> {
        let now = Instant::now();
        // Counts are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let count = messages as f64;
        let limit = self.calls_per_second().map(|calls| calls * count);
        let rate = match (state.pace.rate(now), limit) {
            (Some(rate), Some(limit)) => rate.min(limit),
            (Some(rate), None) | (None, Some(rate)) => rate,
            (None, None) => return Ok(now),
        };
        // The store keeps one budget for all workers of the batch.
        let wait = self.retrying(|| self.store.reserve_rate(&self.batch.id, messages, rate))?;
        Ok(now + wait)
    }

    /// The documented limit of the service. `None` if processes cannot reach it.
    fn calls_per_second(&self) -> Option<f64> {
        let limit = self.definition.operation().limits?.calls_per_second;
        (limit < MAX_PROCESSES_PER_SECOND).then(|| limit.into())
    }
}
