//! What a batch sends, apart from its rows. It is recorded, so that a later run can continue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::call::{Call, SendCall};
use crate::api::operations::{Operation, Product, SEND_BATCH_SMS, SEND_CHATAPP_MASS_MESSAGE};
use crate::batch::grouping::{Group, Shape};
use crate::batch::row::Row;
use crate::message::channel::Channel;
use crate::message::params;
use crate::send::receipt_lookup::{ReceiptQuery, space};
use crate::settings::Settings;
use crate::storage::Tracking;
use crate::storage::batches::NewCall;

/// The options of a batch that change its messages. A record with an option that this version does
/// not support is refused: without the option, the messages would differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub channel: Channel,
    /// The code of the template or, with `by_name`, its name.
    pub template_code: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
    /// For rows without a signature of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend_code: Option<String>,
    /// The sender of chat messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// For rows without a language of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Viber: label, tag, and the lifetime in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// The SMS that is sent where the chat message cannot be delivered.
    #[serde(default, skip_serializing_if = "Fallback::is_empty")]
    pub fallback: Fallback,
    /// `--map`: name and column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<(String, String)>,
    /// The variables, in the order of each row's values. Not part of the identity: whether the
    /// template can be read must not make it another batch.
    #[serde(default)]
    pub variables: Vec<String>,
}

/// The options for a fallback message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
}

impl Fallback {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Definition {
    pub const fn product(&self) -> Product {
        match self.channel {
            Channel::Sms => Product::Dysmsapi,
            Channel::Whatsapp | Channel::Viber => Product::Cams,
        }
    }

    /// The call by which checks and policies judge the batch.
    pub fn operation(&self) -> &'static Operation {
        match self.channel {
            Channel::Sms => &SEND_BATCH_SMS,
            Channel::Whatsapp | Channel::Viber => &SEND_CHATAPP_MASS_MESSAGE,
        }
    }

