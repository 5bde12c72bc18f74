//! One run of a batch command: check the input, show the plan, ask, send, look up, report.

mod identity;
mod invalid;
mod plan_view;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aliyun::client;
use crate::aliyun::guard::Guard;
use crate::api::call::AnyCall;
use crate::batch::definition::Definition;
use crate::batch::engine::{Ended, Engine, EngineOptions, Source, Tally, store_failure};
use crate::batch::grouping::Groups;
use crate::batch::input::{Format, Input};
use crate::batch::plan::{self, Plan, PlanRules, Selection, Sendable};
use crate::batch::row::Row;
use crate::batch::row_set::RowSet;
use crate::batch::{look_up, summary};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::os::failpoint;
use crate::output::report::{Report, fields};
use crate::send::{idempotency, require_consent};
use crate::storage::batches::{Batch, Batches, CallState, Created, NewBatch, NewCall};
use crate::storage::{self, Store, Tracking};

use identity::{check_existing, new_batch, not_durable, other_input};
pub use identity::{not_on_record, parse_recorded};
pub use invalid::invalid_path;
use invalid::report_invalid;
use plan_view::{count, count_remaining, dry_run, message_noun, selection, show_plan};

/// How many calls a dry run shows.
const SHOWN_CALLS: usize = 3;
/// How many calls are queued in one transaction.
const QUEUE_SIZE: usize = 100;

/// How a run of a batch behaves. None of this changes a message.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub engine: EngineOptions,
    pub name: Option<String>,
    /// Only the first rows.
    pub limit: Option<u64>,
    /// This part of so many parts.
    pub shard: Option<(u64, u64)>,
    pub skip_invalid: bool,
    /// The file of numbers that must not be contacted.
    pub exclude: Option<String>,
    /// Send messages with an unknown outcome again, after a typed confirmation.
    pub retry_unknown: bool,
    /// Queue the calls for workers.
    pub enqueue: bool,
    /// The budget for looking up receipts at the end.
    pub look_up: Duration,
}

/// What is recorded about a batch, to continue it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    pub definition: Definition,
    pub skip_invalid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<PathBuf>,
}

/// Renders the message of a row; `None` if the template cannot be read.
pub type Render<'a> = &'a dyn Fn(&Definition, &Row) -> Option<String>;

/// A batch that a command wants to run.
pub struct Request<'a> {
    pub command: &'static str,
    pub input: Input,
    pub rules: PlanRules,
    pub definition: Definition,
    pub render: Render<'a>,
    pub options: RunOptions,
    /// Only this batch: `batches resume`.
    pub expected: Option<Batch>,
}

