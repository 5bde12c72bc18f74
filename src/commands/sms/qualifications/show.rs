//! `sms qualifications show`.

use clap::Args;

use super::SightFlags;
use crate::failure::Result;
use crate::operations::Product;
use crate::qualification;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};

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
pub fn run(run: &Run, flags: &Flags) -> Result<Report> {
    let sight = flags.sight.agreed(run)?;
    if run.settings.dry_run {
        return service::dry_run(run, &[&qualification::detail_call(flags.id, flags.order_id)]);
    }
    let service = Service::connect(run, Product::Dysmsapi)?;
    let (data, raw) = qualification::detail(&service, flags.id, flags.order_id, sight)?;
    drop(service);
    Ok(Report::Facts { data, raw })
}
