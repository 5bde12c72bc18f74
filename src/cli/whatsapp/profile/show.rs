//! `alimsg whatsapp profile show`.

use crate::chat::business_profile::{self, BusinessProfile};
use crate::cli::prelude::*;
use crate::cli::whatsapp::number_flags::{self, NumberFlags};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox whatsapp profile show 8613800000001 --cust-space-id cams-sandbox")]
pub struct Flags {
    #[command(flatten)]
    number: NumberFlags,
}

/// Shows the business profile of a number.
///
/// # Errors
/// As [`number_flags::show`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    number_flags::show(
        context,
        flags.number,
        business_profile::show_call,
        BusinessProfile::from_reply,
    )
}
