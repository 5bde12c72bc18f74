//! What a send would do, without starting a process.

use crate::aliyun::client::{self, PlannedCall};
use crate::api::call::{self, AnyCall};
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::send::idempotency::{self, Claim};
use crate::send::receipt_lookup::Unproven;
use crate::send::{Message, duplicates, limits, request};
use crate::storage;

/// The report of a dry run, with the calls of a plan.
///
/// # Errors
/// A run would be refused, or it is not known what it would do.
pub fn report(context: &Context, message: &Message, planned: Report) -> Result<Report> {
    if is_replayed(context, message)? {
        return client::plan(context, &follow_ups(message));
    }
    limits::require(context, message)?;
    let mut planned = match duplicates::peek(context, message)? {
        true => plan(context, message, Some(DUPLICATE))?,
        false => planned,
    };
    if let Some(attachment) = &message.attachment {
        attachment.upload.add_to_plan(context, &mut planned);
    }
    Ok(planned)
}

const DUPLICATE: &str = "only with --allow-duplicate: the same message was just sent";
const UPLOADED: &str = "with the link of the uploaded file";

/// All calls of a message. Building their argument vectors also finds an invalid call before any
/// process starts.
///
/// # Errors
/// A call is invalid.
pub fn check(context: &Context, message: &Message) -> Result<Report> {
    let uploaded = message.attachment.as_ref().and(Some(UPLOADED));
    plan(context, message, uploaded)
}

fn plan(context: &Context, message: &Message, condition: Option<&'static str>) -> Result<Report> {
    let reads = call::any(&message.reads).map(|call| (call, None));
    let send = (&message.call as &dyn AnyCall, condition);
    let calls: Vec<_> = reads.chain([send]).chain(follow_ups(message)).collect();
    client::plan(context, &calls)
}

fn follow_ups(message: &Message) -> Vec<PlannedCall<'_>> {
    let Some(follow_up) = &message.follow_up else { return Vec::new() };
    call::any(&follow_up.calls).map(|call| (call, Some(follow_up.when))).collect()
}

/// Whether a run would send nothing because an earlier run sent the message with the same key. For a
/// dry run: reads the record, changes nothing and looks for no receipt.
///
/// # Errors
/// The key belongs to another message, its message may have been sent, or the record cannot be read.
fn is_replayed(context: &Context, message: &Message) -> Result<bool> {
    let Some(key) = message.safety.key.as_deref() else { return Ok(false) };
    let store = storage::open_existing(&context.settings)
        .map_err(|error| idempotency::unreadable(key, error, Some(&message.receipt_query)))?;
    let Some(store) = store else { return Ok(false) };
    match idempotency::peek(context, &*store, key, &request(message))? {
        None | Some(Claim::Free(_)) => Ok(false),
        Some(Claim::Accepted(..)) => {
            context.screen.warn(format!(
                "the key {key:?} was used before: a run would send nothing and show the earlier \
                 result"
            ));
            Ok(true)
        }
        Some(Claim::Unresolved(earlier)) => {
            let query = earlier.recorded_query().unwrap_or_else(|| message.receipt_query.clone());
            let reason = "a dry run does not look for its receipt".to_string();
            Err(earlier.failure(&Unproven { reason, hint: None, retryable: false, query }))
        }
    }
}
