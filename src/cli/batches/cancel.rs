//! `alimsg batches cancel`

use crate::batch::engine::store_failure;
use crate::batch::resume::find;
use crate::batch::summary::Summary;
use crate::cli::batches::open_batch;
use crate::cli::prelude::*;
use crate::send::{confirm_for_tool, require_consent};

#[derive(Debug, Args)]
#[command(after_help = "\
Running calls finish. A cancelled batch cannot be continued.

Examples:
  alimsg batches cancel k7m2q4rt
  alimsg --sandbox sms batch customers.csv -s Acme -t SMS_100002 --name news --limit 1 --yes
  alimsg --sandbox batches cancel news --yes")]
pub struct Flags {
    /// ID or name of the batch
    #[arg(value_name = "BATCH")]
    batch: String,
}

/// Cancels a batch.
///
/// # Errors
/// The batch is not on record, or the user did not confirm.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let (store, batch) = open_batch(context, &flags.batch)?;
    require_consent(context)?;
    if !context.settings.yes {
        context.screen.note(&Summary::new(&batch).describe());
        // Without the counts, which change while the batch is running.
        confirm_for_tool(context, "About to cancel a batch:", || {
            Ok(vec![
                ("batch", batch.id.clone()),
                ("name", batch.name.clone().unwrap_or_default()),
                ("command", batch.command.clone()),
                ("rows", batch.rows.to_string()),
            ])
        })?;
        context.screen.confirm(&format!("cancel batch {}", batch.id))?;
    }
    store.batches().cancel(&batch.id).map_err(store_failure)?;
    let batch = find(&*store, &batch.id)?;
    Ok(Report::from_record(&Summary::new(&batch), serde_json::Value::Null))
}
