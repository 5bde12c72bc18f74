//! `alimsg batches list`

use crate::batch::engine::store_failure;
use crate::batch::summary::Summary;
use crate::cli::batches::open;
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::output::report::Total;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg batches list
  alimsg --sandbox batches list --json")]
pub struct Flags {
    #[command(flatten)]
    limit: LimitFlag,
}

/// Lists all batches, the latest first.
///
/// # Errors
/// The store cannot be read.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let batches = match open(context)? {
        Some(store) => store.batches().batches().map_err(store_failure)?,
        None => Vec::new(),
    };
    let total = batches.len() as u64;
    let rows = flags.limit.first(&batches).map(Summary::new);
    Ok(Report::from_rows("batches", rows, &Total { total }, serde_json::Value::Null))
}
