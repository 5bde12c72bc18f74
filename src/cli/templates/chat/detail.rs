//! One template in one language, as the service describes it.

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::audit_status::status_in;
use crate::api::call::{Call, ReadCall, shell_line};
use crate::api::operations::GET_CHATAPP_TEMPLATE_DETAIL;
use crate::api::reply::{self, Reply, fields};
use crate::chat::template::components::Message;
use crate::chat::template::field_names::normalize;
use crate::cli::templates::Channel;
use crate::cli::templates::chat::{list_command, or_list, template_type};
use crate::error::{Failure, Result};

/// Which template is meant.
#[derive(Debug, Clone)]
pub(crate) struct TemplateId {
    pub channel: Channel,
    pub code: String,
    pub language: String,
    pub cust_space_id: Option<String>,
}

impl TemplateId {
    pub fn call(&self) -> ReadCall {
        Call::to(&GET_CHATAPP_TEMPLATE_DETAIL)
            .text("--template-code", &self.code)
            .text("--biz-language", &self.language)
            .text("--template-type", template_type(self.channel))
            .optional_text("--cust-space-id", self.cust_space_id.as_deref())
    }

    /// Asks the service for it.
    ///
    /// # Errors
    /// The service does not know it, or does not answer.
    pub fn read(&self, service: &Client<'_>) -> Result<Template> {
        let reply = service.read(&self.call());
        Template::of(reply.map_err(|failure| or_list(failure, self.channel, &self.code))?, self)
    }

    /// The command that shows it.
    pub fn show_command(&self) -> String {
        let mut words = vec!["templates", "show", &self.code, "--language", &self.language];
        if self.channel == Channel::Viber {
            words.extend(["--channel", "viber"]);
        }
        if let Some(space) = &self.cust_space_id {
            words.extend(["--cust-space-id", space]);
        }
        shell_line("alimsg", &words.into_iter().map(String::from).collect::<Vec<_>>())
    }
}

/// A template.
#[derive(Debug)]
pub(crate) struct Template {
    pub code: String,
    pub name: Option<String>,
    pub language: String,
    /// alimsg's word; `unknown` where the service names none.
    pub status: String,
    pub category: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// As the service gives them, in the spelling that it takes.
    pub components: Value,
    pub message: Message,
    /// How long WhatsApp tries to deliver a message of it, in seconds.
    pub lifetime: Option<u64>,
    pub product_set: Option<String>,
    pub raw: Value,
}

impl Template {
    /// Whether the service tells what can be checked before a send.
    ///
    /// # Errors
    /// It tells no parts, or says that the template may not be sent.
    pub fn require_sendable(&self, wanted: &TemplateId) -> Result<()> {
        let fault = if self.raw["Data"]["AllowSend"] == false {
            "is not allowed to be sent now"
        } else if !self.components.is_array() {
            "cannot be checked: the service does not tell its parts"
        } else {
            return Ok(());
        };
        Err(Failure::usage(format!("the template {} ({}) {fault}", wanted.code, wanted.language))
            .hint("without --verify it can still be tried")
            .next(wanted.show_command()))
    }

    /// What the reviewers were given for a variable.
    pub fn example(&self, variable: &str) -> Option<String> {
        fields::text(self.raw.get("Data")?.get("Example")?, &[variable])
    }

    fn of(reply: Reply, wanted: &TemplateId) -> Result<Self> {
        let Some(data) = reply.value("Data").filter(|data| data.is_object()).cloned() else {
            let (what, raw) = (format!("template {}", wanted.code), Value::Object(reply.0));
            let list = list_command(wanted.channel, &wanted.code);
            return Err(reply::missing_from_reply(&what, &list, raw));
        };
        // Components may come as a text that holds JSON.
        let components = match data.get("Components") {
            Some(Value::String(text)) => normalize(&serde_json::from_str(text).unwrap_or_default()),
            Some(components) => normalize(components),
            None => Value::Null,
        };
        let text = |names: &[&str]| fields::text(&data, names);
        Ok(Self {
            code: text(&["TemplateCode", "Code"]).unwrap_or_else(|| wanted.code.clone()),
            name: text(&["Name", "TemplateName"]),
            language: text(&["Language"]).unwrap_or_else(|| wanted.language.clone()),
            status: status_in(&data, &["AuditStatus"]),
            category: text(&["Category"]),
            reason: text(&["Reason"]),
            message: Message {
                media_below: wanted.channel == Channel::Viber,
                ..Message::of_components(&components)
            },
            lifetime: fields::number(&data, &["MessageSendTtlSeconds"]).filter(|time| *time > 0),
            product_set: text(&["ProductSetId"]),
            components,
            raw: Value::Object(reply.0),
        })
    }
}
