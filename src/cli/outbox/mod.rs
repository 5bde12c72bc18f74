//! `alimsg outbox`: what was sent from here, to whom, and with which result.

pub mod check;
pub mod export;
mod list;
pub mod prune;
pub mod show;

use clap::Subcommand;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::message::phone;
use crate::message::time::moment::{DayBoundary, parse_here};
use crate::send::duplicates::check_failed;
use crate::send::outbox::Details;
use crate::storage::batches::{CallRecord, CallState};
use crate::storage::sends::{SendFilter, SendOutcome, SendRecord, recipient_hash};
use crate::storage::{self, Store};

pub const EXAMPLES: &str = "\
The outbox records every send from here, with and without a key, and every call of a batch: time,
command, account, sender, template, tracking ID and outcome. Recipients are masked; a keyed hash
finds them. Texts and variables are recorded only with `texts = true` in the table [outbox] of the
configuration; `enabled = false` disables the outbox, and `keep = \"90d\"` is how long it is kept.

Examples:
  alimsg outbox list --to 13800001000
  alimsg outbox list --since 7d --json
  alimsg --sandbox outbox list
  alimsg outbox check --to 13800001000
  alimsg outbox prune --keep 30d";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List the sends, the latest first; --to: was this number contacted?
    List(list::Flags),
    /// Show one send
    Show(show::Flags),
    /// Fetch the receipts of sends without a final one
    Check(check::Flags),
    /// Write the sends as JSON Lines
    Export(export::Flags),
    /// Delete old sends and old results of idempotency keys
    Prune(prune::Flags),
}

dispatch! {
    List => list::run,
    Show => show::run,
    Check => check::run,
    Export => export::run,
    Prune => prune::run,
}

/// Flags that select sends.
#[derive(Debug, Args)]
struct FilterFlags {
    /// Only sends to this number, in any notation
    #[arg(long, short = 'p', visible_alias = "phone-number", value_name = "N")]
    to: Option<String>,

    /// Only sends since this time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,

    /// Only sends until this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl FilterFlags {
    /// The sends that match, the latest first.
    fn find(&self, store: &dyn Store) -> Result<Vec<SendRecord>> {
        let time = |flag, text: &Option<String>, boundary| {
            text.as_ref().map(|text| parse_here(flag, text, boundary)).transpose()
        };
        let filter = SendFilter {
            recipient: None,
            since: time("--since", &self.since, DayBoundary::First)?,
            until: time("--until", &self.until, DayBoundary::Last)?,
        };
        let list = |filter: &SendFilter| store.sends().list(filter).map_err(check_failed);
        let Some(number) = &self.to else { return list(&filter) };
        let mut found = Vec::new();
        for number in notations(number)? {
            let recipient = Some(recipient_hash(store, &number));
            found.extend(list(&SendFilter { recipient, ..filter.clone() })?);
        }
        found.sort_by_key(|send| std::cmp::Reverse(send.id));
        found.dedup_by_key(|send| send.id);
        Ok(found)
    }
}

/// The numbers with a country code that a number can mean: 11 digits can be a number of mainland
/// China without its country code.
fn notations(number: &str) -> Result<Vec<String>> {
    let digits = phone::digits(number).ok_or_else(|| {
        Failure::usage(format!("--to {number:?} is not a phone number"))
            .hint("for example --to 13800001000 or --to 8613800001000")
    })?;
    let mainland = phone::with_country_code(true, &digits).into_owned();
    Ok(if mainland == digits { vec![digits] } else { vec![digits, mainland] })
}

/// The store, if there is one.
fn open(context: &Context) -> Result<Option<Box<dyn Store>>> {
    let store = storage::open_existing(&context.settings).map_err(check_failed)?;
    if let Some(warning) = storage::warn_if_switched(&context.settings) {
        context.screen.warn(warning);
    }
    if !context.settings.outbox.enabled {
        context
            .screen
            .warn("the outbox is disabled in the configuration: new sends are not listed");
    }
    Ok(store)
}

/// A send, as users see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    id: i64,
    at: Timestamp,
    command: String,
    channel: String,
    sender: Option<String>,
    template: Option<String>,
    /// The first recipients, masked.
    to: Vec<String>,
    /// The number of all recipients.
    recipients: u64,
    /// `accepted`, `unknown`, `not_sent`, or `started` while the call runs.
    outcome: &'static str,
    /// `delivered`, `read`, `failed` or `pending`, as far as it was checked.
    receipt: Option<String>,
    tracking_id: String,
    batch: Option<String>,
}

impl Row {
    fn new(store: &dyn Store, send: &SendRecord) -> Self {
        let details = details(send);
        let receipt = receipt(send);
        let text = |name: &str| {
            details.as_ref().and_then(|details| details.get(name)?.as_str().map(str::to_string))
        };
        let to = details.as_ref().and_then(|details| details.get("to")?.as_array().cloned());
        Self {
            id: send.id,
            at: send.at,
            command: text("command").unwrap_or_default(),
            channel: text("channel").unwrap_or_default(),
            sender: text("sender"),
            template: text("template"),
            to: to.iter().flatten().filter_map(Value::as_str).map(str::to_string).collect(),
            recipients: send.messages,
            outcome: outcome(store, send).name(),
            receipt: receipt.and_then(|receipt| receipt["status"].as_str().map(str::to_string)),
            tracking_id: text("tracking_id").unwrap_or_default(),
            batch: text("batch"),
        }
    }
}

/// The outcome of a send. A send whose run was killed is unknown.
fn outcome(store: &dyn Store, send: &SendRecord) -> SendOutcome {
    if send.outcome != SendOutcome::Started {
        return send.outcome;
    }
    let is_running = match &send.key {
        Some(key) => {
            let record = store.key(key).ok().flatten();
            record.is_some_and(|record| store.is_alive(&record.lease))
        }
        None => match unproven_call(store, send, &[CallState::Started]) {
            Some((_, call)) => {
                let worker = call.worker.as_deref();
                worker.is_some_and(|worker| store.batches().is_working(worker).unwrap_or(true))
            }
            None => {
                // It has ended since.
                let now = store.sends().send(send.id).ok().flatten().map(|send| send.outcome);
                return now
                    .filter(|now| *now != SendOutcome::Started)
                    .unwrap_or(SendOutcome::Unknown);
            }
        },
    };
    if is_running { SendOutcome::Started } else { SendOutcome::Unknown }
}

/// The call of a batch and the ID of the batch, if the call is in one of these states.
fn unproven_call(
    store: &dyn Store,
    send: &SendRecord,
    states: &[CallState],
) -> Option<(String, CallRecord)> {
    let (id, batch) = (send.call?, typed_details(send)?.batch?);
    let mut found = None;
    let visit = &mut |call: CallRecord| {
        if call.id == id {
            found = Some(call);
        }
        Ok(())
    };
    store.batches().calls(&batch, states, visit).ok()?;
    found.map(|call| (batch, call))
}

/// The details of a send; `None` if they are damaged.
fn details(send: &SendRecord) -> Option<Value> {
    serde_json::from_str(send.record.as_deref()?).ok()
}

fn typed_details(send: &SendRecord) -> Option<Details> {
    serde_json::from_str(send.record.as_deref()?).ok()
}

fn receipt(send: &SendRecord) -> Option<Value> {
    serde_json::from_str(send.receipt.as_deref()?).ok()
}
