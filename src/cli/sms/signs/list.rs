//! `sms signs list`. The call has no filter, so a state is looked for on all pages.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::PageRange;
use crate::api::audit_status::parse_status;
use crate::api::operations::Product;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::sms::signature::{self, Signature};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms signs list --audit-status approved
  alimsg sms signs list --all --json
  alimsg --sandbox sms signs list")]
pub struct Flags {
    /// Only these: approved, rejected, reviewing, cancelled, suspended, or the service's own word
    #[arg(long, value_name = "STATUS")]
    audit_status: Option<String>,

    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "all",
          value_parser = clap::value_parser!(u64).range(1..))]
    page_index: u64,

    /// Signatures a page [default: 20; with --all as many as a page can hold]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=50))]
    page_size: Option<u64>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    all: bool,
}

/// Lists signatures.
///
/// # Errors
/// A state that does not exist; whatever keeps the service from answering.
pub fn run(context: &Context, flags: &Flags) -> Result<Report> {
    let wanted = flags
        .audit_status
        .as_deref()
        .map(|word| parse_status("--audit-status", word))
        .transpose()?;
    let extent =
        PageRange::from_flags(flags.all || wanted.is_some(), flags.page_index, flags.page_size);
    if context.settings.dry_run {
        let (index, size) = extent.first();
        return client::dry_run(context, &[&signature::list_call(index, size)]);
    }
    let service = Client::connect(context, Product::Dysmsapi)?;
    let mut listing = Listing::new(context, "signatures", extent).approved_first();
    let end = signature::list(&service, extent, &mut listing, |signature| {
        wanted.is_none_or(|wanted| signature.status == wanted).then(|| item(signature))
    })?;
    drop(service);
    listing.remark(end, extent);
    let total = end.total.filter(|_| wanted.is_none()).unwrap_or(listing.rows() as u64);
    let mut facts = Map::new();
    facts.insert("total".into(), json!(total));
    Ok(listing.report(facts))
}

fn item(signature: &Signature) -> Map<String, Value> {
    let mut item = Map::new();
    item.insert("name".into(), json!(signature.name));
    item.insert("status".into(), json!(signature.status));
    item.insert("reason".into(), json!(signature.reason));
    item.insert("business_type".into(), json!(signature.business_type));
    item.insert("created_at".into(), json!(signature.created_at));
    item.insert("order_id".into(), json!(signature.order_id));
    item
}
