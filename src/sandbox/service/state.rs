//! The state of the services: incoming messages, signatures, templates, settings.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::audit_status::TemplateType;
use crate::sandbox::scenarios::Scenario;
use crate::sandbox::service::faults::Faults;

/// The channel of a message.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceChannel {
    #[default]
    Sms,
    Whatsapp,
    Viber,
}

/// From the view of the business.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    #[default]
    Out,
    In,
}

/// One message, sent or received.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub product: String,
    /// The API name of the sending call; empty for an incoming message.
    pub api: String,
    pub channel: ServiceChannel,
    pub direction: Direction,
    /// A business number or an SMS signature.
    pub sender: String,
    /// Digits only; a mainland SMS number without its country code.
    pub recipient: String,
    pub template: Option<String>,
    pub template_name: Option<String>,
    pub language: Option<String>,
    /// `TEMPLATE` or the type of a free-form message, in upper case.
    pub kind: String,
    /// The rendered text.
    pub text: String,
    /// The caller's ID: OutId or TaskId.
    pub tracking_id: Option<String>,
    /// The service's ID: BizId or MessageId.
    pub message_id: String,
    pub request_id: String,
    pub sent_at: Timestamp,
    /// Stored under the name that version 0.1.0 used.
    #[serde(rename = "fate")]
    pub scenario: Scenario,
}

/// The audit status of a signature or template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audit {
    Approved,
    Reviewing,
    Rejected,
}

/// An SMS signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    pub name: String,
    pub audit: Audit,
    pub reason: Option<String>,
}

/// An SMS template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SmsTemplate {
    pub code: String,
    pub name: String,
    pub purpose: TemplateType,
    pub content: String,
    pub audit: Audit,
    pub reason: Option<String>,
    #[serde(default)]
    pub remark: Option<String>,
    /// The signature that was submitted with it.
    #[serde(default)]
    pub signature: Option<String>,
    /// The pending review; `None` if none is pending.
    #[serde(default)]
    pub review: Option<Review>,
}

/// A WhatsApp or Viber template in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatTemplate {
    pub code: String,
    pub name: String,
    pub language: String,
    pub channel: ServiceChannel,
    pub category: String,
    pub audit: Audit,
    pub reason: Option<String>,
    /// In the format of the API.
    pub components: serde_json::Value,
    /// Example values of its variables, submitted for the review.
    #[serde(default)]
    pub examples: serde_json::Map<String, serde_json::Value>,
    /// The pending review; `None` if none is pending.
    #[serde(default)]
    pub review: Option<Review>,
}

/// The review of a template. Its result is fixed when the template is submitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub ends_at: Timestamp,
    /// The reason for the rejection; `None` if the template will be approved.
    pub objection: Option<String>,
}

/// Duration of a review: long enough to observe, short enough for a test.
const REVIEW_DURATION: SignedDuration = SignedDuration::from_secs(2);

/// A template with one of these words is rejected.
const REJECTED_WORDS: &[&str] = &["spam", "prize", "winner"];

impl Review {
    /// Starts the review of a template with these texts.
    pub fn begin(texts: &str, now: Timestamp) -> Self {
        let lower = texts.to_lowercase();
        let rejected = REJECTED_WORDS.iter().find(|word| lower.contains(**word));
        Self {
            ends_at: now.checked_add(REVIEW_DURATION).unwrap_or(now),
            objection: rejected.map(|word| format!("the text contains {word:?}")),
        }
    }
}

/// The settings of a business number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NumberSettings {
    pub number: String,
    /// The fields of the business profile, in the format of the API.
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// Welcome message, commands and prompts, in the format of the API.
    pub automation: serde_json::Map<String, serde_json::Value>,
    /// Callback URLs and queues, in the format of the API.
    pub webhook: serde_json::Map<String, serde_json::Value>,
}

/// The complete state of the services.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub first_use: Timestamp,
    /// The last serial number used; makes every generated ID unique.
    pub serial: u64,
    pub signatures: Vec<Signature>,
    pub sms_templates: Vec<SmsTemplate>,
    pub chat_templates: Vec<ChatTemplate>,
    /// The incoming messages. Version 0.1.0 stored the sent ones here as well; they are in the
    /// [log](super::message_log) now.
    pub messages: Vec<Message>,
    #[serde(default)]
    pub faults: Faults,
    #[serde(default)]
    pub numbers: Vec<NumberSettings>,
}

impl State {
    /// Applies the result of every review that ended at or before `now`.
    pub fn complete_reviews(&mut self, now: Timestamp) {
        let chat = self.chat_templates.iter_mut();
        let chat =
            chat.map(|template| (&mut template.review, &mut template.audit, &mut template.reason));
        let sms = self.sms_templates.iter_mut();
        let sms =
            sms.map(|template| (&mut template.review, &mut template.audit, &mut template.reason));
        for (review, audit, reason) in chat.chain(sms) {
            if let Some(review) = review.take_if(|review| review.ends_at <= now) {
                *audit = match review.objection {
                    None => Audit::Approved,
                    Some(_) => Audit::Rejected,
                };
                *reason = review.objection;
            }
        }
    }

    /// The settings of a number; created empty if missing.
    pub fn number_settings(&mut self, number: &str) -> &mut NumberSettings {
        let position = self.numbers.iter().position(|settings| settings.number == number);
        let index = position.unwrap_or_else(|| {
            let number = number.to_owned();
            self.numbers.push(NumberSettings { number, ..NumberSettings::default() });
            self.numbers.len() - 1
        });
        &mut self.numbers[index]
    }

    /// A new serial number.
    pub fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
