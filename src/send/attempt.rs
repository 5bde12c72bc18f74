//! Sends a message once, finds out the outcome and records it.

use std::cell::OnceCell;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::call::SendCall;
use crate::api::operations::Product;
use crate::api::reply::Acceptance;
use crate::context::Context;
use crate::error::{Failure, Outcome, Result, catch_panic};
use crate::os::system;
use crate::send::Message;
use crate::send::idempotency::{self, Pending, Record, Unresolved};
use crate::send::receipt_lookup::{self, Obstacle, ReceiptQuery, Unproven};
use crate::send::recent;
use crate::storage::{self, Tracking};

/// A message that was sent.
pub struct Sent {
    pub record: Record,
    /// The time just before its call started.
    pub since: Timestamp,
}

/// Makes the call of a message once and then closes the client, so ai-mode is off when this returns.
/// If the outcome is unknown, looks for a receipt, which proves that the message was sent.
///
/// # Errors
/// The message was not sent, or may have been sent; see the failure's outcome.
pub fn send(
    context: &Context,
    guard: &Guard<'_>,
    client: Client<'_>,
    (message, call): (&Message, &SendCall),
    pending: &mut Pending<'_>,
) -> Result<Sent> {
    let since = Timestamp::now();
    let recent = recent::Entry::new(context, message, since);
    let result = catch_panic(Outcome::Unknown, || {
        let _held = pending.lease().map(system::Inherited::new);
        client.send(call, &|| {
            recent.begin();
            pending.prepare_end();
        })
    });
    let (acceptance, client, lost_reply) = match result {
        Ok(acceptance) => (acceptance, Some(client), None),
        Err(failure) if failure.outcome == Outcome::NotSent => {
            warn_if_failed(context, pending.not_sent());
            recent.not_sent();
            return Err(failure);
        }
        Err(failure) => {
            let acceptance =
                find_receipt(context, guard, client, message, pending, since, &failure)?;
            (acceptance, None, Some(failure))
        }
    };
    catch_panic(Outcome::Sent, || {
        if let Some(failure) = &lost_reply {
            context.screen.warn(format!(
                "no usable reply ({}), but a receipt proves that the message was sent",
                failure.message
            ));
        }
        let status = if lost_reply.is_some() { "sent" } else { "accepted" };
        let product = message.call.operation.product;
        let new = || record(status, product, &message.recipients, &message.tracking, &acceptance);
        let record = OnceCell::new();
        let save = || {
            warn_if_failed(context, pending.accepted(record.get_or_init(new)));
            recent.accepted(acceptance.receipt_id.as_deref());
        };
        match client {
            // The command that switches ai-mode off takes longer than this.
            Some(client) => client.close(save),
            None => save(),
        }
        Ok(Sent { record: record.into_inner().unwrap_or_else(new), since })
    })
}

/// Closes the client and looks for the receipt of a message whose outcome is unknown.
///
/// # Errors
/// No receipt was found; the failure names the commands to check with.
fn find_receipt(
    context: &Context,
    guard: &Guard<'_>,
    client: Client<'_>,
    message: &Message,
    pending: &mut Pending<'_>,
    since: Timestamp,
    failure: &Failure,
) -> Result<Acceptance> {
    let mut query = message.receipt_query.clone();
    catch_panic(Outcome::Unknown, || {
        warn_if_failed(context, pending.unresolved());
        drop(client);
        let (tracking, limit) = (&message.tracking, message.safety.look_up);
        receipt_lookup::find(context, guard, &mut query, tracking, since, limit)
            .map_err(|_| Box::new(failure.clone()))
    })
    .map_err(|failure| with_check_commands(failure, message, &query, pending.key()))
}

