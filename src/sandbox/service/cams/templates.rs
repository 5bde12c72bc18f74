//! CAMS: the templates of both channels.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::check_space;
use crate::sandbox::service::request::{Request, ok, page};
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
pub fn parse_channel(request: &Request<'_>) -> Result<ServiceChannel, Rejection> {
    match request.call.text("--template-type") {
        None | Some("WHATSAPP") => Ok(ServiceChannel::Whatsapp),
        Some("VIBER") => Ok(ServiceChannel::Viber),
        Some(other) => Err(Rejection::new(
            "InvalidParameter.TemplateTypeNotSupport",
            format!("template type {other} is not supported"),
        )),
    }
}

pub fn list(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = parse_channel(&request)?;
    let call = request.call;
    check_space(call)?;
    let audit = call.text("--audit-status");
    if let Some(status) = audit.filter(|status| !AUDIT_STATUSES.contains(status)) {
        return Err(Rejection::new(
            "InvalidParameter.AuditStatusNotSupport",
            format!("{status} is not an audit status"),
        ));
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
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Total"] = json!(entries.len());
    reply["ListTemplate"] = json!(page(entries, index, size));
    Ok(reply)
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
        return Err(Rejection::new(
            "InvalidParameter.PageInvalid",
            "the page index must be at least 1, the page size 1 to 100",
        ));
    }
    Ok((index, size))
}

pub fn show(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = parse_channel(&request)?;
    let call = request.call;
    check_space(call)?;
    let (code, name) = (call.text("--template-code"), call.text("--template-name"));
    let language = call.text("--biz-language").unwrap_or_default();
    let template = request
        .state
        .chat_templates
        .iter()
        .filter(|template| template.channel == channel && template.language == language)
        .find(|template| match (code, name) {
            (Some(code), _) => template.code == code,
            (None, name) => name == Some(template.name.as_str()),
        })
        .ok_or_else(|| {
            Rejection::new(
                "DetailError.TemplateNotExist",
                format!("the template does not exist in language {language}"),
            )
        })?;
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Data"] = json!({
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
        reply["Data"]["Reason"] = json!(reason);
    }
    Ok(reply)
}
