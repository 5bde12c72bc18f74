//! `alimsg sms signs`: the signatures of the account.

mod list;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sms signs list --audit-status approved
  alimsg --sandbox sms signs list
  alimsg --sandbox sms signs show Acme";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List signatures, approved ones first
    List(list::Flags),
    /// Show a signature: its review, and its registration with each carrier
    Show(show::Flags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "sms signs list",
            Self::Show(_) => "sms signs show",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::List(flags) => list::run(context, &flags),
            Self::Show(flags) => show::run(context, &flags),
        }
    }
}
