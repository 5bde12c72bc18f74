//! One run of a batch command: check the input, show the plan, ask, send, look up, report.

mod identity;
mod invalid;
mod plan_view;

use crate::aliyun::guard::Guard;
use crate::batch::definition::Definition;
use crate::batch::engine::{Source, Tally, store_failure};
use crate::batch::grouping::Groups;
use crate::batch::job::{Job, not_on_record};
use crate::batch::plan::{self, Sendable};
use crate::batch::request::Request;
use crate::batch::row_set::RowSet;
use crate::batch::summary::Summary;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::plural::count;
use crate::os::failpoint;
use crate::output::report::Report;
use crate::send::require_consent;
use crate::storage;
use crate::storage::batches::{Batch, Batches, CallState, Created, NewCall};

use identity::{check_existing, new_batch, not_durable, other_input};
pub use invalid::invalid_path;
use invalid::report_invalid;
use plan_view::{count_remaining, dry_run, message_noun, selection, show_plan};

/// How many calls are queued in one transaction.
const QUEUE_SIZE: usize = 100;

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
            job(context, guard, &request, batches, batch).settle()?;
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
    let job = job(context, guard, &request, batches, &batch);
    if remaining > 0 {
        job.run(Source::Input(groups), remaining)
    } else {
        context.screen.note("all rows of this batch were sent or have a result: nothing to send");
        job.report(&Tally::default())
    }
}

fn job<'a>(
    context: &'a Context,
    guard: &'a Guard<'a>,
    request: &'a Request<'_>,
    batches: &'a dyn Batches,
    batch: &'a Batch,
) -> Job<'a> {
    Job {
        context,
        guard,
        batches,
        batch,
        definition: &request.definition,
        command: request.definition.command(),
        engine: request.options.engine,
        look_up: request.options.look_up,
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
            let payload = serde_json::to_string(&group).map_err(anyhow::Error::from)?;
            calls.push(definition.new_call(&group, &group.tracking(), Some(payload)));
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
    let queued = batches.batch(&batch.id).map_err(store_failure)?;
    let batch = queued.ok_or_else(|| not_on_record(&batch.id))?;
    context.screen.note(&format!("queued; send it with `alimsg batches work {}`", batch.id));
    Ok(Report::from_record(&Summary::new(&batch), serde_json::Value::Null))
}
