//! CAMS: creates, updates and deletes templates, and starts their review.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::templates::{self, parse_template_type, texts};
use crate::sandbox::service::request::{Request, reply};
use crate::sandbox::service::state::{Audit, ChatTemplate, Review, ServiceChannel};

/// Starts the review. On this API, a category precedes the reason for a rejection.
fn review(components: &Value, now: Timestamp) -> Review {
    let review = Review::begin(&texts(components).join("\n"), now);
    let objection = review.objection.map(|reason| format!("PROMOTIONAL: {reason}"));
    Review { objection, ..review }
}

/// Parses the components and checks them against the rules of the channel.
fn parse_components(request: &Request<'_>, channel: ServiceChannel) -> Result<Value, Rejection> {
    let components = request.call.json("--components").cloned().unwrap_or_default();
    let invalid = |message: String| reject("InvalidParameter.ComponentsError", message);
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
        return invalid(format!("component type {kind:?} is not supported on this channel"));
    }
    if kinds.is_empty() || (channel != ServiceChannel::Viber && !kinds.contains(&"BODY")) {
        return invalid("a component of type BODY is required".to_owned());
    }
    for carousel in components.as_array().into_iter().flatten() {
        let cards = carousel["Cards"].as_array().map_or(0, Vec::len);
        if carousel["Type"] == "CAROUSEL" && !(2..=10).contains(&cards) {
            return invalid(format!("a carousel must have 2 to 10 cards, not {cards}"));
        }
    }
    Ok(components)
}

/// The example values of the variables.
fn examples(request: &Request<'_>) -> Map<String, Value> {
    let pairs = request.call.pairs("--example").iter();
    pairs.map(|(name, value)| (name.clone(), json!(value))).collect()
}

pub fn create(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = parse_template_type(&request)?;
    let components = parse_components(&request, channel)?;
    let examples = examples(&request);
    let Request { call, state, now, .. } = request;
    let text = |flag: &str| call.text(flag).unwrap_or_default().to_owned();
    let (name, language) = (text("--name"), text("--biz-language"));
    let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    // Only WhatsApp has this rule.
    if name.is_empty() || (channel == ServiceChannel::Whatsapp && !name.chars().all(is_valid)) {
        return reject(
            "InvalidParameter.NameError",
            "a name may only contain lower-case letters, digits and underscores",
        );
    }
    let same = |template: &&ChatTemplate| template.name == name && template.channel == channel;
    if state.chat_templates.iter().filter(same).any(|template| template.language == language) {
        return reject(
            "TemplateNameDuplicate",
            format!("template {name} already exists in language {language}"),
        );
    }
    // All languages of a template share one code.
    let code = match state.chat_templates.iter().find(same) {
        Some(known) => known.code.clone(),
        None => format!("2{:014}", state.next_serial()),
    };
    let data = json!({ "TemplateCode": code, "TemplateName": name });
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
    reply(json!({ "Success": true, "Data": data }))
}

/// The index of the template that a call names.
fn position(request: &Request<'_>) -> Result<usize, Rejection> {
    let channel = parse_template_type(request)?;
    let call = request.call;
    templates::position(&request.state.chat_templates, channel, call.text("--biz-language"), call)
        .ok_or_else(|| {
            Rejection::new("DetailError.TemplateNotExist", "the template does not exist")
        })
}

pub fn modify(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    let components = parse_components(&request, parse_template_type(&request)?)?;
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
    let data = json!({ "TemplateCode": template.code, "TemplateName": template.name });
    reply(json!({ "Success": true, "Data": data }))
}

pub fn delete(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    request.state.chat_templates.remove(index);
    reply(json!({ "Success": true }))
}
