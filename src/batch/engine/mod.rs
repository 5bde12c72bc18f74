//! Sends the calls of a batch: several at a time, each recorded before it starts and after it ends.
//!
//! This thread owns the store and judges all replies; the threads of the [`Pool`] only run
//! processes. A call that may have been started is never started again here.

mod verdict;

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::aliyun::client::{Client, SentIds};
use crate::aliyun::guard::Guard;
use crate::aliyun::pool::{Pool, Waited};
use crate::api::call::SendCall;
use crate::api::operations::Product;
use crate::batch::definition::Definition;
use crate::batch::grouping::{Group, Groups};
use crate::batch::pace::Pace;
use crate::context::Context;
use crate::error::{self, Failure, Kind, Outcome, Result};
use crate::os::{failpoint, signals};
use crate::storage::batches::{
    Batch, Batches, CallEnd, CallRecord, CallState, Cancelled, NewCall, Start, WorkerLease,
};
use crate::storage::{self, Tracking};
use verdict::Verdict;

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

/// Where the calls come from.
pub enum Source<'s> {
    /// The rows of the input.
    Input(Groups<'s>),
    /// The queue in the store.
    Queue,
}

/// What a run did, in messages.
#[derive(Debug, Default)]
pub struct Tally {
    pub calls: u64,
    pub accepted: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Failed and unknown messages by error code, with the meaning and the action.
    pub codes: BTreeMap<String, CodeTally>,
    /// Why the run stopped before its end.
    pub stopped: Option<Box<Failure>>,
}

/// The messages with one error code.
#[derive(Debug, Clone)]
pub struct CodeTally {
    pub messages: u64,
    pub message: String,
    pub hint: Option<String>,
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
    pub batch: &'a Batch,
    pub definition: &'a Definition,
    pub options: EngineOptions,
    /// Called after each call.
    pub on_end: &'a dyn Fn(&Ended<'_>, &Tally),
    /// Since when the store cannot be used, so that the engine waits only once for it.
    pub store_lost: Cell<Option<Instant>>,
}

/// A call that is ready to start.
struct Planned {
    group: Group,
    tracking: Tracking,
    attempts: u32,
    /// The record of a call from the queue, which is started already.
    record: Option<i64>,
}

/// A call that is running.
struct Running {
    id: i64,
    planned: Planned,
}

/// A call that ended, and whose result is not recorded yet.
struct Ending {
    id: i64,
    state: CallState,
    group: Group,
    tracking_id: String,
    receipt_id: Option<String>,
    failure: Option<Box<Failure>>,
}

/// The state of a run.
struct State<'s> {
    source: Source<'s>,
    /// Groups that are to be tried again.
    again: VecDeque<Planned>,
    /// Calls that can start now.
    ready: Vec<Planned>,
    /// The next call, and when it may start.
    next: Option<(Planned, Instant)>,
    exhausted: bool,
    pace: Pace,
    /// The earliest claim of another call, because of the rate.
    next_claim_at: Instant,
    /// Throttled calls and refused connections since the last other reply, and the first of them.
    failures_in_a_row: u32,
    failing_since: Instant,
    /// The calls that this run has claimed from the queue.
    claimed: HashSet<i64>,
    /// Results that are not recorded yet.
    unrecorded: Vec<(i64, CallEnd)>,
    /// What is announced once it is on record.
    endings: Vec<Ending>,
    tally: Tally,
}

