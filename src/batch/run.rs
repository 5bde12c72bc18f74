//! One run of a batch command: check the input, show the plan, ask, send, look up, report.

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

/// The file for invalid rows: next to the input, or in the current folder for stdin.
pub fn invalid_path(input: Option<&Path>, format: Format) -> PathBuf {
    let extension = format!("invalid.{}", format.extension());
    match input {
        Some(path) => path.with_extension(extension),
        None => PathBuf::from(format!("stdin.{extension}")),
    }
}

fn report_invalid(context: &Context, request: &Request<'_>, plan: &Plan) -> Result<()> {
    if plan.invalid == 0 && plan.valid > 0 {
        return Ok(());
    }
    for (line, reason) in &plan.invalid_shown {
        context.screen.note(&format!("{}, line {line}: {reason}", request.input.name));
    }
    let file = plan.invalid_file.as_ref().map(|path| path.display().to_string());
    let file = file.map(|file| format!("all of them are in {file}")).unwrap_or_default();
    let invalid = count(plan.invalid, "invalid row");
    if plan.valid == 0 {
        let message = format!("{} has no row that can be sent ({invalid})", request.input.name);
        let hint = match (plan.invalid, plan.excluded) {
            (0, 0) => "each row needs a phone number in the column phone".to_string(),
            (0, _) => "--exclude names all of its numbers".to_string(),
            _ => file,
        };
        return Err(Failure::usage(message).hint(hint));
    }
    if request.options.skip_invalid {
        context.screen.warn(format!("{invalid} skipped; {file}"));
        return Ok(());
    }
    let mut failure = Failure::usage(format!("{} has {invalid}", request.input.name))
        .hint(format!("{file}; correct the input, or add --skip-invalid to send the others"));
    failure.data = Some(fields(&InvalidRows {
        invalid: plan.invalid,
        valid: plan.valid,
        file: plan.invalid_file.as_ref(),
        rows: plan
            .invalid_shown
            .iter()
            .map(|(line, reason)| InvalidRow { line: *line, reason })
            .collect(),
    }));
    Err(failure)
}

/// The data of the failure for invalid rows.
#[derive(Debug, Serialize)]
struct InvalidRows<'p> {
    invalid: u64,
    valid: u64,
    /// The file with all of them.
    file: Option<&'p PathBuf>,
    /// The first ones.
    rows: Vec<InvalidRow<'p>>,
}

#[derive(Debug, Serialize)]
struct InvalidRow<'p> {
    line: u64,
    reason: &'p str,
}

fn new_batch(
    context: &Context,
    store: &dyn Store,
    request: &Request<'_>,
    plan: &Plan,
) -> Result<NewBatch> {
    let exclude = request.options.exclude.as_ref().map(std::path::absolute).transpose();
    let recorded = Recorded {
        definition: request.definition.clone(),
        skip_invalid: request.options.skip_invalid,
        exclude: exclude.map_err(anyhow::Error::from)?,
    };
    let identity = match &request.options.name {
        Some(name) => format!("name {name}"),
        None => format!("content {}", request.definition.identity(&plan.content)),
    };
    Ok(NewBatch {
        identity: store.digest(&identity),
        name: request.options.name.clone(),
        command: request.command.to_string(),
        account: idempotency::account(&context.settings),
        source: request.input.path.as_ref().map(|path| path.display().to_string()),
        content: plan.content.clone(),
        definition: serde_json::to_string(&recorded).unwrap_or_default(),
        rows: plan.valid,
        enqueued: request.options.enqueue,
    })
}

