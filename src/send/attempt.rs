//! Sends a message once, finds out the outcome and records it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::reply::Acceptance;
use crate::context::Context;
use crate::error::{Failure, Outcome, Result, catch_panic};
use crate::os::system;
use crate::send::Message;
use crate::send::idempotency::{self, Obstacle, Pending, Record, Tracking, Unresolved};
use crate::send::receipt_lookup::{self, LookUp, NotDone};
use crate::storage;

/// A message that was sent.
pub struct Sent {
    pub record: Record,
    /// The time just before its call started.
    pub since: Timestamp,
}

/// Makes the call once and then closes the client, so ai-mode is off when this returns. If the
/// outcome is unknown, looks for a receipt, which proves that the message was sent.
///
/// # Errors
/// The message was not sent, or may have been sent; see the failure's outcome.
pub fn send(
    context: &Context,
    guard: &Guard<'_>,
    client: Client<'_>,
    message: &Message,
    pending: Option<&mut Pending<'_>>,
) -> Result<Sent> {
    let since = Timestamp::now();
    let mut pending = pending;
    let result = catch_panic(Outcome::Unknown, || {
        let lease = pending.as_ref().and_then(|pending| pending.lease());
        let _held = lease.map(system::Inherited::new);
        client.send(&message.call)
    });
    let failure = match result {
        Ok(acceptance) => {
            return catch_panic(Outcome::Sent, || {
                drop(client);
                let record = record("accepted", message, &message.tracking, acceptance);
                warn_if_failed(context, pending.map(|pending| pending.accepted(&record)));
                Ok(Sent { record, since })
            });
        }
        Err(failure) if failure.outcome == Outcome::NotSent => {
            warn_if_failed(context, pending.map(Pending::not_sent));
            return Err(failure);
        }
        Err(failure) => failure,
    };
    let key = pending.as_ref().and_then(|pending| pending.key()).map(str::to_string);
    let receipt = catch_panic(Outcome::Unknown, || {
        warn_if_failed(context, pending.as_mut().map(|pending| pending.unresolved()));
        drop(client);
        let (tracking, limit) = (&message.tracking, message.safety.look_up);
        let query = &message.receipt_query;
        match receipt_lookup::find(context, guard, query, tracking, since, limit) {
            LookUp::Found(acceptance) => Ok(acceptance),
            LookUp::NotFound | LookUp::NotDone(_) => Err(failure.clone()),
        }
    });
    let acceptance =
        receipt.map_err(|failure| with_check_commands(failure, message, key.as_deref()))?;
    catch_panic(Outcome::Sent, || {
        context.screen.warn(format!(
            "no usable reply ({}), but a receipt proves that the message was sent",
            failure.message
        ));
        let record = record("sent", message, &message.tracking, acceptance);
        warn_if_failed(context, pending.map(|pending| pending.accepted(&record)));
        Ok(Sent { record, since })
    })
}

/// Finds out whether an earlier run sent the message. Never sends it again.
///
/// # Errors
/// It is still unknown whether the message was sent.
pub fn resolve_earlier(
    context: &Context,
    guard: &Guard<'_>,
    message: &Message,
    earlier: &Unresolved<'_>,
) -> Result<Sent> {
    let limit = message.safety.look_up;
    let receipt_query = match earlier.receipt_query(&message.receipt_query) {
        Ok(receipt_query) => receipt_query,
        Err(obstacle) => {
            let (why, hint) = match obstacle {
                Obstacle::OtherMessage => (
                    "it was a different message; this one was not sent",
                    Some("run the first command again to look for its receipt"),
                ),
                Obstacle::OtherAccount => (
                    "it was sent with another profile, region or credentials",
                    Some("run the command with those settings to look for its receipt"),
                ),
                Obstacle::Incomplete => {
                    ("its record does not have enough data to identify its receipt", None)
                }
            };
            let details = idempotency::Details::from_record(&earlier.record);
            let receipt_query = details
                .map_or_else(|| message.receipt_query.clone(), |details| details.receipt_query);
            return Err(earlier.failure(why, hint, &receipt_query));
        }
    };
    let tracking = &earlier.record.tracking;
    let since = earlier.record.since.unwrap_or(Timestamp::MAX);
    if let Some(obstacle) = receipt_lookup::obstacle(&receipt_query, limit) {
        return Err(earlier.failure(obstacle.reason(), obstacle.hint(), &receipt_query));
    }
    if let Err(failure) = guard.account() {
        let why = format!("{}: {}", NotDone::Failed.reason(), failure.message);
        let mut unresolved = earlier.failure(&why, failure.hint.as_deref(), &receipt_query);
        unresolved.retryable = failure.retryable;
        return Err(unresolved);
    }
    match receipt_lookup::find(context, guard, &receipt_query, tracking, since, limit) {
        LookUp::Found(acceptance) => {
            let record = record("sent", message, tracking, acceptance);
            warn_if_failed(context, Some(earlier.settle(&record)));
            Ok(Sent { record, since })
        }
        LookUp::NotFound => Err(earlier.failure(
            "no receipt was found, but that does not prove that it was not sent",
            None,
            &receipt_query,
        )),
        LookUp::NotDone(why) => Err(earlier.failure(why.reason(), why.hint(), &receipt_query)),
    }
}

/// The next step after an unknown outcome is to check, not to send.
fn with_check_commands(
    mut failure: Box<Failure>,
    message: &Message,
    key: Option<&str>,
) -> Box<Failure> {
    let (name, id) = (message.call.operation.product.ids().tracking, &message.tracking.id);
    failure.hint = Some(format!("do not send again before checking; its {name} is {id}"));
    failure.next = message.receipt_query.check_commands(Some(id));
    failure.next.extend(key.into_iter().flat_map(idempotency::resolve_commands));
    failure
}

fn record(status: &str, message: &Message, tracking: &Tracking, acceptance: Acceptance) -> Record {
    let ids = message.call.operation.product.ids();
    let mut data = Map::new();
    data.insert("status".into(), json!(status));
    data.insert(ids.receipt.into(), json!(acceptance.receipt_id));
    data.insert(ids.tracking.into(), json!(tracking.id));
    data.insert("request_id".into(), json!(acceptance.request_id));
    data.insert("to".into(), json!(message.recipients));
    data.insert("replayed".into(), json!(false));
    Record { data, raw: Value::Object(acceptance.raw) }
}

/// A failed write is only a warning, because the message was sent or not sent regardless of it. A
/// later run with the key looks for the receipt instead.
fn warn_if_failed(context: &Context, written: Option<storage::Result<()>>) {
    if let Some(Err(error)) = written {
        let error = anyhow::Error::from(error);
        context.screen.warn(format!("the outcome of this send could not be recorded: {error:#}"));
    }
}
