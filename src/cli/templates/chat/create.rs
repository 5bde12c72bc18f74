//! `templates create` for WhatsApp and Viber.

use serde_json::json;

use crate::api::call::Call;
use crate::api::operations::CREATE_CHATAPP_TEMPLATE;
use crate::cli::templates::chat::draft::Draft;
use crate::cli::templates::chat::{category, limits, plan, template_type};
use crate::cli::templates::{Channel, CreateFlags};
use crate::cli::{Inputs, anything};
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, apply};

/// Creates a template, which is then reviewed.
///
/// # Errors
/// Missing or wrong input, no consent; whatever keeps the service from taking it.
pub fn create(context: &Context, flags: &CreateFlags) -> Result<Report> {
    let channel = flags.definition.channel;
    let mut draft = Draft::read(&flags.definition)?;
    let [name, category, language] = complete(context, channel, &mut draft)?;
    limits::check(channel, &draft)?;
    plan::warn_of_missing_examples(context, &draft);
    let call = Call::to(&CREATE_CHATAPP_TEMPLATE)
        .text("--name", &name)
        .text("--category", &category)
        .text("--biz-language", &language)
        .text("--template-type", template_type(channel))
        .json("--components", &draft.components)
        .map("--example", &draft.examples)
        .optional_text("--cust-space-id", draft.cust_space_id.as_deref());
    let change = Change {
        call,
        title: "CreateChatappTemplate is about to send for review:".into(),
        rows: plan::rows(channel, &draft),
        look: Look::Nothing,
        question: Question::Yes("Create?"),
        check: format!("alimsg templates list --channel {} --name {name}", channel.name()),
    };
    apply(context, &change, |reply| plan::report(context, reply, None, &name, &language))
}

/// Asks for what a new template cannot be without; the answers are name, category and language.
///
/// # Errors
/// Something is missing and nobody is there to be asked: all of it is named.
fn complete(context: &Context, channel: Channel, draft: &mut Draft) -> Result<[String; 3]> {
    let mut inputs = Inputs::new(context);
    // Only answers are checked here: what was given is checked as a whole, and all faults named.
    let mut need = |flag, question, given: &Option<String>, check: &dyn Fn(&str) -> Result<()>| {
        given.clone().map_or_else(|| inputs.need(flag, question, None, check), Ok)
    };
    let name = need("--name", "Name of the template", &draft.name, &|name| {
        limits::check_name(channel, name)
    })?;
    let question = "Category, such as UTILITY or, on Viber, text";
    let kind = need("--category", question, &draft.category, &|word| {
        limits::check_category(channel, &category(channel, word))
    })?;
    let kind = category(channel, &kind);
    let question = "Language, such as en or zh_CN";
    let language = need("--language", question, &draft.language, &limits::check_language)?;
    // The texts of an authentication template are WhatsApp's own.
    if draft.has_no_parts() && kind != "AUTHENTICATION" {
        let body = need("--body", "Text of the body", &None, &anything)?;
        draft.components = json!([{"Type": "BODY", "Text": body}]);
    }
    inputs.complete(&["alimsg templates create --help"])?;
    draft.name = Some(name.clone());
    draft.category = Some(kind.clone());
    draft.language = Some(language.clone());
    Ok([name, kind, language])
}
