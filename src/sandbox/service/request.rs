//! Input of a handler, and helpers for its reply.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::answers::request_id;
use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::Rejection;
use crate::sandbox::scenarios::Scenario;
use crate::sandbox::service::message_log::SentCall;
use crate::sandbox::service::state::{Message, State};

/// The input of a handler, and where it puts the messages that it sends.
pub struct Request<'a> {
    pub call: &'a ProductCall,
    pub state: &'a mut State,
    pub now: Timestamp,
    /// Selected by the recipients' numbers.
    pub scenario: Scenario,
    /// The sent messages that [`log_filter`](super::log_filter) selects.
    pub sent: &'a [Message],
    /// The messages of this call, to add to the log if the call succeeds.
    pub outgoing: &'a mut Option<SentCall>,
}

impl Request<'_> {
    /// The messages that may concern this call, oldest first; see `sent`.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.state.messages.iter().chain(self.sent)
    }

    /// Accepts a valid call, unless its scenario is a rejection, and returns its ID under `id_field`.
    /// `id` makes the ID from a serial number.
    pub fn accept(
        self,
        id_field: &str,
        id: impl FnOnce(u64) -> String,
        messages: SentCall,
    ) -> Result<Value, Rejection> {
        let Request { call, state, now, scenario, outgoing, .. } = self;
        let product = call.operation.product;
        if let Some(rejection) = scenario.rejection(product) {
            return Err(rejection);
        }
        let id = id(state.next_serial());
        let reply = reply(json!({ id_field: id }))?;
        let mut recipients = messages.recipients;
        if id_field == "GroupMessageId" {
            for (index, recipient) in recipients.iter_mut().enumerate() {
                recipient.message_id = Some(format!("{id}{index:04}"));
            }
        }
        let shared = Message {
            product: product.name().to_owned(),
            api: call.operation.api.to_owned(),
            tracking_id: call.text(product.ids().tracking_flag).map(str::to_owned),
            message_id: id,
            request_id: reply["RequestId"].as_str().unwrap_or_default().to_owned(),
            sent_at: now,
            ..messages.shared
        };
        *outgoing = Some(SentCall { shared, recipients });
        Ok(reply)
    }
}

/// A successful reply with these fields, as the result of a handler.
pub fn reply(fields: Value) -> Result<Value, Rejection> {
    let mut reply = json!({ "Code": "OK", "Message": "OK", "RequestId": request_id() });
    merge(&mut reply, fields.as_object().into_iter().flatten());
    Ok(reply)
}

/// Sets these fields of an object.
pub fn merge<'a>(object: &mut Value, fields: impl IntoIterator<Item = (&'a String, &'a Value)>) {
    for (name, value) in fields {
        object[name] = value.clone();
    }
}

/// One page of a list; the index counts from 1.
pub fn page<T>(items: Vec<T>, index: i64, size: i64) -> Vec<T> {
    let index = usize::try_from(index.max(1) - 1).unwrap_or(usize::MAX);
    let size = usize::try_from(size.max(1)).unwrap_or(usize::MAX);
    items.into_iter().skip(index.saturating_mul(size)).take(size).collect()
}
