//! SMS templates: the approved texts, with variables written `${name}`.

use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::listing::{Item, Listing};
use crate::aliyun::pages::{self, PageRange, Termination};
use crate::api::audit_status::{self, TemplateType};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{GET_SMS_TEMPLATE, QUERY_SMS_TEMPLATE_LIST};
use crate::api::reply::{self, Reply, fields};
use crate::error::Result;
use crate::message::placeholder::{Style, Variable, names, render};
use crate::sms::signature::rejection;

/// The command that lists what can be sent.
pub const LIST_APPROVED: &str = "alimsg templates list --channel sms --audit-status approved";

/// A template.
#[derive(Debug, Clone, PartialEq)]
pub struct SmsTemplate {
    pub code: String,
    pub name: Option<String>,
    /// The text, with its variables.
    pub text: String,
    /// alimsg's word; `unknown` where the service names none.
    pub status: String,
    /// alimsg's word for the type, or the service's number where it is a new one.
    pub kind: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339; only a single look-up names it.
    pub audited_at: Option<String>,
    pub order_id: Option<String>,
    /// The signature that it was handed in with.
    pub related_sign_name: Option<String>,
    pub remark: Option<String>,
    /// The service's reply to a single look-up; an entry of its list otherwise.
    pub raw: Value,
}

impl SmsTemplate {
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }

    /// Whether the service tells the text: without it, nobody knows its variables.
    pub fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// The variables of the text, each once.
    pub fn variables(&self) -> Vec<Variable> {
        names([("text".to_string(), self.text.as_str())], Style::Sms)
    }

    /// The message as the recipient reads it, the signature in front.
    pub fn as_received(&self, sign_name: &str, variables: &[(String, String)]) -> String {
        format!("【{sign_name}】{}", render(&self.text, Style::Sms, variables))
    }

    fn of(object: &Value, code: &str, kind: Option<String>, raw: Value) -> Self {
        let text = |names: &[&str]| fields::text(object, names);
        let audit = object.get("AuditInfo").unwrap_or(&Value::Null);
        Self {
            code: text(&["TemplateCode", "Code"]).unwrap_or_else(|| code.to_string()),
            name: text(&["TemplateName", "Name"]),
            text: text(&["TemplateContent", "Content"]).unwrap_or_default(),
            status: audit_status::status_in(object, &["TemplateStatus", "AuditStatus"]),
            kind,
            reason: rejection(object),
            created_at: fields::time(object, &["CreateDate"]),
            audited_at: fields::time(audit, &["AuditDate"]),
            order_id: text(&["OrderId"]),
            related_sign_name: text(&["RelatedSignName", "SignatureName"]),
            remark: text(&["Remark"]),
            raw,
        }
    }

    fn of_entry(entry: &Value) -> Self {
        Self::of(entry, "", kind_in_list(entry), entry.clone())
    }

    fn of_look_up(reply: Reply, code: &str) -> Result<Self> {
        let raw = Value::Object(reply.0);
        // The reply's own `Code` is the service's OK, and never the template's.
        let mut object = match raw.get("Data") {
            Some(Value::Object(data)) => data.clone(),
            _ => raw.as_object().cloned().unwrap_or_default(),
        };
        if raw.get("Data").is_none_or(|data| !data.is_object()) {
            object.remove("Code");
        }
        let object = Value::Object(object);
        if fields::text(&object, &["TemplateContent", "TemplateStatus", "TemplateName"]).is_none() {
            let list = "alimsg templates list --channel sms --all";
            return Err(reply::missing_from_reply(&format!("template {code}"), list, raw));
        }
        let kind = fields::text(&object, &["TemplateType"]).map(|number| {
            word_or_number(number.parse().ok().and_then(TemplateType::from_number), number)
        });
        Ok(Self::of(&object, code, kind, raw))
    }

    /// The fields of an entry of `templates list`.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut item = Map::new();
        item.insert("code".into(), json!(self.code));
        item.insert("name".into(), json!(self.name));
        item.insert("language".into(), Value::Null);
        item.insert("status".into(), json!(self.status));
        item.insert("category".into(), Value::Null);
        item.insert("type".into(), json!(self.kind));
        item.insert("text".into(), json!(self.text));
        item.insert("reason".into(), json!(self.reason));
        item.insert("created_at".into(), json!(self.created_at));
        item
    }
}

