//! `templates list --channel sms`. The call has no filter, so states and names are looked for on
//! all pages.

use serde_json::{Map, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{MAX_BYTES, PageRange};
use crate::api::audit_status::parse_status;
use crate::api::operations::Product;
use crate::cli::templates::{Channel, ListFlags, refuse_foreign};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;
use crate::sms::template::{self, SmsTemplate};

/// Lists templates, approved ones first.
///
/// # Errors
/// A flag of another channel, a state that does not exist; whatever keeps the service from
/// answering.
pub fn list(context: &Context, flags: &ListFlags) -> Result<Report> {
    refuse_foreign(
        Channel::Sms,
        &[
            ("--language", flags.language.is_some()),
            ("--category", flags.category.is_some()),
            ("--code", flags.code.is_some()),
            ("--cust-space-id", flags.cust_space_id.is_some()),
        ],
    )?;
    if flags.page_size.is_some_and(|size| size > MAX_BYTES) {
        return Err(Failure::usage(format!("a page of SMS templates holds {MAX_BYTES} at most"))
            .hint("--all reads every page"));
    }
    let wanted = flags
        .audit_status
        .as_deref()
        .map(|word| parse_status("--audit-status", word))
        .transpose()?;
    let filters = wanted.is_some() || flags.name.is_some();
    let extent = PageRange::from_flags(flags.all || filters, flags.page_index, flags.page_size);
    if context.settings.dry_run {
        let (index, size) = extent.first();
        return client::dry_run(context, &[&template::list_call(index, size)]);
    }
    let service = Client::connect(context, Product::Dysmsapi)?;
    let mut listing = Listing::new(context, "templates", extent).approved_first();
    let has_name = |template: &SmsTemplate| {
        let name = template.name.as_deref();
        flags.name.as_deref().is_none_or(|part| name.is_some_and(|name| name.contains(part)))
    };
    let end = template::list(&service, extent, &mut listing, |template| {
        let is_wanted = wanted.is_none_or(|wanted| template.status == wanted) && has_name(template);
        is_wanted.then(|| template.to_json())
    })?;
    drop(service);
    listing.remark(end, extent);
    let total = end.total.filter(|_| !filters).unwrap_or(listing.rows() as u64);
    let mut facts = Map::new();
    facts.insert("total".into(), json!(total));
    Ok(listing.report(facts))
}
