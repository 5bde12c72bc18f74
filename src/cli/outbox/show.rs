//! `alimsg outbox show`

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::outbox::{Row, details, open, receipt};
use crate::cli::prelude::*;
use crate::send::duplicates::check_failed;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes
  alimsg --sandbox outbox show 1
  alimsg outbox show 42 --json")]
pub struct Flags {
    /// ID of the send, as `outbox list` shows it
    #[arg(value_name = "ID")]
    id: i64,
}

/// All details of a send.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Detail {
    #[serde(flatten)]
    row: Row,
    /// The idempotency key; one that alimsg made begins with `send-`.
    key: Option<String>,
    /// Profile, region and source of credentials.
    account: Value,
    /// The service's IDs of the message and of the request.
    result: Value,
    /// What the receipts showed, and when they were fetched.
    receipts: Value,
    /// The texts and variables, if they are recorded.
    content: Value,
}

impl Detail {
    pub fn new(
        store: &dyn crate::storage::Store,
        send: &crate::storage::sends::SendRecord,
    ) -> Self {
        let mut details = details(send).unwrap_or_default();
        let result = send.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Self {
            row: Row::new(store, send),
            key: send.key.clone(),
            account: details.get_mut("account").map(Value::take).unwrap_or_default(),
            result: result.unwrap_or_default(),
            receipts: receipt(send).unwrap_or_default(),
            content: details.get_mut("content").map(Value::take).unwrap_or_default(),
        }
    }
}

/// Shows a send.
///
/// # Errors
/// It is not on record; the store cannot be read.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let store = open(context)?;
    let send = match &store {
        Some(store) => store.sends().send(flags.id).map_err(check_failed)?,
        None => None,
    };
    match (store, send) {
        (Some(store), Some(send)) => {
            Ok(Report::from_record(&Detail::new(&*store, &send), Value::Null))
        }
        _ => {
            Err(Failure::usage(format!("no send has the ID {}", flags.id))
                .next("alimsg outbox list"))
        }
    }
}
