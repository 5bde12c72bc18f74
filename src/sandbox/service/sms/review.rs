//! Dysmsapi: handing in templates, changing and deleting them, and what their review comes to.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::placeholders::{self, SMS};
use crate::sandbox::service::request::{Request, ok};
use crate::sandbox::service::state::{Audit, Purpose, Review, SmsTemplate};

/// In characters; documented.
const MAX_NAME: usize = 30;
const MAX_CONTENT: usize = 500;

/// Of everything that is handed in here.
const ORDER: &str = "20044000002";

/// What a call hands in.
struct Sheet {
    name: String,
    content: String,
    purpose: Purpose,
    remark: Option<String>,
    signature: Option<String>,
    review: Review,
}

fn refused(message: impl Into<String>) -> Rejection {
    Rejection::new("isv.INVALID_PARAMETERS", message)
}

fn sheet(request: &Request<'_>) -> Result<Sheet, Rejection> {
    let call = request.call;
    let text = |flag: &str| call.text(flag).unwrap_or_default().to_owned();
    let (name, content) = (text("--template-name"), text("--template-content"));
    for (what, text, limit) in [("name", &name, MAX_NAME), ("content", &content, MAX_CONTENT)] {
        if text.is_empty() || text.chars().count() > limit {
            let message = format!("the {what} has 1 to {limit} characters");
            return Err(Rejection::new("isv.PARAM_LENGTH_LIMIT", message));
        }
    }
    let purpose = call.integer("--template-type").and_then(Purpose::numbered);
    let purpose = purpose.ok_or_else(|| refused("the type is 0, 1, 2 or 3"))?;
    let international = call.integer("--intl-type");
    if purpose == Purpose::International
        && !international.is_some_and(|kind| (0..=3).contains(&kind))
    {
        return Err(refused("an international template needs an IntlType of 0 to 3"));
    }
    check_variables(&content)?;
    if let Some(rule) = call.text("--template-rule")
        && !serde_json::from_str::<Value>(rule).is_ok_and(|rule| rule.is_object())
    {
        return Err(Rejection::new("isv.INVALID_JSON_PARAM", "the rules are no JSON object"));
    }
    let signature = call.text("--related-sign-name").map(str::to_owned);
    if let Some(name) = &signature
        && !request.state.signatures.iter().any(|known| known.name == *name)
    {
        return Err(Rejection::new(
            "isv.SMS_SIGNATURE_ILLEGAL",
            format!("there is no signature {name}"),
        ));
    }
    Ok(Sheet {
        name,
        purpose,
        remark: call.text("--remark").map(str::to_owned),
        signature,
        review: Review::begin(&content, request.now),
        content,
    })
}

fn check_variables(content: &str) -> Result<(), Rejection> {
    let names = placeholders::names(content, SMS);
    let is_sound = |name: &String| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    // With every variable taken out, no mark may be left.
    let rest = placeholders::render(content, SMS, |_| Some(String::new()));
    if !names.iter().all(is_sound) || rest.contains("${") {
        return Err(refused("a variable is written ${name}, with letters, digits and _"));
    }
    Ok(())
}

fn reply(code: &str, name: &str) -> Value {
    let mut reply = ok();
    reply["TemplateCode"] = json!(code);
    reply["TemplateName"] = json!(name);
    reply["OrderId"] = json!(ORDER);
    reply
}

pub fn create(request: Request<'_>) -> Result<Value, Rejection> {
    let sheet = sheet(&request)?;
    let state = request.state;
    let code = format!("SMS_2{:05}", state.next_serial());
    let reply = reply(&code, &sheet.name);
    state.sms_templates.push(SmsTemplate {
        code,
        name: sheet.name,
        purpose: sheet.purpose,
        content: sheet.content,
        audit: Audit::Reviewing,
        reason: None,
        remark: sheet.remark,
        signature: sheet.signature,
        review: Some(sheet.review),
    });
    Ok(reply)
}

/// The template that a call names.
fn position(request: &Request<'_>) -> Result<usize, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default();
    let found = request.state.sms_templates.iter().position(|known| known.code == code);
    found.ok_or_else(|| Rejection::new("TemplateNotFound", format!("there is no template {code}")))
}

/// An approved template is in use and stays as it is.
pub fn update(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    if request.state.sms_templates[index].audit == Audit::Approved {
        return Err(refused("an approved template cannot be changed"));
    }
    let sheet = sheet(&request)?;
    let template = &mut request.state.sms_templates[index];
    template.name = sheet.name;
    template.purpose = sheet.purpose;
    template.content = sheet.content;
    template.audit = Audit::Reviewing;
    template.reason = None;
    template.remark = sheet.remark;
    template.signature = sheet.signature;
    template.review = Some(sheet.review);
    Ok(reply(&template.code, &template.name))
}

/// A template under review belongs to the reviewers.
pub fn delete(request: Request<'_>) -> Result<Value, Rejection> {
    let index = position(&request)?;
    if request.state.sms_templates[index].audit == Audit::Reviewing {
        return Err(refused("a template under review cannot be deleted"));
    }
    let template = request.state.sms_templates.remove(index);
    let mut reply = ok();
    reply["TemplateCode"] = json!(template.code);
    Ok(reply)
}