    /// The command that starts such a batch.
    pub const fn command(&self) -> &'static str {
        match self.channel {
            Channel::Sms => "sms batch",
            Channel::Whatsapp | Channel::Viber => "whatsapp batch",
        }
    }

    /// The text that identifies the batch, together with the hash of its input.
    pub fn identity(&self, content: &str) -> String {
        json!({ "content": content, "definition": self.comparable() }).to_string()
    }

    /// The definition with what two runs of one batch have in common. The space does not change a
    /// message, and a later run may find it. The order of `--map` has no effect, and a mapping of a
    /// name to the column with this name has none.
    pub fn comparable(&self) -> Self {
        let mut mappings = self.mappings.clone();
        mappings.retain(|(name, column)| name != column);
        mappings.sort();
        Self { variables: Vec::new(), space: None, mappings, ..self.clone() }
    }

    /// The call that sends these rows.
    pub fn call(&self, group: &Group, tracking_id: &str) -> SendCall {
        match group.shape {
            Shape::Same => self.same(&group.rows, tracking_id),
            Shape::Each => self.each(&group.rows, tracking_id),
            Shape::Chat => self.chat(&group.rows, tracking_id),
        }
    }

    fn same(&self, rows: &[Row], tracking_id: &str) -> SendCall {
        let phones: Vec<&str> = rows.iter().map(|row| row.phone.as_str()).collect();
        let first = rows.first();
        let variables = first.map(|row| self.pairs(row)).unwrap_or_default();
        let variables = (!variables.is_empty()).then(|| params::to_json(&variables));
        Call::to(Shape::Same.operation())
            .text("--phone-numbers", phones.join(","))
            .text("--sign-name", first.map(|row| row.content.sign.as_str()).unwrap_or_default())
            .text("--template-code", &self.template_code)
            .optional_text("--template-param", variables.as_deref())
            .text("--out-id", tracking_id)
            .optional_text("--sms-up-extend-code", self.extend_code.as_deref())
    }

    fn each(&self, rows: &[Row], tracking_id: &str) -> SendCall {
        let list = |value: fn(&Row) -> &str| {
            Value::Array(rows.iter().map(|row| value(row).into()).collect()).to_string()
        };
        let variables: Value = rows.iter().map(|row| Value::Object(self.object(row))).collect();
        let has_variables = !self.variables.is_empty();
        let extend_codes = self.extend_code.as_ref().map(|code| {
            Value::Array(rows.iter().map(|_| code.as_str().into()).collect()).to_string()
        });
        Call::to(Shape::Each.operation())
            .text("--phone-number-json", list(|row| &row.phone))
            .text("--sign-name-json", list(|row| &row.content.sign))
            .text("--template-code", &self.template_code)
            .optional_text(
                "--template-param-json",
                has_variables.then(|| variables.to_string()).as_deref(),
            )
            .text("--out-id", tracking_id)
            .optional_text("--sms-up-extend-code-json", extend_codes.as_deref())
    }

    fn chat(&self, rows: &[Row], tracking_id: &str) -> SendCall {
        let recipient = |row: &Row| {
            let mut recipient = Map::new();
            recipient.insert("To".into(), row.phone.as_str().into());
            if !self.variables.is_empty() {
                recipient.insert("TemplateParams".into(), Value::Object(self.object(row)));
            }
            Value::Object(recipient)
        };
        let recipients: Value = rows.iter().map(recipient).collect();
        let language = rows.first().map(|row| row.content.language.as_str()).unwrap_or_default();
        Call::to(Shape::Chat.operation())
            .text("--channel-type", self.channel.name())
            .optional_text("--cust-space-id", self.space.as_deref())
            .text("--from", self.from.as_deref().unwrap_or_default())
            .text(
                if self.by_name { "--template-name" } else { "--template-code" },
                &self.template_code,
            )
            .text("--biz-language", language)
            .json("--sender-list", &recipients)
            .text("--task-id", tracking_id)
            .optional_text("--label", self.label.as_deref())
            .optional_text("--tag", self.tag.as_deref())
            .optional_integer("--ttl", self.ttl)
            .optional_text("--fall-back-id", self.fallback.id.as_deref())
            .optional_text("--fall-back-content", self.fallback.content.as_deref())
            .optional_text("--fall-back-rule", self.fallback.rule.as_deref())
            .optional_integer("--fall-back-duration", self.fallback.duration)
    }

    /// The record of a call of this group. It contains no text of a message, except in `payload`.
    pub fn new_call(&self, group: &Group, tracking: &Tracking, payload: Option<String>) -> NewCall {
        let details = serde_json::to_string(&self.receipt_query(group));
        NewCall {
            rows: group.rows.iter().map(|row| row.index).collect(),
            tracking_id: tracking.id.clone(),
            generated: tracking.generated,
            details: details.unwrap_or_default(),
            payload,
            send: None,
        }
    }

    /// Where to look for a receipt of this call.
    pub fn receipt_query(&self, group: &Group) -> ReceiptQuery {
        match self.channel {
            Channel::Sms => {
                ReceiptQuery::recorded_sms(group.rows.iter().map(|row| row.phone.as_str()))
            }
            Channel::Whatsapp | Channel::Viber => ReceiptQuery::Chat {
                channel: self.channel.name().into(),
                from: self.from.clone().unwrap_or_default(),
                to: group.rows.first().map(|row| row.phone.clone()).unwrap_or_default(),
                space: self.space.clone(),
            },
        }
    }

    /// The channel instance: that of the batch, or of an earlier message of its sender.
    pub fn known_space(&self, settings: &Settings) -> Option<String> {
        let remembered = || space::remembered(settings, self.channel.name(), self.from.as_deref()?);
        self.space.clone().or_else(remembered)
    }

    /// The variables of a row with their values.
    pub fn pairs(&self, row: &Row) -> Vec<(String, String)> {
        self.variables.iter().cloned().zip(row.content.values.iter().cloned()).collect()
    }

    fn object(&self, row: &Row) -> Map<String, Value> {
        self.pairs(row).into_iter().map(|(name, value)| (name, value.into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(more: &str) -> std::result::Result<Definition, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"channel":"sms","template_code":"SMS_1"{more}}}"#))
    }

    #[test]
    fn the_order_of_mappings_and_the_space_do_not_make_another_batch() {
        let identity = |more: &str| definition(more).expect("a definition").identity("c");
        let first = identity(r#","mappings":[["a","x"],["b","y"]]"#);
        assert_eq!(first, identity(r#","mappings":[["b","y"],["c","c"],["a","x"]],"space":"s""#));
        assert_ne!(first, identity(r#","mappings":[["a","y"],["b","x"]]"#));
        for more in [r#""sign":"Acme""#, r#""by_name":true"#] {
            let more = format!(r#","mappings":[["a","x"],["b","y"]],{more}"#);
            assert_ne!(first, identity(&more));
        }
    }

    #[test]
    fn a_record_with_an_unknown_option_is_refused() {
        definition("").expect("known options");
        definition(r#","footer":"x""#).expect_err("an option of a later version");
        definition(r#","fallback":{"tone":"x"}"#).expect_err("an option of a later version");
    }
}
