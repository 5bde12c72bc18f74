//! `alimsg outbox check`: fetches the receipts of sends.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::operations::Product;
use crate::batch::receipts::{Delivery, Sender, fetch_one};
use crate::cli::keys::resolve;
use crate::cli::outbox::{FilterFlags, Row, open, outcome, receipt, typed_details, unproven_call};
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::message::phone;
use crate::message::plural::count;
use crate::os::signals;
use crate::output::report::Total;
use crate::send::duplicates::check_failed;
use crate::send::idempotency::{Unresolved, account};
use crate::send::outbox::Details;
use crate::send::receipt_lookup::{self, Evidence, ReceiptQuery};
use crate::send::recent;
use crate::sms::receipt::DAYS_KEPT;
use crate::storage::batches::{CallEnd, CallRecord, CallState};
use crate::storage::sends::{SendOutcome, SendRecord};
use crate::storage::{KeyState, Store};

#[derive(Debug, Args)]
#[command(after_help = "\
The outbox has no phone numbers in full, and the services list receipts by number. So this checks the
last 20 single messages, whose numbers are kept for `sms status`, and with --to every message and
batch call to that number. `batches show ID --receipts` checks a whole batch. A receipt that proves
that a message with an unknown outcome was sent also settles its key, as `keys resolve` does, or its
batch call; a receipt with an ID that you chose proves nothing for a batch call.

Examples:
  alimsg outbox check
  alimsg outbox check --to 13800001000
  alimsg --sandbox outbox check --json")]
pub struct Flags {
    #[command(flatten)]
    filter: FilterFlags,

    /// Channel instance, for WhatsApp and Viber messages that were sent without it
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    #[command(flatten)]
    limit: LimitFlag,
}

/// The states of a call whose outcome is not proven.
const UNPROVEN: [CallState; 3] = [CallState::Started, CallState::Unknown, CallState::Superseded];

/// A send whose receipts can be fetched.
struct Open<'s> {
    send: SendRecord,
    details: Details,
    phones: Vec<String>,
    space: Option<String>,
    /// Its key, if its outcome is unknown.
    unresolved: Option<Unresolved<'s>>,
    /// Its batch and the call, if the outcome of the call is unknown.
    call: Option<(String, CallRecord)>,
}

/// Facts about the whole check.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    #[serde(flatten)]
    total: Total,
    /// Sends without a final receipt whose number is not known.
    not_checked: u64,
}

/// Fetches receipts, and lists the sends that were checked.
///
/// # Errors
/// A flag is invalid, a call failed, or the store cannot be used.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let Some(store) = open(context)? else { return Ok(report(Vec::new(), 0)) };
    let kept = SignedDuration::from_hours(24 * i64::from(DAYS_KEPT));
    let oldest = Timestamp::now().checked_sub(kept).unwrap_or(Timestamp::MIN);
    let mut not_checked = 0;
    let mut wanted = Vec::new();
    let sends = flags.filter.find(&*store)?.into_iter().filter(|send| send.at >= oldest);
    for send in sends.filter(|send| is_open(&*store, send)) {
        match with_number(context, &flags, &*store, send) {
            Some(open) => wanted.push(open),
            None => not_checked += 1,
        }
    }
    let wanted: Vec<Open<'_>> = flags.limit.first(wanted).collect();
    if not_checked > 0 {
        context.screen.note(&format!(
            "{} without a known number or channel instance: check them with --to NUMBER, and \
             those of WhatsApp and Viber also with --cust-space-id ID",
            count(not_checked, "send")
        ));
    }
    let mut rows = Vec::new();
    for product in [Product::Dysmsapi, Product::Cams] {
        let of_product: Vec<&Open<'_>> =
            wanted.iter().filter(|open| product_of(&open.details) == product).collect();
        if of_product.is_empty() {
            continue;
        }
        let guard = Guard::prepare(context, product)?;
        for open in &of_product {
            settle(context, &guard, open)?;
        }
        let client = Client::open(context, &guard)?;
        for open in of_product {
            if signals::count() > 0 {
                return Err(Failure::interrupted());
            }
            rows.push(check(&client, &*store, open)?);
        }
    }
    Ok(report(rows, not_checked))
}

fn report(rows: Vec<Row>, not_checked: u64) -> Report {
    let total = Total { total: rows.len() as u64 };
    Report::from_rows("sends", rows, &Facts { total, not_checked }, Value::Null)
}

fn product_of(details: &Details) -> Product {
    if details.channel == Channel::Sms.name() { Product::Dysmsapi } else { Product::Cams }
}

/// Whether a receipt can still change something.
fn is_open(store: &dyn Store, send: &SendRecord) -> bool {
    let is_final = receipt(send).is_some_and(|receipt| receipt["final"] == true);
    !is_final && matches!(outcome(store, send), SendOutcome::Accepted | SendOutcome::Unknown)
}

/// The key of a send, if its outcome is unknown.
fn unresolved<'s>(
    context: &Context,
    store: &'s dyn Store,
    send: &SendRecord,
) -> Option<Unresolved<'s>> {
    let record = store.key(send.key.as_deref()?).ok().flatten()?;
    let is_unresolved = matches!(record.state, KeyState::Calling | KeyState::Unresolved);
    if !is_unresolved || store.is_alive(&record.lease) {
        return None;
    }
    let account = account(&context.settings);
    let same_account = record.identity.as_ref().map(|identity| identity.account == account);
    Some(Unresolved { store, record, same_content: None, same_account })
}

