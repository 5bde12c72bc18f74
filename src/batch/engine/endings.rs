//! The end of a call: what its reply means for the batch, and its record.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::aliyun::client::SentIds;
use crate::aliyun::pool::{Pool, Waited};
use crate::batch::engine::state::{Ending, Planned, Running, State};
use crate::batch::engine::verdict::{self, Verdict};
use crate::batch::engine::{
    Ended, Engine, MAX_ATTEMPTS, MAX_FAILURES_IN_A_ROW, MAX_THROTTLED_ATTEMPTS, MAX_WAIT,
    MIN_TIME_OF_FAILURES,
};
use crate::batch::grouping::Group;
use crate::error::{Kind, Outcome, Result};
use crate::message::plural::count;
use crate::os::failpoint;
use crate::storage::batches::{CallEnd, CallState};

impl Engine<'_> {
    /// Gives back the calls that were claimed from the queue, and drops the others.
    pub(super) fn release_planned(&self, state: &mut State<'_>) {
        self.give_back_claimed(state);
        state.again.clear();
    }

    /// Waits for calls that end, and judges them.
    pub(super) fn collect(
        &self,
        pool: &mut Pool<'_, '_, Running>,
        state: &mut State<'_>,
        pause: Duration,
    ) {
        let mut limit = pause;
        while let Waited::Ended(running, result) = pool.wait(limit) {
            limit = Duration::ZERO;
            self.judge(state, running, result);
        }
    }

    pub(super) fn judge(&self, state: &mut State<'_>, running: Running, result: Result<SentIds>) {
        let Running { id, mut planned } = running;
        let messages = planned.group.rows.len() as u64;
        if let Err(failure) = &result
            && failure.kind == Kind::Cancelled
            && failure.outcome == Outcome::NotSent
        {
            // A signal came before its process was started. The run ends, as after every signal.
            state.unrecorded.push((id, CallEnd::NotSent));
            return;
        }
        state.tally.calls += 1;
        let failure = match result {
            Ok(ids) => {
                state.failures_in_a_row = 0;
                state.pace.sent(messages);
                state.tally.accepted += messages;
                let result = json!({
                    "receipt_id": ids.receipt_id,
                    "request_id": ids.request_id,
                });
                state.unrecorded.push((id, CallEnd::Accepted { result: result.to_string() }));
                let ending = planned.ending(id, CallState::Accepted, None);
                state.endings.push(Ending { receipt_id: ids.receipt_id, ..ending });
                return;
            }
            Err(failure) => failure,
        };
        let result = json!({
            "code": failure.code,
            "message": failure.message,
            "request_id": failure.request_id,
        })
        .to_string();
        let any_accepted = state.tally.accepted > 0;
        let can_split = planned.group.rows.len() > 1 && planned.record.is_none();
        let verdict = match verdict::judge(self.definition.product(), &failure, any_accepted) {
            // One number fails the whole call, and the reply does not name it.
            Verdict::Recipient if can_split => Verdict::Recipient,
            Verdict::Recipient => Verdict::Failed,
            Verdict::Throttled if planned.attempts + 1 >= MAX_THROTTLED_ATTEMPTS => Verdict::Stop,
            Verdict::Unreachable if planned.attempts + 1 >= MAX_ATTEMPTS => Verdict::Stop,
            verdict => verdict,
        };
        match verdict {
            Verdict::Unknown => {
                state.tally.unknown += messages;
                state.tally.count(&failure, messages);
                state.unrecorded.push((id, CallEnd::Unknown { result }));
                state.endings.push(planned.ending(id, CallState::Unknown, Some(failure)));
            }
            Verdict::Failed => {
                state.failures_in_a_row = 0;
                state.tally.failed += messages;
                state.tally.count(&failure, messages);
                state.unrecorded.push((id, CallEnd::Failed { result }));
                state.endings.push(planned.ending(id, CallState::Failed, Some(failure)));
            }
            Verdict::Stop => {
                state.unrecorded.push((id, CallEnd::NotSent));
                state.tally.stopped.get_or_insert(failure);
            }
            Verdict::Recipient => {
                state.failures_in_a_row = 0;
                state.unrecorded.push((id, CallEnd::NotSent));
                let shape = planned.group.shape;
                let mut rows = planned.group.rows;
                let second = rows.split_off(rows.len() / 2);
                for rows in [rows, second] {
                    state.again.push_back(Planned::new(Group { shape, rows }));
                }
            }
            Verdict::Throttled | Verdict::Unreachable => {
                if state.failures_in_a_row == 0 {
                    state.failing_since = Instant::now();
                }
                state.failures_in_a_row += 1;
                if state.failures_in_a_row >= MAX_FAILURES_IN_A_ROW
                    && state.failing_since.elapsed() >= MIN_TIME_OF_FAILURES
                {
                    state.tally.stopped.get_or_insert(failure);
                }
                state.pace.throttled(Instant::now(), messages);
                state.unrecorded.push((id, CallEnd::NotSent));
                // A queued call goes back to the queue, where any worker can claim it.
                if planned.record.is_none() {
                    planned.attempts += 1;
                    planned.tracking = planned.group.tracking();
                    state.again.push_back(planned);
                } else {
                    state.exhausted = false;
                }
            }
        }
    }

    /// Records results, then announces them. If the store cannot be used now, they are kept and
    /// recorded later.
    pub(super) fn record(&self, state: &mut State<'_>) -> Result<()> {
        if !state.unrecorded.is_empty() {
            failpoint::point("batch: about to record results");
            self.retrying(|| self.store.finish(&self.batch.id, &state.unrecorded))?;
            failpoint::point("batch: results recorded");
            state.unrecorded.clear();
        }
        for ending in std::mem::take(&mut state.endings) {
            let ended = Ended {
                id: ending.id,
                state: ending.state,
                group: &ending.group,
                tracking_id: &ending.tracking_id,
                receipt_id: ending.receipt_id.as_deref(),
                failure: ending.failure.as_deref(),
            };
            (self.on_end)(&ended, &state.tally);
        }
        Ok(())
    }

    /// Waits for the running calls and records their results.
    pub(super) fn finish_running(&self, pool: &mut Pool<'_, '_, Running>, state: &mut State<'_>) {
        if state.pause.is_some() {
            self.give_back_claimed(state);
        } else {
            self.release_planned(state);
        }
        while pool.running() > 0 {
            self.collect(pool, state, MAX_WAIT);
        }
        if let Err(failure) = self.record(state) {
            self.context.screen.warn(format!(
                "the results of {} could not be recorded, so they count as unknown: {}",
                count(state.unrecorded.len() as u64, "call"),
                failure.message
            ));
        }
    }
}
