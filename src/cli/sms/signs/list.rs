//! `alimsg sms signs list`. The call cannot filter, so `--audit-status` reads all pages and filters
//! here.

use clap::Args;
use serde_json::Value;

use crate::aliyun::pages::PageRange;
use crate::api::audit_status::parse_status;
use crate::cli::read_only;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::{Report, Total};
use crate::sms::signature;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms signs list --audit-status approved
  alimsg sms signs list --all --json
  alimsg --sandbox sms signs list")]
pub struct Flags {
    /// Only this status: approved, rejected, reviewing, cancelled, suspended, or the service's own
    /// word
    #[arg(long, value_name = "STATUS")]
    audit_status: Option<String>,

    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "all",
          value_parser = clap::value_parser!(u64).range(1..))]
    page_index: u64,

    /// Signatures per page, 1 to 50 [default: 20; with --all 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=50))]
    page_size: Option<u64>,

    /// All pages
    #[arg(long)]
    all: bool,
}

/// Lists signatures, approved ones first.
///
/// # Errors
/// An unknown status; a failed call.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    let status = flags.audit_status.as_deref();
    let wanted = status.map(|word| parse_status("--audit-status", word)).transpose()?;
    let range = PageRange::of(flags.all || wanted.is_some(), flags.page_index, flags.page_size);
    let (index, size) = range.first();
    read_only::run(
        context,
        &[&signature::list_call(index, size)],
        |client| signature::fetch(client, range),
        |(mut signatures, pages)| {
            pages.remark(context, range);
            signatures.retain(|signature| wanted.is_none_or(|wanted| signature.status == wanted));
            let total = pages.total.filter(|_| wanted.is_none()).unwrap_or(signatures.len() as u64);
            // Stable: approved ones and the others each stay in the service's order.
            signatures.sort_by_key(|signature| !signature.is_approved());
            Report::from_rows("signatures", signatures, &Total { total }, Value::Array(pages.raw))
        },
    )
}