/// Checks that a batch on record is the one that the user wants to continue.
fn check_existing(existing: &Batch, new: &NewBatch, request: &Request<'_>) -> Result<()> {
    let id = &existing.id;
    if existing.cancelled_at.is_some() {
        return Err(Failure::usage(format!("batch {id} was cancelled"))
            .hint("to send these rows anyway, start a new batch with another --name")
            .next(format!("alimsg batches show {id}")));
    }
    if existing.account != new.account {
        return Err(Failure::usage(format!(
            "batch {id} was started with another profile, region or credentials"
        ))
        .hint("use the same settings to continue it, or start a new batch with another --name"));
    }
    if existing.content != new.content {
        return Err(other_input(existing, new));
    }
    let recorded = parse_recorded(existing)?;
    let same = |definition: &Definition| Definition {
        space: None,
        variables: Vec::new(),
        ..definition.clone()
    };
    if existing.command != new.command || same(&recorded.definition) != same(&request.definition) {
        return Err(Failure::usage(format!(
            "the name {:?} belongs to batch {id}, which has another template or other options",
            existing.name.as_deref().unwrap_or_default()
        ))
        .hint("choose another --name")
        .next(format!("alimsg batches show {id}")));
    }
    if recorded.definition.variables != request.definition.variables {
        return Err(Failure::usage(format!(
            "batch {id} was started with other variables: {}",
            recorded.definition.variables.join(", ")
        ))
        .hint("the template has changed, or could not be read before")
        .next(format!("alimsg batches resume {id}")));
    }
    if existing.enqueued != request.options.enqueue {
        let hint = if existing.enqueued { "add --enqueue" } else { "remove --enqueue" };
        return Err(Failure::usage(format!(
            "batch {id} was {} --enqueue",
            if existing.enqueued { "started with" } else { "started without" }
        ))
        .hint(hint)
        .next(format!("alimsg batches show {id}")));
    }
    Ok(())
}

/// The recorded options of a batch.
///
/// # Errors
/// A later version of alimsg recorded them, or the record is damaged.
pub fn parse_recorded(batch: &Batch) -> Result<Recorded> {
    serde_json::from_str(&batch.definition).map_err(|error| {
        Failure::environment(format!("the record of batch {} cannot be read: {error}", batch.id))
            .hint("a later version of alimsg may have written it: upgrade alimsg")
    })
}

/// The failure if the input is not that of the batch.
fn other_input(batch: &Batch, new: &NewBatch) -> Box<Failure> {
    let digits = |hash: &str| hash.get(..12).unwrap_or(hash).to_string();
    Failure::usage(format!(
        "the input is not that of batch {}: it has {} and the SHA-256 hash {}…, the batch has {} \
         and {}…",
        batch.id,
        count(new.rows, "valid row"),
        digits(&new.content),
        count(batch.rows, "valid row"),
        digits(&batch.content)
    ))
    .hint("restore the original file, or send the changed file as a new batch with another --name")
    .next(format!("alimsg batches show {}", batch.id))
}

fn not_durable(error: anyhow::Error) -> Box<Failure> {
    Failure::usage(format!("a batch needs a record that is kept: {error:#}"))
        .hint("without a durable record, a batch cannot be continued without sending twice")
}

