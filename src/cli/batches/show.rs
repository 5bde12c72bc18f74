//! `alimsg batches show`

use crate::batch::receipts;
use crate::batch::summary::Summary;
use crate::cli::batches::open_batch;
use crate::cli::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Args)]
#[command(after_help = "\
With --receipts, the receipt of each accepted message is fetched (one call for each number).

Examples:
  alimsg batches show k7m2q4rt
  alimsg batches show k7m2q4rt --receipts --json
  alimsg --sandbox sms batch customers.csv -s Acme -t SMS_100002 --name news --yes
  alimsg --sandbox batches show news")]
pub struct Flags {
    /// ID or name of the batch
    #[arg(value_name = "BATCH")]
    batch: String,

    /// Fetch the receipts: how many messages were delivered or failed, and why
    #[arg(long)]
    receipts: bool,

    /// The input of the batch, if it was moved; its numbers are needed for --receipts
    #[arg(long, value_name = "FILE")]
    input: Option<String>,

    /// Channel instance of a WhatsApp or Viber batch that was started without it
    #[arg(long, value_name = "ID", requires = "receipts")]
    cust_space_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    #[serde(flatten)]
    summary: Summary,
    /// When it was cancelled.
    cancelled_at: Option<jiff::Timestamp>,
    /// The SHA-256 hash of the input.
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipts: Option<receipts::Receipts>,
}

/// Shows a batch.
///
/// # Errors
/// The batch is not on record, or its receipts cannot be fetched.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let (store, batch) = open_batch(context, &flags.batch)?;
    let receipts = if flags.receipts {
        let input = flags.input.as_deref();
        let fetched =
            receipts::fetch(context, store.batches(), &batch, input, flags.cust_space_id)?;
        for reason in &fetched.reasons {
            let meaning = reason.meaning.as_deref().map(|meaning| format!(": {meaning}"));
            context.screen.note(&format!(
                "{} × {}{}",
                reason.messages,
                reason.code,
                meaning.unwrap_or_default()
            ));
        }
        Some(fetched)
    } else {
        None
    };
    let shown = Shown {
        summary: Summary::new(&batch),
        cancelled_at: batch.cancelled_at,
        content: batch.content.clone(),
        receipts,
    };
    Ok(Report::from_record(&shown, Value::Null))
}
