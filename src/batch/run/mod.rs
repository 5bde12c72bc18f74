//! One run of a batch command: check the input, show the plan, ask, send, look up, report.

mod identity;
pub mod invalid;
mod plan_view;
mod queue;

use crate::aliyun::guard::Guard;
use crate::batch::engine::{Source, Tally, store_failure};
use crate::batch::grouping::Groups;
use crate::batch::job::{Job, not_on_record};
use crate::batch::limits::{self, RowLimits};
use crate::batch::plan::{self, Plan};
use crate::batch::request::{Recorded, Request};
use crate::batch::row_set::RowSet;
use crate::batch::sendable::Sendable;
use crate::batch::shards::Shards;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::plural::count;
use crate::os::failpoint;
use crate::output::report::Report;
use crate::send::limits::check_recipients;
use crate::send::require_consent;
use crate::settings::PlanUse;
use crate::storage::batches::{Batch, Batches, CallState, Created};
use crate::storage::{self, Store};

use identity::{
    check_existing, definition_text, new_batch, not_durable, other_input, warn_about_repetition,
};
pub use invalid::invalid_path;
use invalid::{report_doubtful, report_invalid};
pub use plan_view::message_noun;
use plan_view::{
    ALL_RECORDED, Progress, count_all_remaining, count_part_remaining, count_remaining, dry_run,
    selection, show_plan,
};
use queue::enqueue;

/// How often a run tries to change the record of its batch. Each attempt fails only because another
/// run has changed it, which every run does once.
const MAX_AMENDMENTS: usize = 100;

/// Runs a batch.
///
/// # Errors
/// The input is invalid, the user did not confirm, or not every message was accepted.
pub fn run(context: &Context, guard: &Guard<'_>, mut request: Request<'_>) -> Result<Report> {
    limits::require(context, &request.definition)?;
    request.rules.limits = RowLimits::new(context, &request.definition)?;
    context.screen.note(&format!("checking {}…", request.input.name));
    let plan = plan::check(&request.input, &request.rules)?;
    request.definition.variables =
        plan.columns.variables.iter().map(|(name, _)| name.clone()).collect();
    report_invalid(context, &request, &plan)?;
    report_doubtful(context, &plan);
    if context.settings.dry_run {
        let progress = recorded_before(context, &mut request, &plan)?;
        return dry_run(context, &request, &plan, &progress);
    }
    require_consent(context)?;
    storage::require_durable(&context.settings).map_err(not_durable)?;
    let store = storage::open(&context.settings).map_err(store_failure)?;
    if let Some(warning) = storage::warn_if_switched(&context.settings) {
        context.screen.warn(warning);
    }
    let batches = store.batches();
    let existing = find_existing(context, &*store, &mut request, &plan)?;
    guard.require_allowed()?;
    let retried = match (&existing, request.options.retry_unknown) {
        (Some(batch), true) => {
            // Receipts may have arrived since: what was sent is not offered.
            job(context, guard, &request, &*store, batch).settle()?;
            confirm_retry(context, batches, batch, &request.options.shards)?
        }
        _ => Vec::new(),
    };
    let mut recorded = recorded_rows(batches, existing.as_ref())?;
    let remaining = count_remaining(&request, &plan, &recorded)?
        + retried.iter().map(|(_, messages)| messages).sum::<u64>();
    check_recipients(&context.settings.limits, remaining)?;
    show_plan(context, guard, &request, &plan, (existing.as_ref(), &recorded), remaining)?;
    // A run that only shows its plan creates and changes no batch.
    let is_shown = context.settings.plan == PlanUse::Show;
    if (remaining > 0 || is_shown && existing.is_none()) && !context.settings.yes {
        let messages = count(remaining, message_noun(request.definition.channel));
        let verb = if request.options.enqueue { "queue" } else { "send" };
        context.screen.confirm(&format!("{verb} {messages}"))?;
    }
    let new = new_batch(context, &*store, &request, &plan)?;
    let batch = match batches.create(&new).map_err(store_failure)? {
        Created::New(batch) => batch,
        // Another run may have created it since.
        Created::Existing(batch) => {
            check_existing(&*store, &batch, &new, &request)?;
            if !is_shown {
                amend(batches, &batch, &request, &plan, &recorded)?;
            }
            batch
        }
    };
    for (call, _) in &retried {
        batches.supersede(&batch.id, *call).map_err(store_failure)?;
    }
    if !retried.is_empty() {
        failpoint::point("batch: superseded");
        recorded = recorded_rows(batches, Some(&batch))?;
    }
    let selection = selection(&request, &recorded);
    let mut rows = Sendable::new(&request.input, &request.rules, &plan, selection)?;
    let groups = Groups::new(
        request.definition.channel,
        &request.definition.variables,
        Box::new(move || rows.next_row()),
    )
    .with_max_rows(context.settings.limits.max_messages_per_call());
    if request.options.enqueue {
        return enqueue(context, batches, &batch, &request.definition, groups);
    }
    let part = count_part_remaining(&request, &plan, &recorded)?;
    let still_remaining = || {
        let mut remaining = part.unwrap_or_default();
        let shards = &request.options.shards;
        let count = &mut |row| {
            let is_new = shards.contains(row) && !recorded.contains(row);
            remaining = remaining.saturating_sub(u64::from(is_new));
        };
        batches.recorded_rows(&batch.id, count).map_err(store_failure)?;
        Ok(remaining)
    };
    let still_remaining: &dyn Fn() -> Result<u64> = &still_remaining;
    let job = Job {
        remaining: part.map(|_| still_remaining),
        ..job(context, guard, &request, &*store, &batch)
    };
    if remaining > 0 {
        job.run(Source::Input(groups), remaining)
    } else {
        context.screen.note(ALL_RECORDED);
        job.report(&Tally::default())
    }
}

