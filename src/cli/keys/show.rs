//! `alimsg keys show`: the state of a key, how to find its message, and how to resolve it.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::keys::{find, state, summary};
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::send::idempotency::{Details, resolve_commands};

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --idempotency-key order-42 --yes
  alimsg --sandbox keys show order-42
  alimsg keys show order-42 --json";

#[derive(Debug, Args)]
pub struct Flags {
    /// Key that was given as --idempotency-key
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: String,
}

/// Shows a key.
///
/// # Errors
/// The record cannot be read, or the key is not in it.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let (store, record) = find(context, &flags.key)?;
    let mut data = summary(&*store, &record);
    let details = Details::from_record(&record);
    let from = details.as_ref().and_then(|details| details.receipt_query.ends().0);
    data.insert("from".into(), json!(from));
    data.insert("tracking_id_generated".into(), json!(record.tracking.generated));
    let account = record.identity.as_ref().map(|identity| identity.account.as_str());
    let account: Option<Value> = account.and_then(|text| serde_json::from_str(text).ok());
    data.insert("account".into(), json!(account));
    let result: Option<Value> =
        record.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let mut result = result.map_or(Value::Null, |mut result| result["data"].take());
    if let Some(result) = result.as_object_mut() {
        // The summary has the masked recipients.
        result.shift_remove("to");
    }
    data.insert("result".into(), result);
    let mut next = Vec::new();
    if state(&*store, &record) == "unresolved" {
        let receipt_query = details.map(|details| details.receipt_query);
        next.extend(
            receipt_query
                .iter()
                .flat_map(|receipt_query| receipt_query.check_commands(Some(&record.tracking.id))),
        );
        next.extend(resolve_commands(&record.key));
    }
    let next: Vec<String> =
        next.iter().map(|command| context.settings.rerun_command(command)).collect();
    data.insert("next".into(), json!(next));
    Ok(Report::Record { data, raw: Value::Null })
}