/// Settles the key of a send whose outcome is unknown, if a receipt proves that it was sent. Without
/// a receipt, nothing is proven.
fn settle(context: &Context, guard: &Guard<'_>, open: &Open<'_>) -> Result<()> {
    let Some(unresolved) = &open.unresolved else { return Ok(()) };
    let Some(mut query) = unresolved.recorded_query() else { return Ok(()) };
    if let ReceiptQuery::Chat { space, .. } = &mut query {
        space.clone_from(&open.space);
    }
    let Ok(query) = unresolved.receipt_query(&query) else { return Ok(()) };
    let record = &unresolved.record;
    let since = record.since.unwrap_or(open.send.at);
    let deadline = Instant::now() + context.settings.timeout;
    let evidence = receipt_lookup::once(context, guard, &query, &record.tracking, since, deadline)?;
    if let Evidence::Proof(receipt) = evidence {
        resolve::settle(unresolved.store, record, receipt)?;
        let key = &record.key;
        context
            .screen
            .note(&format!("a receipt proves that the message of the key {key:?} was sent"));
    }
    Ok(())
}

/// Settles the call of a batch of which a receipt was found. As for single messages, a receipt with an
/// ID that the user chose proves nothing: another message may have the same one.
fn settle_call(context: &Context, store: &dyn Store, open: &Open<'_>) -> Result<()> {
    let Some((batch, call)) = open.call.as_ref().filter(|(_, call)| call.generated) else {
        return Ok(());
    };
    let result = json!({ "proof": "receipt" }).to_string();
    let end = (call.id, CallEnd::Accepted { result });
    store.batches().finish(batch, &[end]).map_err(check_failed)?;
    context.screen.note(&format!("a receipt proves that a call of the batch {batch} was sent"));
    Ok(())
}

/// Adds the numbers, if they are known.
fn with_number<'s>(
    context: &Context,
    flags: &Flags,
    store: &'s dyn Store,
    send: SendRecord,
) -> Option<Open<'s>> {
    let details = typed_details(&send)?;
    let unresolved = unresolved(context, store, &send);
    let recent = recent::latest(&context.settings, |recent| recent.has_id(&details.tracking_id));
    let query = recent.map(|recent| recent.query);
    let query = query.or_else(|| unresolved.as_ref()?.recorded_query());
    let space = match &query {
        Some(ReceiptQuery::Chat { space, .. }) => space.clone(),
        _ => None,
    };
    let known = query.map(|query| query.ends().1.into_iter().map(str::to_string).collect());
    let phones: Vec<String> = match (&flags.filter.to, known) {
        (None, known) => known?,
        (Some(number), _) => vec![plain_number(&details, number)],
    };
    let space = flags.cust_space_id.clone().or(space);
    let can_be_listed = product_of(&details) == Product::Dysmsapi || space.is_some();
    let is_unknown = outcome(store, &send) == SendOutcome::Unknown;
    let call = is_unknown.then(|| unproven_call(store, &send, &UNPROVEN)).flatten();
    can_be_listed.then_some(Open { send, details, phones, space, unresolved, call })
}

/// A number in the notation of the service.
fn plain_number(details: &Details, number: &str) -> String {
    let digits = phone::digits(number).unwrap_or_default();
    let is_chat = product_of(details) == Product::Cams;
    if is_chat { phone::with_country_code(true, &digits).into_owned() } else { digits }
}

/// Fetches the receipts of a send and records them.
fn check(client: &Client<'_>, store: &dyn Store, open: &Open<'_>) -> Result<Row> {
    let result: Value = open
        .send
        .result
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let channels = [Channel::Sms, Channel::Whatsapp, Channel::Viber];
    let channel = channels.into_iter().find(|channel| channel.name() == open.details.channel);
    let sender = Sender {
        channel: channel.unwrap_or(Channel::Sms),
        from: open.details.sender.as_deref(),
        space: open.space.as_deref(),
        started_at: open.send.at,
        tracking_id: &open.details.tracking_id,
        receipt_id: result["receipt_id"].as_str(),
    };
    let (mut delivered, mut read, mut failed, mut pending) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut codes = Vec::new();
    for phone in &open.phones {
        match fetch_one(client, &sender, phone)? {
            Some(Delivery::Delivered) => delivered += 1,
            Some(Delivery::Read) => {
                delivered += 1;
                read += 1;
            }
            Some(Delivery::Failed(code, _)) => {
                failed += 1;
                codes.push(code);
            }
            Some(Delivery::Pending) => pending += 1,
            None => {}
        }
    }
    let missing = open.phones.len() as u64 - delivered - failed - pending;
    let status = match (delivered, failed, pending + missing) {
        (_, _, 1..) => "pending",
        (_, 1.., _) => "failed",
        _ if read > 0 && read == delivered => "read",
        _ => "delivered",
    };
    let is_complete = open.phones.len() as u64 == open.send.messages;
    let receipt = json!({
        "status": status,
        "final": status != "pending" && is_complete,
        "delivered": delivered,
        "read": read,
        "failed": failed,
        "pending": pending + missing,
        "codes": codes,
        "checked_at": Timestamp::now(),
    });
    if delivered + failed + pending > 0 {
        settle_call(client.context(), store, open)?;
    }
    store.sends().set_receipt(open.send.id, &receipt.to_string()).map_err(check_failed)?;
    let updated = store.sends().send(open.send.id).map_err(check_failed)?;
    Ok(Row::new(store, updated.as_ref().unwrap_or(&open.send)))
}