/// Runs a batch.
///
/// # Errors
/// The input is invalid, the user did not confirm, or not every message was accepted.
pub fn run(context: &Context, guard: &Guard<'_>, mut request: Request<'_>) -> Result<Report> {
    context.screen.note(&format!("checking {}…", request.input.name));
    let plan = plan::check(&request.input, &request.rules)?;
    request.definition.variables =
        plan.columns.variables.iter().map(|(name, _)| name.clone()).collect();
    report_invalid(context, &request, &plan)?;
    if context.settings.dry_run {
        return dry_run(context, &request, &plan);
    }
    require_consent(context)?;
    storage::require_durable(&context.settings).map_err(not_durable)?;
    let store = storage::open(&context.settings).map_err(store_failure)?;
    if let Some(warning) = storage::warn_if_switched(&context.settings) {
        context.screen.warn(warning);
    }
    let new = new_batch(context, &*store, &request, &plan)?;
    let batches = store.batches();
    let existing = batches.find(&new.identity).map_err(store_failure)?;
    if let Some(existing) = &existing {
        check_existing(existing, &new, &request)?;
    }
    if let (Some(expected), found) = (&request.expected, &existing)
        && found.as_ref().is_none_or(|found| found.id != expected.id)
    {
        return Err(other_input(expected, &new));
    }
    guard.require_allowed()?;
    let retried = match (&existing, request.options.retry_unknown) {
        (Some(batch), true) => {
            // Receipts may have arrived since: what was sent is not offered.
            let space = request.definition.space.as_deref();
            let budget = request.options.look_up;
            look_up::settle(context, guard, batches, &batch.id, space, budget)?;
            confirm_retry(context, batches, batch)?
        }
        _ => Vec::new(),
    };
    let mut recorded = RowSet::default();
    if let Some(batch) = &existing {
        let add = &mut |row| recorded.insert(row);
        batches.recorded_rows(&batch.id, add).map_err(store_failure)?;
    }
    let remaining = count_remaining(&request, &plan, &recorded)?
        + retried.iter().map(|(_, messages)| messages).sum::<u64>();
    show_plan(context, guard, &request, &plan, existing.as_ref(), remaining)?;
    if remaining > 0 && !context.settings.yes {
        let messages = count(remaining, message_noun(request.definition.channel));
        let verb = if request.options.enqueue { "queue" } else { "send" };
        context.screen.confirm(&format!("{verb} {messages}"))?;
    }
    let batch = match batches.create(&new).map_err(store_failure)? {
        Created::New(batch) => batch,
        // Another run may have created it since.
        Created::Existing(batch) => {
            check_existing(&batch, &new, &request)?;
            batch
        }
    };
    for (call, _) in &retried {
        batches.supersede(&batch.id, *call).map_err(store_failure)?;
    }
    if !retried.is_empty() {
        failpoint::point("batch: superseded");
        recorded = RowSet::default();
        let add = &mut |row| recorded.insert(row);
        batches.recorded_rows(&batch.id, add).map_err(store_failure)?;
    }
    let selection = selection(&request, &recorded);
    let mut rows = Sendable::new(&request.input, &request.rules, &plan, selection)?;
    let groups = Groups::new(
        request.definition.channel,
        &request.definition.variables,
        Box::new(move || rows.next_row()),
    );
    if request.options.enqueue {
        return enqueue(context, batches, &batch, &request.definition, groups);
    }
    let tally = if remaining > 0 {
        send(context, guard, batches, &batch, &request, Source::Input(groups), remaining)?
    } else {
        context.screen.note("all rows of this batch were sent or have a result: nothing to send");
        Tally::default()
    };
    finish(context, guard, batches, &batch.id, &request, &tally)
}

/// Sends the calls of a source, with progress.
pub fn send(
    context: &Context,
    guard: &Guard<'_>,
    batches: &dyn Batches,
    batch: &Batch,
    request: &impl Sends,
    source: Source<'_>,
    messages: u64,
) -> Result<Tally> {
    let progress = context.screen.batch_progress(messages);
    let on_end = |ended: &Ended<'_>, tally: &Tally| {
        progress.update(tally.accepted, tally.failed, tally.unknown);
        if context.screen.is_json() {
            // A closed stdout must not end a batch.
            let _ = context.screen.event(request.command(), &fields(&CallEvent::new(batch, ended)));
        }
    };
    let engine = Engine {
        context,
        guard,
        store: batches,
        batch,
        definition: request.definition(),
        options: request.engine(),
        on_end: &on_end,
        store_lost: Cell::default(),
    };
    engine.run(source)
}

/// What [`send`] and [`finish`] need to know.
pub trait Sends {
    fn command(&self) -> &str;
    fn definition(&self) -> &Definition;
    fn engine(&self) -> EngineOptions;
    fn look_up(&self) -> Duration;
}

impl Sends for Request<'_> {
    fn command(&self) -> &str {
        self.command
    }

    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn engine(&self) -> EngineOptions {
        self.options.engine
    }

    fn look_up(&self) -> Duration {
        self.options.look_up
    }
}

/// Looks up unknown calls and reports the state of the batch.
pub fn finish(
    context: &Context,
    guard: &Guard<'_>,
    batches: &dyn Batches,
    id: &str,
    request: &impl Sends,
    tally: &Tally,
) -> Result<Report> {
    let space = request.definition().space.as_deref();
    let settled = look_up::settle(context, guard, batches, id, space, request.look_up());
    let batch = settled.and_then(|_| batches.batch(id).map_err(store_failure));
    let batch = batch.map_err(|failure| summary::without_record(failure, id, tally))?;
    let batch = batch.ok_or_else(|| not_on_record(id))?;
    summary::report(context, &batch, tally)
}

