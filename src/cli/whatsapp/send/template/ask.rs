//! What is missing on a terminal is asked for: code and language from the list of approved
//! templates, then each variable of the template.

use crate::aliyun::client::Client;
use crate::api::operations::Product;
use crate::chat::template::components::Message;
use crate::chat::template::preview::render_preview;
use crate::cli::prompts::{Form, List, asks_for_variables, fetch_template};
use crate::cli::templates::chat::detail::TemplateId;
use crate::cli::templates::chat::list::{Approved, approved};
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::{Inputs, anything};
use crate::context::Context;
use crate::error::Result;
use crate::message::placeholder::Style;

/// What is known of the template so far.
pub struct Draft<'r> {
    pub context: &'r Context,
    pub channel: Channel,
    pub cust_space_id: Option<String>,
    pub code: Option<String>,
    pub language: Option<String>,
    pub values: Vec<(String, String)>,
}

/// A template that can be sent.
pub struct Complete {
    pub wanted: TemplateId,
    pub values: Vec<(String, String)>,
    /// The template itself, where it was read.
    pub message: Option<Message>,
}

impl Draft<'_> {
    /// Fills in code, language and variables, as far as they are missing and somebody is there.
    ///
    /// # Errors
    /// `aliyun` cannot be used; the person answered nothing.
    pub fn complete(mut self, inputs: &mut Inputs<'_>) -> Result<Complete> {
        let settings = &self.context.settings;
        let is_missing = self.code.is_none() || self.language.is_none();
        // Whoever picks a template is there for its variables as well.
        let picked = is_missing && settings.interactive && !settings.dry_run && self.pick()?;
        let wanted = TemplateId {
            channel: self.channel.of_templates(),
            code: inputs.need("--template-code", "Template code", self.code, anything)?,
            language: inputs.need("--language", "Language", self.language, anything)?,
            cust_space_id: self.cust_space_id,
        };
        let mut values = self.values;
        let reads = picked || asks_for_variables(self.context, &values);
        let message = if reads { read(self.context, &wanted)? } else { None };
        if let Some(message) = &message {
            let form = Form {
                code: &wanted.code,
                style: Style::Chat,
                text: &render_preview(message),
                variables: message.variables(),
            };
            form.fill(self.context, &mut values)?;
        }
        Ok(Complete { wanted, values, message })
    }

    /// Code and language come from one entry of the list, since a code has a language there; of a
    /// code that is given, only the language. Whether a template was picked by its code.
    fn pick(&mut self) -> Result<bool> {
        let service = Client::connect(self.context, Product::Cams)?;
        let (code, language) = (self.code.as_deref(), self.language.as_deref());
        let (channel, space) = (self.channel.of_templates(), self.cust_space_id.as_deref());
        let found = approved(&service, channel, code, language, space);
        drop(service);
        let within = match (code, language) {
            (Some(code), _) => format!("approved languages of the template {code}"),
            (None, Some(language)) => format!("approved templates in {language}"),
            (None, None) => "approved templates".to_string(),
        };
        let list = List {
            question: if code.is_some() { "Language" } else { "Template" },
            entries: &within,
            command: self.channel.list_of_templates(),
        };
        let Some(entry) = list.pick(self.context, found, row)? else { return Ok(false) };
        self.language = entry.language.or(self.language.take());
        let by_code = self.code.is_none();
        self.code = Some(entry.code);
        Ok(by_code)
    }
}

fn row(template: &Approved) -> String {
    let Approved { code, language, name, category } = template;
    let known = name.iter().chain([code]).chain(language).chain(category);
    known.map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// The message of the template, as far as the service tells it.
fn read(context: &Context, wanted: &TemplateId) -> Result<Option<Message>> {
    let name = format!("{} ({})", wanted.code, wanted.language);
    let get = |service: &Client<'_>| wanted.read(service).map(|template| template.message);
    let has_text = |message: &Message| message.texts().iter().any(|(_, text)| !text.is_empty());
    fetch_template(context, &name, &wanted.call(), get, has_text)
}
