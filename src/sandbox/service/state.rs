//! What the services remember: messages, signatures, templates, settings.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sandbox::fates::Scenario;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceChannel {
    Sms,
    Whatsapp,
    Viber,
}

/// Seen from the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Out,
    In,
}

/// One message, sent or received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub product: String,
    /// The API's own name of the call that sent it.
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
    /// `TEMPLATE` or the type of a free-form message, in capitals.
    pub kind: String,
    /// As the recipient reads it.
    pub text: String,
    /// The caller's own mark: out_id or task_id.
    pub tracking_id: Option<String>,
    /// The service's: BizId or MessageId.
    pub message_id: String,
    pub request_id: String,
    pub sent_at: Timestamp,
    pub fate: Scenario,
}

/// How far the audit of a signature or template has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audit {
    Approved,
    Reviewing,
    Rejected,
}

/// What an SMS template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    Verification,
    Notification,
    Promotion,
    International,
}

impl Purpose {
    const ALL: [Self; 4] =
        [Self::Verification, Self::Notification, Self::Promotion, Self::International];

    /// As single look-ups, new templates and statistics count; the list of templates counts in a
    /// way of its own.
    pub const fn number(self) -> i64 {
        match self {
            Self::Verification => 0,
            Self::Notification => 1,
            Self::Promotion => 2,
            Self::International => 3,
        }
    }

    pub fn numbered(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.number() == number)
    }
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
    pub purpose: Purpose,
    pub content: String,
    pub audit: Audit,
    pub reason: Option<String>,
    #[serde(default)]
    pub remark: Option<String>,
    /// The signature that it was handed in with.
    #[serde(default)]
    pub signature: Option<String>,
    /// When its review ends, and how; `None` for one that nobody reviews.
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
    /// As the API gives them.
    pub components: serde_json::Value,
    /// What its reviewers were given for its variables.
    #[serde(default)]
    pub examples: serde_json::Map<String, serde_json::Value>,
    /// When its review ends, and how; `None` for one that nobody reviews.
    #[serde(default)]
    pub review: Option<Review>,
}

/// The review of a template, decided when it is handed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub ends_at: Timestamp,
    /// Why it will be rejected; `None` if it will be approved.
    pub objection: Option<String>,
}

/// How long a review takes: long enough to be seen, short enough to wait for.
const REVIEW: SignedDuration = SignedDuration::from_secs(2);

/// Words that the reviewers do not let pass.
const REFUSED_WORDS: &[&str] = &["spam", "prize", "winner"];

impl Review {
    /// Of a template with these texts that is handed in now.
    pub fn begin(texts: &str, now: Timestamp) -> Self {
        let lower = texts.to_lowercase();
        let found = REFUSED_WORDS.iter().find(|word| lower.contains(**word));
        Self {
            ends_at: now.checked_add(REVIEW).unwrap_or(now),
            objection: found.map(|word| format!("the text says {word:?}")),
        }
    }
}

/// What the business has set up for one of its numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NumberSettings {
    pub number: String,
    /// The fields of the business profile, as the API gives them.
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// Welcome message, commands and prompts, as the API gives them.
    pub automation: serde_json::Map<String, serde_json::Value>,
    /// Callback addresses and queues, as the API gives them.
    pub webhook: serde_json::Map<String, serde_json::Value>,
}

/// Everything that the services remember.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub first_use: Timestamp,
    /// Grows with every identifier given out, so that none is given out twice.
    pub serial: u64,
    pub signatures: Vec<Signature>,
    pub sms_templates: Vec<SmsTemplate>,
    pub chat_templates: Vec<ChatTemplate>,
    pub messages: Vec<Message>,
    #[serde(default)]
    pub numbers: Vec<NumberSettings>,
}

impl State {
    /// Lets the reviews end whose time has come.
    pub fn end_reviews(&mut self, now: Timestamp) {
        let chat = self.chat_templates.iter_mut();
        let chat = chat.map(|one| (&mut one.review, &mut one.audit, &mut one.reason));
        let sms = self.sms_templates.iter_mut();
        let sms = sms.map(|one| (&mut one.review, &mut one.audit, &mut one.reason));
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

    /// The settings of a number, empty at first.
    pub fn number_settings(&mut self, number: &str) -> &mut NumberSettings {
        let found = self.numbers.iter().position(|settings| settings.number == number);
        let index = found.unwrap_or_else(|| {
            let number = number.to_owned();
            self.numbers.push(NumberSettings { number, ..NumberSettings::default() });
            self.numbers.len() - 1
        });
        &mut self.numbers[index]
    }

    /// A number that this state has not given out before.
    pub fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
