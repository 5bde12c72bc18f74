//! A template to create or update, as plain data; its calls and its plan.

use serde_json::Value;

use crate::api::call::{Call, ChangeCall};
use crate::api::operations::{CREATE_CHATAPP_TEMPLATE, MODIFY_CHATAPP_TEMPLATE};
use crate::api::reply::Reply;
use crate::chat::template::components::Message;
use crate::chat::template::detail::TemplateId;
use crate::chat::template::preview::message_rows;
use crate::chat::template::template_type;
use crate::message::channel::Channel;
use crate::message::placeholder::compare;
use crate::message::plan::{PlanRow, row, rows, seconds};
use crate::message::template::SubmittedTemplate;

/// A template to create or update.
#[derive(Debug, Clone)]
pub struct Draft {
    /// WhatsApp or Viber.
    pub channel: Channel,
    pub name: Option<String>,
    pub category: Option<String>,
    pub language: Option<String>,
    /// As the service's calls take them.
    pub components: Value,
    /// The user gave all components; otherwise an update keeps the parts that are not given.
    pub is_whole: bool,
    /// Example values of the variables, for the review.
    pub examples: Vec<(String, String)>,
    pub cust_space_id: Option<String>,
    /// How long WhatsApp tries to deliver a message, in seconds.
    pub message_lifetime: Option<u64>,
    /// Whether the review may change the category; only for a new template.
    pub allow_category_change: Option<bool>,
}

impl Draft {
    pub fn has_no_parts(&self) -> bool {
        self.components.as_array().is_none_or(Vec::is_empty)
    }

    /// Variables without an example. The service takes such a template; reviewers often reject it.
    pub fn missing_examples(&self) -> Vec<String> {
        let variables = Message::from_components(&self.components).variables();
        compare(&variables, &self.examples).missing
    }

    pub fn create_call(&self) -> ChangeCall {
        let call = Call::to(&CREATE_CHATAPP_TEMPLATE)
            .optional_text("--name", self.name.as_deref())
            .optional_text("--category", self.category.as_deref())
            .optional_text("--biz-language", self.language.as_deref());
        self.add_to(call).optional_boolean("--allow-category-change", self.allow_category_change)
    }

    pub fn update_call(&self, id: &TemplateId) -> ChangeCall {
        let call = Call::to(&MODIFY_CHATAPP_TEMPLATE)
            .text("--template-code", &id.code)
            .optional_text("--category", self.category.as_deref())
            .text("--biz-language", &id.language);
        self.add_to(call)
    }

    fn add_to(&self, call: ChangeCall) -> ChangeCall {
        call.text("--template-type", template_type(self.channel))
            .json("--components", &self.components)
            .map("--example", &self.examples)
            .optional_text("--cust-space-id", self.cust_space_id.as_deref())
            .optional_integer("--message-send-ttl-seconds", self.message_lifetime)
    }

    /// The plan: everything that is submitted.
    pub fn rows(&self) -> Vec<PlanRow> {
        let mut rows = self.frame_rows();
        rows.extend(message_rows(&Message::from_components(&self.components)));
        rows.extend(self.example_rows());
        rows
    }

    /// The plan without the message.
    pub fn frame_rows(&self) -> Vec<PlanRow> {
        rows([
            ("channel", Some(self.channel.name().into())),
            ("name", self.name.clone()),
            ("category", self.category.clone()),
            ("language", self.language.clone()),
            ("space", self.cust_space_id.clone()),
            ("delivered within", seconds(self.message_lifetime)),
            (
                "category change",
                self.allow_category_change.map(|is_allowed| is_allowed.to_string()),
            ),
        ])
    }

    pub fn example_rows(&self) -> impl Iterator<Item = PlanRow> {
        self.examples.iter().map(|(name, value)| row(format!("example of $({name})"), value))
    }

    /// The result of the call; an update passes the code that it named.
    pub fn submitted(&self, reply: &Reply, given: Option<&str>) -> SubmittedTemplate {
        let code = reply.text(&["Data.TemplateCode", "TemplateCode"]);
        let name = reply.text(&["Data.TemplateName", "TemplateName"]);
        let code = code.or(given.map(str::to_string));
        let name = name.or_else(|| self.name.clone());
        SubmittedTemplate {
            language: self.language.clone(),
            ..SubmittedTemplate::new(code, name, reply.text(&["RequestId"]))
        }
    }
}
