//! The one attempt to send a message: the call, what it came to, and the record of both.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::system;
use crate::send::Message;
use crate::send::idempotency::{
    self, Obstacle, Pending, Record, Tracking, Unresolved, with_unknown_outcome,
};
use crate::send::receipt_lookup::{self, LookUp, NotDone};
use crate::storage;

/// Makes the call, once, and closes the service behind it: ai-mode is off when this returns. If
/// its outcome is unknown, a receipt of a message since that time may prove that it was sent.
///
/// # Errors
/// The message was not sent, or it may have been; the failure says which.
pub fn send(
    context: &Context,
    guard: &Guard<'_>,
    service: Client<'_>,
    message: &Message,
    since: Timestamp,
    mut pending: Option<&mut Pending<'_>>,
) -> Result<Record> {
    let answer = {
        let lease = pending.as_ref().and_then(|pending| pending.lease());
        let _held = lease.map(system::Inherited::new);
        service.send(&message.call).and_then(|reply| accepted(context, message, reply))
    };
    let record = match answer {
        Ok(reply) => record("accepted", message, &message.tracking, reply),
        Err(failure) if failure.outcome != Outcome::Unknown => {
            keep(context, pending.map(Pending::not_sent));
            return Err(failure);
        }
        Err(failure) => {
            keep(context, pending.as_mut().map(|pending| pending.unresolved()));
            drop(service);
            let tracking = &message.tracking;
            let limit = message.safety.look_up;
            match receipt_lookup::find(
                context,
                guard,
                &message.receipt_query,
                tracking,
                since,
                limit,
            ) {
                LookUp::Found(reply) => {
                    context.facts.outcome.set(Outcome::Sent);
                    context.screen.warn(format!(
                        "the reply was lost ({}); a receipt proves that the message was sent",
                        failure.message
                    ));
                    record("sent", message, tracking, reply)
                }
                LookUp::NotFound | LookUp::NotDone(_) => {
                    let key = pending.as_ref().and_then(|pending| pending.key());
                    return Err(check_first(failure, message, tracking, key));
                }
            }
        }
    };
    keep(context, pending.map(|pending| pending.accepted(&record)));
    Ok(record)
}

/// What became of a message that an earlier run may have sent, and when. It is not sent again,
/// whatever the answer. The guard of the look-up is handed back for a caller that wants to know
/// more.
///
/// # Errors
/// It is still not known whether the message went out.
pub fn conclude<'r>(
    context: &'r Context,
    message: &Message,
    earlier: &Unresolved<'_>,
) -> Result<(Record, Guard<'r>, Timestamp)> {
    context.facts.outcome.set(Outcome::Unknown);
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
            let details = idempotency::Details::of(&earlier.record);
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
    let guard = match Guard::prepare(context, message.call.operation.product) {
        Ok(guard) => guard,
        Err(failure) => {
            let why = format!("{}: {}", NotDone::Failed.reason(), failure.message);
            let mut open = earlier.failure(&why, failure.hint.as_deref(), &receipt_query);
            open.retryable = failure.retryable;
            return Err(open);
        }
    };
    match receipt_lookup::find(context, &guard, &receipt_query, tracking, since, limit) {
        LookUp::Found(reply) => {
            context.facts.outcome.set(Outcome::Sent);
            let record = record("sent", message, tracking, reply);
            keep(context, Some(earlier.settle(&record)));
            Ok((record, guard, since))
        }
        LookUp::NotFound => {
            Err(earlier.failure("no receipt was found, which proves nothing", None, &receipt_query))
        }
        LookUp::NotDone(why) => Err(earlier.failure(why.reason(), why.hint(), &receipt_query)),
    }
}

/// A reply that says OK has to name the message, too.
fn accepted(context: &Context, message: &Message, reply: Reply) -> Result<Reply> {
    if reply.text(message.call.operation.product.ids().receipt_in).is_some() {
        return Ok(reply);
    }
    context.facts.outcome.set(Outcome::Unknown);
    let mut failure = with_unknown_outcome(Failure::new(
        Kind::UnknownOutcome,
        "the service said OK and did not name the message that it accepted",
    ));
    failure.request_id = reply.text(&["RequestId"]);
    failure.raw = Some(Value::Object(reply.0));
    Err(failure)
}

/// The next step after an unknown outcome is to check, not to send.
fn check_first(
    mut failure: Box<Failure>,
    message: &Message,
    tracking: &Tracking,
    key: Option<&str>,
) -> Box<Failure> {
    let (name, id) = (message.call.operation.product.ids().tracking, &tracking.id);
    failure.hint = Some(format!("do not send again before checking; its {name} is {id}"));
    failure.next = message.receipt_query.check_commands(Some(id));
    failure.next.extend(key.into_iter().flat_map(idempotency::resolve_commands));
    failure
}

fn record(status: &str, message: &Message, tracking: &Tracking, reply: Reply) -> Record {
    let ids = message.call.operation.product.ids();
    let mut data = Map::new();
    data.insert("status".into(), json!(status));
    data.insert(ids.receipt.into(), json!(reply.text(ids.receipt_in)));
    data.insert(ids.tracking.into(), json!(tracking.id));
    data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
    data.insert("to".into(), json!(message.recipients));
    data.insert("replayed".into(), json!(false));
    Record { data, raw: Value::Object(reply.0) }
}

/// A record that cannot be written changes nothing about the message: a later run with the key
/// looks for the receipt instead.
fn keep(context: &Context, written: Option<storage::Result<()>>) {
    if let Some(Err(error)) = written {
        let error = anyhow::Error::from(error);
        context.screen.warn(format!("the end of this send could not be recorded: {error:#}"));
    }
}
