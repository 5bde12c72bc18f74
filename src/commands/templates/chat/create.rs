//! `templates create` and `templates update` for WhatsApp and Viber.

use serde_json::{Map, Value, json};

use super::super::{Channel, CreateFlags, UpdateFlags, status_after};
use super::detail::Wanted;
use super::draft::Draft;
use super::{limits, revision, template_type};
use crate::call::Call;
use crate::change::{Change, Look, Question, Rows, carry_out};
use crate::failure::{Failure, Result};
use crate::operations::{CREATE_CHATAPP_TEMPLATE, MODIFY_CHATAPP_TEMPLATE};
use crate::reply::Reply;
use crate::report::Report;
use crate::run::Run;
use crate::template::{Header, Message, compare};

/// Creates a template, which is then reviewed.
///
/// # Errors
/// Missing or wrong input, no consent; whatever keeps the service from taking it.
pub fn create(run: &Run, flags: &CreateFlags) -> Result<Report> {
    let channel = flags.definition.channel;
    let draft = Draft::read(&flags.definition)?;
    let (name, category, language) = (&draft.name, &draft.category, &draft.language);
    let needed = [("--name", name), ("--category", category), ("--language", language)];
    let missing: Vec<&str> =
        needed.iter().filter(|(_, value)| value.is_none()).map(|(flag, _)| *flag).collect();
    let (Some(name), Some(category), Some(language)) = (name, category, language) else {
        return Err(needs(&missing, &draft));
    };
    if is_empty(&draft.components) {
        return Err(needs(&missing, &draft));
    }
    limits::check(channel, &draft)?;
    warn_of_missing_examples(run, &draft);
    let call = Call::to(&CREATE_CHATAPP_TEMPLATE)
        .text("--name", name)
        .text("--category", category)
        .text("--biz-language", language)
        .text("--template-type", template_type(channel))
        .json("--components", &draft.components)
        .map("--example", &draft.examples)
        .optional_text("--cust-space-id", draft.cust_space_id.as_deref());
    let change = Change {
        call,
        title: "CreateChatappTemplate is about to send for review:".into(),
        rows: rows(channel, &draft),
        look: Look::Nothing,
        question: Question::Yes("Create?"),
        check: format!("alimsg templates list --channel {} --name {name}", channel.name()),
    };
    carry_out(run, &change, |reply| report(run, reply, None, name, language))
}

/// Changes a template, which is then reviewed again. What is not given stays as it is.
///
/// # Errors
/// As [`create`]; a name, which cannot be changed.
pub fn update(run: &Run, flags: &UpdateFlags) -> Result<Report> {
    let channel = flags.definition.channel;
    let draft = Draft::read(&flags.definition)?;
    if flags.definition.name.is_some() {
        return Err(Failure::usage("the name of a template cannot be changed")
            .hint("leave out --name, or create another template"));
    }
    let Some(language) = draft.language.as_ref().filter(|_| !is_empty(&draft.components)) else {
        let missing: &[&str] = if draft.language.is_none() { &["--language"] } else { &[] };
        return Err(needs(missing, &draft));
    };
    if draft.is_whole {
        limits::check(channel, &draft)?;
    } else {
        limits::check_parts(channel, &draft)?;
    }
    let wanted = Wanted {
        channel,
        code: flags.code.clone(),
        language: language.clone(),
        cust_space_id: draft.cust_space_id.clone(),
    };
    let look = |service: &crate::service::Service<'_>| -> Result<(Call, Rows)> {
        let old = wanted.read(service)?;
        let mut draft = draft.clone();
        revision::complete(&mut draft, &old)?;
        limits::check_whole(&draft)?;
        warn_of_missing_examples(run, &draft);
        let call = modification(&wanted, &draft);
        let name = old.name.unwrap_or_default();
        let mut rows = vec![
            ("template".to_string(), format!("{} ({name})", old.code)),
            ("state".to_string(), old.status),
        ];
        let new = Message::of_components(&draft.components);
        rows.extend(revision::differences(&old.message, &new));
        rows.extend(example_rows(&draft));
        Ok((call, rows))
    };
    if run.settings.dry_run && !draft.is_whole {
        run.screen.note("the parts that are not given here are taken over from the template");
    }
    let change = Change {
        call: modification(&wanted, &draft),
        title: "ModifyChatappTemplate is about to send for review:".into(),
        rows: frame_rows(channel, &draft),
        look: Look::Decisive { call: &wanted.call(), change: &look },
        question: Question::Yes("Change it?"),
        check: wanted.show_command(),
    };
    carry_out(run, &change, |reply| {
        report(run, reply, Some(&flags.code), draft.name.as_deref().unwrap_or_default(), language)
    })
}

