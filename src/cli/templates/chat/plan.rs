//! What people see of a draft before they agree, and of the reply afterwards.

use serde_json::{Map, Value, json};

use crate::api::reply::Reply;
use crate::chat::template::components::{Header, Message};
use crate::cli::templates::chat::draft::Draft;
use crate::cli::templates::{Channel, status_after};
use crate::context::Context;
use crate::message::placeholder::compare;
use crate::output::report::Report;
use crate::send::change::Rows;

/// The service takes a template without examples; its reviewers often do not.
pub fn warn_of_missing_examples(context: &Context, draft: &Draft) {
    let variables = Message::of_components(&draft.components).variables();
    let missing = compare(&variables, &draft.examples).missing;
    if !missing.is_empty() {
        context.screen.warn(format!(
            "no --example for {}: the reviewers may reject the template for that",
            missing.join(", ")
        ));
    }
}

/// Everything that is handed in.
pub fn rows(channel: Channel, draft: &Draft) -> Rows {
    let mut rows = frame_rows(channel, draft);
    rows.extend(message_rows(&Message::of_components(&draft.components)));
    rows.extend(example_rows(draft));
    rows
}

/// Everything but the message.
pub fn frame_rows(channel: Channel, draft: &Draft) -> Rows {
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

pub fn example_rows(draft: &Draft) -> impl Iterator<Item = (String, String)> {
    draft.examples.iter().map(|(name, value)| (format!("example of $({name})"), value.clone()))
}

/// The parts of a message, each under a name of its own.
pub fn message_rows(message: &Message) -> Rows {
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
    rows.extend(message.offer.iter().map(|text| ("offer".to_string(), text.clone())));
    if !message.body.is_empty() {
        rows.push(("body".into(), message.body.clone()));
    }
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

/// What the service made of it; an update names the code itself.
pub fn report(
    context: &Context,
    reply: Reply,
    code: Option<&str>,
    name: &str,
    language: &str,
) -> Report {
    let code = reply.text(&["Data.TemplateCode", "TemplateCode"]).or(code.map(str::to_string));
    let named = reply.text(&["Data.TemplateName", "TemplateName"]);
    let named = named.or_else(|| Some(name.to_string()).filter(|name| !name.is_empty()));
    let mut data = Map::new();
    let status = status_after(context, code.as_ref());
    data.insert("code".into(), json!(code));
    data.insert("name".into(), json!(named));
    data.insert("language".into(), json!(language));
    data.insert("status".into(), json!(status));
    data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
    Report::RunStatus { data, raw: Value::Object(reply.0) }
}
