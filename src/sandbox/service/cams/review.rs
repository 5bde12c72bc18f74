//! CAMS: handing in templates, and what their review comes to.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::check_space;
use crate::sandbox::service::cams::templates::{texts, wanted_channel};
use crate::sandbox::service::request::{Request, ok};
use crate::sandbox::service::state::{Audit, ChatTemplate, Review, ServiceChannel};

/// The reviewers of this channel put a word in front of their reason.
fn review(components: &Value, now: Timestamp) -> Review {
    let review = Review::begin(&texts(components).join("\n"), now);
    let objection = review.objection.map(|reason| format!("PROMOTIONAL: {reason}"));
    Review { objection, ..review }
}

/// The components, if they are such as the channel takes.
fn components(request: &Request<'_>, channel: ServiceChannel) -> Result<Value, Rejection> {
    let components = request.call.json("--components").cloned().unwrap_or_default();
    let wrong = |message: String| Err(Rejection::new("InvalidParameter.ComponentsError", message));
    let kinds: Vec<&str> = components
        .as_array()
        .into_iter()
        .flatten()
        .map(|component| component["Type"].as_str().unwrap_or_default())
        .collect();
    let known: &[&str] = match channel {
        ServiceChannel::Viber => &["HEADER", "BODY", "BUTTONS"],
        _ => &["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"],
    };
    if let Some(kind) = kinds.iter().find(|kind| !known.contains(kind)) {
        return wrong(format!("{kind:?} is no type of a component here"));
    }
    if kinds.is_empty() || (channel != ServiceChannel::Viber && !kinds.contains(&"BODY")) {
        return wrong("the components need one of the type BODY".to_owned());
    }
    for carousel in components.as_array().into_iter().flatten() {
        let cards = carousel["Cards"].as_array().map_or(0, Vec::len);
        if carousel["Type"] == "CAROUSEL" && !(2..=10).contains(&cards) {
            return wrong(format!("a carousel has 2 to 10 cards, not {cards}"));
        }
    }
    Ok(components)
}

/// What the reviewers are given for the variables.
fn examples(request: &Request<'_>) -> Map<String, Value> {
    let pairs = request.call.pairs("--example").iter();
    pairs.map(|(name, value)| (name.clone(), json!(value))).collect()
}

pub fn create(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = wanted_channel(&request)?;
    check_space(request.call)?;
    let components = components(&request, channel)?;
    let examples = examples(&request);
    let Request { call, state, now, .. } = request;
    let text = |flag: &str| call.text(flag).unwrap_or_default().to_owned();
    let (name, language) = (text("--name"), text("--biz-language"));
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    // The rule is WhatsApp's own.
    if name.is_empty() || (channel == ServiceChannel::Whatsapp && !name.chars().all(sound)) {
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
        examples,
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
    let components = components(&request, wanted_channel(&request)?)?;
    let examples = examples(&request);
    let Request { call, state, now, .. } = request;
    let template = &mut state.chat_templates[index];
    template.audit = Audit::Reviewing;
    template.reason = None;
    template.review = Some(review(&components, now));
    template.components = components;
    template.examples = examples;
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
