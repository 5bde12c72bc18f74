//! `alimsg keys show`: the state of a key, how to find its message, and how to resolve it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::keys::{State, Summary, find, result_data};
use crate::cli::prelude::*;
use crate::send::idempotency::{Details, resolve_commands};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --idempotency-key order-42 --yes
  alimsg --sandbox keys show order-42
  alimsg keys show order-42 --json")]
pub struct Flags {
    /// Key that was given as --idempotency-key
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: String,
}

/// All details of a key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary,
    /// The sender; `null` for an SMS.
    from: Option<&'a str>,
    /// Whether alimsg generated the tracking ID.
    tracking_id_generated: bool,
    /// Profile, region and source of credentials of the send.
    account: Option<Value>,
    /// The result that later runs with the key return.
    result: Value,
    /// Commands that find the message and resolve the key.
    next: Vec<String>,
}

/// Shows a key.
///
/// # Errors
/// The record cannot be read, or the key is not in it.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let (store, record) = find(context, &flags.key)?;
    let summary = Summary::new(&*store, &record);
    let receipt_query = Details::from_record(&record).map(|details| details.receipt_query);
    let account = record.identity.as_ref();
    let mut result = result_data(&record);
    if let Some(result) = result.as_object_mut() {
        // The summary has the masked recipients.
        result.shift_remove("to");
    }
    let mut next = Vec::new();
    if summary.state == State::Unresolved {
        let queries = receipt_query.iter();
        next.extend(queries.flat_map(|query| query.check_commands(Some(&record.tracking.id))));
        next.extend(resolve_commands(&record.key));
    }
    let detail = Detail {
        summary,
        from: receipt_query.as_ref().and_then(|query| query.ends().0),
        tracking_id_generated: record.tracking.generated,
        account: account.and_then(|identity| serde_json::from_str(&identity.account).ok()),
        result,
        next,
    };
    Ok(Report::from_record(&detail, Value::Null))
}