/// `OuterTemplateType` counts like everything else; without it, the list's own count.
fn kind_in_list(entry: &Value) -> Option<String> {
    if let Some(number) = fields::text(entry, &["OuterTemplateType"])
        && let Some(kind) = number.parse().ok().and_then(TemplateType::from_number)
    {
        return Some(kind.word().to_string());
    }
    let number = fields::text(entry, &["TemplateType"])?;
    let kind = number.parse().ok().and_then(TemplateType::from_number_in_list);
    Some(word_or_number(kind, number))
}

fn word_or_number(kind: Option<TemplateType>, number: String) -> String {
    kind.map_or(number, |kind| kind.word().to_string())
}

/// The call for one page of the list.
pub fn list_call(index: u64, size: u64) -> ReadCall {
    Call::to(&QUERY_SMS_TEMPLATE_LIST)
        .optional_integer("--page-index", Some(index))
        .optional_integer("--page-size", Some(size))
}

/// Where the replies have the list and its length.
const LISTS: [&str; 3] = ["SmsTemplateList", "Data.SmsTemplateList", "Data.List"];
const TOTALS: [&str; 2] = ["TotalCount", "Data.Total"];

/// Reads pages of the account's templates into a listing; `item` makes a row, or none.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn list(
    service: &Client<'_>,
    extent: PageRange,
    listing: &mut Listing<'_>,
    item: impl Fn(&SmsTemplate) -> Option<Item>,
) -> Result<Termination> {
    let item = |entry: &Value| item(&SmsTemplate::of_entry(entry));
    listing.read(service, extent, list_call, (&LISTS, &TOTALS), item)
}

/// All templates that can be sent.
///
/// # Errors
/// As [`list`].
pub fn approved(service: &Client<'_>) -> Result<Vec<SmsTemplate>> {
    let extent = PageRange::All { size: pages::MAX_BYTES };
    let pages = pages::read(service, extent, list_call, &LISTS, &TOTALS)?;
    let mut templates: Vec<SmsTemplate> = pages.entries.iter().map(SmsTemplate::of_entry).collect();
    templates.retain(|template| template.is_approved() && !template.code.is_empty());
    Ok(templates)
}

/// The call for one template.
pub fn get_call(code: &str) -> ReadCall {
    Call::to(&GET_SMS_TEMPLATE).text("--template-code", code)
}

/// One template, as the service describes it.
///
/// # Errors
/// The service does not know it, or does not answer.
pub fn get(service: &Client<'_>, code: &str) -> Result<SmsTemplate> {
    SmsTemplate::of_look_up(service.read(&get_call(code))?, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_one_vocabulary_whichever_call_counts() {
        let kind = |entry: &Value| SmsTemplate::of_entry(entry).kind;
        assert_eq!(kind(&json!({"TemplateType": 2})).as_deref(), Some("verification"));
        let outer = json!({"TemplateType": 2, "OuterTemplateType": "3"});
        assert_eq!(kind(&outer).as_deref(), Some("international"));
        assert_eq!(kind(&json!({"TemplateType": 7})).as_deref(), Some("7"));
        assert_eq!(kind(&json!({})), None);
        let look_up = |value: Value| {
            SmsTemplate::of_look_up(Reply(value.as_object().expect("object").clone()), "SMS_1")
        };
        let found = look_up(json!({"Code": "OK", "TemplateContent": "Hi ${name}${ a }",
            "TemplateStatus": "1", "TemplateType": "2"}))
        .expect("template");
        assert_eq!((found.code.as_str(), found.kind.as_deref()), ("SMS_1", Some("promotion")));
        assert!(found.is_approved());
        let names: Vec<_> = found.variables().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["name", "a"]);
        look_up(json!({"Code": "OK"})).expect_err("nothing about it");
        look_up(json!({"Code": "OK", "Data": {"Name": 1}})).expect_err("nothing about it");
        let nested = json!({"Code": "OK", "Data": {"TemplateContent": "a", "Code": "SMS_2"}});
        assert_eq!(look_up(nested).expect("nested").code, "SMS_2");
    }
}
