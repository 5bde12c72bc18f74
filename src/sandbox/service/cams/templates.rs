//! CAMS: the templates of both channels.

use serde_json::{Value, json};

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::request::{Request, page, reply};
use crate::sandbox::service::state::{Audit, ChatTemplate, ServiceChannel};

const AUDIT_STATUSES: &[&str] = &["pass", "fail", "auditing", "unaudit"];

const fn audit_status(audit: Audit) -> &'static str {
    match audit {
        Audit::Approved => "pass",
        Audit::Reviewing => "auditing",
        Audit::Rejected => "fail",
    }
}

pub fn channel_name(channel: ServiceChannel) -> &'static str {
    match channel {
        ServiceChannel::Viber => "VIBER",
        _ => "WHATSAPP",
    }
}

/// All texts of the components that can contain a variable, including carousel cards.
pub fn texts(components: &Value) -> Vec<&str> {
    collect(components, &["Text", "Url", "CouponCode"], &["Buttons", "Cards", "CardComponents"])
}

/// The texts of header, body, footer and carousel cards.
pub fn visible_texts(components: &Value) -> Vec<&str> {
    collect(components, &["Text"], &["Cards", "CardComponents"])
}

/// The texts in these fields, and recursively in the elements of these lists.
fn collect<'c>(items: &'c Value, fields: &[&str], lists: &[&str]) -> Vec<&'c str> {
    let mut texts = Vec::new();
    for item in items.as_array().into_iter().flatten() {
        texts.extend(fields.iter().filter_map(|field| item[*field].as_str()));
        for list in lists {
            texts.extend(collect(&item[*list], fields, lists));
        }
    }
    texts
}

/// The channel in `--template-type`; WhatsApp by default.
pub fn parse_template_type(request: &Request<'_>) -> Result<ServiceChannel, Rejection> {
    match request.call.text("--template-type") {
        None | Some("WHATSAPP") => Ok(ServiceChannel::Whatsapp),
        Some("VIBER") => Ok(ServiceChannel::Viber),
        Some(other) => reject(
            "InvalidParameter.TemplateTypeNotSupport",
            format!("template type {other} is not supported"),
        ),
    }
}

pub fn list(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = parse_template_type(&request)?;
    let call = request.call;
    let audit = call.text("--audit-status");
    if let Some(status) = audit.filter(|status| !AUDIT_STATUSES.contains(status)) {
        return reject(
            "InvalidParameter.AuditStatusNotSupport",
            format!("{status} is not an audit status"),
        );
    }
    let (index, size) = parse_page(call.pairs("--page"))?;
    let matches = |flag: &str, value: &str| call.text(flag).is_none_or(|wanted| wanted == value);
    let entries: Vec<Value> = request
        .state
        .chat_templates
        .iter()
        .filter(|template| template.channel == channel)
        .filter(|template| audit.is_none_or(|status| status == audit_status(template.audit)))
        .filter(|template| {
            matches("--code", &template.code)
                && matches("--biz-language", &template.language)
                && matches("--category", &template.category)
                // Matches a part of the name.
                && call.text("--name").is_none_or(|part| template.name.contains(part))
        })
        .map(|template| entry(template, request.state.first_use.as_millisecond()))
        .collect();
    reply(json!({
        "Success": true,
        "Total": entries.len(),
        "ListTemplate": page(entries, index, size),
    }))
}

fn entry(template: &ChatTemplate, updated: i64) -> Value {
    json!({
        "TemplateCode": template.code,
        "TemplateName": template.name,
        "TemplateType": channel_name(template.channel),
        "Language": template.language,
        "Category": template.category,
        "AuditStatus": audit_status(template.audit),
        "Reason": template.reason.as_deref().unwrap_or_default(),
        "LastUpdateTime": updated,
    })
}

/// The requested page: index and size.
pub fn parse_page(fields: &[(String, String)]) -> Result<(i64, i64), Rejection> {
    let field = |name: &str, default: i64| match fields.iter().find(|(key, _)| key == name) {
        Some((_, value)) => value.parse().unwrap_or(0),
        None => default,
    };
    let (index, size) = (field("Index", 1), field("Size", 10));
    if index < 1 || !(1..=100).contains(&size) {
        return reject(
            "InvalidParameter.PageInvalid",
            "the page index must be at least 1, the page size 1 to 100",
        );
    }
    Ok((index, size))
}

/// The position of the template that a call names by its code, or else by its name.
pub fn position(
    templates: &[ChatTemplate],
    channel: ServiceChannel,
    language: Option<&str>,
    call: &ProductCall,
) -> Option<usize> {
    let (code, name) = (call.text("--template-code"), call.text("--template-name"));
    templates.iter().position(|template| {
        template.channel == channel
            && language.is_none_or(|language| template.language == language)
            && code.map_or(name == Some(&template.name), |code| template.code == code)
    })
}

pub fn show(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = parse_template_type(&request)?;
    let Request { call, state, .. } = request;
    let language = call.text("--biz-language").unwrap_or_default();
    let Some(index) = position(&state.chat_templates, channel, Some(language), call) else {
        return reject(
            "DetailError.TemplateNotExist",
            format!("the template does not exist in language {language}"),
        );
    };
    let template = &state.chat_templates[index];
    let mut data = json!({
        "TemplateCode": template.code,
        "Name": template.name,
        "TemplateType": channel_name(template.channel),
        "Language": template.language,
        "Category": template.category,
        "AuditStatus": audit_status(template.audit),
        "AllowSend": template.audit == Audit::Approved,
        "QualityScore": "GREEN",
        "CategoryChangePaused": false,
        "Components": template.components,
        "Example": template.examples,
    });
    if let Some(reason) = &template.reason {
        data["Reason"] = json!(reason);
    }
    reply(json!({ "Success": true, "Data": data }))
}
