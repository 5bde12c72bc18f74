//! `templates list --channel sms`. The call has no filter, so states and names are looked for on
//! all pages.

use serde_json::{Map, json};

use super::super::{Channel, ListFlags, refuse_foreign};
use crate::failure::{Failure, Result};
use crate::listing::Listing;
use crate::operations::Product;
use crate::pages::{Extent, LARGEST};
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};
use crate::sms_template::{self, SmsTemplate};
use crate::vocabulary::read_status;

/// Lists templates, approved ones first.
///
/// # Errors
/// A flag of another channel, a state that does not exist; whatever keeps the service from
/// answering.
pub fn list(run: &Run, flags: &ListFlags) -> Result<Report> {
    refuse_foreign(
        Channel::Sms,
        &[
            ("--language", flags.language.is_some()),
            ("--category", flags.category.is_some()),
            ("--code", flags.code.is_some()),
            ("--cust-space-id", flags.cust_space_id.is_some()),
        ],
    )?;
    if flags.page_size.is_some_and(|size| size > LARGEST) {
        return Err(Failure::usage(format!("a page of SMS templates holds {LARGEST} at most"))
            .hint("--all reads every page"));
    }
    let wanted = flags
        .audit_status
        .as_deref()
        .map(|word| read_status("--audit-status", word))
        .transpose()?;
    let filters = wanted.is_some() || flags.name.is_some();
    let extent = Extent::of(flags.all || filters, flags.page_index, flags.page_size);
    if run.settings.dry_run {
        let (index, size) = extent.first();
        return service::dry_run(run, &[&sms_template::list_call(index, size)]);
    }
    let service = Service::connect(run, Product::Dysmsapi)?;
    let mut listing = Listing::new(run, "templates", extent).approved_first();
    let has_name = |template: &SmsTemplate| {
        let name = template.name.as_deref();
        flags.name.as_deref().is_none_or(|part| name.is_some_and(|name| name.contains(part)))
    };
    let end = sms_template::list(&service, extent, &mut listing, |template| {
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
