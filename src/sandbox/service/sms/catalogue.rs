//! Dysmsapi: signatures and templates. List and single queries use different names and numbers for
//! the same fields.

use serde_json::{Value, json};

use crate::api::audit_status::TemplateType;
use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::request::{Request, page, reply};
use crate::sandbox::service::sms::call::parse_page;
use crate::sandbox::service::sms::receipts::local_time;
use crate::sandbox::service::state::{Audit, Signature};

/// The order ID of all initial data.
const ORDER_ID: &str = "20044000001";

const fn audit_in_list(audit: Audit) -> &'static str {
    match audit {
        Audit::Approved => "AUDIT_STATE_PASS",
        Audit::Reviewing => "AUDIT_STATE_INIT",
        Audit::Rejected => "AUDIT_STATE_NOT_PASS",
    }
}

const fn audit_in_detail(audit: Audit) -> i64 {
    match audit {
        Audit::Reviewing => 0,
        Audit::Approved => 1,
        Audit::Rejected => 2,
    }
}

fn rejection_reason(reason: Option<&str>, date: &str) -> Value {
    match reason {
        Some(reason) => {
            json!({ "RejectDate": date, "RejectInfo": reason, "RejectSubInfo": "" })
        }
        None => json!({}),
    }
}

fn audit_info(reason: Option<&str>, date: &str) -> Value {
    match reason {
        Some(reason) => json!({ "AuditDate": date, "RejectInfo": reason }),
        None => json!({ "AuditDate": date }),
    }
}

/// One page of the entries, under `key`.
fn list_reply(call: &ProductCall, key: &str, entries: Vec<Value>) -> Result<Value, Rejection> {
    let (index, size) = parse_page(call, "--page-index")?;
    reply(json!({
        "CurrentPage": index,
        "PageSize": size,
        "TotalCount": entries.len(),
        key: page(entries, index, size),
    }))
}

pub fn list_signatures(request: Request<'_>) -> Result<Value, Rejection> {
    let date = local_time(request.state.first_use);
    let entries = request
        .state
        .signatures
        .iter()
        .map(|signature| {
            json!({
                "SignName": signature.name,
                "AuditStatus": audit_in_list(signature.audit),
                "BusinessType": "general",
                "CreateDate": date,
                "OrderId": ORDER_ID,
                "Reason": rejection_reason(signature.reason.as_deref(), &date),
                "authorizationLetterAuditPass": false,
            })
        })
        .collect();
    list_reply(request.call, "SmsSignList", entries)
}

/// The registration status of a signature with each carrier. An approved signature may be
/// registered with some of them only; a signature under review is not registered yet.
fn registrations(signature: &Signature, date: &str) -> Value {
    let statuses = match (signature.audit, signature.name.as_str()) {
        (Audit::Approved, "Acme") => [3, 3, 1],
        (Audit::Approved, _) => [3, 0, -1],
        (Audit::Reviewing, _) => [-1; 3],
        (Audit::Rejected, _) => [-2; 3],
    };
    let carriers = ["mobile", "unicom", "telecom"].into_iter().zip(statuses);
    carriers
        .map(|(carrier, status)| {
            let mut entry = json!({
                "OperatorCode": carrier,
                "RegisterStatus": status,
                "RegisterStatusReasons": [],
            });
            if status >= 0 {
                entry["OperatorCompleteTime"] = json!(date);
            }
            if status == 0 {
                entry["RegisterStatusReasons"] = json!([{
                    "ReasonCode": "1001",
                    "ReasonDescList": ["the documents do not match the business register"],
                }]);
            }
            entry
        })
        .collect()
}

pub fn show_signature(request: Request<'_>) -> Result<Value, Rejection> {
    let name = request.call.text("--sign-name").unwrap_or_default();
    let Some(signature) = request.state.signatures.iter().find(|known| known.name == name) else {
        return reject("SignatureNotFound", format!("signature {name} does not exist"));
    };
    let date = local_time(request.state.first_use);
    reply(json!({
        "SignName": signature.name,
        "SignStatus": audit_in_detail(signature.audit),
        "SignCode": "SIGN_100001",
        "CreateDate": date,
        "OrderId": ORDER_ID,
        "ApplyScene": "https://example.com",
        "ThirdParty": false,
        "QualificationId": 1_000_009_001,
        "SignIspRegisterDetailList": registrations(signature, &date),
        "RegisterResult": i64::from(signature.audit == Audit::Approved),
        "FileUrlList": [],
        "AuditInfo": audit_info(signature.reason.as_deref(), &date),
    }))
}

pub fn list_templates(request: Request<'_>) -> Result<Value, Rejection> {
    let date = local_time(request.state.first_use);
    let entries = request
        .state
        .sms_templates
        .iter()
        .map(|template| {
            json!({
                "TemplateCode": template.code,
                "TemplateName": template.name,
                "TemplateContent": template.content,
                "TemplateType": template.purpose.number_in_list(),
                "OuterTemplateType": template.purpose.number(),
                "AuditStatus": audit_in_list(template.audit),
                "CreateDate": date,
                "OrderId": ORDER_ID,
                "SignatureName": template.signature.as_deref().unwrap_or_default(),
                "Reason": rejection_reason(template.reason.as_deref(), &date),
            })
        })
        .collect();
    list_reply(request.call, "SmsTemplateList", entries)
}

pub fn show_template(request: Request<'_>) -> Result<Value, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default();
    let Some(template) = request.state.sms_templates.iter().find(|known| known.code == code) else {
        return reject("TemplateNotFound", format!("template {code} does not exist"));
    };
    let date = local_time(request.state.first_use);
    reply(json!({
        "TemplateCode": template.code,
        "TemplateName": template.name,
        "TemplateContent": template.content,
        // Numbers as strings, as in the API's metadata.
        "TemplateType": template.purpose.number().to_string(),
        "TemplateStatus": audit_in_detail(template.audit).to_string(),
        "IntlType": i64::from(template.purpose == TemplateType::International),
        "RelatedSignName": template.signature.as_deref().unwrap_or_default(),
        "Remark": template.remark.as_deref().unwrap_or_default(),
        "CreateDate": date,
        "OrderId": ORDER_ID,
        "ApplyScene": "https://example.com",
        "FileUrlList": { "FileUrl": [] },
        "AuditInfo": audit_info(template.reason.as_deref(), &date),
    }))
}
