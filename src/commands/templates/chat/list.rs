//! `templates list` for WhatsApp and Viber.

use serde_json::{Map, Value, json};

use super::super::ListFlags;
use super::{category, template_type};
use crate::call::Call;
use crate::failure::{Failure, Result};
use crate::operations::{LIST_CHATAPP_TEMPLATE, Product};
use crate::pages::{self, Extent};
use crate::reply::fields;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};
use crate::vocabulary::{status, statuses};

/// The most that a page holds.
const LARGEST_PAGE: u64 = 100;

/// How the wanted state is found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    /// The service filters by its own word, or not at all.
    Service(Option<String>),
    /// The service has no word for it, or two: everything is read and filtered here.
    Here(String),
}

/// Lists templates, a page or all.
///
/// # Errors
/// A state that does not exist; whatever keeps the service from answering.
pub fn list(run: &Run, flags: &ListFlags) -> Result<Report> {
    let filter = filter(flags.audit_status.as_deref())?;
    let all = flags.all || matches!(filter, Filter::Here(_));
    let extent = match (all, flags.page_size) {
        // A page here holds more than one of the SMS service.
        (true, None) => Extent::All { size: LARGEST_PAGE },
        (all, size) => Extent::of(all, flags.page_index, size),
    };
    let call = |index, size| call(flags, &filter, index, size);
    let (first, size) = extent.first();
    if run.settings.dry_run {
        return service::dry_run(run, &[&call(first, size)]);
    }
    let service = Service::connect(run, Product::Cams)?;
    let lists = ["ListTemplate", "Data.List", "Data.ListTemplate"];
    let totals = ["Total", "Data.Total", "TotalCount"];
    let pages = pages::read(&service, extent, call, &lists, &totals)?;
    drop(service);
    pages.remark(run, extent);
    let mut items: Vec<_> = pages.entries.iter().map(|entry| item(entry, flags)).collect();
    let mut total = pages.total;
    if let Filter::Here(wanted) = &filter {
        items.retain(|item| item.get("status") == Some(&json!(wanted)));
        total = None;
    }
    let total = total.unwrap_or(items.len() as u64);
    let mut facts = Map::new();
    facts.insert("total".into(), json!(total));
    Ok(Report::List { name: "templates", items, facts, raw: Value::Array(pages.raw) })
}

fn call(flags: &ListFlags, filter: &Filter, index: u64, size: u64) -> Call {
    let word = match filter {
        Filter::Service(word) => word.as_deref(),
        Filter::Here(_) => None,
    };
    let category = flags.category.as_ref().map(|word| category(flags.channel, word));
    Call::to(&LIST_CHATAPP_TEMPLATE)
        .text("--template-type", template_type(flags.channel))
        .optional_text("--audit-status", word)
        .optional_text("--biz-language", flags.language.as_deref())
        .optional_text("--name", flags.name.as_deref())
        .optional_text("--code", flags.code.as_deref())
        .optional_text("--category", category.as_deref())
        .optional_text("--cust-space-id", flags.cust_space_id.as_deref())
        .fields("--page", &[("Index", index), ("Size", size)])
}

/// The service documents `pass`, `fail`, `auditing` and `unaudit` for its filter.
fn filter(word: Option<&str>) -> Result<Filter> {
    let Some(word) = word else { return Ok(Filter::Service(None)) };
    let lower = word.to_lowercase();
    match lower.as_str() {
        "approved" => Ok(Filter::Service(Some("pass".into()))),
        "rejected" => Ok(Filter::Service(Some("fail".into()))),
        "reviewing" | "cancelled" | "suspended" => Ok(Filter::Here(lower)),
        "pass" | "fail" | "auditing" | "unaudit" => Ok(Filter::Service(Some(lower))),
        _ => Err(Failure::usage(format!("--audit-status {word:?} is no state of a template"))
            .hint(format!(
                "one of {}, or the service's pass, fail, auditing, unaudit",
                statuses().join(", ")
            ))),
    }
}

fn item(entry: &Value, flags: &ListFlags) -> Map<String, Value> {
    let text = |names: &[&str]| json!(fields::text(entry, names));
    let status = fields::text(entry, &["AuditStatus"]).map(|word| status(&word));
    let kind = fields::text(entry, &["TemplateType"]);
    let kind = kind.unwrap_or_else(|| template_type(flags.channel).to_string()).to_lowercase();
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
        assert_eq!(filter(None).expect("none"), Filter::Service(None));
        for (given, asked) in [("approved", "pass"), ("PASS", "pass"), ("rejected", "fail")] {
            assert_eq!(filter(Some(given)).expect(given), Filter::Service(Some(asked.into())));
        }
        assert_eq!(filter(Some("suspended")).expect("word"), Filter::Here("suspended".into()));
        filter(Some("done")).expect_err("no state");
    }
}
