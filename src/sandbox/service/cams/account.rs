//! CAMS: the channel instances and their phone numbers.

use serde_json::{Value, json};

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::call::own_number;
use crate::sandbox::service::request::{Request, merge, page, reply};
use crate::sandbox::service::seeds;

pub fn numbers(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, state, .. } = request;
    let status = call.text("--status");
    let numbers: Vec<Value> = seeds::WHATSAPP_NUMBERS
        .iter()
        .map(|sender| {
            let mut number = json!({
                "PhoneNumber": sender.number,
                "VerifiedName": sender.verified_name,
                "Status": if sender.registered { "CONNECTED" } else { "UNVERIFIED" },
                "CodeVerificationStatus":
                    if sender.registered { "VERIFIED" } else { "NOT_VERIFIED" },
                "NameStatus": if sender.registered { "APPROVED" } else { "PENDING_REVIEW" },
                "NewNameStatus": "NONE",
                "QualityRating": if sender.registered { "GREEN" } else { "UNKNOWN" },
                "MessagingLimitTier": if sender.registered { "TIER_1K" } else { "TIER_50" },
                "IsOfficial": "N",
                "StatusCallbackUrl": "",
                "UpCallbackUrl": "",
                "StatusQueue": "",
                "UpQueue": "",
            });
            merge(&mut number, &state.number_settings(sender.number).webhook);
            number
        })
        .filter(|number| status.is_none_or(|status| number["Status"] == status))
        .collect();
    reply(json!({ "Success": true, "PhoneNumbers": numbers }))
}

/// The WhatsApp Business account (WABA) of the space.
pub fn waba() -> Result<Value, Rejection> {
    reply(json!({
        "Success": true,
        "Data": {
            "Id": "100200300400500",
            "Name": "Acme",
            "AccountReviewStatus": "APPROVED",
            "Currency": "USD",
            "BusinessId": "500400300200100",
            "BusinessName": "Acme",
            "MessageTemplateNamespace": "sandbox",
            "PrimaryBusinessLocation": "CN",
        },
    }))
}

/// Whether WhatsApp allows a number to send.
pub fn health(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    if call.text("--node-type") != Some("PHONE_NUMBER") {
        return reject("InvalidParameter.NodeType", "the sandbox supports only PHONE_NUMBER");
    }
    let number = own_number(call)?;
    let (can_send, errors) = match seeds::channel_of(number) {
        Some(_) => ("AVAILABLE", json!([])),
        None => (
            "BLOCKED",
            json!([{
                "ErrorCode": "141000",
                "ErrorDescription": "the number is not registered",
                "PossibleSolution": "register the number",
            }]),
        ),
    };
    reply(json!({
        "Success": true,
        "Data": {
            "CanSendMessage": can_send,
            "Entities": [
                { "EntityType": "PHONE_NUMBER", "PhoneNumber": number,
                  "CanSendMessage": can_send, "Errors": errors },
                { "EntityType": "WABA", "WabaId": "100200300400500",
                  "CanSendMessage": "AVAILABLE" },
            ],
        },
    }))
}

/// Both channels use the same space, so that all examples work with one ID.
pub fn instances(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    let submitted = request.state.first_use.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let matches = |flag: &str, value: &Value| {
        let value = value.as_str().unwrap_or_default();
        call.text(flag).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let instances: Vec<Value> = [("WHATSAPP", "10001"), ("VIBER", "10002")]
        .into_iter()
        .map(|(channel, id)| {
            json!({
                "ChannelType": channel,
                "CustSpaceId": seeds::SPACE,
                "InstanceId": id,
                "InstanceName": format!("Acme {}", channel.to_lowercase()),
                "InstanceDescription": "sandbox",
                "CountryId": "CN",
                "ContactMail": "",
                "FacebookBmId": "",
                "OfficeAddress": "",
                "State": "NORMAL",
                "SubmitTime": submitted,
            })
        })
        .filter(|instance| {
            matches("--channel-type", &instance["ChannelType"])
                && matches("--instance-id", &instance["InstanceId"])
                && matches("--instance-name", &instance["InstanceName"])
        })
        .collect();
    let (index, size) = (call.integer("--page-index"), call.integer("--page-size"));
    reply(json!({
        "Success": true,
        "TotalCount": instances.len(),
        "Data": page(instances, index.unwrap_or(1), size.unwrap_or(10)),
    }))
}
