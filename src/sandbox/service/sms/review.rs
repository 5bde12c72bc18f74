//! Dysmsapi: creates, updates and deletes templates, and starts their review.

use serde_json::{Value, json};

use crate::api::audit_status::TemplateType;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::placeholders::{self, SMS};
use crate::sandbox::service::request::{Request, reply};
use crate::sandbox::service::sms::call::invalid;
use crate::sandbox::service::state::{Audit, Review, SmsTemplate};

/// Limits in characters, from the API documentation.
const MAX_NAME: usize = 30;
const MAX_CONTENT: usize = 500;

/// The order ID of all submitted templates.
const ORDER_ID: &str = "20044000002";

/// The template that a call submits, without a code.
fn parse_submission(request: &Request<'_>) -> Result<SmsTemplate, Rejection> {
    let call = request.call;
    let text = |flag: &str| call.text(flag).unwrap_or_default().to_owned();
    let (name, content) = (text("--template-name"), text("--template-content"));
    for (what, text, limit) in [("name", &name, MAX_NAME), ("content", &content, MAX_CONTENT)] {
        if text.is_empty() || text.chars().count() > limit {
            let message = format!("the {what} must have 1 to {limit} characters");
            return reject("isv.PARAM_LENGTH_LIMIT", message);
        }
    }
    let Some(purpose) = call
        .integer("--template-type")
        .and_then(|number| TemplateType::from_number(number.try_into().ok()?))
    else {
        return invalid("the template type must be 0, 1, 2 or 3");
    };
    let international = call.integer("--intl-type");
    if purpose == TemplateType::International
        && !international.is_some_and(|kind| (0..=3).contains(&kind))
    {
        return invalid("an international template needs IntlType 0 to 3");
    }
    check_variables(&content)?;
    if let Some(rule) = call.text("--template-rule")
        && !serde_json::from_str::<Value>(rule).is_ok_and(|rule| rule.is_object())
    {
        return reject("isv.INVALID_JSON_PARAM", "the template rules must be a JSON object");
    }
    let signature = call.text("--related-sign-name").map(str::to_owned);
    if let Some(name) = &signature
        && !request.state.signatures.iter().any(|known| known.name == *name)
    {
        return reject("isv.SMS_SIGNATURE_ILLEGAL", format!("signature {name} does not exist"));
    }
    Ok(SmsTemplate {
        code: String::new(),
        name,
        purpose,
        audit: Audit::Reviewing,
        reason: None,
        remark: call.text("--remark").map(str::to_owned),
        signature,
        review: Some(Review::begin(&content, request.now)),
        content,
    })
}

fn check_variables(content: &str) -> Result<(), Rejection> {
    let names = placeholders::names(content, SMS);
    let is_valid = |name: &String| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    // A delimiter that remains without the variables is unmatched.
    let rest = placeholders::render(content, SMS, |_| Some(String::new()));
    if !names.iter().all(is_valid) || rest.contains("${") {
        return invalid("a variable must be ${name}, with letters, digits and _");
    }
    Ok(())
}

fn template_reply(template: &SmsTemplate) -> Result<Value, Rejection> {
    reply(json!({
        "TemplateCode": template.code, "TemplateName": template.name, "OrderId": ORDER_ID,
    }))
}

pub fn create(request: Request<'_>) -> Result<Value, Rejection> {
    let submission = parse_submission(&request)?;
    let state = request.state;
    let template = SmsTemplate { code: format!("SMS_2{:05}", state.next_serial()), ..submission };
    let reply = template_reply(&template);
    state.sms_templates.push(template);
    reply
}

/// The index of the template that a call names.
fn position(request: &Request<'_>) -> Result<usize, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default();
    let index = request.state.sms_templates.iter().position(|known| known.code == code);
    index.ok_or_else(|| {
        Rejection::new("TemplateNotFound", format!("template {code} does not exist"))
    })
}

/// Updates a template. Approved templates cannot be changed.
pub fn update(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    if request.state.sms_templates[index].audit == Audit::Approved {
        return invalid("an approved template cannot be changed");
    }
    let submission = parse_submission(&request)?;
    let template = &mut request.state.sms_templates[index];
    *template = SmsTemplate { code: template.code.clone(), ..submission };
    template_reply(template)
}

/// Deletes a template. Templates under review cannot be deleted.
pub fn delete(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    if request.state.sms_templates[index].audit == Audit::Reviewing {
        return invalid("a template under review cannot be deleted");
    }
    let template = request.state.sms_templates.remove(index);
    reply(json!({ "TemplateCode": template.code }))
}
