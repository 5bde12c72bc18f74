//! `alimsg keys resolve`: records whether the message of a key was sent.
//!
//! `sent` can only prevent a send. `not-sent` frees the key, so the next run sends. Therefore it is
//! refused while the call may still run or a receipt exists, and the user has to type the key.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aliyun::client;
use crate::aliyun::guard::Guard;
use crate::api::call;
use crate::api::reply::Acceptance;
use crate::cli::keys::{State, Summary, find, is_busy, unusable};
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::output::report::{Report, fields};
use crate::send::idempotency::{self, Details, Record};
use crate::send::receipt_lookup::{self, Evidence, ReceiptQuery};
use crate::send::require_consent;
use crate::storage::{KeyRecord, KeyState, Store};

/// Time limit for finding a receipt.
const LOOK_UP: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --idempotency-key order-42 --yes
  alimsg --sandbox keys resolve order-42 --as sent --yes
  alimsg keys resolve order-42 --as not-sent")]
pub struct Flags {
    /// Key that was given as --idempotency-key
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: String,

    /// Whether its message was sent; for not-sent you have to type the key, even with --yes
    #[arg(long = "as", value_name = "OUTCOME", value_enum)]
    outcome: Choice,

    /// Channel instance that sent the WhatsApp or Viber message, to find its receipt
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    Sent,
    NotSent,
}

/// Resolves a key.
///
/// # Errors
/// The key is not on record; its call may still run; a receipt proves the opposite; the user did
/// not confirm.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return dry_run(context, &flags);
    }
    match flags.outcome {
        Choice::Sent => require_consent(context)?,
        Choice::NotSent => require_terminal(context)?,
    }
    let (store, record) = find(context, &flags.key)?;
    if is_busy(&*store, &record) {
        return Err(unknown(
            "another run is still sending with this key",
            "wait until it ends, then run this again",
        )
        .retryable());
    }
    match (flags.outcome, record.state) {
        (Choice::Sent, KeyState::Accepted) if !record.damaged => {
            Ok(report(&*store, &record, "sent"))
        }
        (Choice::NotSent, KeyState::Accepted) => Err(already_sent(&record)),
        (_, KeyState::Reserved) if !record.damaged => Err(Failure::usage(
            "the key is unused: its run ended before anything was sent",
        )
        .hint("nothing was sent with it; the user decides whether to run the send command again")),
        (Choice::Sent, _) => as_sent(context, &*store, &record),
        (Choice::NotSent, _) => as_not_sent(context, &flags, &*store, &record),
    }
}

/// The calls that would fetch receipts, if any.
fn dry_run(context: &Context, flags: &Flags) -> Result<Report> {
    let receipt_query = match find(context, &flags.key) {
        Ok((_, record)) if flags.outcome == Choice::NotSent => receipt_query(flags, &record),
        _ => None,
    };
    match receipt_query.filter(ReceiptQuery::can_be_looked_up) {
        Some(receipt_query) => {
            let calls = receipt_query.calls(Timestamp::now(), Timestamp::now());
            client::dry_run(context, &call::any(&calls).collect::<Vec<_>>())
        }
        None => Ok(Report::DryRun(Vec::new())),
    }
}

/// The resolved key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Resolved {
    #[serde(flatten)]
    summary: Summary,
    /// `sent` or `not_sent`.
    resolved_as: &'static str,
}

fn require_terminal(context: &Context) -> Result<()> {
    if context.settings.interactive {
        return Ok(());
    }
    Err(Failure::usage("--as not-sent works only at a terminal, where you type the key").hint(
        "check whether the message arrived, then run this at a terminal; --yes is not enough",
    ))
}

fn receipt_query(flags: &Flags, record: &KeyRecord) -> Option<ReceiptQuery> {
    let mut receipt_query = Details::from_record(record)?.receipt_query;
    if let (ReceiptQuery::Chat { space, .. }, Some(given)) =
        (&mut receipt_query, &flags.cust_space_id)
    {
        *space = Some(given.clone());
    }
    Some(receipt_query)
}

fn as_sent(context: &Context, store: &dyn Store, record: &KeyRecord) -> Result<Report> {
    if !context.settings.yes {
        context.screen.plan("About to record that this message was sent:", &rows(store, record));
        context.screen.confirm("record it")?;
    }
    store.settle_as_sent(record, &result(record, Value::Null)).map_err(unusable)?;
    let settled = store.key(&record.key).map_err(unusable)?;
    Ok(report(store, settled.as_ref().unwrap_or(record), "sent"))
}

