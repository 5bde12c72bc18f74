//! `sms qualifications show`.

use clap::Args;

use crate::aliyun::client::{self, Client};
use crate::api::operations::Product;
use crate::cli::sms::qualifications::SightFlags;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::sms::qualification;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms qualifications show 1000009001 --json
  alimsg --sandbox sms qualifications show 1000009001
  alimsg --sandbox sms qualifications show 1000009001 --show-personal-data --yes")]
pub struct Flags {
    /// ID of the qualification, as the list names it
    #[arg(value_name = "ID")]
    id: u64,

    /// As it was handed in with this work order
    #[arg(long, visible_alias = "work-order-id", value_name = "ID")]
    order_id: Option<u64>,

    #[command(flatten)]
    sight: SightFlags,
}

/// Shows one qualification.
///
/// # Errors
/// No consent; whatever keeps the service from answering.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    let sight = flags.sight.agreed(context)?;
    if context.settings.dry_run {
        return client::dry_run(context, &[&qualification::detail_call(flags.id, flags.order_id)]);
    }
    let service = Client::connect(context, Product::Dysmsapi)?;
    let (data, raw) = qualification::detail(&service, flags.id, flags.order_id, sight)?;
    drop(service);
    Ok(Report::RunStatus { data, raw })
}
