//! Dysmsapi: sends up to 100 SMS, each with its own signature and values.

use serde_json::Value;

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::message_log::{Recipient, SentCall};
use crate::sandbox::service::request::Request;
use crate::sandbox::service::sms::call::invalid;
use crate::sandbox::service::sms::send::{
    accept, check_destination, draft, parse_numbers, render, usable_signature, usable_template,
};

/// Maximum number of recipients per call.
const MAX_NUMBERS: usize = 100;

/// The numbers in `--phone-number-json`, exactly as given; empty if it is not an array.
pub fn recipients(call: &ProductCall) -> Vec<String> {
    texts(call, "--phone-number-json").unwrap_or_default()
}

/// Validates the call as the real service does, then stores the messages. All arrays need one
/// element for each number.
pub fn send(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, ref state, .. } = request;
    let phones = texts(call, "--phone-number-json")?;
    let phones: Vec<&str> = phones.iter().map(String::as_str).collect();
    let numbers = parse_numbers(&phones, MAX_NUMBERS)?;
    let names = texts(call, "--sign-name-json")?;
    check_length("SignNameJson", names.len(), numbers.len())?;
    let values = match call.text("--template-param-json") {
        Some(_) => array(call, "--template-param-json")?,
        None => vec![Value::Object(serde_json::Map::new()); numbers.len()],
    };
    check_length("TemplateParamJson", values.len(), numbers.len())?;
    if call.text("--sms-up-extend-code-json").is_some() {
        let codes = texts(call, "--sms-up-extend-code-json")?;
        check_length("SmsUpExtendCodeJson", codes.len(), numbers.len())?;
        if !codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_digit())) {
            return reject("isv.EXTEND_CODE_ERROR", "an extension code has digits only");
        }
    }
    let template = usable_template(&state.sms_templates, call)?;
    check_destination(template, &numbers)?;
    let recipients = numbers
        .into_iter()
        .zip(names.iter().zip(&values))
        .map(|(number, (name, values))| {
            let signature = usable_signature(&state.signatures, name)?;
            Ok(Recipient {
                number: number.digits,
                sender: Some(signature.name.clone()),
                text: Some(render(signature, template, values)?),
                message_id: None,
            })
        })
        .collect::<Result<_, Rejection>>()?;
    let shared = draft(template);
    accept(request, SentCall { shared, recipients })
}

fn array(call: &ProductCall, flag: &str) -> Result<Vec<Value>, Rejection> {
    match serde_json::from_str(call.text(flag).unwrap_or_default()) {
        Ok(Value::Array(values)) => Ok(values),
        _ => reject("isv.INVALID_JSON_PARAM", format!("{flag} must be a JSON array")),
    }
}

fn texts(call: &ProductCall, flag: &str) -> Result<Vec<String>, Rejection> {
    let text = |value: Value| match value {
        Value::String(text) => Ok(text),
        _ => reject("isv.INVALID_JSON_PARAM", format!("{flag} must be a JSON array of strings")),
    };
    array(call, flag)?.into_iter().map(text).collect()
}

fn check_length(parameter: &str, length: usize, numbers: usize) -> Result<(), Rejection> {
    if length == numbers {
        return Ok(());
    }
    invalid(format!("{parameter} has {length} elements for {numbers} numbers"))
}
