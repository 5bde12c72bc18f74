//! An SMS template to create or update, as plain data; its calls and its plan.

use crate::api::audit_status::TemplateType;
use crate::api::call::{Call, ChangeCall};
use crate::api::operations::{CREATE_SMS_TEMPLATE, ChangeOperation, UPDATE_SMS_TEMPLATE};
use crate::api::reply::Reply;
use crate::message::placeholder::{Style, find_variables};
use crate::message::plan::{PlanRow, rows};
use crate::message::template::{SubmittedSms, SubmittedTemplate};

/// A template to create or update. An update replaces the name, the content and the type.
#[derive(Debug, Clone)]
pub struct Draft {
    pub name: String,
    pub content: String,
    pub kind: TemplateType,
    pub remark: Option<String>,
    pub related_sign_name: Option<String>,
    /// Rules of the variables, as JSON.
    pub rule: Option<String>,
    pub apply_scene_content: Option<String>,
    /// Kind of an international template.
    pub intl_type: Option<u64>,
}

impl Draft {
    pub fn create_call(&self) -> ChangeCall {
        self.call(&CREATE_SMS_TEMPLATE)
    }

    pub fn update_call(&self, code: &str) -> ChangeCall {
        self.call(&UPDATE_SMS_TEMPLATE).text("--template-code", code)
    }

    fn call(&self, operation: &'static ChangeOperation) -> ChangeCall {
        Call::to(operation)
            .text("--template-name", &self.name)
            .text("--template-content", &self.content)
            .optional_integer("--template-type", Some(self.kind.number()))
            .optional_text("--remark", self.remark.as_deref())
            .optional_text("--related-sign-name", self.related_sign_name.as_deref())
            .optional_text("--template-rule", self.rule.as_deref())
            .optional_text("--apply-scene-content", self.apply_scene_content.as_deref())
            .optional_integer("--intl-type", self.intl_type)
    }

    /// The plan: everything that is submitted.
    pub fn rows(&self) -> Vec<PlanRow> {
        let variables = find_variables([(String::new(), self.content.as_str())], Style::Sms);
        let names: Vec<String> = variables.into_iter().map(|variable| variable.name).collect();
        let names = if names.is_empty() { "none".into() } else { names.join(", ") };
        rows([
            ("channel", Some("sms".into())),
            ("name", Some(self.name.clone())),
            ("type", Some(self.kind.word().into())),
            ("content", Some(self.content.clone())),
            ("variables", Some(names)),
            ("remark", self.remark.clone()),
            ("related signature", self.related_sign_name.clone()),
            ("rules of the variables", self.rule.clone()),
            ("scene", self.apply_scene_content.clone()),
            ("international type", self.intl_type.map(|number| number.to_string())),
        ])
    }

    /// The result of the call; an update passes the code that it named.
    pub fn submitted(&self, reply: &Reply, given: Option<&str>) -> SubmittedTemplate {
        let text = |name: &str| reply.text(&[name, &format!("Data.{name}")]);
        let code = text("TemplateCode").or(given.map(str::to_string));
        let name = text("TemplateName").unwrap_or_else(|| self.name.clone());
        SubmittedTemplate {
            sms: Some(SubmittedSms { kind: self.kind.word(), order_id: text("OrderId") }),
            ..SubmittedTemplate::new(code, Some(name), reply.text(&["RequestId"]))
        }
    }
}
