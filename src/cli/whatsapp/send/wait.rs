//! `--wait`: waits until an accepted message has arrived or failed.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::delivery::{Found, Search};
use crate::chat::history::{Conversation, Status};
use crate::error::Kind;
use crate::message::channel::Channel;
use crate::output::report::FailedReceipts;
use crate::send::FollowUp;
use crate::send::receipt_lookup::ReceiptQuery;

/// The receipt of the message.
#[derive(Debug, Serialize)]
struct Receipt {
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
    Some(Box::new(move |context, guard, record, since| {
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
            _ if !found.is_final() => context.screen.warn(format!(
                "no final receipt after {seconds} s; do not send again for that reason"
            )),
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
    }))
}

/// Both follow-ups, one after the other.
pub fn both(first: Option<FollowUp>, second: Option<FollowUp>) -> Option<FollowUp> {
    match (first, second) {
        (Some(first), Some(second)) => Some(Box::new(move |context, guard, record, since| {
            let failed = first(context, guard.clone(), record, since);
            second(context, guard, record, since).or(failed)
        })),
        (first, second) => first.or(second),
    }
}
