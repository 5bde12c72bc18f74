//! What templates of all channels have in common: the fields of reports.

use schemars::JsonSchema;
use serde::Serialize;

/// A template in the answer of `templates list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TemplateRow {
    pub code: Option<String>,
    pub name: Option<String>,
    /// WhatsApp and Viber.
    pub language: Option<String>,
    /// approved, rejected, reviewing, cancelled, suspended, or the service's own word.
    pub status: Option<String>,
    /// WhatsApp and Viber.
    pub category: Option<String>,
    /// WhatsApp and Viber: the channel. SMS: verification, notification, promotion, international.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The fields that only SMS templates have.
    #[serde(flatten)]
    pub sms: Option<SmsColumns>,
}

/// The additional fields of an SMS template in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SmsColumns {
    pub text: String,
    /// Why the review rejected it.
    pub reason: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
}

/// The answer of `templates preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preview {
    /// The message as the phone shows it.
    pub text: String,
    /// Variables of the template without a value.
    pub missing: Vec<String>,
    /// Values for which the template has no variable.
    pub superfluous: Vec<String>,
}

/// The answer of `templates delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeletedTemplate {
    pub code: String,
    /// WhatsApp and Viber: the language that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub deleted: bool,
    pub request_id: Option<String>,
}

/// The answer of `templates create` and `templates update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubmittedTemplate {
    pub code: Option<String>,
    pub name: Option<String>,
    /// WhatsApp and Viber.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `reviewing`. The reply names no state: without a code, nothing proves that there is a
    /// template to review, and this is `unknown`.
    pub status: &'static str,
    pub request_id: Option<String>,
    /// The fields that only SMS templates have.
    #[serde(flatten)]
    pub sms: Option<SubmittedSms>,
}

/// The additional fields of a submitted SMS template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubmittedSms {
    /// verification, notification, promotion or international.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The order that the service's support asks for.
    pub order_id: Option<String>,
}

impl SubmittedTemplate {
    pub fn new(code: Option<String>, name: Option<String>, request_id: Option<String>) -> Self {
        let status = if code.is_some() { "reviewing" } else { "unknown" };
        Self { code, name, language: None, status, request_id, sms: None }
    }
}
