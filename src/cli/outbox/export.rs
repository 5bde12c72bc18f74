//! `alimsg outbox export`

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::outbox::show::Detail;
use crate::cli::outbox::{FilterFlags, open};
use crate::cli::prelude::*;

#[derive(Debug, Args)]
#[command(after_help = "\
One JSON object for each send, with the fields of `outbox show`, the latest first.

Examples:
  alimsg outbox export --since 30d > sends.jsonl
  alimsg --sandbox outbox export")]
pub struct Flags {
    #[command(flatten)]
    filter: FilterFlags,
}

/// What was exported, with `--json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exported {
    sends: Vec<Detail>,
    total: u64,
}

/// Prints the sends as JSON Lines.
///
/// # Errors
/// A flag is invalid; the store cannot be read.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let sends = match open(context)? {
        Some(store) => {
            let sends = flags.filter.find(&*store)?;
            sends.iter().map(|send| Detail::new(&*store, send)).collect()
        }
        None => Vec::new(),
    };
    if context.screen.is_json() {
        let total = sends.len() as u64;
        return Ok(Report::from_record(&Exported { sends, total }, Value::Null));
    }
    let mut text = String::new();
    for send in &sends {
        text.push_str(&serde_json::to_string(send).map_err(anyhow::Error::from)?);
        text.push('\n');
    }
    context.screen.page(&text).map_err(anyhow::Error::from)?;
    Ok(Report::Streamed)
}
