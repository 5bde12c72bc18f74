//! `sms qualifications list`.

use clap::Args;
use serde_json::{Map, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::PageRange;
use crate::api::audit_status::parse_status;
use crate::api::operations::Product;
use crate::cli::sms::qualifications::SightFlags;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::sms::qualification::{self, Filter};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms qualifications list --audit-status approved --all
  alimsg --sandbox sms qualifications list --company-name Acme")]
pub struct Flags {
    /// Only these: approved, rejected, reviewing, cancelled, suspended, or the service's own word
    #[arg(long, visible_alias = "state", value_name = "STATUS")]
    audit_status: Option<String>,

    /// Only those of this company
    #[arg(long, value_name = "NAME")]
    company_name: Option<String>,

    /// Only those of this legal representative
    #[arg(long, value_name = "NAME")]
    legal_person_name: Option<String>,

    /// Only those of this name
    #[arg(long, visible_alias = "qualification-group-name", value_name = "NAME")]
    name: Option<String>,

    /// Only those for the account's own use (true), or for others (false)
    #[arg(long, value_name = "BOOL")]
    use_by_self: Option<bool>,

    /// Only that of this work order
    #[arg(long, value_name = "ID")]
    work_order_id: Option<u64>,

    /// Page, counted from 1
    #[arg(long, visible_alias = "page-no", value_name = "N", default_value = "1",
          conflicts_with = "all", value_parser = clap::value_parser!(u64).range(1..))]
    page_index: u64,

    /// Qualifications a page [default: 20; with --all as many as a page can hold]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=50))]
    page_size: Option<u64>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    sight: SightFlags,
}

/// Lists qualifications.
///
/// # Errors
/// A state that does not exist, no consent; whatever keeps the service from answering.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    let status = flags
        .audit_status
        .as_deref()
        .map(|word| parse_status("--audit-status", word))
        .transpose()?;
    let filter = Filter {
        company_name: flags.company_name.clone(),
        legal_person_name: flags.legal_person_name.clone(),
        name: flags.name.clone(),
        status,
        use_by_self: flags.use_by_self,
        work_order_id: flags.work_order_id,
    };
    let extent = PageRange::from_flags(flags.all, flags.page_index, flags.page_size);
    let sight = flags.sight.agreed(context)?;
    if context.settings.dry_run {
        let (index, size) = extent.first();
        return client::dry_run(context, &[&filter.call(index, size)]);
    }
    let service = Client::connect(context, Product::Dysmsapi)?;
    let mut listing = Listing::new(context, "qualifications", extent);
    let end = qualification::list(&service, &filter, extent, sight, &mut listing)?;
    drop(service);
    listing.remark(end, extent);
    let mut facts = Map::new();
    facts.insert("total".into(), json!(end.total.unwrap_or(listing.rows() as u64)));
    Ok(listing.report(facts))
}
