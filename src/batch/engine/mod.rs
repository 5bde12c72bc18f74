//! Sends the calls of a batch: several at a time, each recorded before it starts and after it ends.
//!
//! This thread owns the store and judges all replies; the threads of the [`Pool`] only run
//! processes. A call that may have been started is never started again here.

mod endings;
mod next_call;
mod pause;
mod state;
mod store_access;
mod tally;
mod verdict;

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::aliyun::pool::Pool;
use crate::api::call::SendCall;
use crate::batch::definition::Definition;
use crate::batch::grouping::Group;
use crate::batch::limits::CallLimits;
use crate::batch::pace::Pace;
use crate::context::Context;
use crate::error::{self, Failure, Kind, Outcome, Result};
use crate::os::failpoint;
use crate::storage;
use crate::storage::batches::{
    Batch, Batches, CallEnd, CallState, Cancelled, NewCall, Start, WorkerLease,
};
pub use state::Source;
use state::{Planned, Running, State};
pub use tally::{CodeTally, Tally};

/// How often a call that was proven not to be sent is tried, after refused connections.
const MAX_ATTEMPTS: u32 = 5;
/// How often a call is tried after throttling.
const MAX_THROTTLED_ATTEMPTS: u32 = 10;
/// After so many throttled calls or refused connections in at least this time, without an accepted
/// call, the batch stops. Many calls that run at the same time can be throttled together.
const MAX_FAILURES_IN_A_ROW: u32 = 10;
const MIN_TIME_OF_FAILURES: Duration = Duration::from_secs(10);
/// The longest pause of the loop, so that no event is missed for long.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The pause after the store could not be used, and how long the engine tries to record results.
const STORE_PAUSE: Duration = Duration::from_millis(500);
const STORE_PATIENCE: Duration = Duration::from_secs(300);

/// How a run sends.
#[derive(Debug, Clone, Copy)]
pub struct EngineOptions {
    /// How many calls run at the same time.
    pub jobs: usize,
    /// Messages per second; `None` for the limit of the service.
    pub rate: Option<f64>,
}

/// A call that ended, for progress and events.
pub struct Ended<'e> {
    pub id: i64,
    pub state: CallState,
    pub group: &'e Group,
    pub tracking_id: &'e str,
    /// The service's ID of the call.
    pub receipt_id: Option<&'e str>,
    pub failure: Option<&'e Failure>,
}

/// Sends one batch.
pub struct Engine<'a> {
    pub context: &'a Context,
    pub guard: &'a Guard<'a>,
    pub store: &'a dyn Batches,
    pub limits: &'a CallLimits<'a>,
    pub batch: &'a Batch,
    pub definition: &'a Definition,
    pub options: EngineOptions,
    /// Called after each call.
    pub on_end: &'a dyn Fn(&Ended<'_>, &Tally),
    /// Since when the store cannot be used, so that the engine waits only once for it.
    pub store_lost: Cell<Option<Instant>>,
}