pub fn not_on_record(id: &str) -> Box<Failure> {
    Failure::usage(format!("no batch has the ID or name {id:?}")).next("alimsg batches list")
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

fn selection<'p>(request: &Request<'_>, recorded: &'p RowSet) -> Selection<'p> {
    Selection { recorded, limit: request.options.limit, shard: request.options.shard }
}

fn count_remaining(request: &Request<'_>, plan: &Plan, recorded: &RowSet) -> Result<u64> {
    let selection = selection(request, recorded);
    if recorded.is_empty() && selection.limit.is_none() && selection.shard.is_none() {
        return Ok(plan.valid);
    }
    let mut rows = Sendable::new(&request.input, &request.rules, plan, selection)?;
    let mut remaining = 0;
    while rows.next_row()?.is_some() {
        remaining += 1;
    }
    Ok(remaining)
}

fn show_plan(
    context: &Context,
    guard: &Guard<'_>,
    request: &Request<'_>,
    plan: &Plan,
    existing: Option<&Batch>,
    remaining: u64,
) -> Result<()> {
    let mut rows = plan_rows(request, plan, remaining);
    if let Some(batch) = existing {
        let done = batch.rows.saturating_sub(remaining);
        rows.push(("continues".into(), format!("batch {}, {done} rows have a result", batch.id)));
    }
    rows.push(("account".into(), guard.account()?.describe()));
    let noun = message_noun(request.definition.channel);
    context.screen.plan(&format!("About to send {}:", count(remaining, noun)), &rows);
    Ok(())
}

fn plan_rows(request: &Request<'_>, plan: &Plan, remaining: u64) -> Vec<(String, String)> {
    let definition = &request.definition;
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |name: &str, value: Option<String>| {
        rows.extend(value.map(|value| (name.to_string(), value)));
    };
    row("input", Some(format!("{}, {}", request.input.name, count(plan.valid, "valid row"))));
    row("template", Some(definition.template_code.clone()));
    row("signature", definition.sign.clone());
    row("from", definition.from.clone());
    row("language", definition.language.clone());
    row("variables", (!definition.variables.is_empty()).then(|| definition.variables.join(", ")));
    let ignored = &plan.columns.ignored;
    row("ignored columns", (!ignored.is_empty()).then(|| ignored.join(", ")));
    row("messages", Some(remaining.to_string()));
    if remaining == plan.valid {
        row("billed SMS", plan.parts.map(|parts| parts.to_string()));
        row("calls", Some(format!("about {}", plan.calls)));
    }
    row("invalid rows", (plan.invalid > 0).then(|| format!("{} (skipped)", plan.invalid)));
    row("excluded", (plan.excluded > 0).then(|| format!("{} by --exclude", plan.excluded)));
    row(
        "several messages",
        (plan.repeated_phones > 0)
            .then(|| format!("{} get more than one", count(plan.repeated_phones, "number"))),
    );
    row("duration", Some(duration(request.options.engine, remaining)));
    let shown = usize::try_from(remaining).unwrap_or(usize::MAX);
    for (number, sample) in (1..).zip(plan.samples.iter().take(shown)) {
        let text = (request.render)(definition, sample).unwrap_or_else(|| {
            let pairs = definition.pairs(sample);
            pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(", ")
        });
        row(&format!("example {number}"), Some(format!("to {}: {text}", sample.phone)));
    }
    rows
}

fn duration(options: EngineOptions, messages: u64) -> String {
    match options.rate {
        Some(rate) => {
            // Counts are far below 2^52.
            #[allow(clippy::cast_precision_loss)]
            let seconds = messages as f64 / rate;
            let duration = Duration::from_secs_f64(seconds.ceil());
            format!("at least {} at {rate} messages per second", spell(duration))
        }
        None => format!(
            "as fast as {} at a time permit; limit it with --rate",
            count(options.jobs as u64, "call")
        ),
    }
}

fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

const fn message_noun(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "SMS",
        Channel::Whatsapp | Channel::Viber => "message",
    }
}

/// The number with its noun: `1 row`, `2 rows`, `2 SMS`.
fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 || noun == "SMS" { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Shows the plan and the first calls. Starts no process and records nothing.
fn dry_run(context: &Context, request: &Request<'_>, plan: &Plan) -> Result<Report> {
    let recorded = RowSet::default();
    let remaining = count_remaining(request, plan, &recorded)?;
    context.screen.plan("Plan:", &plan_rows(request, plan, remaining));
    if request.rules.variables.is_none() && !request.definition.variables.is_empty() {
        context.screen.note(
            "a dry run does not read the template, so every other column counts as a variable",
        );
    }
    let mut rows =
        Sendable::new(&request.input, &request.rules, plan, selection(request, &recorded))?;
    let definition = &request.definition;
    let source = Box::new(move || rows.next_row());
    let mut groups = Groups::new(definition.channel, &definition.variables, source);
    let mut calls = Vec::new();
    while calls.len() < SHOWN_CALLS
        && let Some(group) = groups.next_group()?
    {
        let given = group.rows.first().and_then(|row| row.out_id.clone());
        calls.push(definition.call(&group, &Tracking::given_or_new(given).id));
    }
    if plan.calls > calls.len() as u64 {
        context.screen.note(&format!(
            "the first {} of about {}:",
            count(calls.len() as u64, "call"),
            plan.calls
        ));
    }
    let calls: Vec<&dyn AnyCall> = calls.iter().map(|call| call as &dyn AnyCall).collect();
    client::dry_run(context, &calls)
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
    context.screen.note(&format!("queued; send it with: alimsg batches work {}", batch.id));
    Ok(Report::from_record(&summary::Summary::new(&batch), serde_json::Value::Null))
}