/// Finds out whether an earlier run sent the message. Never sends it again. `given` is where to look
/// for the receipt according to this run, and `recipients` those of its message that had the earlier
/// one.
///
/// # Errors
/// It is still unknown whether the message was sent.
pub fn resolve_earlier(
    context: &Context,
    guard: &Guard<'_>,
    earlier: &Unresolved<'_>,
    given: &ReceiptQuery,
    recipients: &[String],
    limit: Duration,
) -> std::result::Result<Sent, Box<Unproven>> {
    let because = |obstacle: Obstacle, query: ReceiptQuery| {
        Box::new(Unproven {
            reason: obstacle.reason.to_string(),
            hint: obstacle.hint.map(String::from),
            retryable: false,
            query,
        })
    };
    let mut query = earlier.receipt_query(given).map_err(|obstacle| {
        because(obstacle, earlier.recorded_query().unwrap_or_else(|| given.clone()))
    })?;
    if let Some(obstacle) = receipt_lookup::obstacle(limit) {
        return Err(because(obstacle, query));
    }
    guard.account().map_err(|failure| {
        Box::new(Unproven {
            reason: format!("{}: {}", receipt_lookup::FAILED.reason, failure.message),
            hint: failure.hint,
            retryable: failure.retryable,
            query: query.clone(),
        })
    })?;
    let tracking = &earlier.record.tracking;
    let since = earlier.record.since.unwrap_or(Timestamp::MAX);
    let acceptance = receipt_lookup::find(context, guard, &mut query, tracking, since, limit)
        .map_err(|obstacle| because(obstacle, query.clone()))?;
    let record = record("sent", query.product(), recipients, tracking, &acceptance);
    warn_if_failed(context, earlier.settle(&record));
    Ok(Sent { record, since })
}

/// The next step after an unknown outcome is to check, not to send.
fn with_check_commands(
    mut failure: Box<Failure>,
    message: &Message,
    query: &ReceiptQuery,
    key: Option<&str>,
) -> Box<Failure> {
    let (id, patience) = (&message.tracking.id, query.patience());
    failure.hint =
        Some(format!("do not send again before checking; its tracking ID is {id}; {patience}"));
    failure.next = query.check_commands(Some(id));
    failure.next.extend(key.into_iter().flat_map(idempotency::resolve_commands));
    failure
}

/// The result of a sent message: the `data` of its report, which its key also keeps.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SentMessage<'m> {
    /// `accepted` by the reply of the service, or `sent` according to a receipt.
    status: &'static str,
    #[serde(flatten)]
    ids: MessageIds<'m>,
    /// The service's ID of the request, or of the request that returned the receipt.
    request_id: Option<String>,
    /// The recipients.
    to: &'m [String],
    /// The message was sent by an earlier run with the same key; this one sent nothing.
    replayed: bool,
}

/// The service's ID of a message, which a receipt may lack, and the sender's.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum MessageIds<'m> {
    Chat { message_id: Option<String>, task_id: &'m str },
    Sms { biz_id: Option<String>, out_id: &'m str },
}

fn record(
    status: &'static str,
    product: Product,
    to: &[String],
    tracking: &Tracking,
    acceptance: &Acceptance,
) -> Record {
    let (receipt_id, request_id) = (acceptance.receipt_id.clone(), acceptance.request_id.clone());
    let ids = match product {
        Product::Cams => MessageIds::Chat { message_id: receipt_id, task_id: &tracking.id },
        Product::Dysmsapi => MessageIds::Sms { biz_id: receipt_id, out_id: &tracking.id },
    };
    let sent = SentMessage { status, ids, request_id, to, replayed: false };
    let data = match serde_json::to_value(&sent) {
        Ok(Value::Object(data)) => data,
        _ => Map::new(),
    };
    Record { data, raw: Value::Object(acceptance.raw()) }
}

/// A failed write is only a warning, because the message was sent or not sent regardless of it. A
/// later run with the key looks for the receipt instead.
fn warn_if_failed(context: &Context, written: storage::Result<()>) {
    if let Err(error) = written {
        let error = anyhow::Error::from(error);
        context.screen.warn(format!("the outcome of this send could not be recorded: {error:#}"));
    }
}
