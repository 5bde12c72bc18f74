//! `alimsg whatsapp automation show`.

use clap::Args;

use crate::chat::automation::{self, Automation};
use crate::cli::whatsapp::number_flags::{self, NumberFlags};
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox whatsapp automation show 8613800000001 --cust-space-id cams-sandbox")]
pub struct Flags {
    #[command(flatten)]
    number: NumberFlags,
}

/// Shows the automation settings of a number.
///
/// # Errors
/// As [`number_flags::show`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    number_flags::show(context, flags.number, automation::show_call, Automation::from_reply)
}
