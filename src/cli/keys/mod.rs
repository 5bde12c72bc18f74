//! `alimsg keys`: lists, shows, resolves and repairs the record of idempotency keys.

mod list;
mod repair;
mod resolve;
mod show;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;
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
pub enum Command {
    /// List the used keys and their states
    #[command(after_help = list::EXAMPLES)]
    List(list::Flags),
    /// Show the state of a key, and how to find its message
    #[command(after_help = show::EXAMPLES)]
    Show(show::Flags),
    /// Record by hand whether the message of a key was sent
    #[command(after_help = resolve::EXAMPLES)]
    Resolve(resolve::Flags),
    /// Replace a damaged or lost record of keys with a new one
    #[command(after_help = repair::EXAMPLES)]
    Repair,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "keys list",
            Self::Show(_) => "keys show",
            Self::Resolve(_) => "keys resolve",
            Self::Repair => "keys repair",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        let result = match self {
            Self::List(flags) => list::run(context, &flags),
            Self::Show(flags) => show::run(context, &flags),
            Self::Resolve(flags) => resolve::run(context, &flags),
            Self::Repair => repair::run(context),
        };
        result.map_err(|mut failure| {
            // These commands do not send messages, so the failure is about the record.
            failure.about_a_change = failure.outcome == crate::error::Outcome::NotSent;
            failure
        })
    }
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
fn state(store: &dyn Store, record: &KeyRecord) -> &'static str {
    match record.state {
        KeyState::Accepted if record.damaged => "unresolved",
        KeyState::Accepted => "accepted",
        _ if is_busy(store, record) => "in_progress",
        KeyState::Reserved => "unused",
        KeyState::Calling | KeyState::Unresolved => "unresolved",
    }
}

/// The fields that `keys list` and `keys show` share. Phone numbers are masked.
fn summary(store: &dyn Store, record: &KeyRecord) -> Map<String, Value> {
    let details = Details::from_record(record);
    let result: Option<Value> =
        record.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let to: Vec<String> = match (&details, &result) {
        (Some(details), _) => details.receipt_query.ends().1.into_iter().map(masked).collect(),
        (None, Some(result)) => result["data"]["to"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(masked)
            .collect(),
        (None, None) => Vec::new(),
    };
    let recipients = details.as_ref().map_or(to.len(), |details| details.recipients);
    let mut fields = Map::new();
    fields.insert("key".into(), json!(record.key));
    fields.insert("state".into(), json!(state(store, record)));
    fields.insert("since_at".into(), json!(record.since));
    fields.insert(
        "channel".into(),
        json!(details.as_ref().map(|details| details.receipt_query.channel())),
    );
    fields.insert("tracking_id".into(), json!(record.tracking.id));
    fields.insert("to".into(), json!(to));
    fields.insert("recipients".into(), json!((recipients > 0).then_some(recipients)));
    fields
}

/// Masks a phone number except for its last four digits. Short numbers are masked completely.
fn masked(number: &str) -> String {
    let length = number.chars().count();
    let hidden = if length > 6 { length - 4 } else { length };
    number.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn only_the_last_four_digits_of_a_number_are_visible() {
        assert_eq!(masked("8613800001000"), "*********1000");
        assert_eq!(masked("123456"), "******");
    }
}
