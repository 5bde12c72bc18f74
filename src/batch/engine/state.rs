//! The state of a run: what is planned, what runs, and what is not recorded yet.

use std::collections::{HashSet, VecDeque};
use std::time::Instant;

use crate::batch::engine::pause::Pause;
use crate::batch::engine::tally::Tally;
use crate::batch::grouping::{Group, Groups};
use crate::batch::pace::Pace;
use crate::error::Failure;
use crate::storage::Tracking;
use crate::storage::batches::{CallEnd, CallState};

/// Where the calls come from.
pub enum Source<'s> {
    /// The rows of the input.
    Input(Groups<'s>),
    /// The queue in the store.
    Queue,
}

/// A call that is ready to start.
pub(super) struct Planned {
    pub(super) group: Group,
    pub(super) tracking: Tracking,
    pub(super) attempts: u32,
    /// The record of a call from the queue, which is started already.
    pub(super) record: Option<i64>,
}

impl Planned {
    pub(super) fn new(group: Group) -> Self {
        Self { tracking: group.tracking(), group, attempts: 0, record: None }
    }

    pub(super) fn ending(self, id: i64, state: CallState, failure: Option<Box<Failure>>) -> Ending {
        let Self { group, tracking, .. } = self;
        Ending { id, state, group, tracking_id: tracking.id, receipt_id: None, failure }
    }
}

/// A call that is running.
pub(super) struct Running {
    pub(super) id: i64,
    pub(super) planned: Planned,
}

/// A call that ended, and whose result is not recorded yet.
pub(super) struct Ending {
    pub(super) id: i64,
    pub(super) state: CallState,
    pub(super) group: Group,
    pub(super) tracking_id: String,
    pub(super) receipt_id: Option<String>,
    pub(super) failure: Option<Box<Failure>>,
}

/// The state of a run.
pub(super) struct State<'s> {
    pub(super) source: Source<'s>,
    /// Calls to try again.
    pub(super) again: VecDeque<Planned>,
    /// Calls that can start now.
    pub(super) ready: Vec<Planned>,
    /// The next call, and when it may start.
    pub(super) next: Option<(Planned, Instant)>,
    /// Calls whose recipients have reached a limit.
    pub(super) blocked: Vec<(Planned, Pause)>,
    /// No call starts until then.
    pub(super) pause: Option<Pause>,
    pub(super) exhausted: bool,
    pub(super) pace: Pace,
    /// The earliest claim of another call, because of the rate.
    pub(super) next_claim_at: Instant,
    /// Throttled calls and refused connections since the last other reply, and the first of them.
    pub(super) failures_in_a_row: u32,
    pub(super) failing_since: Instant,
    /// The calls that this run has claimed from the queue.
    pub(super) claimed: HashSet<i64>,
    /// Results that are not recorded yet.
    pub(super) unrecorded: Vec<(i64, CallEnd)>,
    /// What is announced once it is on record.
    pub(super) endings: Vec<Ending>,
    pub(super) tally: Tally,
}