impl Engine<'_> {
    /// Sends all calls of the source. ai-mode is on meanwhile. Why the run stopped before its end is
    /// part of the result.
    ///
    /// # Errors
    /// ai-mode cannot be switched on, or the store cannot be used. No call was started.
    pub fn run(&self, source: Source<'_>) -> Result<Tally> {
        let now = Instant::now();
        let mut state = State {
            source,
            again: VecDeque::new(),
            ready: Vec::new(),
            next: None,
            blocked: Vec::new(),
            pause: None,
            exhausted: false,
            pace: Pace::new(self.options.rate, now),
            next_claim_at: now,
            failures_in_a_row: 0,
            failing_since: now,
            claimed: HashSet::new(),
            unrecorded: Vec::new(),
            endings: Vec::new(),
            tally: Tally::default(),
        };
        self.pause_if_quiet(&mut state);
        let mut is_started = false;
        let ended = loop {
            // Nothing is held during a pause: no lease, and ai-mode is off.
            if is_started || state.pause.is_some() {
                match self.goes_on(&mut state) {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            }
            if let Err(failure) = self.run_until_pause(&mut state) {
                break Err(failure);
            }
            is_started = true;
        };
        match ended {
            Err(failure) if !is_started => return Err(failure),
            Err(failure) => drop(state.tally.stopped.get_or_insert(failure)),
            Ok(()) => {}
        }
        Ok(state.tally)
    }

    /// Sends calls until none is left or a limit requires a pause.
    fn run_until_pause(&self, state: &mut State<'_>) -> Result<()> {
        let client = Client::open(self.context, self.guard)?;
        let worker = self.store.worker().map_err(store_failure)?;
        std::thread::scope(|scope| {
            let mut pool = Pool::new(scope, &client);
            let driven = error::catch_panic(Outcome::NotSent, || {
                self.drive(&client, &*worker, &mut pool, state)
            });
            // Running calls end and are recorded even if this run cannot go on.
            let finished = error::catch_panic(Outcome::NotSent, || {
                self.finish_running(&mut pool, state);
                Ok(())
            });
            if let Err(failure) = driven.and(finished) {
                state.tally.stopped.get_or_insert(failure);
            }
        });
        Ok(())
    }

    fn drive(
        &self,
        client: &Client<'_>,
        worker: &dyn WorkerLease,
        pool: &mut Pool<'_, '_, Running>,
        state: &mut State<'_>,
    ) -> Result<()> {
        let mut noted = false;
        loop {
            self.pause_if_quiet(state);
            let goes_on = state.tally.stopped.is_none() && !pool.is_interrupted();
            let may_start = goes_on && state.pause.is_none();
            if may_start {
                self.start_calls(client, worker, pool, state)?;
            } else if goes_on && state.pause.is_some() {
                self.give_back_claimed(state);
            } else {
                self.release_planned(state);
            }
            self.record(state)?;
            if pool.is_interrupted() && !noted && pool.running() > 0 {
                noted = true;
                self.context.screen.note(
                    "stopping: waiting for the running calls to finish; a second Ctrl-C ends them \
                     now, and their outcome may then be unknown",
                );
            }
            let is_over = (state.pause.is_some() || state.next.is_none() && state.again.is_empty())
                && (state.exhausted || !may_start)
                && pool.running() == 0;
            if is_over {
                return Ok(());
            }
            let pause = match &state.next {
                _ if state.pause.is_some() && pool.running() == 0 => Duration::ZERO,
                Some((_, due)) => due.saturating_duration_since(Instant::now()).min(MAX_WAIT),
                None => match state.next_claim_at.checked_duration_since(Instant::now()) {
                    Some(wait) if may_start => wait.min(MAX_WAIT),
                    _ => MAX_WAIT,
                },
            };
            // The results of calls that end here are recorded with the start of the next calls.
            self.collect(pool, state, pause);
        }
    }

    /// Starts as many calls as there are free slots and the rate permits.
    fn start_calls(
        &self,
        client: &Client<'_>,
        worker: &dyn WorkerLease,
        pool: &mut Pool<'_, '_, Running>,
        state: &mut State<'_>,
    ) -> Result<()> {
        while pool.running() + state.ready.len() < self.options.jobs {
            if state.next.is_none() {
                let free = self.options.jobs - pool.running() - state.ready.len();
                let Some(planned) = self.plan_next(worker, state, free)? else { break };
                match self.due(state, planned.group.rows.len() as u64) {
                    Ok(due) => state.next = Some((planned, due)),
                    Err(failure) => {
                        state.again.push_front(planned);
                        return Err(failure);
                    }
                }
            }
            match state.next.take() {
                Some((planned, due)) if due <= Instant::now() => state.ready.push(planned),
                later => {
                    state.next = later;
                    break;
                }
            }
        }
        if state.ready.is_empty() { Ok(()) } else { self.begin(client, worker, pool, state) }
    }

    /// Records calls as started, and starts them.
    fn begin(
        &self,
        client: &Client<'_>,
        worker: &dyn WorkerLease,
        pool: &mut Pool<'_, '_, Running>,
        state: &mut State<'_>,
    ) -> Result<()> {
        let mut calls: Vec<(Planned, SendCall, Vec<String>)> = Vec::new();
        for planned in std::mem::take(&mut state.ready) {
            // The limits may have changed since a call was queued.
            if let Some(id) = planned.record
                && let Err(violation) = self.limits.check_group(&planned.group)
            {
                state.unrecorded.push((id, CallEnd::NotSent));
                state.tally.stopped = Some(violation.into());
                continue;
            }
            let call = self.definition.call(&planned.group, &planned.tracking.id);
            match client.arguments(&call) {
                Ok(arguments) => calls.push((planned, call, arguments)),
                // Nothing is on record yet, or the queued call goes back to the queue.
                Err(failure) => {
                    let record = planned.record;
                    state.unrecorded.extend(record.map(|id| (id, CallEnd::NotSent)));
                    state.tally.stopped = Some(failure);
                }
            }
        }
        let new: Vec<NewCall> = calls
            .iter()
            .filter(|(planned, ..)| planned.record.is_none())
            .map(|(planned, ..)| NewCall {
                send: self.limits.send(&planned.group, &planned.tracking.id),
                ..self.definition.new_call(&planned.group, &planned.tracking, None)
            })
            .collect();
        failpoint::point("batch: about to record the start");
        let starts = self.retrying_start(&state.unrecorded, worker, &new).inspect_err(|_| {
            // None of these calls was started: those of the queue go back to it.
            let claimed = calls.iter().filter_map(|(planned, ..)| planned.record);
            state.unrecorded.extend(claimed.map(|id| (id, CallEnd::NotSent)));
            // Records that may exist nevertheless. If this fails, they count as unknown.
            let _ = self.forget_starts(worker, &new);
        })?;
        if !new.is_empty() && !state.unrecorded.is_empty() {
            failpoint::point("batch: results and start recorded");
            state.unrecorded.clear();
        }
        let mut starts = starts.into_iter();
        failpoint::point("batch: start recorded");
        for (planned, call, arguments) in calls {
            let id = match planned.record {
                Some(id) => id,
                None => match starts.next() {
                    Some(Start::Recorded(id)) => id,
                    Some(Start::Taken(rows)) => {
                        state.again.extend(planned.group.without(&rows).map(Planned::new));
                        continue;
                    }
                    Some(Start::Limited(reached)) => {
                        self.limited(state, planned, &reached);
                        continue;
                    }
                    None => return Err(Failure::internal("the store did not record a call")),
                },
            };
            if let Err(failure) = pool.start(Running { id, planned }, call, arguments) {
                // The process was not started, so nothing was sent.
                state.unrecorded.push((id, CallEnd::NotSent));
                if !pool.is_interrupted() {
                    state.tally.stopped = Some(failure);
                }
            }
        }
        Ok(())
    }
}

/// The failure if the store cannot be used. Calls on record stay as they are.
pub fn store_failure(error: storage::Error) -> Box<Failure> {
    if matches!(&error, storage::Error::NotWritten(error) if error.is::<Cancelled>()) {
        return Failure::new(Kind::Cancelled, "the batch was cancelled")
            .hint("its other rows can be exported with `alimsg batches export ID --remaining`");
    }
    let error = anyhow::Error::from(error);
    Failure::environment(format!("the record of the batch cannot be used: {error:#}"))
        .hint("no call starts without its record; run the same command again to continue")
}
