//! The one attempt to send a message: the call, what it came to, and the record of both.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::system;
use crate::send::idempotency::{Record, Reservation, Tracking, UnresolvedSend};
use crate::send::{Message, receipt_lookup};

/// Makes the call, once, and closes the service behind it: ai-mode is off when this returns. If
/// nobody knows what came of the call, a receipt of a message since that time may tell.
///
/// # Errors
/// The message was not sent, or it may have been; the failure says which.
pub fn send(
    context: &Context,
    guard: &Guard<'_>,
    service: Client<'_>,
    message: &Message,
    since: Timestamp,
    mut reservation: Option<&mut Reservation>,
) -> Result<Record> {
    if let Some(reservation) = &mut reservation {
        reservation.calling()?;
    }
    let answer = {
        let lease = reservation.as_ref().map(|reservation| reservation.lease());
        let _held = lease.map(system::Inherited::new);
        service.send(&message.call).and_then(|reply| accepted(context, message, reply))
    };
    let record = match answer {
        Ok(reply) => record("accepted", message, &message.tracking, reply),
        Err(failure) if failure.outcome != Outcome::Unknown => {
            keep(context, reservation.map(Reservation::release));
            return Err(failure);
        }
        Err(failure) => {
            keep(context, reservation.as_mut().map(|reservation| reservation.open()));
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
                Some(reply) => {
                    context.facts.outcome.set(Outcome::Sent);
                    context.screen.warn(format!(
                        "the reply was lost ({}); a receipt proves that the message was sent",
                        failure.message
                    ));
                    record("sent", message, tracking, reply)
                }
                None => return Err(check_first(failure, message, tracking)),
            }
        }
    };
    keep(context, reservation.map(|reservation| reservation.accepted(&record)));
    Ok(record)
}

/// What became of a message that an earlier run may have sent. It is not sent again, whatever the
/// answer. The guard of the look is handed back for whoever wants to know more.
///
/// # Errors
/// It is still not known whether the message went out.
pub fn conclude<'r>(
    context: &'r Context,
    message: &Message,
    earlier: &mut UnresolvedSend,
) -> Result<(Record, Guard<'r>)> {
    context.facts.outcome.set(Outcome::Unknown);
    let limit = message.safety.look_up;
    let (tracking, since) = (earlier.tracking.clone(), earlier.since);
    let look = || {
        let guard = Guard::prepare(context, message.call.operation.product)?;
        let found =
            receipt_lookup::find(context, &guard, &message.receipt_query, &tracking, since, limit);
        Ok(found.map(|reply| (reply, guard)))
    };
    let failure = match look() {
        Ok(Some((reply, guard))) => {
            context.facts.outcome.set(Outcome::Sent);
            let record = record("sent", message, &tracking, reply);
            keep(context, Some(earlier.settle(&record)));
            return Ok((record, guard));
        }
        Ok(None) => Failure::new(
            Kind::UnknownOutcome,
            "an earlier run with this key ended before it learned whether the message was sent, \
             and there is no receipt",
        ),
        Err(failure) => failure,
    };
    let mut failure = check_first(with_open_outcome(failure), message, &tracking);
    failure.hint = failure.hint.map(|hint| format!("{hint}; if it was not sent, use another key"));
    Err(failure)
}

/// A reply that says OK has to name the message, too.
fn accepted(context: &Context, message: &Message, reply: Reply) -> Result<Reply> {
    if reply.text(message.call.operation.product.ids().receipt_in).is_some() {
        return Ok(reply);
    }
    context.facts.outcome.set(Outcome::Unknown);
    let mut failure = with_open_outcome(Failure::new(
        Kind::UnknownOutcome,
        "the service said OK and did not name the message that it accepted",
    ));
    failure.request_id = reply.text(&["RequestId"]);
    failure.raw = Some(Value::Object(reply.0));
    Err(failure)
}

fn with_open_outcome(mut failure: Box<Failure>) -> Box<Failure> {
    failure.outcome = Outcome::Unknown;
    failure
}

/// The next step after an open outcome is to look, not to send.
fn check_first(mut failure: Box<Failure>, message: &Message, tracking: &Tracking) -> Box<Failure> {
    let (name, id) = (message.call.operation.product.ids().tracking, &tracking.id);
    failure.hint = Some(format!("do not send again before checking; its {name} is {id}"));
    failure.next = message.receipt_query.check_commands(id);
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

/// What the record could not take down changes nothing about the message: a later run with the
/// key looks for the receipt instead.
fn keep(context: &Context, written: Option<anyhow::Result<()>>) {
    if let Some(Err(error)) = written {
        context.screen.warn(format!("the end of this send is not on record: {error:#}"));
    }
}
