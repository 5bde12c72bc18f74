//! `templates update` for WhatsApp and Viber.

use crate::aliyun::client::Client;
use crate::api::call::{Call, ChangeCall};
use crate::api::operations::MODIFY_CHATAPP_TEMPLATE;
use crate::chat::template::components::Message;
use crate::cli::templates::UpdateFlags;
use crate::cli::templates::chat::detail::TemplateId;
use crate::cli::templates::chat::draft::Draft;
use crate::cli::templates::chat::{category, language, limits, plan, revision, template_type};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};

/// Changes a template, which is then reviewed again. What is not given stays as it is.
///
/// # Errors
/// Missing or wrong input, a name, which cannot be changed, no consent; whatever keeps the service
/// from taking it.
pub fn update(context: &Context, flags: &UpdateFlags) -> Result<Report> {
    let channel = flags.definition.channel;
    let mut draft = Draft::read(&flags.definition)?;
    if flags.definition.name.is_some() {
        return Err(unchangeable());
    }
    let language = language(context, channel, &flags.code, draft.language.as_ref())?;
    if draft.has_no_parts() && draft.category.is_none() && draft.examples.is_empty() {
        return Err(Failure::usage("nothing is to be changed")
            .hint("give what is to change, such as --body, or a file with --file; the rest stays")
            .next("alimsg templates update --help"));
    }
    draft.language = Some(language.clone());
    if draft.is_whole {
        limits::check(channel, &draft)?;
    } else {
        limits::check_parts(channel, &draft)?;
    }
    let wanted = TemplateId {
        channel,
        code: flags.code.clone(),
        language: language.clone(),
        cust_space_id: draft.cust_space_id.clone(),
    };
    let look = |service: &Client<'_>| -> Result<(ChangeCall, Rows)> {
        let old = wanted.read(service)?;
        let kind = old.category.as_ref().map(|word| category(channel, word));
        let kind = draft.category.clone().or(kind);
        limits::check_given(channel, &draft, kind.as_deref())?;
        let mut draft = draft.clone();
        revision::complete(&mut draft, &old)?;
        limits::check_whole(channel, &draft, kind.as_deref())?;
        plan::warn_of_missing_examples(context, &draft);
        // What the call does not say might be gone: the service replaces a template as a whole.
        let call = modification(&wanted, &draft)
            .optional_integer("--message-send-ttl-seconds", old.lifetime)
            .optional_text("--product-set-id", old.product_set.as_deref());
        let name = old.name.unwrap_or_default();
        if !name.is_empty() && draft.name.as_ref().is_some_and(|wanted| *wanted != name) {
            return Err(unchangeable());
        }
        let mut rows = vec![
            ("template".to_string(), format!("{} ({name})", old.code)),
            ("state".to_string(), old.status),
        ];
        let new = Message::of_components(&draft.components);
        rows.extend(revision::differences(&old.message, &new));
        rows.extend(plan::example_rows(&draft));
        Ok((call, rows))
    };
    let completed = "with the parts that are not given here taken over from the template";
    let change = Change {
        call: modification(&wanted, &draft),
        title: "ModifyChatappTemplate is about to send for review:".into(),
        rows: plan::frame_rows(channel, &draft),
        look: Look::Decisive {
            call: &wanted.call(),
            change: &look,
            completed: (!draft.is_whole).then_some(completed),
        },
        question: Question::Yes("Change it?"),
        check: wanted.show_command(),
    };
    apply(context, &change, |reply| {
        plan::report(
            context,
            reply,
            Some(&flags.code),
            draft.name.as_deref().unwrap_or_default(),
            &language,
        )
    })
}

fn unchangeable() -> Box<Failure> {
    Failure::usage("the name of a template cannot be changed")
        .hint("leave the name out, or create another template")
}

fn modification(wanted: &TemplateId, draft: &Draft) -> ChangeCall {
    Call::to(&MODIFY_CHATAPP_TEMPLATE)
        .text("--template-code", &wanted.code)
        .optional_text("--category", draft.category.as_deref())
        .text("--biz-language", &wanted.language)
        .text("--template-type", template_type(wanted.channel))
        .json("--components", &draft.components)
        .map("--example", &draft.examples)
        .optional_text("--cust-space-id", draft.cust_space_id.as_deref())
}