fn as_not_sent(
    context: &Context,
    flags: &Flags,
    store: &dyn Store,
    record: &KeyRecord,
) -> Result<Report> {
    let mut rows = rows(store, record);
    match look_up(context, flags, record)? {
        Ok(Evidence::Proof(receipt)) => {
            settle(store, record, receipt)?;
            return Err(already_sent(record));
        }
        Ok(Evidence::Possible) => {
            return Err(unknown(
                "there is a receipt with the tracking ID of this message",
                "you chose this ID, so the receipt may belong to another message; but while it may \
                 belong to this one, the key cannot be freed",
            )
            .next(idempotency::show_command(&record.key)));
        }
        Ok(Evidence::Nothing) => {
            rows.push((
                "receipt".into(),
                "none found; the message may still have been sent".into(),
            ));
        }
        Err(reason) => {
            rows.push(("receipt".into(), format!("not checked: {reason}")));
        }
    }
    context.screen.plan("About to record that this message was NOT sent:", &rows);
    context
        .screen
        .note("the next run of its command sends the message; if it did arrive, it is sent twice");
    let typed = context.screen.ask("Type the key to confirm", |_| Ok(()))?;
    if typed != record.key.trim() {
        return Err(Failure::new(Kind::Cancelled, "not confirmed"));
    }
    if !store.settle_as_not_sent(record).map_err(unusable)? {
        return Err(unknown(
            "the record of this key has changed in the meantime",
            "run this again to see its state",
        ));
    }
    Ok(report(store, record, "not_sent"))
}

/// Records that a receipt proves that the message of a key was sent.
///
/// # Errors
/// The record cannot be written; another run has changed it.
pub fn settle(store: &dyn Store, record: &KeyRecord, receipt: Acceptance) -> Result<()> {
    let result = result(record, Value::Object(receipt.raw()));
    store.settle_as_sent(record, &result).map_err(unusable)
}

/// Looks for a receipt. Returns the reason if that is not possible, such as an unknown recipient.
///
/// # Errors
/// A signal; the current account is not the one that sent the message.
fn look_up(
    context: &Context,
    flags: &Flags,
    record: &KeyRecord,
) -> Result<std::result::Result<Evidence, String>> {
    let Some(receipt_query) = receipt_query(flags, record) else {
        return Ok(Err("the recipient is not on record".into()));
    };
    if !receipt_query.can_be_looked_up() {
        return Ok(Err("--cust-space-id is missing".into()));
    }
    let account = record.identity.as_ref().map(|identity| identity.account.as_str());
    if account.is_some_and(|account| account != idempotency::account(&context.settings)) {
        return Err(Failure::usage(
            "the message was sent with another profile, region or credentials",
        )
        .hint("use the same flags as for the send, so that its receipt can be found")
        .next(idempotency::show_command(&record.key)));
    }
    let since = record.since.unwrap_or_else(Timestamp::now);
    let evidence = Guard::prepare(context, receipt_query.product()).and_then(|guard| {
        let deadline = Instant::now() + LOOK_UP;
        receipt_lookup::once(context, &guard, &receipt_query, &record.tracking, since, deadline)
    });
    match evidence {
        Ok(evidence) => Ok(Ok(evidence)),
        Err(failure) if failure.kind == Kind::Cancelled => Err(failure),
        // A key can be resolved even while the service does not answer.
        Err(failure) => Ok(Err(failure.message)),
    }
}

fn rows(store: &dyn Store, record: &KeyRecord) -> Vec<(String, String)> {
    let fields = fields(&Summary::new(store, record));
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
        Value::Null => None,
        other => Some(other.to_string()),
    };
    fields.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

/// The result that later runs with the key return, as JSON.
fn result(record: &KeyRecord, raw: Value) -> String {
    let by = if raw.is_null() { "hand" } else { "receipt" };
    let product = Details::from_record(record).map(|details| details.receipt_query.product());
    let tracking = product.map_or("tracking_id", |product| product.ids().tracking);
    let data = fields(&json!({
        "status": "sent",
        tracking: record.tracking.id,
        "request_id": null,
        "to": null,
        "replayed": false,
        "resolved_by": by,
    }));
    serde_json::to_string(&Record { data, raw }).unwrap_or_default()
}

fn report(store: &dyn Store, record: &KeyRecord, resolved_as: &'static str) -> Report {
    let mut summary = Summary::new(store, record);
    if resolved_as == "not_sent" {
        summary.state = State::Unused;
    }
    Report::from_record(&Resolved { summary, resolved_as }, Value::Null)
}

fn already_sent(record: &KeyRecord) -> Box<Failure> {
    let mut failure = Failure::usage(format!(
        "the message of the key {:?} was sent: the record shows it as accepted",
        record.key
    ))
    .hint("do not send it again; `alimsg keys show` shows its record");
    failure.outcome = Outcome::Sent;
    failure
}

fn unknown(message: &str, hint: &str) -> Box<Failure> {
    let mut failure = Failure::new(Kind::UnknownOutcome, message).hint(hint);
    failure.outcome = Outcome::Unknown;
    failure
}
