//! `alimsg sms qualifications list`.

use crate::aliyun::listing::Listing;
use crate::aliyun::pages::MAX_PAGE_SIZE;
use crate::api::audit_status::parse_status;
use crate::cli::page_flags::PageFlags;
use crate::cli::prelude::*;
use crate::cli::sms::qualifications::PersonalDataFlags;
use crate::sms::qualification::{self, Filter};

#[derive(Debug, Args)]
#[command(mut_arg("page_index", |arg| arg.visible_alias("page-no")))]
#[command(after_help = "\
Examples:
  alimsg sms qualifications list --audit-status approved --all
  alimsg --sandbox sms qualifications list --company-name Acme")]
pub struct Flags {
    /// Only this status: approved, rejected, reviewing, cancelled, suspended, or the service's own
    /// word
    #[arg(long, visible_aliases = ["status", "state"], value_name = "STATUS")]
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

    #[command(flatten)]
    pages: PageFlags,

    #[command(flatten)]
    personal_data: PersonalDataFlags,
}

/// Lists qualifications.
///
/// # Errors
/// An unknown status; `--show-personal-data` without consent; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let status = flags.audit_status.as_deref();
    let filter = Filter {
        company_name: flags.company_name,
        legal_person_name: flags.legal_person_name,
        name: flags.name,
        status: status.map(|status| parse_status("--audit-status", status)).transpose()?,
        use_by_self: flags.use_by_self,
        work_order_id: flags.work_order_id,
    };
    let range = flags.pages.range(false, MAX_PAGE_SIZE);
    let redaction = flags.personal_data.consent(context)?;
    let (index, size) = range.first();
    read_only::list(
        context,
        Listing::new(context, "qualifications", range).limit(flags.pages.limit()),
        range,
        &filter.call(index, size),
        false,
        |client, listing| qualification::fetch(client, &filter, range, redaction, listing),
    )
}
