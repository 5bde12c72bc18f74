//! `alimsg outbox list`

use serde_json::Value;

use crate::cli::outbox::{FilterFlags, Row, open};
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::output::report::Total;

#[derive(Debug, Args)]
#[command(after_help = "\
`outbox list --to NUMBER` shows whether a customer was already contacted. It finds the number in
every notation, in single messages and in calls of batches. A call of a batch is one entry with its
first recipients; `batches show ID` has the whole batch.

Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes
  alimsg --sandbox outbox list --to +8613800001000
  alimsg outbox list --since yesterday --json
  alimsg outbox list --limit 20")]
pub struct Flags {
    #[command(flatten)]
    filter: FilterFlags,

    #[command(flatten)]
    limit: LimitFlag,
}

/// Lists the sends.
///
/// # Errors
/// A flag is invalid; the store cannot be read.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let rows = match open(context)? {
        Some(store) => {
            let sends = flags.filter.find(&*store)?;
            sends.iter().map(|send| Row::new(&*store, send)).collect()
        }
        None => Vec::new(),
    };
    let total = Total { total: rows.len() as u64 };
    Ok(Report::from_rows("sends", flags.limit.first(rows), &total, Value::Null))
}
