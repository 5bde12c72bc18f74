//! `templates list` for WhatsApp and Viber.

use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, PageRange, Pages};
use crate::api::audit_status::{status, statuses};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{LIST_CHATAPP_TEMPLATE, Product};
use crate::api::reply::fields;
use crate::cli::templates::chat::{category, template_type};
use crate::cli::templates::{Channel, ListFlags};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;

/// The most that a page holds.
const MAX_PAGE: u64 = 100;

/// Where the replies have the list and its length.
const LISTS: [&str; 3] = ["ListTemplate", "Data.List", "Data.ListTemplate"];
const TOTALS: [&str; 3] = ["Total", "Data.Total", "TotalCount"];

/// How the wanted state is found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    /// The service filters by its own word, or not at all.
    Client(Option<String>),
    /// The service has no word for it, or two: everything is read and filtered here.
    Here(String),
}

/// Lists templates, a page or all.
///
/// # Errors
/// A state that does not exist; whatever keeps the service from answering.
pub fn list(context: &Context, flags: &ListFlags) -> Result<Report> {
    let filter = filter(flags.audit_status.as_deref())?;
    let all = flags.all || matches!(filter, Filter::Here(_));
    let extent = match (all, flags.page_size) {
        // A page here holds more than one of the SMS service.
        (true, None) => PageRange::All { size: MAX_PAGE },
        (all, size) => PageRange::from_flags(all, flags.page_index, size),
    };
    let category = flags.category.as_ref().map(|word| category(flags.channel, word));
    let query = Query {
        channel: flags.channel,
        audit_status: match &filter {
            Filter::Client(word) => word.as_deref(),
            Filter::Here(_) => None,
        },
        code: flags.code.as_deref(),
        language: flags.language.as_deref(),
        name: flags.name.as_deref(),
        category: category.as_deref(),
        cust_space_id: flags.cust_space_id.as_deref(),
    };
    let (first, size) = extent.first();
    if context.settings.dry_run {
        return client::dry_run(context, &[&query.call(first, size)]);
    }
    let wanted = match &filter {
        Filter::Here(wanted) => Some(json!(wanted)),
        Filter::Client(_) => None,
    };
    let mut listing = Listing::new(context, "templates", extent);
    let service = Client::connect(context, Product::Cams)?;
    let call = |index, size| query.call(index, size);
    let end = listing.read(&service, extent, call, (&LISTS, &TOTALS), |entry| {
        let item = item(entry, flags.channel);
        wanted.as_ref().is_none_or(|wanted| item.get("status") == Some(wanted)).then_some(item)
    })?;
    drop(service);
    listing.remark(end, extent);
    let total = end.total.filter(|_| wanted.is_none()).unwrap_or(listing.rows() as u64);
    let mut facts = Map::new();
    facts.insert("total".into(), json!(total));
    Ok(listing.report(facts))
}

/// What the service is to filter by.
struct Query<'a> {
    channel: Channel,
    /// In the service's own word.
    audit_status: Option<&'a str>,
    code: Option<&'a str>,
    language: Option<&'a str>,
    name: Option<&'a str>,
    category: Option<&'a str>,
    cust_space_id: Option<&'a str>,
}

impl Query<'_> {
    fn call(&self, index: u64, size: u64) -> ReadCall {
        Call::to(&LIST_CHATAPP_TEMPLATE)
            .text("--template-type", template_type(self.channel))
            .optional_text("--audit-status", self.audit_status)
            .optional_text("--biz-language", self.language)
            .optional_text("--name", self.name)
            .optional_text("--code", self.code)
            .optional_text("--category", self.category)
            .optional_text("--cust-space-id", self.cust_space_id)
            .fields("--page", &[("Index", index), ("Size", size)])
    }

    fn read(&self, service: &Client<'_>, extent: PageRange) -> Result<Pages> {
        pages::read(service, extent, |index, size| self.call(index, size), &LISTS, &TOTALS)
    }
}

/// An approved template, as the list describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approved {
    pub code: String,
    pub language: Option<String>,
    pub name: Option<String>,
    pub category: Option<String>,
}

/// All templates that can be sent, those of a code or a language only if one is given.
///
/// # Errors
/// Whatever keeps the service from answering.
pub(crate) fn approved(
    service: &Client<'_>,
    channel: Channel,
    code: Option<&str>,
    language: Option<&str>,
    cust_space_id: Option<&str>,
) -> Result<Vec<Approved>> {
    let query = Query {
        channel,
        audit_status: Some("pass"),
        code,
        language,
        name: None,
        category: None,
        cust_space_id,
    };
    let pages = query.read(service, PageRange::All { size: MAX_PAGE })?;
    let mut found: Vec<Approved> =
        pages.entries.iter().filter_map(|entry| Approved::of(&item(entry, channel))).collect();
    // A service that takes no notice of a filter would offer what cannot be sent.
    found.retain(|template| {
        code.is_none_or(|code| template.code == code)
            && (language.is_none() || template.language.as_deref() == language)
    });
    Ok(found)
}

impl Approved {
    /// Nothing if it is not approved, or has no code to send it by.
    fn of(item: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_string);
        (text("status")? == "approved").then_some(())?;
        Some(Self {
            code: text("code")?,
            language: text("language"),
            name: text("name"),
            category: text("category"),
        })
    }
}

/// The service documents `pass`, `fail`, `auditing` and `unaudit` for its filter.
fn filter(word: Option<&str>) -> Result<Filter> {
    let Some(word) = word else { return Ok(Filter::Client(None)) };
    let lower = word.to_lowercase();
    match lower.as_str() {
        "approved" => Ok(Filter::Client(Some("pass".into()))),
        "rejected" => Ok(Filter::Client(Some("fail".into()))),
        "reviewing" | "cancelled" | "suspended" => Ok(Filter::Here(lower)),
        "pass" | "fail" | "auditing" | "unaudit" => Ok(Filter::Client(Some(lower))),
        _ => Err(Failure::usage(format!("--audit-status {word:?} is no state of a template"))
            .hint(format!(
                "one of {}, or the service's pass, fail, auditing, unaudit",
                statuses().join(", ")
            ))),
    }
}

fn item(entry: &Value, channel: Channel) -> Map<String, Value> {
    let text = |names: &[&str]| json!(fields::text(entry, names));
    let status = fields::text(entry, &["AuditStatus"]).map(|word| status(&word));
    let kind = fields::text(entry, &["TemplateType"]);
    let kind = kind.unwrap_or_else(|| template_type(channel).to_string()).to_lowercase();
    let mut item = Map::new();
    item.insert("code".into(), text(&["TemplateCode", "Code"]));
    item.insert("name".into(), text(&["TemplateName", "Name"]));
    item.insert("language".into(), text(&["Language", "LanguageCode"]));
    item.insert("status".into(), json!(status));
    item.insert("category".into(), text(&["Category"]));
    item.insert("type".into(), json!(kind));
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_for_a_state_is_understood() {
        assert_eq!(filter(None).expect("none"), Filter::Client(None));
        for (given, asked) in [("approved", "pass"), ("PASS", "pass"), ("rejected", "fail")] {
            assert_eq!(filter(Some(given)).expect(given), Filter::Client(Some(asked.into())));
        }
        assert_eq!(filter(Some("suspended")).expect("word"), Filter::Here("suspended".into()));
        filter(Some("done")).expect_err("no state");
    }
}
