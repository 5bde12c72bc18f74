//! Dysmsapi: sends one SMS to up to 1000 numbers, and what it has in common with a batch.

use serde_json::{Value, json};

use crate::api::audit_status::TemplateType;
use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::message_log::{Recipient, SentCall};
use crate::sandbox::service::placeholders::{self, SMS};
use crate::sandbox::service::request::Request;
use crate::sandbox::service::sms::call::recipients;
use crate::sandbox::service::sms::number::{Number, parse_number};
use crate::sandbox::service::state::{Audit, Message, ServiceChannel, Signature, SmsTemplate};

/// Maximum number of recipients per call.
const MAX_NUMBERS: usize = 1000;

/// Validates the call as the real service does, then stores the messages.
pub fn send(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, ref state, .. } = request;
    let numbers = parse_numbers(&recipients(call), MAX_NUMBERS)?;
    let name = call.text("--sign-name").unwrap_or_default();
    let signature = usable_signature(&state.signatures, name)?;
    let template = usable_template(&state.sms_templates, call)?;
    check_destination(template, &numbers)?;
    let values = match call.text("--template-param") {
        Some(text) => serde_json::from_str(text).unwrap_or_default(),
        None => json!({}),
    };
    let text = render(signature, template, &values)?;
    let shared = Message { sender: signature.name.clone(), text, ..draft(template) };
    let recipients = numbers
        .into_iter()
        .map(|number| Recipient { number: number.digits, ..Recipient::default() })
        .collect();
    accept(request, SentCall { shared, recipients })
}

/// Parses the numbers of a call.
pub fn parse_numbers(numbers: &[&str], max: usize) -> Result<Vec<Number>, Rejection> {
    if numbers.len() > max {
        return reject("isv.MOBILE_COUNT_OVER_LIMIT", format!("at most {max} numbers per call"));
    }
    if numbers.is_empty() {
        return reject("isv.MOBILE_NUMBER_ILLEGAL", "phone number missing");
    }
    let parse = |number: &&str| match parse_number(number) {
        Some(number) => Ok(number),
        None => reject("isv.MOBILE_NUMBER_ILLEGAL", format!("{number} is not a mobile number")),
    };
    numbers.iter().map(parse).collect()
}

/// What all messages with this template have in common.
pub fn draft(template: &SmsTemplate) -> Message {
    Message {
        channel: ServiceChannel::Sms,
        template: Some(template.code.clone()),
        template_name: Some(template.name.clone()),
        kind: "TEMPLATE".to_owned(),
        ..Message::default()
    }
}

/// Accepts the messages: one BizId for all.
pub fn accept(request: Request<'_>, messages: SentCall) -> Result<Value, Rejection> {
    let now = request.now.as_millisecond();
    request.accept("BizId", |serial| format!("{now}{serial:05}^0"), messages)
}

pub fn usable_signature<'a>(
    signatures: &'a [Signature],
    name: &str,
) -> Result<&'a Signature, Rejection> {
    let usable = |known: &&Signature| known.name == name && known.audit == Audit::Approved;
    let message = || format!("signature {name} does not exist or is not approved");
    let found = signatures.iter().find(usable);
    found.ok_or_else(|| Rejection::new("isv.SMS_SIGN_NAME_ILLEGAL", message()))
}

pub fn usable_template<'a>(
    templates: &'a [SmsTemplate],
    call: &ProductCall,
) -> Result<&'a SmsTemplate, Rejection> {
    let code = call.text("--template-code").unwrap_or_default();
    let usable = |known: &&SmsTemplate| known.code == code && known.audit == Audit::Approved;
    let message = || format!("template {code} does not exist or is not approved");
    let found = templates.iter().find(usable);
    found.ok_or_else(|| Rejection::new("isv.SMS_TEMPLATE_ILLEGAL", message()))
}

pub fn check_destination(template: &SmsTemplate, numbers: &[Number]) -> Result<(), Rejection> {
    let international = template.purpose == TemplateType::International;
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

/// The rendered text, with the signature in front. The values must be an object of strings.
pub fn render(
    signature: &Signature,
    template: &SmsTemplate,
    values: &Value,
) -> Result<String, Rejection> {
    let Some(values) = values.as_object().filter(|values| values.values().all(Value::is_string))
    else {
        return reject("isv.INVALID_JSON_PARAM", "the values must be a JSON object of strings");
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