fn modification(wanted: &Wanted, draft: &Draft) -> Call {
    Call::to(&MODIFY_CHATAPP_TEMPLATE)
        .text("--template-code", &wanted.code)
        .optional_text("--category", draft.category.as_deref())
        .text("--biz-language", &wanted.language)
        .text("--template-type", template_type(wanted.channel))
        .json("--components", &draft.components)
        .map("--example", &draft.examples)
        .optional_text("--cust-space-id", draft.cust_space_id.as_deref())
}

fn is_empty(components: &Value) -> bool {
    components.as_array().is_none_or(Vec::is_empty)
}

fn needs(missing: &[&str], draft: &Draft) -> Box<Failure> {
    let mut missing = missing.to_vec();
    if is_empty(&draft.components) {
        missing.push("--body");
    }
    Failure::missing(&missing, vec!["alimsg templates create --help".into()])
        .hint("give the flags, or a file with --file; nothing is ever guessed")
}

/// The service takes a template without examples; its reviewers often do not.
fn warn_of_missing_examples(run: &Run, draft: &Draft) {
    let variables = Message::of_components(&draft.components).variables();
    let missing = compare(&variables, &draft.examples).missing;
    if !missing.is_empty() {
        run.screen.warn(format!(
            "no --example for {}: WhatsApp may reject the template for that",
            missing.join(", ")
        ));
    }
}

fn rows(channel: Channel, draft: &Draft) -> Rows {
    let mut rows = frame_rows(channel, draft);
    rows.extend(message_rows(&Message::of_components(&draft.components)));
    rows.extend(example_rows(draft));
    rows
}

/// Everything but the message.
fn frame_rows(channel: Channel, draft: &Draft) -> Rows {
    let mut rows = vec![("channel".to_string(), channel.name().to_string())];
    let named = [
        ("name", &draft.name),
        ("category", &draft.category),
        ("language", &draft.language),
        ("space", &draft.cust_space_id),
    ];
    rows.extend(named.into_iter().filter_map(|(name, value)| Some((name.into(), value.clone()?))));
    rows
}

fn example_rows(draft: &Draft) -> impl Iterator<Item = (String, String)> {
    draft.examples.iter().map(|(name, value)| (format!("example of $({name})"), value.clone()))
}

/// The parts of a message, each under a name of its own.
pub(super) fn message_rows(message: &Message) -> Rows {
    let mut rows = Rows::new();
    match &message.header {
        Some(Header::Text(text)) => rows.push(("header".into(), text.clone())),
        Some(Header::Media { format, link }) => {
            rows.push((
                "header".into(),
                format!("{format} {}", link.as_deref().unwrap_or_default()),
            ));
        }
        None => {}
    }
    rows.push(("body".into(), message.body.clone()));
    rows.extend(message.footer.iter().map(|text| ("footer".to_string(), text.clone())));
    for (number, button) in (1..).zip(&message.buttons) {
        let target = button.target.as_deref().unwrap_or_default();
        let value = format!("{} {:?} {target}", button.kind.to_lowercase(), button.text);
        rows.push((format!("button {number}"), value.trim_end().to_string()));
    }
    for (number, card) in (1..).zip(&message.cards) {
        let within = |(name, value)| (format!("card {number} {name}"), value);
        rows.extend(message_rows(card).into_iter().map(within));
    }
    rows
}

fn report(run: &Run, reply: Reply, code: Option<&str>, name: &str, language: &str) -> Report {
    let code = reply.text(&["Data.TemplateCode", "TemplateCode"]).or(code.map(str::to_string));
    let named = reply.text(&["Data.TemplateName", "TemplateName"]);
    let named = named.or_else(|| Some(name.to_string()).filter(|name| !name.is_empty()));
    let mut data = Map::new();
    let status = status_after(run, code.as_ref());
    data.insert("code".into(), json!(code));
    data.insert("name".into(), json!(named));
    data.insert("language".into(), json!(language));
    data.insert("status".into(), json!(status));
    data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
    Report::Facts { data, raw: Value::Object(reply.0) }
}
