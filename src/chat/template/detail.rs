//! One template in one language, as the service describes it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::audit_status::status_in;
use crate::api::call::{Call, ChangeCall, ReadCall, shell_line};
use crate::api::operations::{DELETE_CHATAPP_TEMPLATE, GET_CHATAPP_TEMPLATE_DETAIL};
use crate::api::reply::{self, Reply, fields};
use crate::chat::template::components::Message;
use crate::chat::template::field_names::normalize;
use crate::chat::template::preview::{message_rows, render_preview};
use crate::chat::template::{list_command, or_list, template_type};
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::message::placeholder::Variable;
use crate::message::plan::{PlanRow, rows};

/// What identifies a template.
#[derive(Debug, Clone)]
pub struct TemplateId {
    /// WhatsApp or Viber.
    pub channel: Channel,
    pub code: String,
    pub language: String,
    pub cust_space_id: Option<String>,
}

impl TemplateId {
    pub fn fetch_call(&self) -> ReadCall {
        self.add_to(Call::to(&GET_CHATAPP_TEMPLATE_DETAIL))
    }

    pub fn delete_call(&self) -> ChangeCall {
        self.add_to(Call::to(&DELETE_CHATAPP_TEMPLATE))
    }

    fn add_to<A>(&self, call: Call<A>) -> Call<A> {
        call.text("--template-code", &self.code)
            .text("--biz-language", &self.language)
            .text("--template-type", template_type(self.channel))
            .optional_text("--cust-space-id", self.cust_space_id.as_deref())
    }

    /// # Errors
    /// The service does not know the template, or does not answer.
    pub fn fetch(&self, client: &Client<'_>) -> Result<Template> {
        let reply = client.read(&self.fetch_call());
        let reply = reply.map_err(|failure| or_list(failure, self.channel, &self.code))?;
        Template::from_reply(reply, self)
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
        shell_line("alimsg", &words)
    }
}

/// A template; the fields that are serialized are those of `templates show`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Template {
    #[serde(skip)]
    pub id: TemplateId,
    pub code: String,
    pub name: Option<String>,
    pub language: String,
    /// approved, rejected, reviewing, cancelled, suspended, unknown, or the service's own word.
    pub status: String,
    pub category: Option<String>,
    /// Why the review rejected it.
    pub reason: Option<String>,
    /// With the field names of the service's calls.
    pub components: Value,
    #[serde(skip)]
    pub message: Message,
    /// How long WhatsApp tries to deliver a message, in seconds.
    #[serde(skip)]
    pub lifetime: Option<u64>,
    #[serde(skip)]
    pub product_set: Option<String>,
    /// The service's reply.
    #[serde(skip)]
    pub raw: Value,
}

impl Template {
    /// Whether a send can be checked against it.
    ///
    /// # Errors
    /// The reply names no components, or does not allow to send the template.
    pub fn require_sendable(&self, id: &TemplateId) -> Result<()> {
        let problem = if self.raw["Data"]["AllowSend"] == false {
            "is not allowed to be sent now"
        } else if !self.components.is_array() {
            "cannot be checked: the service does not return its components"
        } else {
            return Ok(());
        };
        Err(Failure::usage(format!("the template {} ({}) {problem}", id.code, id.language))
            .hint("without --verify it can still be tried")
            .next(id.show_command()))
    }

    /// The example value that the reviewers were given for a variable.
    pub fn example(&self, variable: &str) -> Option<String> {
        fields::text(self.raw.get("Data")?.get("Example")?, &[variable])
    }

    pub fn variables(&self) -> Vec<Variable> {
        self.message.variables()
    }

    /// The message as the phone shows it, with values in place of its variables.
    pub fn render(&self, values: &[(String, String)]) -> String {
        render_preview(&self.message.rendered(values))
    }

    /// What a plan shows of it.
    pub fn rows(&self) -> Vec<PlanRow> {
        let mut rows = rows([
            ("code", Some(self.code.clone())),
            ("name", self.name.clone()),
            ("language", Some(self.language.clone())),
            ("state", Some(self.status.clone())),
        ]);
        rows.extend(message_rows(&self.message));
        rows
    }

    /// The command that sends it; the words in capitals have to be replaced.
    pub fn send_command(&self) -> String {
        let mut words: Vec<&str> = vec!["whatsapp", "send", "template"];
        if self.id.channel == Channel::Viber {
            // The label is a choice, so it has no placeholder: a send without it names its values.
            words.extend(["--channel-type", "viber"]);
        }
        words.extend(["--from", "FROM", "--to", "TO", "--template-code", &self.code]);
        words.extend(["--language", &self.language]);
        if let Some(space) = &self.id.cust_space_id {
            words.extend(["--cust-space-id", space]);
        }
        let values: Vec<String> =
            self.variables().iter().map(|one| format!("{}=VALUE", one.name)).collect();
        words.extend(values.iter().flat_map(|value| ["--param", value]));
        shell_line("alimsg", &words)
    }

    fn from_reply(reply: Reply, id: &TemplateId) -> Result<Self> {
        let Some(data) = reply.value("Data").filter(|data| data.is_object()).cloned() else {
            let (what, raw) = (format!("template {}", id.code), Value::Object(reply.0));
            let list = list_command(id.channel, &id.code);
            return Err(reply::missing_from_reply(&what, &list, raw));
        };
        // Some replies carry the components as JSON in a string.
        let components = match data.get("Components") {
            Some(Value::String(text)) => normalize(&serde_json::from_str(text).unwrap_or_default()),
            Some(components) => normalize(components),
            None => Value::Null,
        };
        let text = |names: &[&str]| fields::text(&data, names);
        Ok(Self {
            id: id.clone(),
            code: text(&["TemplateCode", "Code"]).unwrap_or_else(|| id.code.clone()),
            name: text(&["Name", "TemplateName"]),
            language: text(&["Language"]).unwrap_or_else(|| id.language.clone()),
            status: status_in(&data, &["AuditStatus"]),
            category: text(&["Category"]),
            reason: text(&["Reason"]),
            message: Message {
                media_below: id.channel == Channel::Viber,
                ..Message::from_components(&components)
            },
            lifetime: fields::number(&data, &["MessageSendTtlSeconds"]).filter(|time| *time > 0),
            product_set: text(&["ProductSetId"]),
            components,
            raw: Value::Object(reply.0),
        })
    }
}