/// The batch on record, if it exists and is the one that the user wants to send. The request gets
/// the channel instance that an earlier run has named.
fn find_existing(
    context: &Context,
    store: &dyn Store,
    request: &mut Request<'_>,
    plan: &Plan,
) -> Result<Option<Batch>> {
    let new = new_batch(context, store, request, plan)?;
    let existing = store.batches().find(&new.identity).map_err(store_failure)?;
    if let Some(existing) = &existing {
        check_existing(store, existing, &new, request)?;
        let space = &mut request.definition.space;
        *space = space.take().or(Recorded::parse(existing)?.definition.space);
    }
    warn_about_repetition(context, store, existing.as_ref(), &new, request)?;
    if let Some(expected) = &request.expected
        && existing.as_ref().is_none_or(|found| found.id != expected.id)
    {
        return Err(other_input(expected, &new));
    }
    Ok(existing)
}

fn recorded_rows(batches: &dyn Batches, batch: Option<&Batch>) -> Result<RowSet> {
    let mut recorded = RowSet::default();
    if let Some(batch) = batch {
        let add = &mut |row| recorded.insert(row);
        batches.recorded_rows(&batch.id, add).map_err(store_failure)?;
    }
    Ok(recorded)
}

/// What earlier runs have recorded, for a dry run. Nothing is created.
fn recorded_before(context: &Context, request: &mut Request<'_>, plan: &Plan) -> Result<Progress> {
    let store = match storage::open_existing(&context.settings) {
        Ok(Some(store)) => store,
        Ok(None) => return Ok(Progress::default()),
        Err(error) => {
            context.screen.warn(format!(
                "rows that were sent already are part of this plan, because {}",
                store_failure(error).message
            ));
            return Ok(Progress::default());
        }
    };
    let batch = find_existing(context, &*store, request, plan)?;
    let recorded = recorded_rows(store.batches(), batch.as_ref())?;
    Ok(Progress { batch, recorded })
}

/// Records what this run changes about the batch: another `--exclude` changes the number of rows
/// that can be sent, and `resume` has to apply it; with another `--shard`, it continues more parts.
fn amend(
    batches: &dyn Batches,
    batch: &Batch,
    request: &Request<'_>,
    plan: &Plan,
    recorded: &RowSet,
) -> Result<()> {
    let rows = if plan.valid == batch.rows {
        plan.valid
    } else {
        recorded.len() + count_all_remaining(request, plan, recorded)?
    };
    let mut current = batch.clone();
    for _ in 0..MAX_AMENDMENTS {
        let shards = request.options.shards.after(&Recorded::parse(&current)?.shards);
        let definition = definition_text(request, shards)?;
        if rows == current.rows && definition == current.definition
            || batches.amend(&current, rows, &definition).map_err(store_failure)?
        {
            return Ok(());
        }
        // A run with another part has changed the record: its part stays.
        let changed = batches.batch(&batch.id).map_err(store_failure)?;
        current = changed.ok_or_else(|| not_on_record(&batch.id))?;
    }
    // Without this record, `resume` would send to excluded numbers or leave out a part.
    let message = format!("other runs keep changing the record of batch {}", batch.id);
    Err(Failure::environment(format!("{message}; nothing was sent"))
        .hint("run the same command again")
        .retryable())
}

fn job<'a>(
    context: &'a Context,
    guard: &'a Guard<'a>,
    request: &'a Request<'_>,
    store: &'a dyn Store,
    batch: &'a Batch,
) -> Job<'a> {
    Job {
        context,
        guard,
        store,
        batch,
        definition: &request.definition,
        command: request.definition.command(),
        engine: request.options.engine,
        look_up: request.options.look_up,
        remaining: None,
    }
}

/// Lists the calls with an unknown outcome and asks for a typed confirmation to send them again.
fn confirm_retry(
    context: &Context,
    batches: &dyn Batches,
    batch: &Batch,
    shards: &Shards,
) -> Result<Vec<(i64, u64)>> {
    let mut unknown = Vec::new();
    batches
        .calls(&batch.id, &[CallState::Unknown], &mut |record| {
            // A run with another part sends the other calls again.
            if record.rows.iter().all(|row| shards.contains(*row)) {
                unknown.push((record.id, record.rows.len() as u64));
            }
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
        .hint(
            "only a person at a terminal can send them again. `batches resume` without this flag \
             checks for receipts again and sends only rows that no call has contained",
        )
        .next(format!("alimsg batches resume {}", batch.id))
        .next(format!("alimsg batches show {} --receipts", batch.id)));
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
        return Err(Failure::new(Kind::Cancelled, "not confirmed"));
    }
    Ok(unknown)
}
