//! `alimsg sandbox messages`: what the sandbox sent, by its own count.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::sandbox::{self, Message, ServiceChannel};
use crate::storage::folder;

#[derive(Debug, Args)]
#[command(after_help = "\
The result includes the number of messages (total), of different recipients (recipients), and of
recipients that got the same text more than once (repeated).

Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes
  alimsg sandbox messages --to 13800001000
  alimsg sandbox messages --count --json")]
pub struct Flags {
    /// Only messages to this number
    #[arg(long, value_name = "N")]
    to: Option<String>,

    /// Only messages with this out-id or task-id
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    tracking_id: Option<String>,

    /// One row for each recipient instead of each message
    #[arg(long)]
    count: bool,

    #[command(flatten)]
    limit: LimitFlag,
}

/// A sent message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sent {
    channel: ServiceChannel,
    to: String,
    /// A business number or an SMS signature.
    from: String,
    template: Option<String>,
    /// As the recipient reads it.
    text: String,
    tracking_id: Option<String>,
    message_id: String,
    sent_at: Timestamp,
}

/// The messages of one recipient.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Count {
    channel: ServiceChannel,
    to: String,
    /// How many messages.
    messages: usize,
    /// How many of them have the same text; the largest number if there are several texts.
    same_text: usize,
}

/// The sandbox's count.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    /// How many messages.
    total: usize,
    /// How many different recipients.
    recipients: usize,
    /// How many recipients got the same text more than once.
    repeated: usize,
}

/// Lists or counts the sent messages.
///
/// # Errors
/// The state of the sandbox cannot be read.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let mut messages = sandbox::sent_messages(&folder::sandbox_folder()?)?;
    messages.retain(|message| {
        flags.to.as_ref().is_none_or(|to| is_recipient(message, to))
            && flags.tracking_id.as_ref().is_none_or(|id| message.tracking_id.as_ref() == Some(id))
    });
    let counts = count(&messages);
    let facts = Facts {
        total: messages.len(),
        recipients: counts.len(),
        repeated: counts.iter().filter(|count| count.same_text > 1).count(),
    };
    if flags.count {
        return Ok(Report::from_rows("counts", flags.limit.first(counts), &facts, Value::Null));
    }
    let messages = messages.into_iter().map(|message| Sent {
        channel: message.channel,
        to: message.recipient,
        from: message.sender,
        template: message.template,
        text: message.text,
        tracking_id: message.tracking_id,
        message_id: message.message_id,
        sent_at: message.sent_at,
    });
    Ok(Report::from_rows("messages", flags.limit.first(messages), &facts, Value::Null))
}

/// Whether the message went to this number, with or without `+`. The sandbox stores mainland
/// numbers of SMS without their country code.
fn is_recipient(message: &Message, number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_sms = message.channel == ServiceChannel::Sms;
    message.recipient == digits
        || (is_sms && digits.strip_prefix("86") == Some(message.recipient.as_str()))
}

/// One entry for each recipient, in the order of their numbers.
fn count(messages: &[Message]) -> Vec<Count> {
    let mut recipients: BTreeMap<_, (ServiceChannel, HashMap<&str, usize>)> = BTreeMap::new();
    for message in messages {
        let key = (message.recipient.as_str(), message.product.as_str(), message.channel as u8);
        let (_, texts) = recipients.entry(key).or_insert((message.channel, HashMap::new()));
        *texts.entry(&message.text).or_default() += 1;
    }
    let count = |((to, ..), (channel, texts)): ((&str, _, _), (_, HashMap<&str, usize>))| Count {
        channel,
        to: to.to_owned(),
        messages: texts.values().sum(),
        same_text: texts.values().copied().max().unwrap_or_default(),
    };
    recipients.into_iter().map(count).collect()
}
