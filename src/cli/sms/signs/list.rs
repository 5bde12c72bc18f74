//! `alimsg sms signs list`. The call cannot filter, so `--audit-status` reads all pages and filters
//! here.

use crate::aliyun::listing::Listing;
use crate::aliyun::pages::MAX_PAGE_SIZE;
use crate::api::audit_status::parse_status;
use crate::cli::page_flags::PageFlags;
use crate::cli::prelude::*;
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
    #[arg(long, visible_alias = "status", value_name = "STATUS")]
    audit_status: Option<String>,

    #[command(flatten)]
    pages: PageFlags,
}

/// Lists signatures, approved ones first.
///
/// # Errors
/// An unknown status; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let status = flags.audit_status.as_deref();
    let status = status.map(|status| parse_status("--audit-status", status)).transpose()?;
    let range = flags.pages.range(status.is_some(), MAX_PAGE_SIZE);
    let matches = |signature: &Signature| status.is_none_or(|status| signature.status == status);
    let (index, size) = range.first();
    read_only::list(
        context,
        Listing::new(context, "signatures", range).limit(flags.pages.limit()).approved_first(),
        range,
        &signature::list_call(index, size),
        status.is_some(),
        |client, listing| signature::fetch(client, range, listing, matches),
    )
}
