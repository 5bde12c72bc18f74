//! `alimsg keys list`: all keys on record, newest first.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::cli::keys::{open, summary, unusable};
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --idempotency-key order-42 --yes
  alimsg --sandbox keys list
  alimsg keys list --state unresolved --json";

#[derive(Debug, Args)]
pub struct Flags {
    /// Only keys in this state
    #[arg(long, value_name = "STATE", value_enum)]
    state: Option<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Accepted,
    Unresolved,
    InProgress,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unresolved => "unresolved",
            Self::InProgress => "in_progress",
        }
    }
}

/// Lists the keys.
///
/// # Errors
/// The record cannot be read.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let store = open(context)?;
    let records = store.as_ref().map(|store| store.keys()).transpose().map_err(unusable)?;
    let items: Vec<Map<String, Value>> = store
        .iter()
        .flat_map(|store| records.iter().flatten().map(|record| summary(&**store, record)))
        // Reserved by a run that ended before the call: the key is free again.
        .filter(|item| item["state"] != "unused")
        .filter(|item| flags.state.is_none_or(|state| item["state"] == state.name()))
        .collect();
    let mut facts = Map::new();
    if let Some(since) = store.and_then(|store| store.known_since()) {
        facts.insert("known_since".into(), json!(since));
        context.screen.warn(format!(
            "the record was repaired: keys that were used before {since} may be missing"
        ));
    }
    Ok(Report::List { name: "keys", items, facts, raw: Value::Null })
}
