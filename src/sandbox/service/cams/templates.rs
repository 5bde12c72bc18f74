//! CAMS: the message templates of both channels.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::check_space;
use crate::sandbox::service::request::{Request, ok, page};
use crate::sandbox::service::state::{Audit, ChatTemplate, ServiceChannel};

const AUDIT_WORDS: &[&str] = &["pass", "fail", "auditing", "unaudit"];

const fn audit_word(audit: Audit) -> &'static str {
    match audit {
        Audit::Approved => "pass",
        Audit::Reviewing => "auditing",
        Audit::Rejected => "fail",
    }
}

pub fn channel_word(channel: ServiceChannel) -> &'static str {
    match channel {
        ServiceChannel::Viber => "VIBER",
        _ => "WHATSAPP",
    }
}

/// Every text of the components that can hold a variable, those on the cards of a carousel too.
pub fn texts(components: &Value) -> Vec<&str> {
    collect(components, &["Text", "Url", "CouponCode"], &["Buttons", "Cards", "CardComponents"])
}

/// The texts of header, body and footer, and those on the cards.
pub fn visible_texts(components: &Value) -> Vec<&str> {
    collect(components, &["Text"], &["Cards", "CardComponents"])
}

/// The texts in these fields, also of whatever these lists hold.
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

/// WhatsApp unless the call names the other channel.
pub fn wanted_channel(request: &Request<'_>) -> Result<ServiceChannel, Rejection> {
    match request.call.text("--template-type") {
        None | Some("WHATSAPP") => Ok(ServiceChannel::Whatsapp),
        Some("VIBER") => Ok(ServiceChannel::Viber),
        Some(other) => Err(Rejection::new(
            "InvalidParameter.TemplateTypeNotSupport",
            format!("{other} is neither WHATSAPP nor VIBER"),
        )),
    }
}

pub fn list(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = wanted_channel(&request)?;
    let call = request.call;
    check_space(call)?;
    let audit = call.text("--audit-status");
    if let Some(word) = audit.filter(|word| !AUDIT_WORDS.contains(word)) {
        return Err(Rejection::new(
            "InvalidParameter.AuditStatusNotSupport",
            format!("{word} is no audit status"),
        ));
    }
    let (index, size) = read_page(call.pairs("--page"))?;
    let matches = |flag: &str, value: &str| call.text(flag).is_none_or(|wanted| wanted == value);
    let entries: Vec<Value> = request
        .state
        .chat_templates
        .iter()
        .filter(|template| template.channel == channel)
        .filter(|template| audit.is_none_or(|word| word == audit_word(template.audit)))
        .filter(|template| {
            matches("--code", &template.code)
                && matches("--biz-language", &template.language)
                && matches("--category", &template.category)
                // A part of the name is enough.
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
        "TemplateType": channel_word(template.channel),
        "Language": template.language,
        "Category": template.category,
        "AuditStatus": audit_word(template.audit),
        "Reason": template.reason.as_deref().unwrap_or_default(),
        "LastUpdateTime": updated,
    })
}

/// The page of a list: index and size.
pub fn read_page(fields: &[(String, String)]) -> Result<(i64, i64), Rejection> {
    let field = |name: &str, default: i64| match fields.iter().find(|(key, _)| key == name) {
        Some((_, value)) => value.parse().unwrap_or(0),
        None => default,
    };
    let (index, size) = (field("Index", 1), field("Size", 10));
    if index < 1 || !(1..=100).contains(&size) {
        return Err(Rejection::new(
            "InvalidParameter.PageInvalid",
            "pages count from 1 and hold 1 to 100 entries",
        ));
    }
    Ok((index, size))
}

pub fn show(request: Request<'_>) -> Result<Value, Rejection> {
    let channel = wanted_channel(&request)?;
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
                format!("no such template in the language {language}"),
            )
        })?;
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Data"] = json!({
        "TemplateCode": template.code,
        "Name": template.name,
        "TemplateType": channel_word(template.channel),
        "Language": template.language,
        "Category": template.category,
        "AuditStatus": audit_word(template.audit),
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
