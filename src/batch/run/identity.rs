//! Whether a batch on record is the one that the user wants to send.

use super::*;

pub(super) fn new_batch(
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
pub(super) fn check_existing(
    existing: &Batch,
    new: &NewBatch,
    request: &Request<'_>,
) -> Result<()> {
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
pub(super) fn other_input(batch: &Batch, new: &NewBatch) -> Box<Failure> {
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

pub(super) fn not_durable(error: anyhow::Error) -> Box<Failure> {
    Failure::usage(format!("a batch needs a record that is kept: {error:#}"))
        .hint("without a durable record, a batch cannot be continued without sending twice")
}

pub fn not_on_record(id: &str) -> Box<Failure> {
    Failure::usage(format!("no batch has the ID or name {id:?}")).next("alimsg batches list")
}
