//! `alimsg keys`: lists, shows, resolves and repairs the record of idempotency keys.

pub mod list;
pub mod repair;
pub mod resolve;
pub mod show;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::error::Outcome;
use crate::message::phone;
use crate::send::idempotency::Details;
use crate::send::repair::{REPAIR, advice};
use crate::storage::{self, Error, Fix, KeyRecord, KeyState, Store};

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox keys list
  alimsg keys list --state unresolved
  alimsg keys show order-42
  alimsg keys resolve order-42 --as sent --yes";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List the used keys and their states
    List(list::Flags),
    /// Show the state of a key, and how to find its message
    Show(show::Flags),
    /// Record by hand whether the message of a key was sent
    Resolve(resolve::Flags),
    /// Replace a damaged or lost record of keys with a new one
    Repair(repair::Flags),
}

pub fn run(context: &Context, command: Command) -> Result<Report> {
    let result = match command {
        Command::Resolve(flags) => resolve::run(context, flags),
        _ if context.settings.dry_run => Ok(Report::DryRun(Vec::new())),
        Command::List(flags) => list::run(context, flags),
        Command::Show(flags) => show::run(context, flags),
        Command::Repair(_) => repair::run(context),
    };
    result.map_err(|mut failure| {
        // These commands do not send messages, so the failure is about the record.
        failure.about_a_change = failure.outcome == Outcome::NotSent;
        failure
    })
}

/// The store, if there is one.
fn open(context: &Context) -> Result<Option<Box<dyn Store>>> {
    let store = storage::open_existing(&context.settings).map_err(unusable)?;
    if let Some(warning) = storage::warn_if_switched(&context.settings) {
        context.screen.warn(warning);
    }
    Ok(store)
}

/// Finds a key; also returns its store.
///
/// # Errors
/// The store cannot be used; the key is not in it.
fn find(context: &Context, key: &str) -> Result<(Box<dyn Store>, KeyRecord)> {
    let store = open(context)?;
    let record = store.as_ref().map(|store| store.key(key)).transpose().map_err(unusable)?;
    store.zip(record.flatten()).ok_or_else(|| {
        Failure::usage(format!("the key {key:?} is not on record"))
            .hint("it was never used on this computer, or nothing was sent with it")
            .next("alimsg keys list")
    })
}

fn unusable(error: Error) -> Box<Failure> {
    let fix = match &error {
        Error::Unreadable(_, fix) => *fix,
        Error::TakenOver => Fix::Retry,
        Error::NeverExisted(_) | Error::NotWritten(_) => Fix::Files,
    };
    let error = match error {
        Error::Unreadable(error, _) => error,
        other => other.into(),
    };
    let mut failure =
        Failure::environment(format!("the record of idempotency keys cannot be used: {error:#}"))
            .hint(advice(fix));
    if fix == Fix::Repair {
        failure.next = vec![REPAIR.to_string()];
    }
    failure
}

/// Whether the run that uses the key, or its call, is still alive.
fn is_busy(store: &dyn Store, record: &KeyRecord) -> bool {
    record.state != KeyState::Accepted && store.is_alive(&record.lease)
}

/// The state of a key, as users see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Accepted,
    Unresolved,
    InProgress,
    #[value(skip)]
    Unused,
}

/// A key in `keys list`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    key: String,
    state: State,
    /// When its call was about to start.
    since_at: Option<Timestamp>,
    /// `sms`, `whatsapp` or `viber`.
    channel: Option<String>,
    tracking_id: String,
    /// Recipients, masked; only those that a look-up for a receipt queries.
    to: Vec<String>,
    /// The number of all recipients.
    recipients: Option<usize>,
}

impl Summary {
    fn new(store: &dyn Store, record: &KeyRecord) -> Self {
        let details = Details::from_record(record);
        let to: Vec<String> = match &details {
            Some(details) => {
                details.receipt_query.ends().1.into_iter().map(phone::masked).collect()
            }
            None => {
                let data = result_data(record);
                let to = data["to"].as_array().into_iter().flatten();
                to.filter_map(Value::as_str).map(phone::masked).collect()
            }
        };
        let recipients = details.as_ref().map_or(to.len(), |details| details.recipients);
        Self {
            key: record.key.clone(),
            state: match record.state {
                KeyState::Accepted if record.damaged => State::Unresolved,
                KeyState::Accepted => State::Accepted,
                _ if is_busy(store, record) => State::InProgress,
                KeyState::Reserved => State::Unused,
                KeyState::Calling | KeyState::Unresolved => State::Unresolved,
            },
            since_at: record.since,
            channel: details.map(|details| details.receipt_query.channel().to_string()),
            tracking_id: record.tracking.id.clone(),
            to,
            recipients: (recipients > 0).then_some(recipients),
        }
    }
}

/// The data of the result that later runs with the key return; `null` without a result.
fn result_data(record: &KeyRecord) -> Value {
    let result = record.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
    result.map_or(Value::Null, |mut result: Value| result["data"].take())
}
