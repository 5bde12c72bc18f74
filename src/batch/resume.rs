//! Continues a batch on record: from its input, or from its queue.

use std::time::Duration;

use crate::aliyun::guard::Guard;
use crate::batch::engine::{EngineOptions, Source, store_failure};
use crate::batch::input::Input;
use crate::batch::job::{Job, not_on_record};
use crate::batch::limits;
use crate::batch::request::{Recorded, Request, RunOptions};
use crate::batch::run::{self, message_noun};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::plural::count;
use crate::output::report::Report;
use crate::send::confirm_for_tool;
use crate::send::idempotency;
use crate::send::limits::check_recipients;
use crate::storage::Store;
use crate::storage::batches::{Batch, Counts};

/// How a run continues a batch.
#[derive(Debug, Clone, Copy)]
pub struct ResumeOptions {
    pub engine: EngineOptions,
    pub look_up: Duration,
    pub retry_unknown: bool,
}

/// Continues a batch from its input.
///
/// # Errors
/// The input is missing or has changed; as [`run::run`].
pub fn from_input(
    context: &Context,
    guard: &Guard<'_>,
    batch: Batch,
    recorded: Recorded,
    input: Input,
    options: ResumeOptions,
) -> Result<Report> {
    let rules = recorded.rules(run::invalid_path(input.path.as_deref(), input.format))?;
    let Recorded { definition, skip_invalid, exclude, shards } = recorded;
    let request = Request {
        input,
        rules,
        definition,
        render: &|_, _| None,
        options: RunOptions {
            engine: options.engine,
            look_up: options.look_up,
            name: batch.name.clone(),
            limit: None,
            shards,
            skip_invalid,
            exclude: exclude.map(|path| path.display().to_string()),
            retry_unknown: options.retry_unknown,
            enqueue: batch.enqueued,
        },
        expected: Some(batch),
    };
    run::run(context, guard, request)
}

/// Sends queued calls of a batch until its queue is empty. Other workers can do the same at the same
/// time. The person who queued the batch has confirmed it; for a tool, its user does.
///
/// # Errors
/// The batch was cancelled or belongs to another account; not every message was accepted.
pub fn work(
    context: &Context,
    guard: &Guard<'_>,
    store: &dyn Store,
    batch: &Batch,
    recorded: &Recorded,
    options: ResumeOptions,
) -> Result<Report> {
    if batch.cancelled_at.is_some() {
        return Err(Failure::usage(format!("batch {} was cancelled", batch.id)));
    }
    if batch.account != idempotency::account(&context.settings) {
        return Err(Failure::usage(format!(
            "batch {} was queued for another profile, region or credentials",
            batch.id
        ))
        .hint("use the same --profile, --region and --credentials as the command that queued it"));
    }
    limits::require(context, &recorded.definition)?;
    check_recipients(&context.settings.limits, batch.counts.queued)?;
    guard.require_allowed()?;
    let Counts { queued, started, accepted, failed, unknown } = batch.counts;
    let missing = batch.rows.saturating_sub(queued + started + accepted + failed + unknown);
    if missing > 0 {
        context.screen.warn(format!(
            "{missing} of {} rows are not queued: queueing was interrupted or still goes on; the \
             same command with --enqueue queues the others",
            batch.rows
        ));
    }
    if queued > 0 {
        let definition = &recorded.definition;
        let messages = count(queued, message_noun(definition.channel));
        confirm_for_tool(context, &format!("About to send {messages}:"), || {
            let mut rows = vec![("batch", batch.id.clone())];
            rows.extend(batch.name.clone().map(|name| ("name", name)));
            rows.push(("template", definition.template_code.clone()));
            rows.extend(definition.sign.clone().map(|sign| ("signature", sign)));
            rows.extend(definition.from.clone().map(|from| ("from", from)));
            rows.push(("messages", queued.to_string()));
            rows.push(("account", guard.account()?.describe()));
            Ok(rows)
        })?;
    }
    let job = Job {
        context,
        guard,
        store,
        batch,
        definition: &recorded.definition,
        command: "batches work",
        engine: options.engine,
        look_up: options.look_up,
        remaining: None,
    };
    job.run(Source::Queue, queued)
}

/// The batch with this ID or name.
///
/// # Errors
/// There is none, or the store cannot be read.
pub fn find(store: &dyn Store, id_or_name: &str) -> Result<Batch> {
    let batch = store.batches().batch(id_or_name).map_err(store_failure)?;
    batch.ok_or_else(|| not_on_record(id_or_name))
}
