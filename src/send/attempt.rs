//! The one attempt to send a message: the call, what it came to, and the record of both.

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

/// A message that went out.
pub struct Sent {
    pub record: Record,
    /// When its call was about to start.
    pub since: Timestamp,
}

/// Makes the call, once, and closes the client behind it: ai-mode is off when this returns. If
/// its outcome is unknown, a receipt may prove that the message was sent.
///
/// # Errors
/// The message was not sent, or it may have been; the failure has the outcome.
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
            "the reply was lost ({}); a receipt proves that the message was sent",
            failure.message
        ));
        let record = record("sent", message, &message.tracking, acceptance);
        warn_if_failed(context, pending.map(|pending| pending.accepted(&record)));
        Ok(Sent { record, since })
    })
}

/// What became of a message that an earlier run may have sent. It is not sent again, whatever the
/// answer.
///
/// # Errors
/// It is still not known whether the message went out.
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
                    "it was another message than this one, which was not sent",
                    Some("repeat the first command to look for its receipt"),
                ),
                Obstacle::OtherAccount => (
                    "it was sent with another profile, region or credentials",
                    Some("repeat the command with those to look for its receipt"),
                ),
                Obstacle::Incomplete => {
                    ("what is on record is not enough to recognise its receipt", None)
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
        LookUp::NotFound => {
            Err(earlier.failure("no receipt was found, which proves nothing", None, &receipt_query))
        }
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

/// A record that cannot be written changes nothing about the message: a later run with the key
/// looks for the receipt instead.
fn warn_if_failed(context: &Context, written: Option<storage::Result<()>>) {
    if let Some(Err(error)) = written {
        let error = anyhow::Error::from(error);
        context.screen.warn(format!("the end of this send could not be recorded: {error:#}"));
    }
}
