//! What the outbox records about a send: never a phone number in full, and no text or variable unless
//! the configuration asks for them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::call::SendCall;
use crate::api::operations::Product;
use crate::context::Context;
use crate::message::phone;
use crate::send::Message;
use crate::send::account::account;

/// How many masked recipients of a send are recorded. All of them can be searched for.
const MAX_SHOWN: usize = 20;

/// A send, as the outbox records it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Details {
    /// The command that sent it, such as `sms send`.
    pub command: String,
    /// `sms`, `whatsapp` or `viber`.
    pub channel: String,
    /// The profile, the region and the source of credentials.
    pub account: Value,
    /// The sending number, or the signature of an SMS.
    pub sender: Option<String>,
    /// The template; `None` for a message without one.
    pub template: Option<String>,
    pub tracking_id: String,
    /// The first recipients, masked.
    pub to: Vec<String>,
    /// The ID of the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// The texts and variables, if `outbox.texts` is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Map<String, Value>>,
}

/// The record of a single message; `None` if the outbox is disabled.
pub fn record(context: &Context, message: &Message) -> Option<String> {
    let call = &message.call;
    let value = |flag| call.value(flag).map(str::to_string);
    let details = Details {
        command: context.status.command.borrow().clone(),
        channel: message.receipt_query.channel().to_string(),
        account: serde_json::from_str(&account(&context.settings)).unwrap_or_default(),
        sender: match call.operation.product {
            Product::Cams => value("--from"),
            Product::Dysmsapi => value("--sign-name"),
        },
        template: value("--template-code"),
        tracking_id: message.tracking.id.clone(),
        to: masked(message.recipients.iter().map(String::as_str)),
        batch: None,
        content: None,
    };
    to_text(context, details, || call.clone())
}

/// The record as text, with the content of the call if it is wanted; `None` if the outbox is disabled.
pub fn to_text(
    context: &Context,
    details: Details,
    call: impl FnOnce() -> SendCall,
) -> Option<String> {
    let outbox = context.settings.outbox;
    if !outbox.enabled {
        return None;
    }
    let content = || {
        let recipients = ["--to", "--phone-numbers", "--phone-number-json", "--sender-list"];
        let call = call();
        let content = call.content().into_iter();
        let content = content.filter(|(flag, _)| !recipients.contains(flag));
        content.map(|(flag, words)| (flag.to_string(), Value::from(words))).collect()
    };
    let details = Details { content: outbox.texts.then(content), ..details };
    serde_json::to_string(&details).ok()
}

/// The first recipients, masked.
pub fn masked<'n>(numbers: impl Iterator<Item = &'n str>) -> Vec<String> {
    numbers.take(MAX_SHOWN).map(phone::masked).collect()
}
