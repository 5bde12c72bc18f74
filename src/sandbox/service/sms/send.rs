//! Dysmsapi: sends one SMS to up to 1000 numbers.

use serde_json::{Map, Value, json};

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::scenarios::Scenario;
use crate::sandbox::service::placeholders::{self, SMS};
use crate::sandbox::service::request::{Request, reply};
use crate::sandbox::service::sms::call::recipients;
use crate::sandbox::service::sms::number::{Number, parse_number};
use crate::sandbox::service::state::{
    Audit, Message, Purpose, ServiceChannel, Signature, SmsTemplate,
};

/// Maximum number of recipients per call.
const MAX_NUMBERS: usize = 1000;

/// Validates the call as the real service does, then stores the messages.
pub fn send(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, state, now, scenario } = request;
    let recipients = recipients(call);
    if recipients.len() > MAX_NUMBERS {
        let message = format!("at most {MAX_NUMBERS} numbers per call");
        return reject("isv.MOBILE_COUNT_OVER_LIMIT", message);
    }
    let numbers = recipients
        .iter()
        .map(|number| match parse_number(number) {
            Some(number) => Ok(number),
            None => reject("isv.MOBILE_NUMBER_ILLEGAL", format!("{number} is not a mobile number")),
        })
        .collect::<Result<Vec<Number>, Rejection>>()?;
    if numbers.is_empty() {
        return reject("isv.MOBILE_NUMBER_ILLEGAL", "phone number missing");
    }
    let signature = usable_signature(&state.signatures, call)?;
    let template = usable_template(&state.sms_templates, call)?;
    check_destination(template, &numbers)?;
    let text = render(signature, template, call)?;
    if let Some(rejection) = scenario.rejection(call.operation.product) {
        return Err(rejection);
    }

    let draft = Message {
        product: call.operation.product.name().to_owned(),
        api: call.operation.api.to_owned(),
        channel: ServiceChannel::Sms,
        sender: signature.name.clone(),
        template: Some(template.code.clone()),
        template_name: Some(template.name.clone()),
        kind: "TEMPLATE".to_owned(),
        text,
        tracking_id: call.text("--out-id").map(str::to_owned),
        message_id: format!("{}{:05}^0", now.as_millisecond(), state.next_serial()),
        sent_at: now,
        ..Message::default()
    };
    let reply = reply(json!({ "BizId": draft.message_id }))?;
    let request_id = reply["RequestId"].as_str().unwrap_or_default();
    for number in numbers {
        state.messages.push(Message {
            scenario: Scenario::from_number(&number.digits),
            recipient: number.digits,
            request_id: request_id.to_owned(),
            ..draft.clone()
        });
    }
    Ok(reply)
}

fn usable_signature<'a>(
    signatures: &'a [Signature],
    call: &ProductCall,
) -> Result<&'a Signature, Rejection> {
    let name = call.text("--sign-name").unwrap_or_default();
    let usable = |known: &&Signature| known.name == name && known.audit == Audit::Approved;
    let message = || format!("signature {name} does not exist or is not approved");
    let found = signatures.iter().find(usable);
    found.ok_or_else(|| Rejection::new("isv.SMS_SIGN_NAME_ILLEGAL", message()))
}

fn usable_template<'a>(
    templates: &'a [SmsTemplate],
    call: &ProductCall,
) -> Result<&'a SmsTemplate, Rejection> {
    let code = call.text("--template-code").unwrap_or_default();
    let usable = |known: &&SmsTemplate| known.code == code && known.audit == Audit::Approved;
    let message = || format!("template {code} does not exist or is not approved");
    let found = templates.iter().find(usable);
    found.ok_or_else(|| Rejection::new("isv.SMS_TEMPLATE_ILLEGAL", message()))
}

fn check_destination(template: &SmsTemplate, numbers: &[Number]) -> Result<(), Rejection> {
    let international = template.purpose == Purpose::International;
    match numbers.iter().find(|number| number.mainland == international) {
        None => Ok(()),
        Some(number) if number.mainland => reject(
            "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
            format!("{} is for numbers outside mainland China only", template.code),
        ),
        Some(number) => reject(
            "isv.SMS_TEMPLATE_ILLEGAL",
            format!("{} cannot be sent abroad to {}", template.code, number.digits),
        ),
    }
}

/// The rendered text, with the signature in front.
fn render(
    signature: &Signature,
    template: &SmsTemplate,
    call: &ProductCall,
) -> Result<String, Rejection> {
    let values = match call.text("--template-param") {
        Some(text) => parse_values(text)?,
        None => Map::new(),
    };
    let value = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(missing) = placeholders::names(&template.content, SMS)
        .into_iter()
        .find(|name| value(name).is_none_or(|value| value.is_empty()))
    {
        let message = format!("variable {missing} has no value");
        return reject("isv.TEMPLATE_MISSING_PARAMETERS", message);
    }
    let has_url = |value: &Value| value.as_str().is_some_and(|text| text.contains("://"));
    if values.values().any(has_url) {
        return reject("isv.PARAM_NOT_SUPPORT_URL", "a value must not contain a URL");
    }
    let text = placeholders::render(&template.content, SMS, value);
    Ok(format!("【{}】{text}", signature.name))
}

fn parse_values(text: &str) -> Result<Map<String, Value>, Rejection> {
    match serde_json::from_str(text) {
        Ok(Value::Object(values)) if values.values().all(Value::is_string) => Ok(values),
        _ => reject("isv.INVALID_JSON_PARAM", "the values must be a JSON object of strings"),
    }
}
