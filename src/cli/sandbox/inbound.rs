//! `alimsg sandbox inbound`: simulates a message from a customer.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::cli::source;
use crate::message::phone;
use crate::message::time::moment::{self, DayBoundary};
use crate::sandbox;
use crate::send::confirm_for_tool;
use crate::storage::folder;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Where is my order?'
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Long ago' --at 25h
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613900000000 \\
      --cust-space-id cams-sandbox")]
pub struct Flags {
    /// Customer's number: digits only, country code first
    #[arg(long, value_name = "N")]
    from: String,

    /// Business number that gets the message
    #[arg(long, value_name = "N")]
    to: String,

    /// Text of the message
    #[arg(long, value_name = "T", value_parser = source::parse)]
    text: String,

    /// Time of the message: 2h, "25h ago", 20260326, 2026-03-26T10:00 or RFC 3339 [default: now]
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
}

/// The simulated message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Received {
    /// The ID that the sandbox gave the message.
    message_id: String,
    /// The customer.
    from: String,
    /// The business number.
    to: String,
    text: String,
    /// When the customer sent it.
    at: Timestamp,
}

/// Adds the message to the sandbox.
///
/// # Errors
/// An invalid or unknown number; an invalid time.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    phone::check_chat_number("--from", &flags.from)?;
    phone::check_chat_sender("--to", &flags.to)?;
    let at = moment::parse_here("--at", flags.at.as_deref().unwrap_or("now"), DayBoundary::First)?;
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    confirm_for_tool(context, "About to simulate a message from a customer:", || {
        Ok(vec![
            ("from", flags.from.clone()),
            ("to", flags.to.clone()),
            ("text", flags.text.clone()),
        ])
    })?;
    let folder = folder::sandbox_folder()?;
    let id = sandbox::receive(&folder, &flags.from, &flags.to, &flags.text, at)?;
    let Some(id) = id else {
        return Err(Failure::usage(format!("--to {} is not a number of the sandbox", flags.to))
            .hint("`alimsg --help` lists the sandbox's numbers under Sandbox"));
    };
    let Flags { from, to, text, .. } = flags;
    Ok(Report::from_record(&Received { message_id: id, from, to, text, at }, Value::Null))
}
