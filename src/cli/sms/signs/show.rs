//! `alimsg sms signs show`.

use crate::cli::prelude::*;
use crate::sms::signature;

#[derive(Debug, Args)]
#[command(after_help = "\
Carriers: \"registered, unproven\" means that the carrier has registered the signature and few
messages have been sent with it yet; \"lapsed\" that none was sent for six months.

Examples:
  alimsg sms signs show Acme --json
  alimsg --sandbox sms signs show 'Acme Deals'")]
pub struct Flags {
    /// Name of the signature
    #[arg(value_name = "NAME")]
    name: String,
}

/// Shows one signature.
///
/// # Errors
/// A failed call; a signature that the service does not know.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    read_only::run(
        context,
        &[&signature::detail_call(&flags.name)],
        |client| signature::fetch_detail(client, &flags.name),
        |(detail, raw)| Report::from_record(&detail, raw),
    )
}
