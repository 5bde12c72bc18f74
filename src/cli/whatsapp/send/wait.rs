//! `--wait`: waits until an accepted message has arrived or failed.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::delivery::{Found, Search, no_final_receipt};
use crate::chat::history::{Conversation, PAGE_SIZE, Status};
use crate::error::Kind;
use crate::message::channel::Channel;
use crate::output::report::FailedReceipts;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::{Fetch, FollowUp};

/// The receipt of the message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Receipt {
    /// The recipient.
    phone: String,
    status: Status,
    /// Why it failed.
    reason: Option<String>,
}

/// Waits until the message is delivered, read or failed, for at most `seconds`, and adds `receipts`
/// to the result. The message has already been sent, so a failure here is only a warning.
pub fn receipt(query: &ReceiptQuery, seconds: u64) -> Option<FollowUp> {
    let ReceiptQuery::Chat { channel, from, to, space: Some(space) } = query else { return None };
    let conversation = Conversation {
        channel: Channel::from_name(channel)?,
        business: from.clone(),
        customer: Some(to.clone()),
        space: space.clone(),
    };
    let to = to.clone();
    let now = Timestamp::now();
    let planned = Search { conversation: conversation.clone(), ids: Vec::new(), since: Some(now) };
    let calls = vec![conversation.page(&planned.query(), 1, PAGE_SIZE)];
    let fetch: Fetch = Box::new(move |context, guard, record, since| {
        // An earlier run may have sent the message, so the IDs come from its record.
        let id = |name| record.data.get(name).and_then(Value::as_str).map(str::to_string);
        let ids = ["message_id", "task_id"].into_iter().filter_map(id).collect();
        let search = Search { conversation: conversation.clone(), ids, since: Some(since) };
        let mut found = Found::default();
        context.screen.note("waiting for the receipt");
        let limit = Duration::from_secs(seconds);
        let waited = guard.and_then(|guard| search.wait(context, guard, limit, &mut found));
        match waited {
            Err(failure) if failure.kind != Kind::Cancelled => {
                context.screen.warn(format!("cannot fetch the receipt: {}", failure.message));
            }
            _ if !found.is_final() => context.screen.warn(no_final_receipt(limit)),
            _ => {}
        }
        let status = found.status().unwrap_or(Status::Unknown);
        let reason = found.message.and_then(|message| message.reason);
        if status == Status::Failed {
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            context.screen.warn(format!(
                "accepted, but the receipt reports a failure{reason}; it was sent, so do not repeat \
                 the command"
            ));
        }
        let receipt = Receipt { phone: to.clone(), status, reason };
        record.data.insert("receipts".into(), json!([receipt]));
        (status == Status::Failed).then_some(FailedReceipts::All)
    });
    Some(FollowUp { calls, when: "after the message is accepted, until it has arrived", fetch })
}

/// Both follow-ups, one after the other.
pub fn both(first: Option<FollowUp>, second: Option<FollowUp>) -> Option<FollowUp> {
    match (first, second) {
        (Some(first), Some(second)) => {
            let fetches = (first.fetch, second.fetch);
            let fetch: Fetch = Box::new(move |context, guard, record, since| {
                let failed = (fetches.0)(context, guard.clone(), record, since);
                (fetches.1)(context, guard, record, since).or(failed)
            });
            let calls = [first.calls, second.calls].concat();
            Some(FollowUp { calls, when: second.when, fetch })
        }
        (first, second) => first.or(second),
    }
}
