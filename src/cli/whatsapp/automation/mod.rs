//! `alimsg whatsapp automation`: automatic messages and commands of a number.

mod set;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp automation show 8613800000001 --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp automation set 8613800000001 --cust-space-id cams-sandbox \\
      --prompt 'Where is my order?' --yes";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show welcome message, conversation starters and commands of a number
    Show(show::Flags),
    /// Change welcome message, conversation starters and commands; shows the current ones, and asks
    Set(set::Flags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Show(_) => "whatsapp automation show",
            Self::Set(_) => "whatsapp automation set",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Show(flags) => show::run(context, flags),
            Self::Set(flags) => set::run(context, flags),
        }
    }
}
