//! CAMS: sends one WhatsApp or Viber message.

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::call::parse_channel_type;
use crate::sandbox::service::cams::{content, messages, templates};
use crate::sandbox::service::message_log::{Recipient, SentCall};
use crate::sandbox::service::placeholders::{self, CAMS};
use crate::sandbox::service::request::Request;
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::{Audit, ChatTemplate, Message, ServiceChannel, State};

fn is_numeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Validates the call as the real service does, then stores the message.
pub fn send(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, ref state, now, .. } = request;
    let channel = parse_channel_type(call)?;
    let from = call.text("--from").unwrap_or_default();
    let to = call.text("--to").unwrap_or_default();
    check_recipient(to)?;
    check_sender(channel, from)?;
    let content = match call.text("--type").unwrap_or_default() {
        "template" => template_message(call, channel, state)?,
        "message" => free_form_message(call, channel, state, now)?,
        other => {
            return reject(
                "InvalidParameter.TypeNotSupport",
                format!("{other} is neither template nor message"),
            );
        }
    };
    let context_id = call.text("--context-message-id").map(str::to_owned);
    if let Some(id) = &context_id
        && !messages::has_message(&request, from, to, id)
    {
        return reject(
            "InvalidParameter.ContextMessageIdError",
            format!("the conversation has no message {id}"),
        );
    }
    let from = from.to_owned();
    let recipient = Recipient { number: to.to_owned(), ..Recipient::default() };
    let shared = Message { channel, sender: from, context_id, ..content };
    accept(request, "MessageId", SentCall { shared, recipients: vec![recipient] })
}

/// Accepts the messages; their ID begins with the time.
pub fn accept(
    request: Request<'_>,
    id_field: &str,
    messages: SentCall,
) -> Result<Value, Rejection> {
    let time = request.now.strftime("%Y%m%d%H%M%S").to_string();
    request.accept(id_field, |serial| format!("{time}{serial:07}"), messages)
}

pub fn check_recipient(to: &str) -> Result<(), Rejection> {
    if !is_numeric(to) {
        return reject("InvalidParameter.ToOnlyNumeric", "the recipient must be digits only");
    }
    if !(7..=15).contains(&to.len()) {
        return reject(
            "InvalidParameter.PhoneNumberError",
            "the recipient must have 7 to 15 digits",
        );
    }
    Ok(())
}

pub fn check_sender(channel: ServiceChannel, from: &str) -> Result<(), Rejection> {
    if !is_numeric(from) {
        return reject("InvalidParameter.FromOnlyNumeric", "the sender must be digits only");
    }
    if seeds::channel_of(from) != Some(channel) {
        let message = format!("sender {from} is not registered or not approved");
        return reject("PhoneNumberNotRegistered", message);
    }
    Ok(())
}

/// The approved template that a call names by its code or name, and its language.
pub fn usable_template<'a>(
    call: &ProductCall,
    channel: ServiceChannel,
    state: &'a State,
) -> Result<&'a ChatTemplate, Rejection> {
    if call.text("--template-code").or(call.text("--template-name")).is_none() {
        return reject("InvalidParameter.TemplateCodeNotEmpty", "template code missing");
    }
    let Some(language) = call.text("--biz-language") else {
        return reject("InvalidParameter.LanguageNotEmpty", "template language missing");
    };
    templates::position(&state.chat_templates, channel, Some(language), call)
        .map(|index| &state.chat_templates[index])
        .filter(|template| template.audit == Audit::Approved)
        .ok_or_else(|| {
            let message = format!("no approved template with this code in language {language}");
            Rejection::new("TemplateNotFound", message)
        })
}

/// What all messages with this template have in common.
pub fn template_draft(template: &ChatTemplate) -> Message {
    Message {
        kind: "TEMPLATE".to_owned(),
        template: Some(template.code.clone()),
        template_name: Some(template.name.clone()),
        language: Some(template.language.clone()),
        ..Message::default()
    }
}

/// The content of a template message; the caller adds the other fields.
fn template_message(
    call: &ProductCall,
    channel: ServiceChannel,
    state: &State,
) -> Result<Message, Rejection> {
    let template = usable_template(call, channel, state)?;
    let text = render(template, call.pairs("--template-params"))?;
    Ok(Message { text, ..template_draft(template) })
}

/// Renders the template. The given variables must be exactly those of the template.
pub fn render(template: &ChatTemplate, given: &[(String, String)]) -> Result<String, Rejection> {
    let texts = templates::texts(&template.components);
    let expected = placeholders::names(&texts.join("\n"), CAMS);
    let missing = expected.iter().find(|name| !given.iter().any(|(key, _)| key == *name));
    let unknown = given.iter().map(|(key, _)| key).find(|key| !expected.contains(key));
    if let Some(name) = missing.or(unknown) {
        return reject(
            "TemplateParamInvalid",
            format!("the variables do not match the template: {name}"),
        );
    }
    let visible = templates::visible_texts(&template.components);
    Ok(placeholders::render(&visible.join("\n"), CAMS, |name| {
        given.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }))
}

/// The content of a free-form message; the caller adds the other fields.
fn free_form_message(
    call: &ProductCall,
    channel: ServiceChannel,
    state: &State,
    now: Timestamp,
) -> Result<Message, Rejection> {
    let Some(kind) = call.text("--message-type") else {
        return reject("InvalidParameter.MessageTypeNotEmpty", "message type missing");
    };
    let Some(content) = call.text("--content") else {
        return reject("InvalidParameter.ContentNotEmpty", "content missing");
    };
    let text = content::check(channel, kind, content)?;
    // Only WhatsApp has the 24-hour window.
    let from = call.text("--from").unwrap_or_default();
    let to = call.text("--to").unwrap_or_default();
    if channel == ServiceChannel::Whatsapp && !messages::window_is_open(state, from, to, now) {
        return reject(
            "SessionWindowExpired",
            "the customer's last message is more than 24 hours old",
        );
    }
    Ok(Message { kind: kind.to_uppercase(), text, ..Message::default() })
}
