//! What is missing on a terminal is asked for: code and language from the list of approved
//! templates, then each variable of the template.

use super::super::envelope::Channel;
use crate::commands::asking::{Form, List, read_template, reads_for_variables};
use crate::commands::templates::chat::detail::Wanted;
use crate::commands::templates::chat::list::{Approved, approved};
use crate::commands::{Inputs, anything};
use crate::failure::Result;
use crate::operations::Product;
use crate::run::Run;
use crate::service::Service;
use crate::template::{Message, Style, picture};

/// What is known of the template so far.
pub struct Draft<'r> {
    pub run: &'r Run,
    pub channel: Channel,
    pub cust_space_id: Option<String>,
    pub code: Option<String>,
    pub language: Option<String>,
    pub values: Vec<(String, String)>,
}

/// A template that can be sent.
pub struct Complete {
    pub wanted: Wanted,
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
        let settings = &self.run.settings;
        let is_missing = self.code.is_none() || self.language.is_none();
        // Whoever picks a template is there for its variables as well.
        let picked = is_missing && settings.may_ask && !settings.dry_run && self.pick()?;
        let wanted = Wanted {
            channel: self.channel.of_templates(),
            code: inputs.need("--template-code", "Template code", self.code, anything)?,
            language: inputs.need("--language", "Language", self.language, anything)?,
            cust_space_id: self.cust_space_id,
        };
        let mut values = self.values;
        let reads = picked || reads_for_variables(self.run, &values);
        let message = if reads { read(self.run, &wanted)? } else { None };
        if let Some(message) = &message {
            let form = Form {
                code: &wanted.code,
                style: Style::Chat,
                text: &picture(message),
                variables: message.variables(),
            };
            form.fill(self.run, &mut values)?;
        }
        Ok(Complete { wanted, values, message })
    }

    /// Code and language come from one entry of the list, since a code has a language there; of a
    /// code that is given, only the language. Whether a template was picked by its code.
    fn pick(&mut self) -> Result<bool> {
        let service = Service::connect(self.run, Product::Cams)?;
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
        let Some(entry) = list.pick(self.run, found, row)? else { return Ok(false) };
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
fn read(run: &Run, wanted: &Wanted) -> Result<Option<Message>> {
    let name = format!("{} ({})", wanted.code, wanted.language);
    let get = |service: &Service<'_>| wanted.read(service).map(|template| template.message);
    let has_text = |message: &Message| message.texts().iter().any(|(_, text)| !text.is_empty());
    read_template(run, &name, &wanted.call(), get, has_text)
}