/// One call that ended, as `--json` prints it.
#[derive(Debug, Serialize)]
struct CallEvent<'e> {
    batch: &'e str,
    call: i64,
    status: &'static str,
    messages: usize,
    /// The lines of the first and the last row of the call.
    first_line: u64,
    last_line: u64,
    tracking_id: &'e str,
    /// The service's ID of the call.
    receipt_id: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'e Failure>,
}

impl<'e> CallEvent<'e> {
    fn new(batch: &'e Batch, ended: &Ended<'e>) -> Self {
        let lines = || ended.group.rows.iter().map(|row| row.line);
        Self {
            batch: &batch.id,
            call: ended.id,
            status: match ended.state {
                CallState::Accepted => "accepted",
                CallState::Failed => "failed",
                _ => "unknown",
            },
            messages: ended.group.rows.len(),
            first_line: lines().min().unwrap_or_default(),
            last_line: lines().max().unwrap_or_default(),
            tracking_id: ended.tracking_id,
            receipt_id: ended.receipt_id,
            error: ended.failure,
        }
    }
}

/// Lists the calls with an unknown outcome and asks for a typed confirmation to send them again.
fn confirm_retry(
    context: &Context,
    batches: &dyn Batches,
    batch: &Batch,
) -> Result<Vec<(i64, u64)>> {
    let mut unknown = Vec::new();
    batches
        .calls(&batch.id, &[CallState::Unknown], &mut |record| {
            unknown.push((record.id, record.rows.len() as u64));
            Ok(())
        })
        .map_err(store_failure)?;
    if unknown.is_empty() {
        return Ok(unknown);
    }
    let messages: u64 = unknown.iter().map(|(_, messages)| messages).sum();
    if !context.settings.interactive {
        return Err(Failure::usage(format!(
            "--retry-unknown needs a typed confirmation at a terminal: {} may be sent twice",
            count(messages, "message")
        ))
        .hint("without a terminal, export these rows, check them, and send them as a new batch")
        .next(format!("alimsg batches export {} --unknown", batch.id)));
    }
    context.screen.warn(format!(
        "{} of {} may have been sent already; their recipients may get the message twice",
        count(messages, "message"),
        count(unknown.len() as u64, "call")
    ));
    let typed = context
        .screen
        .ask(&format!("Type \"send {messages} again\" to send them again"), |_| Ok(()))?;
    if typed != format!("send {messages} again") {
        return Err(Failure::new(crate::error::Kind::Cancelled, "not confirmed"));
    }
    Ok(unknown)
}

/// Queues all calls for `batches work`.
fn enqueue(
    context: &Context,
    batches: &dyn Batches,
    batch: &Batch,
    definition: &Definition,
    mut groups: Groups<'_>,
) -> Result<Report> {
    let mut calls: Vec<NewCall> = Vec::new();
    loop {
        let group = groups.next_group()?;
        let is_last = group.is_none();
        if let Some(group) = group {
            let given = group.rows.first().and_then(|row| row.out_id.clone());
            let tracking = Tracking::given_or_new(given);
            let payload = serde_json::to_string(&group).map_err(anyhow::Error::from)?;
            let details = serde_json::to_string(&definition.receipt_query(&group));
            calls.push(NewCall {
                rows: group.rows.iter().map(|row| row.index).collect(),
                tracking_id: tracking.id,
                generated: tracking.generated,
                details: details.map_err(anyhow::Error::from)?,
                payload: Some(payload),
            });
        }
        if calls.len() >= QUEUE_SIZE || (is_last && !calls.is_empty()) {
            batches.enqueue(&batch.id, &calls).map_err(store_failure)?;
            failpoint::point("batch: calls queued");
            calls.clear();
        }
        if is_last {
            break;
        }
    }
    let batch = batches.batch(&batch.id).map_err(store_failure)?;
    let batch = batch.ok_or_else(|| not_on_record("?"))?;
    context.screen.note(&format!("queued; send it with `alimsg batches work {}`", batch.id));
    Ok(Report::from_record(&summary::Summary::new(&batch), serde_json::Value::Null))
}
