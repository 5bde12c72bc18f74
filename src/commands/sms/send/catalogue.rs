//! Signatures and templates of the account, as far as a send needs to know them.

use serde_json::Value;

use crate::call::Call;
use crate::failure::Result;
use crate::operations::{
    GET_SMS_SIGN, GET_SMS_TEMPLATE, Operation, QUERY_SMS_SIGN_LIST, QUERY_SMS_TEMPLATE_LIST,
};
use crate::reply::fields;
use crate::service::Service;

/// The most entries that the service puts on a page.
const PAGE: u64 = 50;
/// The most pages that are read for a list to choose from.
const PAGES: u64 = 20;

/// A template, with the text that its variables stand in.
#[derive(Debug, Clone)]
pub struct Template {
    pub code: String,
    pub name: String,
    pub content: String,
}

pub fn look_up_signature(name: &str) -> Call {
    Call::to(&GET_SMS_SIGN).text("--sign-name", name)
}

pub fn look_up_template(code: &str) -> Call {
    Call::to(&GET_SMS_TEMPLATE).text("--template-code", code)
}

/// The word for a state that a look-up tells as a number.
pub fn status(reply: &crate::reply::Reply, field: &str) -> String {
    match reply.text(&[field]).as_deref() {
        Some("0") => "reviewing".into(),
        Some("1") => "approved".into(),
        Some("2") => "rejected".into(),
        Some("10") => "cancelled".into(),
        other => format!("in the state {}", other.unwrap_or("that the service did not name")),
    }
}

/// The names of the approved signatures.
///
/// # Errors
/// The list cannot be read.
pub fn approved_signatures(service: &Service<'_>) -> Result<Vec<String>> {
    let entries = all(service, &QUERY_SMS_SIGN_LIST, "SmsSignList")?;
    Ok(entries.iter().filter_map(|entry| fields::text(entry, &["SignName"])).collect())
}

/// The approved templates.
///
/// # Errors
/// The list cannot be read.
pub fn approved_templates(service: &Service<'_>) -> Result<Vec<Template>> {
    let entries = all(service, &QUERY_SMS_TEMPLATE_LIST, "SmsTemplateList")?;
    let text = |entry: &Value, name| fields::text(entry, &[name]);
    Ok(entries
        .iter()
        .filter_map(|entry| {
            Some(Template {
                code: text(entry, "TemplateCode")?,
                name: text(entry, "TemplateName").unwrap_or_default(),
                content: text(entry, "TemplateContent").unwrap_or_default(),
            })
        })
        .collect())
}

/// All approved entries of a list, page by page.
fn all(
    service: &Service<'_>,
    operation: &'static Operation,
    name: &'static str,
) -> Result<Vec<Value>> {
    let mut entries = Vec::new();
    for page in 1..=PAGES {
        let call = Call::to(operation)
            .optional_integer("--page-index", Some(page))
            .optional_integer("--page-size", Some(PAGE));
        let reply = service.read(&call)?;
        let found = reply.items(&[name]);
        entries.extend(found.iter().filter(|entry| is_approved(entry)).cloned());
        let total = reply.number(&["TotalCount"]).unwrap_or(0);
        if found.is_empty() || page * PAGE >= total {
            break;
        }
    }
    Ok(entries)
}

fn is_approved(entry: &Value) -> bool {
    fields::text(entry, &["AuditStatus"]).is_some_and(|state| state == "AUDIT_STATE_PASS")
}
