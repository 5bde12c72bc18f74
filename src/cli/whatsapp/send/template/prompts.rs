//! Asks at a terminal for missing values: code and language from the list of approved templates, then
//! each variable of the template.

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::chat::template::detail::{Template, TemplateId};
use crate::chat::template::list::approved;
use crate::chat::template::preview::render_preview;
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::prompts::{Form, List, fetch_template, shows_template};
use crate::cli::whatsapp::send::envelope::approved_templates_command;
use crate::message::placeholder::Style;
use crate::message::template::TemplateRow;

/// A template as the flags name it.
pub struct PartialTemplate<'r> {
    pub context: &'r Context,
    pub guard: &'r Guard<'r>,
    pub channel: Channel,
    pub cust_space_id: Option<String>,
    /// Its code or, with `by_name`, its name.
    pub code: Option<String>,
    pub by_name: bool,
    pub language: Option<String>,
}

pub struct CompleteTemplate {
    pub id: TemplateId,
    pub params: Vec<(String, String)>,
    /// The template itself, if it was fetched.
    pub template: Option<Template>,
}

impl PartialTemplate<'_> {
    /// Asks for code, language and variables that are missing, if there is a terminal.
    ///
    /// # Errors
    /// `aliyun` cannot be used; the user cancelled.
    pub fn complete(
        mut self,
        mut params: Vec<(String, String)>,
        inputs: &mut Inputs<'_>,
    ) -> Result<CompleteTemplate> {
        if self.code.is_some() {
            let language = self.language.take();
            self.language = or_default(self.context, self.channel, "--language", language);
        }
        let settings = &self.context.settings;
        let is_missing = self.code.is_none() || self.language.is_none();
        // A user who picks a template is asked for its variables, too.
        let picked = is_missing && settings.interactive
            && !settings.dry_run
            // The list of languages is selected by a code.
            && !self.by_name
            && self.pick()?;
        let id = TemplateId {
            channel: self.channel,
            code: inputs.need("--template-code", "Template code", self.code, anything)?,
            by_name: self.by_name,
            language: inputs.need("--language", "Language", self.language, anything)?,
            cust_space_id: self.cust_space_id,
        };
        let fetches = picked || shows_template(self.context);
        let template = if fetches { fetch(self.context, self.guard, &id)? } else { None };
        if let Some(template) = &template {
            let form = Form {
                code: &id.code,
                style: Style::Chat,
                text: &render_preview(&template.message),
                variables: template.variables(),
            };
            form.fill(self.context, &mut params)?;
        }
        Ok(CompleteTemplate { id, params, template })
    }

    /// Lets the user pick code and language, or only the language if the code is given. One code can
    /// have several languages, so each entry of the list has both. Returns whether the code was
    /// picked.
    fn pick(&mut self) -> Result<bool> {
        let client = Client::open(self.context, self.guard)?;
        let (code, language) = (self.code.as_deref(), self.language.as_deref());
        let (channel, space) = (self.channel, self.cust_space_id.as_deref());
        let templates = approved(&client, channel, code, language, space);
        drop(client);
        let entries = match (code, language) {
            (Some(code), _) => format!("approved languages of the template {code}"),
            (None, Some(language)) => format!("approved templates in {language}"),
            (None, None) => "approved templates".to_string(),
        };
        let list = List {
            question: if code.is_some() { "Language" } else { "Template" },
            entries: &entries,
            command: approved_templates_command(self.channel),
        };
        let Some(entry) = list.pick(self.context, templates, row)? else { return Ok(false) };
        self.language = entry.language.or(self.language.take());
        let by_code = self.code.is_none();
        self.code = entry.code;
        Ok(by_code)
    }
}

fn row(template: &TemplateRow) -> String {
    let TemplateRow { code, language, name, category, .. } = template;
    let known = name.iter().chain(code).chain(language).chain(category);
    known.map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// Fetches the template, if the service returns its text.
fn fetch(context: &Context, guard: &Guard<'_>, id: &TemplateId) -> Result<Option<Template>> {
    let name = format!("{} ({})", id.code, id.language);
    let get = |client: &Client<'_>| id.fetch(client);
    let has_text =
        |template: &Template| template.message.texts().iter().any(|(_, text)| !text.is_empty());
    fetch_template(context, guard, &name, &id.fetch_call(), get, has_text)
}
