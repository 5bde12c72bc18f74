//! `alimsg whatsapp automation show`.

use crate::chat::automation::{self, Automation};
use crate::cli::prelude::*;
use crate::cli::whatsapp::number_flags::{self, NumberFlags};

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
