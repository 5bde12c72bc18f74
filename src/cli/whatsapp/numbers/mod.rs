//! `alimsg whatsapp numbers`: the business numbers.

mod list;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp numbers list
  alimsg --sandbox whatsapp numbers show 8613800000001 --cust-space-id cams-sandbox";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the business numbers, their quality and limits
    List(list::Flags),
    /// Show one number with its messages of the last 7 days and its health
    Show(show::Flags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "whatsapp numbers list",
            Self::Show(_) => "whatsapp numbers show",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::List(flags) => list::run(context, &flags),
            Self::Show(flags) => show::run(context, &flags),
        }
    }
}
