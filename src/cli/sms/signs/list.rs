//! `alimsg sms signs list`. The call cannot filter, so `--audit-status` reads all pages and filters
//! here.

use clap::Args;

use crate::aliyun::listing::Listing;
use crate::aliyun::pages::PageRange;
use crate::api::audit_status::parse_status;
use crate::cli::read_only;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::{self, Report, Total};
use crate::sms::signature::{self, Signature};

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

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
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
    let range =
        PageRange::from_flags(flags.all || wanted.is_some(), flags.page_index, flags.page_size);
    let (index, size) = range.first();
    let is_wanted = |signature: &Signature| wanted.is_none_or(|wanted| signature.status == wanted);
    read_only::run(
        context,
        &[&signature::list_call(index, size)],
        |client| {
            let mut listing = Listing::new(context, "signatures", range).approved_first();
            let end = signature::fetch(client, range, &mut listing, is_wanted)?;
            Ok((listing, end))
        },
        |(listing, end)| {
            listing.remark(end, range);
            let total = end.total.filter(|_| wanted.is_none()).unwrap_or(listing.rows() as u64);
            listing.report(report::fields(&Total { total }))
        },
    )
}
