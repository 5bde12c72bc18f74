//! `alimsg sandbox`: the levers of the simulator. They move its state only, whatever the other
//! flags say; no process is started and nothing is sent.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::phone;
use crate::message::time::moment::{self, DayBoundary};
use crate::output::report::Report;
use crate::sandbox;
use crate::storage::{self, folder};

pub const EXAMPLES: &str = "\
Examples:
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Where is my order?'
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613900000000 \\
      --cust-space-id cams-sandbox
  alimsg sandbox reset";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let a customer write to a business number of the sandbox
    Inbound(Inbound),
    /// Forget everything that happened in the sandbox
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
    /// Customer who writes: digits only, country code first
    #[arg(long, value_name = "N")]
    from: String,

    /// Business number that is written to
    #[arg(long, value_name = "N")]
    to: String,

    /// What the customer writes
    #[arg(long, value_name = "T")]
    text: String,

    /// When: 2h, "25h ago", 20260326, 2026-03-26T10:00 or RFC 3339 [default: now]
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
            Self::Inbound(inbound) => receive(context, &inbound),
            Self::Reset => reset(context),
        }
    }
}

fn receive(context: &Context, inbound: &Inbound) -> Result<Report> {
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
        return Err(Failure::usage(format!("--to {} is no number of the sandbox", inbound.to))
            .hint("`alimsg --help` lists what the sandbox has, under Sandbox"));
    };
    let data = Map::from_iter([
        ("message_id".to_string(), json!(id)),
        ("from".to_string(), json!(inbound.from)),
        ("to".to_string(), json!(inbound.to)),
        ("text".to_string(), json!(inbound.text)),
        ("at".to_string(), json!(at)),
    ]);
    Ok(Report::RunStatus { data, raw: Value::Null })
}

fn reset(context: &Context) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let folder = folder::sandbox_folder()?;
    sandbox::reset(&folder)?;
    storage::forget_sandbox()?;
    let data = Map::from_iter([("status".to_string(), json!("reset"))]);
    Ok(Report::RunStatus { data, raw: Value::Null })
}
