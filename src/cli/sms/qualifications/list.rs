//! `alimsg sms qualifications list`.

use clap::Args;

use crate::aliyun::listing::Listing;
use crate::aliyun::pages::PageRange;
use crate::api::audit_status::parse_status;
use crate::cli::read_only;
use crate::cli::sms::qualifications::PersonalDataFlags;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::{self, Report, Total};
use crate::sms::qualification::{self, Filter};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms qualifications list --audit-status approved --all
  alimsg --sandbox sms qualifications list --company-name Acme")]
pub struct Flags {
    /// Only this status: approved, rejected, reviewing, cancelled, suspended, or the service's own
    /// word
    #[arg(long, visible_alias = "state", value_name = "STATUS")]
    audit_status: Option<String>,

    /// Only qualifications of this company
    #[arg(long, value_name = "NAME")]
    company_name: Option<String>,

    /// Only qualifications with this legal representative
    #[arg(long, value_name = "NAME")]
    legal_person_name: Option<String>,

    /// Only qualifications with this name
    #[arg(long, visible_alias = "qualification-group-name", value_name = "NAME")]
    name: Option<String>,

    /// Only qualifications for the account's own use (true) or for another company (false)
    #[arg(long, value_name = "BOOL")]
    use_by_self: Option<bool>,

    /// Only the qualification of this work order
    #[arg(long, value_name = "ID")]
    work_order_id: Option<u64>,

    /// Page, counted from 1
    #[arg(long, visible_alias = "page-no", value_name = "N", default_value = "1",
          conflicts_with = "all", value_parser = clap::value_parser!(u64).range(1..))]
    page_index: u64,

    /// Qualifications per page, 1 to 50 [default: 20; with --all 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=50))]
    page_size: Option<u64>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    personal_data: PersonalDataFlags,
}

/// Lists qualifications.
///
/// # Errors
/// An unknown status; `--show-personal-data` without consent; a failed call.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    let status = flags.audit_status.as_deref();
    let filter = Filter {
        company_name: flags.company_name.clone(),
        legal_person_name: flags.legal_person_name.clone(),
        name: flags.name.clone(),
        status: status.map(|word| parse_status("--audit-status", word)).transpose()?,
        use_by_self: flags.use_by_self,
        work_order_id: flags.work_order_id,
    };
    let range = PageRange::from_flags(flags.all, flags.page_index, flags.page_size);
    let redaction = flags.personal_data.consent(context)?;
    let (index, size) = range.first();
    read_only::run(
        context,
        &[&filter.call(index, size)],
        |client| {
            let mut listing = Listing::new(context, "qualifications", range);
            let end = qualification::fetch(client, &filter, range, redaction, &mut listing)?;
            Ok((listing, end))
        },
        |(listing, end)| {
            listing.remark(end, range);
            let total = end.total.unwrap_or(listing.rows() as u64);
            listing.report(report::fields(&Total { total }))
        },
    )
}
