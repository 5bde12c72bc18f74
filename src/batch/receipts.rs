//! The receipts of a batch: how many of its accepted messages were delivered, and why others failed.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{MAX_PAGE_SIZE, PageRange};
use crate::batch::definition::Definition;
use crate::batch::engine::store_failure;
use crate::batch::input::{Input, Record};
use crate::batch::plan::PlanRules;
use crate::batch::request::{Recorded, require_same_content};
use crate::batch::run;
use crate::chat::history::{Conversation, Message, Query, Status};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::os::signals;
use crate::sms::receipt::{self, DeliveryStatus, Filter, Sent};
use crate::storage::batches::{Batch, Batches, CallRecord, CallState, RowIndex};

/// The largest difference between the clocks of this machine and of the service.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What became of the accepted messages.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Receipts {
    pub delivered: u64,
    /// Delivered and, on WhatsApp, read.
    pub read: u64,
    pub failed: u64,
    /// Without a final receipt.
    pub pending: u64,
    /// Failed messages by code or reason, with the meaning.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Reason {
    pub code: String,
    pub messages: u64,
    pub meaning: Option<String>,
}

/// One receipt, for all channels.
pub enum Delivery {
    Delivered,
    Read,
    Failed(String, Option<String>),
    Pending,
}

/// Fetches the receipts of all accepted messages. ai-mode is on meanwhile.
///
/// # Errors
/// The input is missing or has changed, or a call failed.
pub fn fetch(
    context: &Context,
    batches: &dyn Batches,
    batch: &Batch,
    input: Option<&str>,
    space: Option<String>,
) -> Result<Receipts> {
    let mut definition = Recorded::parse(batch)?.definition;
    definition.space = space.or_else(|| definition.known_space(&context.settings));
    if definition.channel != Channel::Sms && definition.space.is_none() {
        return Err(Failure::usage("the receipts of this batch need its channel instance")
            .hint("add --cust-space-id ID, with the channel instance of its sending number"));
    }
    let mut calls = Vec::new();
    batches
        .calls(&batch.id, &[CallState::Accepted], &mut |record| {
            calls.push(record);
            Ok(())
        })
        .map_err(store_failure)?;
    let phones = phones(batch, &definition, input)?;
    let client = Client::connect(context, definition.product())?;
    let progress = context.screen.batch_progress(batch.counts.accepted);
    let (mut receipts, mut reasons) = (Receipts::default(), BTreeMap::new());
    let mut done = 0;
    for call in &calls {
        for row in &call.rows {
            if signals::count() > 0 {
                return Err(Failure::interrupted());
            }
            let Some(phone) = phones.get(row) else { continue };
            match one(&client, &definition, call, phone)? {
                Delivery::Delivered => receipts.delivered += 1,
                Delivery::Read => {
                    receipts.delivered += 1;
                    receipts.read += 1;
                }
                Delivery::Pending => receipts.pending += 1,
                Delivery::Failed(code, meaning) => {
                    receipts.failed += 1;
                    reasons.entry(code).or_insert((0, meaning)).0 += 1;
                }
            }
            done += 1;
            progress.update(done, 0, 0);
        }
    }
    receipts.reasons = reasons
        .into_iter()
        .map(|(code, (messages, meaning))| Reason { code, messages, meaning })
        .collect();
    Ok(receipts)
}

/// The number of each row; the store does not keep them.
fn phones(
    batch: &Batch,
    definition: &Definition,
    path: Option<&str>,
) -> Result<HashMap<RowIndex, String>> {
    let input = Input::open_again(path, batch.source.as_deref(), &batch.id)?;
    let rules = PlanRules::from_definition(definition, run::invalid_path(None, input.format));
    let mut rows = input.rows()?;
    let columns = rules.columns(&input.name, rows.columns())?;
    let (mut phones, mut record, mut index) = (HashMap::new(), Record::default(), 0);
    while rows.next(&mut record)? {
        let phone = record.fields.get(columns.phone).unwrap_or_default().trim();
        phones.insert(index, phone.to_string());
        index += 1;
    }
    require_same_content(batch, &input.name, &rows.finish()?)?;
    Ok(phones)
}

fn one(
    client: &Client<'_>,
    definition: &Definition,
    call: &CallRecord,
    phone: &str,
) -> Result<Delivery> {
    let Some(started_at) = call.started_at else { return Ok(Delivery::Pending) };
    let result = call.result.as_deref();
    let result = result.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let receipt_id = result.and_then(|result| result["receipt_id"].as_str().map(String::from));
    let sender = Sender {
        channel: definition.channel,
        from: definition.from.as_deref(),
        space: definition.space.as_deref(),
        started_at,
        tracking_id: &call.tracking_id,
        receipt_id: receipt_id.as_deref(),
    };
    Ok(fetch_one(client, &sender, phone)?.unwrap_or(Delivery::Pending))
}

/// A call whose receipts are fetched.
pub struct Sender<'s> {
    pub channel: Channel,
    /// The sender of chat messages.
    pub from: Option<&'s str>,
    pub space: Option<&'s str>,
    pub started_at: Timestamp,
    pub tracking_id: &'s str,
    /// The service's ID of an SMS call.
    pub receipt_id: Option<&'s str>,
}

/// Fetches the receipt of one recipient; `None` if there is none.
///
/// # Errors
/// The call failed.
pub fn fetch_one(
    client: &Client<'_>,
    sender: &Sender<'_>,
    phone: &str,
) -> Result<Option<Delivery>> {
    if sender.channel == Channel::Sms {
        // The ID of the service is unique; an out_id of the user may not be.
        let biz_id = sender.receipt_id.map(String::from);
        let filter = Filter {
            phone: phone.to_string(),
            sent: Sent::At(sender.started_at),
            out_id: biz_id.is_none().then(|| sender.tracking_id.to_string()),
            biz_id,
        };
        let range = PageRange::All { size: MAX_PAGE_SIZE };
        let found = receipt::fetch(client, &filter, range)?.receipts.into_iter().next();
        return Ok(found.map(|receipt| match receipt.status {
            DeliveryStatus::Delivered => Delivery::Delivered,
            DeliveryStatus::Failed => {
                Delivery::Failed(receipt.code.unwrap_or_default(), receipt.meaning)
            }
            DeliveryStatus::InFlight | DeliveryStatus::Unknown => Delivery::Pending,
        }));
    }
    let conversation = Conversation {
        channel: sender.channel,
        business: sender.from.unwrap_or_default().to_string(),
        customer: Some(phone.to_string()),
        space: sender.space.unwrap_or_default().to_string(),
    };
    // Older messages would fill the first pages.
    let started_at = sender.started_at;
    let since = started_at.checked_sub(CLOCK_SKEW).unwrap_or(started_at);
    let query = Query { since: Some(since), ..Query::default() };
    let mut message = None;
    conversation.fetch_each(client, &query, MAX_PAGE_SIZE, |page, _| {
        let is_own = |message: &Message| message.task_id.as_deref() == Some(sender.tracking_id);
        message = page.into_iter().find(is_own);
        if message.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(message.map(|message| match message.status {
        Status::Delivered => Delivery::Delivered,
        Status::Read => Delivery::Read,
        Status::Failed => Delivery::Failed(message.reason.unwrap_or_default(), None),
        Status::Accepted | Status::InFlight | Status::Unknown => Delivery::Pending,
    }))
}
