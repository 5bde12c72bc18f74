//! `alimsg keys list`: all keys on record, newest first.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::keys::{State, Summary, open, unusable};
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::output::report::Total;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --idempotency-key order-42 --yes
  alimsg --sandbox keys list
  alimsg keys list --state unresolved --json")]
pub struct Flags {
    /// Only keys in this state
    #[arg(long, value_name = "STATE", value_enum)]
    state: Option<State>,

    #[command(flatten)]
    limit: LimitFlag,
}

/// Facts about the whole list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    #[serde(flatten)]
    total: Total,
    /// When the record was repaired; keys from before may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_since: Option<Timestamp>,
}

/// Lists the keys.
///
/// # Errors
/// The record cannot be read.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let store = open(context)?;
    let records = store.as_ref().map(|store| store.keys()).transpose().map_err(unusable)?;
    let keys = store
        .iter()
        .flat_map(|store| records.iter().flatten().map(|record| Summary::new(&**store, record)))
        // Reserved by a run that ended before the call: the key is free again.
        .filter(|key| key.state != State::Unused)
        .filter(|key| flags.state.is_none_or(|state| key.state == state))
        .collect::<Vec<_>>();
    let total = Total { total: keys.len() as u64 };
    let facts = Facts { total, known_since: store.and_then(|store| store.known_since()) };
    if let Some(since) = facts.known_since {
        context.screen.warn(format!(
            "the record was repaired: keys that were used before {since} may be missing"
        ));
    }
    Ok(Report::from_rows("keys", flags.limit.first(keys), &facts, Value::Null))
}
