//! Whether a batch on record is the one that the user wants to send.

use crate::batch::engine::store_failure;
use crate::batch::plan::Plan;
use crate::batch::request::{Recorded, Request};
use crate::batch::shards::Shards;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::plural::count;
use crate::os::role;
use crate::send::idempotency;
use crate::storage::Store;
use crate::storage::batches::{Batch, NewBatch};

pub fn new_batch(
    context: &Context,
    store: &dyn Store,
    request: &Request<'_>,
    plan: &Plan,
) -> Result<NewBatch> {
    let identity = match &request.options.name {
        Some(name) => format!("name {name}"),
        None => format!("content {}", request.definition.identity(&plan.content)),
    };
    let source = request.input.path.clone().map(role::recorded_path);
    Ok(NewBatch {
        identity: store.digest(&identity),
        name: request.options.name.clone(),
        command: request.definition.command().to_string(),
        account: idempotency::account(&context.settings),
        source: source.map(|path| path.display().to_string()),
        content: plan.content.clone(),
        definition: definition_text(request, request.options.shards.clone())?,
        rows: plan.valid,
        enqueued: request.options.enqueue,
    })
}

/// The options that a later run needs, as they are recorded. `shards` are the parts of all runs.
pub fn definition_text(request: &Request<'_>, shards: Shards) -> Result<String> {
    let exclude = request.options.exclude.as_ref().map(std::path::absolute).transpose();
    let exclude = exclude.map_err(anyhow::Error::from)?.map(role::recorded_path);
    let recorded = Recorded {
        definition: request.definition.clone(),
        skip_invalid: request.options.skip_invalid,
        exclude,
        shards,
    };
    Ok(serde_json::to_string(&recorded).map_err(anyhow::Error::from)?)
}

/// Checks that a batch on record is the one that the user wants to continue.
pub fn check_existing(
    store: &dyn Store,
    existing: &Batch,
    new: &NewBatch,
    request: &Request<'_>,
) -> Result<()> {
    let id = &existing.id;
    if existing.cancelled_at.is_some() {
        let failure = Failure::usage(format!("batch {id} was cancelled"));
        let failure = if store.may_lack_records(existing) {
            failure.hint(
                "records of this batch may be missing since the repair of the store: rows without \
                 a record may have been sent",
            )
        } else {
            failure
                .hint("only its remaining rows can be sent in a new batch: export them")
                .next(format!("alimsg batches export {id} --remaining"))
        };
        return Err(failure.next(format!("alimsg batches show {id}")));
    }
    if existing.account != new.account {
        return Err(Failure::usage(format!(
            "batch {id} was started with another profile, region or credentials"
        ))
        .hint(
            "use the same settings to continue it; with others, its rows would be sent again, also \
             those that were sent already",
        )
        .next(format!("alimsg batches show {id}")));
    }
    if existing.content != new.content {
        return Err(other_input(existing, new));
    }
    let recorded = Recorded::parse(existing)?;
    let is_same = recorded.definition.comparable() == request.definition.comparable();
    if existing.command != new.command || !is_same {
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

/// Warns if this run may send messages again that another run has sent, because of other options.
pub fn warn_about_repetition(
    context: &Context,
    store: &dyn Store,
    existing: Option<&Batch>,
    new: &NewBatch,
    request: &Request<'_>,
) -> Result<()> {
    let Some(existing) = existing else { return warn_about_same_input(context, store, new) };
    let (id, recorded) = (&existing.id, Recorded::parse(existing)?);
    if request.options.shards.is_all() && recorded.shards.lacks_rows() {
        context.screen.warn(format!(
            "earlier runs of batch {id} sent only part {} of the rows; this run sends all other \
             rows. If other machines send the other parts, their recipients get the message twice: \
             add --shard",
            recorded.shards
        ));
    }
    if let (Some(path), None) = (&recorded.exclude, &request.options.exclude) {
        context.screen.warn(format!(
            "the last run of batch {id} excluded the numbers in {}; this run does not: add \
             --exclude",
            path.display()
        ));
    }
    Ok(())
}

/// Warns about another batch with the same input, of which messages were sent: another name, or an
/// option with another value, also in the configuration, makes it another batch.
fn warn_about_same_input(context: &Context, store: &dyn Store, new: &NewBatch) -> Result<()> {
    let batches = store.batches().batches().map_err(store_failure)?;
    let sent = |batch: &Batch| batch.counts.accepted + batch.counts.unknown + batch.counts.started;
    let same = batches.iter().find(|batch| batch.content == new.content && sent(batch) > 0);
    if let Some(batch) = same {
        let name = batch.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let id = &batch.id;
        context.screen.warn(format!(
            "batch {id}{name} has the same input with another name or other options: {} of it {} \
             sent or may have been sent. This run does not continue it and sends to all rows; to \
             continue it: `alimsg batches resume {id}`",
            count(sent(batch), "message"),
            if sent(batch) == 1 { "was" } else { "were" },
        ));
    }
    Ok(())
}

/// The failure if the input is not that of the batch.
pub fn other_input(batch: &Batch, new: &NewBatch) -> Box<Failure> {
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
    .hint(
        "restore the original file to continue. As another batch, the changed file would be sent \
         completely, also rows that were sent already: remove those first",
    )
    .next(format!("alimsg batches show {}", batch.id))
}

pub fn not_durable(error: anyhow::Error) -> Box<Failure> {
    Failure::usage(format!("a batch needs a record that is kept: {error:#}"))
        .hint("without a durable record, a batch cannot be continued without sending twice")
}
