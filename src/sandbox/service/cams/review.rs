//! CAMS: handing in templates, and what their review comes to.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::store::{Audit, ChatTemplate, Review};
use super::super::{Rejection, Request, ok};
use super::check_space;
use super::templates::{texts, wanted_channel};

/// The reviewers of this channel put a word in front of their reason.
fn review(components: &Value, now: Timestamp) -> Review {
    let review = Review::begin(&texts(components).join("\n"), now);
    let objection = review.objection.map(|reason| format!("PROMOTIONAL: {reason}"));
    Review { objection, ..review }
}

fn components(request: &Request<'_>) -> Result<Value, Rejection> {
    let components = request.call.json("--components").cloned().unwrap_or_default();
    let kind = |component: &Value| component["Type"].as_str().map(str::to_uppercase);
    let kinds: Vec<Option<String>> =
        components.as_array().into_iter().flatten().map(kind).collect();
    if !kinds.iter().any(|kind| kind.as_deref() == Some("BODY")) {
        return Err(Rejection::new(
            "InvalidParameter.ComponentsError",
            "the components need one of the type BODY",
        ));
    }
    Ok(components)
}

pub fn create(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = wanted_channel(&request)?;
    check_space(request.call)?;
    let components = components(&request)?;
    let Request { call, state, now, .. } = request;
    let text = |flag: &str| call.text(flag).unwrap_or_default().to_owned();
    let (name, language) = (text("--name"), text("--biz-language"));
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(sound) {
        return Err(Rejection::new(
            "InvalidParameter.NameError",
            "a name has lower-case letters, digits and underscores only",
        ));
    }
    let same = |template: &&ChatTemplate| template.name == name && template.channel == channel;
    if state.chat_templates.iter().filter(same).any(|template| template.language == language) {
        return Err(Rejection::new(
            "TemplateNameDuplicate",
            format!("there is a template {name} in the language {language} already"),
        ));
    }
    // The languages of a template share its code.
    let code = match state.chat_templates.iter().find(same) {
        Some(known) => known.code.clone(),
        None => format!("2{:014}", state.next_serial()),
    };
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Data"] = json!({ "TemplateCode": code, "TemplateName": name });
    state.chat_templates.push(ChatTemplate {
        code,
        name,
        language,
        channel,
        category: text("--category"),
        audit: Audit::Reviewing,
        reason: None,
        review: Some(review(&components, now)),
        components,
    });
    Ok(reply)
}

/// The place of the template that a call names.
fn position(request: &Request<'_>) -> Result<usize, Rejection> {
    let channel = wanted_channel(request)?;
    let call = request.call;
    check_space(call)?;
    let (code, name) = (call.text("--template-code"), call.text("--template-name"));
    let language = call.text("--biz-language");
    let fits = |template: &ChatTemplate| {
        template.channel == channel
            && language.is_none_or(|language| template.language == language)
            && match code {
                Some(code) => template.code == code,
                None => name == Some(template.name.as_str()),
            }
    };
    request
        .state
        .chat_templates
        .iter()
        .position(fits)
        .ok_or_else(|| Rejection::new("DetailError.TemplateNotExist", "no such template"))
}

pub fn modify(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    let components = components(&request)?;
    let Request { call, state, now, .. } = request;
    let template = &mut state.chat_templates[index];
    template.audit = Audit::Reviewing;
    template.reason = None;
    template.review = Some(review(&components, now));
    template.components = components;
    if let Some(category) = call.text("--category") {
        category.clone_into(&mut template.category);
    }
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Data"] = json!({ "TemplateCode": template.code, "TemplateName": template.name });
    Ok(reply)
}

pub fn delete(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    request.state.chat_templates.remove(index);
    let mut reply = ok();
    reply["Success"] = json!(true);
    Ok(reply)
}
