//! `alimsg sandbox`: controls the sandbox. It changes the sandbox's own state only, with or without
//! `--sandbox`; no process is started and nothing is sent.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::phone;
use crate::message::time::moment::{self, DayBoundary};
use crate::output::report::Report;
use crate::sandbox;
use crate::storage::folder;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Where is my order?'
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613900000000 \\
      --cust-space-id cams-sandbox
  alimsg sandbox reset";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a message from a customer to a business number
    Inbound(Inbound),
    /// Delete everything that happened in the sandbox
    #[command(after_help = "\
Examples:
  alimsg sandbox reset
  alimsg --sandbox whatsapp history --from 8613800000001 --cust-space-id cams-sandbox")]
    Reset,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Where is my order?'
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Long ago' --at 25h
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613900000000 \\
      --cust-space-id cams-sandbox")]
pub struct Inbound {
    /// Customer's number: digits only, country code first
    #[arg(long, value_name = "N")]
    from: String,

    /// Business number that gets the message
    #[arg(long, value_name = "N")]
    to: String,

    /// Text of the message
    #[arg(long, value_name = "T")]
    text: String,

    /// Time of the message: 2h or 25h ago, 2026-03-26T10:00, RFC 3339 [default: now]
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Inbound(_) => "sandbox inbound",
            Self::Reset => "sandbox reset",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Inbound(inbound) => receive(context, inbound),
            Self::Reset => reset(context),
        }
    }
}

/// The simulated message.
#[derive(Debug, Serialize)]
struct Received {
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

fn receive(context: &Context, inbound: Inbound) -> Result<Report> {
    phone::check_chat_number("--from", &inbound.from)?;
    phone::check_chat_sender("--to", &inbound.to)?;
    let at =
        moment::parse_here("--at", inbound.at.as_deref().unwrap_or("now"), DayBoundary::First)?;
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let folder = folder::sandbox_folder()?;
    let id = sandbox::receive(&folder, &inbound.from, &inbound.to, &inbound.text, at)?;
    let Some(id) = id else {
        return Err(Failure::usage(format!("--to {} is not a number of the sandbox", inbound.to))
            .hint("`alimsg --help` lists the sandbox's numbers under Sandbox"));
    };
    let Inbound { from, to, text, .. } = inbound;
    Ok(Report::from_record(&Received { message_id: id, from, to, text, at }, Value::Null))
}

/// The result of a reset.
#[derive(Debug, Serialize)]
struct Reset {
    /// Always `reset`.
    status: &'static str,
}

fn reset(context: &Context) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let folder = folder::sandbox_folder()?;
    sandbox::reset(&folder)?;
    crate::send::duplicates::forget(&folder)?;
    Ok(Report::from_record(&Reset { status: "reset" }, Value::Null))
}
