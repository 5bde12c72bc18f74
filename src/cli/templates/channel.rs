//! One interface to the templates of all channels. The commands use it; it calls the domain of the
//! channel: `chat::template` for WhatsApp and Viber, `sms::template` for SMS.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages;
use crate::api::call::{ChangeCall, ReadCall};
use crate::api::reply::Reply;
use crate::chat::template as chat;
use crate::cli::prelude::*;
use crate::message::placeholder::Variable;
use crate::message::plan::PlanRow;
use crate::message::template::{SubmittedTemplate, TemplateRow};
use crate::sms::template as sms;

/// Evaluates an expression for the value of either variant.
macro_rules! each {
    ($either:expr, $value:ident => $result:expr) => {
        match $either {
            Self::Chat($value) => $result,
            Self::Sms($value) => $result,
        }
    };
}

/// The ID of a template.
pub enum TemplateId {
    Chat(chat::detail::TemplateId),
    Sms(String),
}

impl TemplateId {
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Chat(id) => id.channel,
            Self::Sms(_) => Channel::Sms,
        }
    }

    pub fn code(&self) -> &str {
        match self {
            Self::Chat(id) => &id.code,
            Self::Sms(code) => code,
        }
    }

    pub fn language(&self) -> Option<&str> {
        match self {
            Self::Chat(id) => Some(&id.language),
            Self::Sms(_) => None,
        }
    }

    pub fn fetch_call(&self) -> ReadCall {
        match self {
            Self::Chat(id) => id.fetch_call(),
            Self::Sms(code) => sms::get_call(code),
        }
    }

    /// # Errors
    /// An unknown template; a failed call.
    pub fn fetch(&self, client: &Client<'_>) -> Result<Template> {
        match self {
            Self::Chat(id) => Ok(Template::Chat(Box::new(id.fetch(client)?))),
            Self::Sms(code) => Ok(Template::Sms(Box::new(sms::get(client, code)?))),
        }
    }

    pub fn delete_call(&self) -> ChangeCall {
        match self {
            Self::Chat(id) => id.delete_call(),
            Self::Sms(code) => sms::detail::delete_call(code),
        }
    }

    /// The command that shows it.
    pub fn show_command(&self) -> String {
        match self {
            Self::Chat(id) => id.show_command(),
            Self::Sms(code) => sms::show_command(code),
        }
    }

    /// Adds the command that lists templates if this one is unknown to the service.
    pub fn or_list(&self, failure: Box<Failure>) -> Box<Failure> {
        match self {
            Self::Chat(id) => chat::or_list(failure, id.channel, &id.code),
            Self::Sms(_) => failure,
        }
    }
}

/// A template, as the service describes it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Template {
    Chat(Box<chat::detail::Template>),
    Sms(Box<sms::SmsTemplate>),
}

impl Template {
    pub fn name(&self) -> Option<&str> {
        each!(self, template => template.name.as_deref())
    }

    /// Its rows in a plan.
    pub fn rows(&self) -> Vec<PlanRow> {
        each!(self, template => template.rows())
    }

    pub fn variables(&self) -> Vec<Variable> {
        each!(self, template => template.variables())
    }

    /// The text as the phone shows it.
    pub fn render(&self, values: &[(String, String)]) -> String {
        each!(self, template => template.render(values))
    }

    /// The command that sends it, with placeholders in capitals.
    pub fn send_command(&self) -> String {
        each!(self, template => template.send_command())
    }

    /// The service's reply.
    pub const fn raw(&self) -> &Value {
        each!(self, template => &template.raw)
    }
}

/// A filter for the list of templates.
pub enum ListQuery {
    Chat(chat::list::ListQuery),
    Sms(sms::list::ListQuery),
}

impl ListQuery {
    pub const fn max_page_size(&self) -> u64 {
        match self {
            Self::Chat(_) => chat::list::MAX_PAGE_SIZE,
            Self::Sms(_) => pages::MAX_PAGE_SIZE,
        }
    }

    /// Whether alimsg filters the templates, which needs all pages.
    pub const fn filters_locally(&self) -> bool {
        each!(self, query => query.filters_locally())
    }

    pub fn call(&self, index: u64, size: u64) -> ReadCall {
        match self {
            Self::Chat(query) => query.call(index, size),
            Self::Sms(_) => sms::list_call(index, size),
        }
    }

    /// The paths of the list and of its total in the replies.
    pub const fn paths(&self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Chat(_) => (chat::list::LISTS, chat::list::TOTALS),
            Self::Sms(_) => (sms::list::LISTS, sms::list::TOTALS),
        }
    }

    /// Whether approved templates are listed first.
    pub const fn lists_approved_first(&self) -> bool {
        matches!(self, Self::Sms(_))
    }

    /// The row of an entry; `None` if the entry is filtered out.
    pub fn row(&self, entry: &Value) -> Option<TemplateRow> {
        each!(self, query => query.row(entry))
    }
}

/// A template to create or update.
pub enum Draft {
    Chat(chat::draft::Draft),
    Sms(sms::draft::Draft),
}

impl Draft {
    pub fn create_call(&self) -> ChangeCall {
        each!(self, draft => draft.create_call())
    }

    /// The plan: all submitted values.
    pub fn rows(&self) -> Vec<PlanRow> {
        each!(self, draft => draft.rows())
    }

    /// The result of the call. For an update, `given` is the code of the template.
    pub fn submitted(&self, reply: &Reply, given: Option<&str>) -> SubmittedTemplate {
        each!(self, draft => draft.submitted(reply, given))
    }
}
