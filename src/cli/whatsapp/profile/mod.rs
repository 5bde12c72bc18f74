//! `alimsg whatsapp profile`: the business profile of a number, which customers see.

mod show;
mod update;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp profile show 8613800000001 --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp profile update 8613800000001 --cust-space-id cams-sandbox \\
      --vertical RETAIL --yes";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the business profile of a number
    Show(show::Flags),
    /// Change the business profile of a number; shows old and new values, and asks
    Update(Box<update::Flags>),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Show(_) => "whatsapp profile show",
            Self::Update(_) => "whatsapp profile update",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Show(flags) => show::run(context, flags),
            Self::Update(flags) => update::run(context, *flags),
        }
    }
}