impl Engine<'_> {
    /// Sends all calls of the source. ai-mode is on meanwhile. Why the run stopped before its end is
    /// part of the result.
    ///
    /// # Errors
    /// ai-mode cannot be switched on, or the store cannot be used. No call was started.
    pub fn run(&self, source: Source<'_>) -> Result<Tally> {
        let client = Client::open(self.context, self.guard)?;
        let worker = self.store.worker().map_err(store_failure)?;
        let now = Instant::now();
        let mut state = State {
            source,
            again: VecDeque::new(),
            ready: Vec::new(),
            next: None,
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
        std::thread::scope(|scope| {
            let mut pool = Pool::new(scope, &client);
            let driven = error::catch_panic(Outcome::NotSent, || {
                self.drive(&client, &*worker, &mut pool, &mut state)
            });
            // Running calls end and are recorded even if this run cannot go on.
            let finished = error::catch_panic(Outcome::NotSent, || {
                self.finish_running(&mut pool, &mut state);
                Ok(())
            });
            if let Err(failure) = driven.and(finished) {
                state.tally.stopped.get_or_insert(failure);
            }
        });
        Ok(state.tally)
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
            let may_start = state.tally.stopped.is_none()
                && !pool.is_interrupted()
                && state.unrecorded.is_empty();
            if may_start {
                self.start_calls(client, worker, pool, state)?;
            } else {
                self.release_next(state);
            }
            if pool.is_interrupted() && !noted && pool.running() > 0 {
                noted = true;
                self.context.screen.note(
                    "stopping: waiting for the running calls to finish; a second Ctrl-C ends them \
                     now, and their outcome may then be unknown",
                );
            }
            let is_over = state.next.is_none()
                && state.again.is_empty()
                && (state.exhausted || !may_start)
                && pool.running() == 0
                && state.unrecorded.is_empty();
            if is_over {
                return Ok(());
            }
            let pause = match &state.next {
                Some((_, due)) => due.saturating_duration_since(Instant::now()).min(MAX_WAIT),
                None if !state.unrecorded.is_empty() => STORE_PAUSE,
                None => match state.next_claim_at.checked_duration_since(Instant::now()) {
                    Some(wait) if may_start => wait.min(MAX_WAIT),
                    _ => MAX_WAIT,
                },
            };
            self.collect(pool, state, pause);
            self.record(state)?;
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

    /// The next call to start; `None` if there is none now.
    fn plan_next(
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
        match &mut state.source {
            Source::Input(groups) => {
                let group = groups.next_group()?;
                state.exhausted = group.is_none();
                Ok(group.map(|group| self.planned(group)))
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
                let claimed = self.retrying_claim(worker, max, &state.claimed)?;
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

    fn planned(&self, group: Group) -> Planned {
        let given = group.rows.first().and_then(|row| row.out_id.clone());
        Planned { group, tracking: Tracking::given_or_new(given), attempts: 0, record: None }
    }

    /// When a call with this many messages may start.
    fn due(&self, state: &mut State<'_>, messages: u64) -> Result<Instant> {
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

    /// The documented limit of the service: calls per second and account. `None` if processes cannot
    /// reach it: 5,000 for SMS.
    const fn calls_per_second(&self) -> Option<f64> {
        match self.definition.product() {
            Product::Dysmsapi => None,
            Product::Cams => Some(10.0),
        }
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
            .map(|(planned, ..)| self.new_call(&planned.group, &planned.tracking, None))
            .collect();
        failpoint::point("batch: about to record the start");
        let starts = self.retrying_start(worker, &new).inspect_err(|_| {
            // None of these calls was started: those of the queue go back to it.
            let claimed = calls.iter().filter_map(|(planned, ..)| planned.record);
            state.unrecorded.extend(claimed.map(|id| (id, CallEnd::NotSent)));
            // Records that may exist nevertheless. If this fails, they count as unknown.
            let _ = self.forget_starts(worker, &new);
        })?;
        let mut starts = starts.into_iter();
        failpoint::point("batch: start recorded");
        for (mut planned, call, arguments) in calls {
            let id = match planned.record {
                Some(id) => id,
                None => match starts.next() {
                    Some(Start::Started(id)) => id,
                    Some(Start::Taken(rows)) => {
                        planned.group.rows.retain(|row| rows.binary_search(&row.index).is_err());
                        if !planned.group.rows.is_empty() {
                            state.again.push_back(self.planned(planned.group));
                        }
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
        self.record(state)
    }

    /// The record of a call, which contains no text of a message.
    pub fn new_call(&self, group: &Group, tracking: &Tracking, payload: Option<String>) -> NewCall {
        let details = serde_json::to_string(&self.definition.receipt_query(group));
        NewCall {
            rows: group.rows.iter().map(|row| row.index).collect(),
            tracking_id: tracking.id.clone(),
            generated: tracking.generated,
            details: details.unwrap_or_default(),
            payload,
        }
    }

    /// Gives back a call that waits for its time.
    fn release_next(&self, state: &mut State<'_>) {
        let waiting = state.next.take().map(|(planned, _)| planned);
        let ready = std::mem::take(&mut state.ready);
        let again = std::mem::take(&mut state.again);
        for planned in waiting.into_iter().chain(ready).chain(again) {
            state.unrecorded.extend(planned.record.map(|id| (id, CallEnd::NotSent)));
        }
    }

    /// Waits for calls that end, and judges them.
    fn collect(&self, pool: &mut Pool<'_, '_, Running>, state: &mut State<'_>, pause: Duration) {
        let mut limit = pause;
        while let Waited::Ended(running, result) = pool.wait(limit) {
            limit = Duration::ZERO;
            self.judge(state, running, result);
        }
    }

    fn judge(&self, state: &mut State<'_>, running: Running, result: Result<SentIds>) {
        let Running { id, mut planned } = running;
        let messages = planned.group.rows.len() as u64;
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
                    state.again.push_back(self.planned(Group { shape, rows }));
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
                    let given = planned.group.rows.first().and_then(|row| row.out_id.clone());
                    planned.tracking = Tracking::given_or_new(given);
                    state.again.push_back(planned);
                } else {
                    state.exhausted = false;
                }
            }
        }
    }

    /// Records results, then announces them. If the store cannot be used now, they are kept and
    /// recorded later.
    fn record(&self, state: &mut State<'_>) -> Result<()> {
        if state.unrecorded.is_empty() {
            return Ok(());
        }
        failpoint::point("batch: about to record results");
        self.retrying(|| self.store.finish(&self.batch.id, &state.unrecorded))?;
        failpoint::point("batch: results recorded");
        state.unrecorded.clear();
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
    fn finish_running(&self, pool: &mut Pool<'_, '_, Running>, state: &mut State<'_>) {
        self.release_next(state);
        while pool.running() > 0 {
            self.collect(pool, state, MAX_WAIT);
        }
        if let Err(failure) = self.record(state) {
            self.context.screen.warn(format!(
                "the results of {} could not be recorded, so they count as unknown: {}",
                count(state.unrecorded.len(), "call"),
                failure.message
            ));
        }
    }

    /// Records the start of calls. After an error it is not certain whether the record was written:
    /// then such records are removed first, because these calls were not started.
    fn retrying_start(&self, worker: &dyn WorkerLease, calls: &[NewCall]) -> Result<Vec<Start>> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let is_doubtful = std::cell::Cell::new(false);
        self.retrying(|| {
            if is_doubtful.get() {
                self.forget_starts(worker, calls)?;
            }
            is_doubtful.set(true);
            self.store.start(&self.batch.id, worker.name(), calls)
        })
    }

    /// Removes the records of calls that were not started.
    fn forget_starts(&self, worker: &dyn WorkerLease, calls: &[NewCall]) -> storage::Result<()> {
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
    fn retrying_claim(
        &self,
        worker: &dyn WorkerLease,
        max: usize,
        known: &HashSet<i64>,
    ) -> Result<Vec<CallRecord>> {
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
            self.store.claim(&self.batch.id, worker.name(), max)
        })
    }

    /// Repeats an operation of the store while another program locks it or its server is away.
    fn retrying<T>(&self, mut operation: impl FnMut() -> storage::Result<T>) -> Result<T> {
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

impl Planned {
    fn ending(self, id: i64, state: CallState, failure: Option<Box<Failure>>) -> Ending {
        let Self { group, tracking, .. } = self;
        Ending { id, state, group, tracking_id: tracking.id, receipt_id: None, failure }
    }
}

impl Tally {
    fn count(&mut self, failure: &Failure, messages: u64) {
        let code = failure.code.clone().unwrap_or_else(|| "no code".into());
        let entry = self.codes.entry(code).or_insert_with(|| CodeTally {
            messages: 0,
            message: failure.message.clone(),
            hint: failure.hint.clone(),
        });
        entry.messages += messages;
    }
}

/// The failure if the store cannot be used. Calls on record stay as they are.
pub fn store_failure(error: storage::Error) -> Box<Failure> {
    if matches!(&error, storage::Error::NotWritten(error) if error.is::<Cancelled>()) {
        return Failure::new(Kind::Cancelled, "the batch was cancelled")
            .hint("to send its other rows anyway, start a new batch with another --name");
    }
    let error = anyhow::Error::from(error);
    Failure::environment(format!("the record of the batch cannot be used: {error:#}"))
        .hint("no call starts without its record; run the same command again to continue")
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
