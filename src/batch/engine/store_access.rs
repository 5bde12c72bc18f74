//! Access to the store that is tried again while it cannot be used.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Instant;

use crate::batch::engine::{Engine, STORE_PATIENCE, STORE_PAUSE, store_failure};
use crate::batch::grouping::Group;
use crate::error::Result;
use crate::os::signals;
use crate::storage;
use crate::storage::batches::{
    CallEnd, CallRecord, CallState, Claimed, NewCall, Start, WorkerLease,
};

impl Engine<'_> {
    /// Records how calls ended and the start of others. After an error it is not certain whether the
    /// record was written: then the starts are removed first, because these calls were not started.
    pub(super) fn retrying_start(
        &self,
        ends: &[(i64, CallEnd)],
        worker: &dyn WorkerLease,
        calls: &[NewCall],
    ) -> Result<Vec<Start>> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let is_doubtful = Cell::new(false);
        self.retrying(|| {
            if is_doubtful.get() {
                self.forget_starts(worker, calls)?;
            }
            is_doubtful.set(true);
            self.store.finish_and_start(&self.batch.id, ends, worker.name(), calls)
        })
    }

    /// Removes the records of calls that were not started.
    pub(super) fn forget_starts(
        &self,
        worker: &dyn WorkerLease,
        calls: &[NewCall],
    ) -> storage::Result<()> {
        let mut doubtful = Vec::new();
        self.store.calls(&self.batch.id, &[CallState::Started], &mut |record| {
            let is_own = record.worker.as_deref() == Some(worker.name())
                && calls.iter().any(|call| call.rows == record.rows);
            if is_own {
                doubtful.push((record.id, CallEnd::NotSent));
            }
            Ok(())
        })?;
        self.store.finish(&self.batch.id, &doubtful)
    }

    /// Claims queued calls. After an error it is not certain whether calls were claimed: such calls
    /// first go back to the queue, because they were not started.
    pub(super) fn retrying_claim(
        &self,
        worker: &dyn WorkerLease,
        max: usize,
        known: &HashSet<i64>,
    ) -> Result<Claimed> {
        let send_of = |record: &CallRecord| {
            let group = serde_json::from_str::<Group>(record.payload.as_deref()?).ok()?;
            self.limits.send(&group, &record.tracking_id)
        };
        let is_doubtful = Cell::new(false);
        self.retrying(|| {
            if is_doubtful.get() {
                let mut doubtful = Vec::new();
                self.store.calls(&self.batch.id, &[CallState::Started], &mut |record| {
                    let is_own = record.worker.as_deref() == Some(worker.name());
                    if is_own && !known.contains(&record.id) {
                        doubtful.push((record.id, CallEnd::NotSent));
                    }
                    Ok(())
                })?;
                self.store.finish(&self.batch.id, &doubtful)?;
            }
            is_doubtful.set(true);
            self.store.claim_within_limits(&self.batch.id, worker.name(), max, &send_of)
        })
    }

    /// Repeats an operation of the store while another program locks it or its server is away.
    pub(super) fn retrying<T>(
        &self,
        mut operation: impl FnMut() -> storage::Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            let lost = self.store_lost.get();
            match operation() {
                Ok(value) => {
                    self.store_lost.set(None);
                    return Ok(value);
                }
                Err(storage::Error::Unreadable(error, storage::Fix::Retry))
                    if lost.unwrap_or(start).elapsed() < STORE_PATIENCE && signals::count() < 2 =>
                {
                    if lost.is_none() {
                        self.context.screen.warn(format!("waiting for the store: {error:#}"));
                        self.store_lost.set(Some(start));
                    }
                    std::thread::sleep(STORE_PAUSE);
                }
                Err(error) => return Err(store_failure(error)),
            }
        }
    }
}
