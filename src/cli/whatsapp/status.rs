//! `alimsg whatsapp status`: whether a sent message arrived, was read or failed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::aliyun::guard::Guard;
use crate::api::operations::Product;
use crate::chat::delivery::{Found, Search, no_final_receipt};
use crate::chat::history::{Conversation, PAGE_SIZE};
use crate::cli::prelude::*;
use crate::cli::values::chat_channel;
use crate::cli::whatsapp::space::Sought;
use crate::message::phone;
use crate::message::time::china;
use crate::output::report;
use crate::send::receipt_lookup::{CHAT_PATIENCE, ReceiptQuery};
use crate::send::recent::{self, RecentSend};

#[derive(Debug, Args)]
#[command(after_help = "\
Without an ID, the last message that was sent from this computer is shown. alimsg keeps the numbers
and IDs of the last 20 sends for 30 days, in a file that only you can read; for another message give
--from. `listed` is false if the service does not list the message. When the
time of --wait is up, the exit code is still 0, with a warning.

Examples:
  alimsg whatsapp status wamid.abc --from 8613800000001 --cust-space-id cams-8c1xxxx
  alimsg --sandbox whatsapp status order-7 --from 8613800000001 --to 8613800001000 \\
      --cust-space-id cams-sandbox")]
pub struct Flags {
    /// `message_id` or `task_id` of the message [default: the last one]
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// Business number or Viber service ID: digits only, country code first; required for a message
    /// that was not sent from this computer
    #[arg(long, value_name = "N")]
    from: Option<String>,

    /// The recipient: digits only, country code first, no + [default: all]
    #[arg(long, value_name = "N")]
    to: Option<String>,

    /// Channel instance of the business number [default: that of an earlier message, or the only one
    /// of the account]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Channel of the message [default: whatsapp]
    #[arg(long, visible_alias = "channel", value_parser = chat_channel())]
    channel_type: Option<Channel>,

    /// Poll, with growing pauses, until the message has arrived or failed, or the time is up
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          default_missing_value = "120", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: Option<u64>,
}

/// Shows one message; with `--wait`, once it has arrived or failed or the time is up.
///
/// # Errors
/// Invalid or missing input; a failed call; a signal.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let wait = flags.wait.map(Duration::from_secs);
    let search = search(context, flags)?;
    let call = search.conversation.page(&search.query(), 1, PAGE_SIZE);
    let report = |found: Found| report(context, &search, found, wait);
    let Some(limit) = wait else {
        return read_only::run(context, &[&call], |client| search.fetch(client), report);
    };
    if let Some(plan) = read_only::dry_run(context, &[&call])? {
        return Ok(plan);
    }
    let guard = Guard::prepare(context, Product::Cams)?;
    let mut found = Found::default();
    search.wait(context, &guard, limit, &mut found)?;
    Ok(report(found))
}

/// Finds the message in the record of the last sends; the flags are for all others.
fn search(context: &Context, flags: Flags) -> Result<Search> {
    let is_wanted = |send: &RecentSend| {
        matches!(send.query, ReceiptQuery::Chat { .. })
            && flags.id.as_ref().is_none_or(|id| send.has_id(id))
    };
    let known = recent::latest(&context.settings, is_wanted);
    let (mut from, mut to, mut space) = (flags.from, flags.to, flags.cust_space_id);
    let mut channel = flags.channel_type;
    let (mut ids, mut since) = (Vec::from_iter(flags.id.clone()), None);
    if let Some(send) = known
        && let ReceiptQuery::Chat { channel: own, from: sender, to: recipient, space: own_space } =
            &send.query
    {
        send.require_same_account(&context.settings, &["whatsapp", "status"])?;
        if flags.id.is_none() {
            let sent_at = china::rfc3339(&china::at(send.at));
            let id = &send.tracking_id;
            context.screen.note(&format!("showing the message of {sent_at}, task-id {id}"));
        }
        ids = vec![send.tracking_id.clone()];
        ids.extend(send.service_id.clone());
        since = Some(send.at);
        channel = channel.or_else(|| Channel::from_name(own));
        from = from.or_else(|| Some(sender.clone()));
        to = to.or_else(|| Some(recipient.clone()));
        space = space.or_else(|| own_space.clone());
    }
    let channel = channel.unwrap_or(Channel::Whatsapp);
    let mut inputs = Inputs::new(context);
    let id = inputs.need("ID", "ID of the message", ids.first().cloned(), anything)?;
    let check = |number: &str| phone::check_business_number(channel, number);
    let business = inputs.need("--from", "Business number", from, check)?;
    if let Some(customer) = &to {
        phone::check_chat_number("--to", customer)?;
    }
    inputs.complete(&["alimsg whatsapp accounts list", "alimsg whatsapp numbers list"])?;
    let sought = Sought { channel: Some(channel), sender: Some(&business) };
    let space = sought.given_or_found(context, space)?;
    if ids.is_empty() {
        ids.push(id);
    }
    let conversation = Conversation { channel, business, customer: to, space };
    Ok(Search { conversation, ids, since })
}

fn report(context: &Context, search: &Search, found: Found, wait: Option<Duration>) -> Report {
    let screen = &context.screen;
    let is_final = found.is_final();
    if found.is_doubtful {
        screen.warn("the list cannot be read completely; the message may be missing");
    } else if found.message.is_none() {
        screen.note(&format!("no record of this message: {CHAT_PATIENCE}"));
    }
    if let Some(limit) = wait.filter(|_| !is_final) {
        screen.warn(no_final_receipt(limit));
    }
    let mut data = match &found.message {
        Some(message) => report::fields(message),
        None => report::fields(&json!({
            "id": Value::Null,
            "task_id": search.ids.first(),
            "from": search.conversation.business,
            "to": search.conversation.customer,
            "status": "unknown",
        })),
    };
    data.insert("listed".into(), json!(found.message.is_some()));
    Report::Record { data, raw: Value::Array(found.raw) }
}
