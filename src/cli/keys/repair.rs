//! `alimsg keys repair`: replaces a record of keys that cannot be read with a new one.

use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::keys::{open, unusable};
use crate::cli::prelude::*;
use crate::error::Kind;
use crate::storage::{self, Error, Fix};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg keys repair
  alimsg --sandbox keys repair
  alimsg --sandbox keys list")]
pub struct Flags;

/// The record of keys, as it was found or repaired.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// `intact` or `repaired`.
    status: &'static str,
    /// How many keys it has.
    keys: usize,
    /// When it was repaired; keys from before may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_since: Option<Timestamp>,
    /// The new paths of the old files.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<Vec<PathBuf>>,
}

/// Checks the record, and replaces it after a confirmation at a terminal if it cannot be read.
///
/// # Errors
/// The record is in use by another program; the user did not confirm; a file cannot be moved or
/// written.
pub fn run(context: &Context) -> Result<Report> {
    let error = match storage::open_existing(&context.settings).and_then(|store| {
        let Some(store) = store else { return Ok(0) };
        store.check()?;
        Ok(store.keys()?.len())
    }) {
        Ok(keys) => {
            let checked = Checked { status: "intact", keys, known_since: None, moved: None };
            return Ok(Report::from_record(&checked, Value::Null));
        }
        Err(error) => error,
    };
    if storage::is_shared(&context.settings) {
        // A database is restored from its backup. A new record would make all keys unused.
        return Err(unusable(error));
    }
    let reason = match error {
        Error::Unreadable(reason, Fix::Repair | Fix::Files) => reason,
        other => return Err(unusable(other)),
    };
    if !context.settings.interactive {
        return Err(Failure::usage(format!(
            "the record of keys cannot be read: {reason:#}. It can be replaced only at a terminal"
        ))
        .hint("run `alimsg keys repair` at a terminal; --yes is not enough"));
    }
    let folder = storage::folder(&context.settings)?;
    if storage::any_alive(&folder) {
        return Err(Failure::environment("another run is still sending with a key")
            .hint("wait until it ends, then run this again")
            .retryable());
    }
    context.screen.plan(
        "About to replace the record of keys:",
        &[
            ("folder".to_string(), folder.display().to_string()),
            ("reason".to_string(), format!("{reason:#}")),
        ],
    );
    context.screen.note(
        "the old files are kept under other names, and every key and batch that can be read is \
         copied; a key or a batch that cannot be read counts as new, so its messages can be sent \
         again. If only a part of the batches can be read, all of them are cancelled, because \
         nothing shows which of their rows were sent",
    );
    let typed = context.screen.ask("Type \"repair\" to confirm", |_| Ok(()))?;
    if typed != "repair" {
        return Err(Failure::new(Kind::Cancelled, "not confirmed"));
    }
    let repaired = storage::repair(&folder).map_err(|error| {
        Failure::environment(format!("the record of keys was not repaired: {error:#}"))
            .hint("make the state folder writable, free disk space, and run this again")
    })?;
    drop(open(context)?);
    let checked = Checked {
        status: "repaired",
        keys: repaired.kept,
        known_since: Some(repaired.known_since),
        moved: Some(repaired.moved),
    };
    Ok(Report::from_record(&checked, Value::Null))
}
