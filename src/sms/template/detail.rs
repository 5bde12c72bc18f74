//! One SMS template, as the service describes it.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::api::audit_status::{self, TemplateType};
use crate::api::call::{Call, ChangeCall, ReadCall, shell_line};
use crate::api::operations::{DELETE_SMS_TEMPLATE, GET_SMS_TEMPLATE};
use crate::api::reply::{self, Reply, fields};
use crate::error;
use crate::message::placeholder::{Style, Variable, find_variables, render};
use crate::message::plan::{PlanRow, rows};
use crate::sms::signature::{audit_time, rejection};

/// A template; the fields that are serialized are those of `templates show`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SmsTemplate {
    pub code: String,
    pub name: Option<String>,
    /// approved, rejected, reviewing, cancelled, suspended, unknown, or the service's own word.
    pub status: String,
    /// verification, notification, promotion, international, or the number of a new type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Why the review rejected it.
    pub reason: Option<String>,
    /// The text, with its variables.
    #[serde(rename = "components", serialize_with = "as_component")]
    pub text: String,
    /// The signature that it was submitted with.
    pub related_sign_name: Option<String>,
    pub remark: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339; a list does not have it.
    pub audited_at: Option<String>,
    pub order_id: Option<String>,
    /// The service's reply, or the entry of its list.
    #[serde(skip)]
    pub raw: Value,
}

impl SmsTemplate {
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }

    /// Whether the reply has the text: without it, the variables are unknown.
    pub fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// The variables of the text, each once.
    pub fn variables(&self) -> Vec<Variable> {
        find_variables([("text".to_string(), self.text.as_str())], Style::Sms)
    }

    /// The text with values in place of its variables.
    pub fn render(&self, values: &[(String, String)]) -> String {
        render(&self.text, Style::Sms, values)
    }

    /// The message as the recipient reads it: the signature, then the text.
    pub fn as_received(&self, sign_name: &str, variables: &[(String, String)]) -> String {
        format!("【{sign_name}】{}", self.render(variables))
    }

    fn from_object(object: &Value, code: &str, kind: Option<String>, raw: Value) -> Self {
        let text = |names: &[&str]| fields::text(object, names);
        Self {
            code: text(&["TemplateCode", "Code"]).unwrap_or_else(|| code.to_string()),
            name: text(&["TemplateName", "Name"]),
            text: text(&["TemplateContent", "Content"]).unwrap_or_default(),
            status: audit_status::status_in(object, &["TemplateStatus", "AuditStatus"]),
            kind,
            reason: rejection(object, &["AuditInfo", "Reason"]),
            created_at: fields::time(object, &["CreateDate"]),
            audited_at: audit_time(object, &["AuditInfo"]),
            order_id: text(&["OrderId"]),
            related_sign_name: text(&["RelatedSignName", "SignatureName"]),
            remark: text(&["Remark"]),
            raw,
        }
    }

    pub(super) fn from_entry(entry: &Value) -> Self {
        Self::from_object(entry, "", kind_in_list(entry), entry.clone())
    }

    fn from_reply(reply: Reply, code: &str) -> error::Result<Self> {
        let raw = Value::Object(reply.0);
        // The `Code` of the reply itself is the service's OK, never the template's.
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
        Ok(Self::from_object(&object, code, kind, raw))
    }

    /// What a plan shows of it.
    pub fn rows(&self) -> Vec<PlanRow> {
        rows([
            ("code", Some(self.code.clone())),
            ("name", self.name.clone()),
            ("state", Some(self.status.clone())),
            ("content", Some(self.text.clone())),
        ])
    }

    /// The command that sends it; the words in capitals have to be replaced.
    pub fn send_command(&self) -> String {
        let words = ["sms", "send", "--phone-numbers", "NUMBER", "--sign-name", "SIGNATURE"];
        let mut words = words.map(String::from).to_vec();
        words.extend(["--template-code".into(), self.code.clone()]);
        for variable in self.variables() {
            words.extend(["--param".into(), format!("{}=VALUE", variable.name)]);
        }
        shell_line("alimsg", &words)
    }
}

/// The text as a list of components, as other channels have it.
fn as_component<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    [json!({ "type": "BODY", "text": text })].serialize(serializer)
}

/// `OuterTemplateType` has the numbers of all other calls, `TemplateType` those of the list.
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

/// The call that fetches one template.
pub fn get_call(code: &str) -> ReadCall {
    Call::to(&GET_SMS_TEMPLATE).text("--template-code", code)
}

/// The call that deletes one template.
pub fn delete_call(code: &str) -> ChangeCall {
    Call::to(&DELETE_SMS_TEMPLATE).text("--template-code", code)
}

/// Fetches one template.
///
/// # Errors
/// The service does not know the template, or does not answer.
pub fn get(client: &Client<'_>, code: &str) -> error::Result<SmsTemplate> {
    SmsTemplate::from_reply(client.read(&get_call(code))?, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_and_single_reply_have_the_same_words_for_types() {
        let kind = |entry: &Value| SmsTemplate::from_entry(entry).kind;
        assert_eq!(kind(&json!({"TemplateType": 2})).as_deref(), Some("verification"));
        let outer = json!({"TemplateType": 2, "OuterTemplateType": "3"});
        assert_eq!(kind(&outer).as_deref(), Some("international"));
        assert_eq!(kind(&json!({"TemplateType": 7})).as_deref(), Some("7"));
        assert_eq!(kind(&json!({})), None);
        let parse = |value: Value| {
            SmsTemplate::from_reply(Reply(value.as_object().expect("object").clone()), "SMS_1")
        };
        let found = parse(json!({"Code": "OK", "TemplateContent": "Hi ${name}${ a }",
            "TemplateStatus": "1", "TemplateType": "2"}))
        .expect("template");
        assert_eq!((found.code.as_str(), found.kind.as_deref()), ("SMS_1", Some("promotion")));
        assert!(found.is_approved());
        let names: Vec<_> = found.variables().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["name", "a"]);
        parse(json!({"Code": "OK"})).expect_err("nothing about it");
        parse(json!({"Code": "OK", "Data": {"Name": 1}})).expect_err("nothing about it");
        let nested = json!({"Code": "OK", "Data": {"TemplateContent": "a", "Code": "SMS_2"}});
        assert_eq!(parse(nested).expect("nested").code, "SMS_2");
    }
}
