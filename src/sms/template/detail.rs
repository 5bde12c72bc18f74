//! One SMS template, as the service describes it.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::audit_status::{TemplateType, status_in};
use crate::api::call::{Call, ChangeCall, ReadCall, shell_line};
use crate::api::operations::{DELETE_SMS_TEMPLATE, GET_SMS_TEMPLATE};
use crate::api::reply::{self, Reply, fields, reply_struct};
use crate::error;
use crate::message::placeholder::{Style, Variable, find_variables, render};
use crate::message::plan::{PlanRow, rows};
use crate::sms::signature::{audit_time, rejection, text_or_empty};

reply_struct! {
    /// A template; the fields that are serialized are those of `templates show`.
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    pub struct SmsTemplate {
        pub code: String = text_or_empty["TemplateCode", "Code"],
        pub name: Option<String> = fields::text["TemplateName", "Name"],
        /// approved, rejected, reviewing, cancelled, suspended, unknown, or the service's own word.
        pub status: String = status_in["TemplateStatus", "AuditStatus"],
        /// verification, notification, promotion, international, or the number of a new type.
        #[serde(rename = "type")]
        pub kind: Option<String> = kind_in_list["OuterTemplateType"],
        /// Why the review rejected it.
        pub reason: Option<String> = rejection["AuditInfo", "Reason"],
        /// The text, with its variables.
        #[serde(rename = "components", serialize_with = "as_component")]
        #[schemars(with = "Vec<Component>")]
        pub text: String = text_or_empty["TemplateContent", "Content"],
        /// The signature that it was submitted with.
        pub related_sign_name: Option<String> = fields::text["RelatedSignName", "SignatureName"],
        pub remark: Option<String> = fields::text["Remark"],
        /// RFC 3339.
        pub created_at: Option<String> = fields::time["CreateDate"],
        /// RFC 3339; a list does not have it.
        pub audited_at: Option<String> = audit_time["AuditInfo"],
        pub order_id: Option<String> = fields::text["OrderId"],
        /// The service's reply, or the entry of its list.
        #[serde(skip)]
        pub raw: Value = whole[],
    }
}

fn whole(object: &Value, _: &[&str]) -> Value {
    object.clone()
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

    fn from_reply(reply: Reply, code: &str) -> error::Result<Self> {
        let data = reply.value("Data").filter(|data| data.is_object()).cloned();
        let object = data.unwrap_or_else(|| {
            // The `Code` of the reply itself is the service's OK, never the template's.
            let fields = reply.0.iter().filter(|(name, _)| *name != "Code");
            fields.map(|(name, value)| (name.clone(), value.clone())).collect()
        });
        let raw = Value::Object(reply.0);
        if fields::text(&object, &["TemplateContent", "TemplateStatus", "TemplateName"]).is_none() {
            let list = "alimsg templates list --channel sms --all";
            return Err(reply::missing_from_reply(&format!("template {code}"), list, raw));
        }
        let kind = fields::text(&object, &["TemplateType"])
            .map(|number| word_or_number(number, TemplateType::from_number));
        let template = Self::from_object(&object);
        let code = if template.code.is_empty() { code.to_string() } else { template.code };
        Ok(Self { code, kind, raw, ..template })
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
        let mut words =
            vec!["sms", "send", "--phone-numbers", "NUMBER", "--sign-name", "SIGNATURE"];
        words.extend(["--template-code", &self.code]);
        let values: Vec<String> =
            self.variables().iter().map(|one| format!("{}=VALUE", one.name)).collect();
        words.extend(values.iter().flat_map(|value| ["--param", value]));
        shell_line("alimsg", &words)
    }
}

/// The text as a list of components, as other channels have it.
/// The only part of an SMS template, in the form of a chat template.
#[derive(Serialize, JsonSchema)]
struct Component<'t> {
    /// Always `BODY`.
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'t str,
}

fn as_component<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    [Component { kind: "BODY", text }].serialize(serializer)
}

/// `OuterTemplateType` has the numbers of all other calls, `TemplateType` those of the list.
fn kind_in_list(entry: &Value, outer: &[&str]) -> Option<String> {
    if let Some(number) = fields::text(entry, outer)
        && let Some(kind) = number.parse().ok().and_then(TemplateType::from_number)
    {
        return Some(kind.word().to_string());
    }
    let number = fields::text(entry, &["TemplateType"])?;
    Some(word_or_number(number, TemplateType::from_number_in_list))
}

fn word_or_number(number: String, from_number: fn(u64) -> Option<TemplateType>) -> String {
    let kind = number.parse().ok().and_then(from_number);
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
    use serde_json::json;

    #[test]
    fn list_and_single_reply_have_the_same_words_for_types() {
        let kind = |entry: &Value| SmsTemplate::from_object(entry).kind;
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
