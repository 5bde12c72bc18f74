//! `alimsg sms qualifications show`.

use crate::cli::prelude::*;
use crate::cli::sms::qualifications::PersonalDataFlags;
use crate::sms::qualification;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms qualifications show 1000009001 --json
  alimsg --sandbox sms qualifications show 1000009001
  alimsg --sandbox sms qualifications show 1000009001 --show-personal-data --yes")]
pub struct Flags {
    /// ID of the qualification, from the list
    #[arg(value_name = "ID")]
    id: u64,

    /// The version that was submitted with this work order
    #[arg(long, visible_alias = "work-order-id", value_name = "ID")]
    order_id: Option<u64>,

    #[command(flatten)]
    personal_data: PersonalDataFlags,
}

/// Shows one qualification.
///
/// # Errors
/// `--show-personal-data` without consent; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let redaction = flags.personal_data.consent(context)?;
    read_only::run(
        context,
        &[&qualification::detail_call(flags.id, flags.order_id)],
        |client| qualification::fetch_detail(client, flags.id, flags.order_id, redaction),
        |(detail, raw)| Report::from_record(&detail, raw),
    )
}
