//! CAMS: sends one template to up to 1000 recipients, each with its own values.

use serde_json::{Map, Value};

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::call::parse_channel_type;
use crate::sandbox::service::cams::send::{
    accept, check_recipient, check_sender, render, template_draft, usable_template,
};
use crate::sandbox::service::message_log::{Recipient, SentCall};
use crate::sandbox::service::request::Request;
use crate::sandbox::service::state::{ChatTemplate, Message};

/// Maximum number of recipients per call.
const MAX_RECIPIENTS: usize = 1000;

/// Whether the service accepts a value of this type.
type IsValid = fn(&Value) -> bool;

/// The fields of an object in `--sender-list`, and the check of their values.
const FIELDS: &[(&str, IsValid)] = &[
    ("To", Value::is_string),
    ("TemplateParams", is_map_of_texts),
    ("Payload", is_list_of_texts),
    ("RecipientType", Value::is_string),
    ("FlowAction", Value::is_object),
    ("ProductAction", Value::is_object),
];

/// The numbers in `--sender-list`, exactly as given.
pub fn recipients(call: &ProductCall) -> Vec<&str> {
    let list = call.json("--sender-list").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|recipient| recipient["To"].as_str()).collect()
}

/// Validates the call as the real service does, then stores the messages. One invalid recipient
/// rejects the whole call.
pub fn send(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, ref state, .. } = request;
    let channel = parse_channel_type(call)?;
    let from = call.text("--from").unwrap_or_default();
    check_sender(channel, from)?;
    let template = usable_template(call, channel, state)?;
    let Some(list) = call.json("--sender-list").and_then(Value::as_array) else {
        return invalid("the recipients must be a JSON array");
    };
    if !(1..=MAX_RECIPIENTS).contains(&list.len()) {
        return invalid(format!("1 to {MAX_RECIPIENTS} recipients per call"));
    }
    let recipients = list.iter().map(|entry| parse(entry, template)).collect::<Result<_, _>>()?;
    let shared = Message { channel, sender: from.to_owned(), ..template_draft(template) };
    accept(request, "GroupMessageId", SentCall { shared, recipients })
}

fn parse(entry: &Value, template: &ChatTemplate) -> Result<Recipient, Rejection> {
    let Some(fields) = entry.as_object() else {
        return invalid("a recipient must be a JSON object");
    };
    for (name, value) in fields {
        match FIELDS.iter().find(|(known, _)| known == name) {
            None => return invalid(format!("unknown field {name}")),
            Some((_, is_valid)) if !is_valid(value) => {
                return invalid(format!("field {name} has the wrong type"));
            }
            Some(_) => {}
        }
    }
    let to = entry["To"].as_str().unwrap_or_default();
    check_recipient(to)?;
    let values: Vec<(String, String)> = fields
        .get("TemplateParams")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let text = Some(render(template, &values)?);
    Ok(Recipient { number: to.to_owned(), text, ..Recipient::default() })
}

fn is_map_of_texts(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(Value::is_string))
}

fn is_list_of_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

fn invalid<T>(message: impl Into<String>) -> Result<T, Rejection> {
    reject("InvalidParameter.SenderList", message)
}
