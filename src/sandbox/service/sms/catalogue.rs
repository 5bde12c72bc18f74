//! Dysmsapi: signatures and templates. List and single queries use different names and numbers for
//! the same fields.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::request::{Request, ok, page};
use crate::sandbox::service::sms::call::parse_page;
use crate::sandbox::service::sms::receipts::local_time;
use crate::sandbox::service::state::{Audit, Purpose, Signature};

/// The order ID of all initial data.
const ORDER: &str = "20044000001";

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

const fn purpose_in_list(purpose: Purpose) -> i64 {
    match purpose {
        Purpose::Notification => 0,
        Purpose::Promotion => 1,
        Purpose::Verification => 2,
        Purpose::International => 6,
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

fn list_reply(key: &str, entries: Vec<Value>, (index, size): (i64, i64)) -> Value {
    let mut reply = ok();
    reply["CurrentPage"] = json!(index);
    reply["PageSize"] = json!(size);
    reply["TotalCount"] = json!(entries.len());
    reply[key] = json!(page(entries, index, size));
    reply
}

pub fn list_signatures(request: Request<'_>) -> Result<Value, Rejection> {
    let wanted = parse_page(request.call, "--page-index")?;
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
                "OrderId": ORDER,
                "Reason": rejection_reason(signature.reason.as_deref(), &date),
                "authorizationLetterAuditPass": false,
            })
        })
        .collect();
    Ok(list_reply("SmsSignList", entries, wanted))
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
        return Err(Rejection::new(
            "SignatureNotFound",
            format!("signature {name} does not exist"),
        ));
    };
    let date = local_time(request.state.first_use);
    let mut reply = ok();
    reply["SignName"] = json!(signature.name);
    reply["SignStatus"] = json!(audit_in_detail(signature.audit));
    reply["SignCode"] = json!("SIGN_100001");
    reply["CreateDate"] = json!(date);
    reply["OrderId"] = json!(ORDER);
    reply["ApplyScene"] = json!("https://example.com");
    reply["ThirdParty"] = json!(false);
    reply["QualificationId"] = json!(1_000_009_001);
    reply["SignIspRegisterDetailList"] = registrations(signature, &date);
    reply["RegisterResult"] = json!(i64::from(signature.audit == Audit::Approved));
    reply["FileUrlList"] = json!([]);
    reply["AuditInfo"] = match &signature.reason {
        Some(reason) => json!({ "AuditDate": date, "RejectInfo": reason }),
        None => json!({ "AuditDate": date }),
    };
    Ok(reply)
}

pub fn list_templates(request: Request<'_>) -> Result<Value, Rejection> {
    let wanted = parse_page(request.call, "--page-index")?;
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
                "TemplateType": purpose_in_list(template.purpose),
                "OuterTemplateType": template.purpose.number(),
                "AuditStatus": audit_in_list(template.audit),
                "CreateDate": date,
                "OrderId": ORDER,
                "SignatureName": template.signature.as_deref().unwrap_or_default(),
                "Reason": rejection_reason(template.reason.as_deref(), &date),
            })
        })
        .collect();
    Ok(list_reply("SmsTemplateList", entries, wanted))
}

pub fn show_template(request: Request<'_>) -> Result<Value, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default();
    let Some(template) = request.state.sms_templates.iter().find(|known| known.code == code) else {
        return Err(Rejection::new("TemplateNotFound", format!("template {code} does not exist")));
    };
    let date = local_time(request.state.first_use);
    let international = template.purpose == Purpose::International;
    let mut reply = ok();
    reply["TemplateCode"] = json!(template.code);
    reply["TemplateName"] = json!(template.name);
    reply["TemplateContent"] = json!(template.content);
    // Numbers as strings, as in the API's metadata.
    reply["TemplateType"] = json!(template.purpose.number().to_string());
    reply["TemplateStatus"] = json!(audit_in_detail(template.audit).to_string());
    reply["IntlType"] = json!(i64::from(international));
    reply["RelatedSignName"] = json!(template.signature.as_deref().unwrap_or_default());
    reply["Remark"] = json!(template.remark.as_deref().unwrap_or_default());
    reply["CreateDate"] = json!(date);
    reply["OrderId"] = json!(ORDER);
    reply["ApplyScene"] = json!("https://example.com");
    reply["FileUrlList"] = json!({ "FileUrl": [] });
    reply["AuditInfo"] = match &template.reason {
        Some(reason) => json!({ "AuditDate": date, "RejectInfo": reason }),
        None => json!({ "AuditDate": date }),
    };
    Ok(reply)
}
