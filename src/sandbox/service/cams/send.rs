//! CAMS: sends one WhatsApp or Viber message.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::Rejection;
use crate::sandbox::scenarios::Scenario;
use crate::sandbox::service::cams::call::{channel, check_space};
use crate::sandbox::service::cams::{content, messages, templates};
use crate::sandbox::service::placeholders::{self, CAMS};
use crate::sandbox::service::request::{Request, ok};
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::{
    Audit, ChatTemplate, Direction, Message, ServiceChannel, State,
};

/// The fields that differ between template and free-form messages.
struct Body {
    kind: String,
    text: String,
    template: Option<String>,
    template_name: Option<String>,
    language: Option<String>,
}

fn is_numeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Validates the call as the real service does, then stores the message.
pub fn send(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, state, now, scenario } = request;
    let channel = channel(call)?;
    check_space(call)?;
    let from = call.text("--from").unwrap_or_default();
    let to = call.text("--to").unwrap_or_default();
    check_numbers(channel, from, to)?;
    let body = match call.text("--type").unwrap_or_default() {
        "template" => template_body(call, channel, state)?,
        "message" => free_body(call, channel, state, now)?,
        other => {
            return Err(Rejection::new(
                "InvalidParameter.TypeNotSupport",
                format!("{other} is neither template nor message"),
            ));
        }
    };
    if let Some(rejection) = scenario.rejection(call.operation.product) {
        return Err(rejection);
    }

    let message_id = format!("{}{:07}", now.strftime("%Y%m%d%H%M%S"), state.next_serial());
    let mut reply = ok();
    reply["MessageId"] = json!(message_id);
    state.messages.push(Message {
        product: call.operation.product.name().to_owned(),
        api: call.operation.api.to_owned(),
        channel,
        direction: Direction::Out,
        sender: from.to_owned(),
        recipient: to.to_owned(),
        template: body.template,
        template_name: body.template_name,
        language: body.language,
        kind: body.kind,
        text: body.text,
        tracking_id: call.text("--task-id").map(str::to_owned),
        message_id,
        request_id: reply["RequestId"].as_str().unwrap_or_default().to_owned(),
        sent_at: now,
        scenario: Scenario::from_number(to),
    });
    Ok(reply)
}

fn check_numbers(channel: ServiceChannel, from: &str, to: &str) -> Result<(), Rejection> {
    if !is_numeric(from) {
        return Err(Rejection::new(
            "InvalidParameter.FromOnlyNumeric",
            "the sender must be digits only",
        ));
    }
    if !is_numeric(to) {
        return Err(Rejection::new(
            "InvalidParameter.ToOnlyNumeric",
            "the recipient must be digits only",
        ));
    }
    if !(7..=15).contains(&to.len()) {
        return Err(Rejection::new(
            "InvalidParameter.PhoneNumberError",
            "the recipient must have 7 to 15 digits",
        ));
    }
    if seeds::channel_of(from) == Some(channel) {
        Ok(())
    } else {
        Err(Rejection::new(
            "PhoneNumberNotRegistered",
            format!("sender {from} is not registered or not approved"),
        ))
    }
}

fn template_body(
    call: &ProductCall,
    channel: ServiceChannel,
    state: &State,
) -> Result<Body, Rejection> {
    let code = call.text("--template-code");
    let name = call.text("--template-name");
    if code.is_none() && name.is_none() {
        return Err(Rejection::new(
            "InvalidParameter.TemplateCodeNotEmpty",
            "template code missing",
        ));
    }
    let Some(language) = call.text("--biz-language") else {
        return Err(Rejection::new(
            "InvalidParameter.LanguageNotEmpty",
            "template language missing",
        ));
    };
    let template = state
        .chat_templates
        .iter()
        .filter(|template| template.channel == channel && template.language == language)
        .find(|template| match code {
            Some(code) => template.code == code,
            None => Some(template.name.as_str()) == name,
        })
        .filter(|template| template.audit == Audit::Approved)
        .ok_or_else(|| {
            Rejection::new(
                "TemplateNotFound",
                format!("no approved template with this code in language {language}"),
            )
        })?;
    Ok(Body {
        kind: "TEMPLATE".to_owned(),
        text: render(template, call.pairs("--template-params"))?,
        template: Some(template.code.clone()),
        template_name: Some(template.name.clone()),
        language: Some(template.language.clone()),
    })
}

/// Renders the template. The given variables must be exactly those of the template.
fn render(template: &ChatTemplate, given: &[(String, String)]) -> Result<String, Rejection> {
    let texts = templates::texts(&template.components);
    let wanted = placeholders::names(&texts.join("\n"), CAMS);
    let missing = wanted.iter().find(|name| !given.iter().any(|(key, _)| key == *name));
    let unknown = given.iter().map(|(key, _)| key).find(|key| !wanted.contains(key));
    if let Some(name) = missing.or(unknown) {
        return Err(Rejection::new(
            "TemplateParamInvalid",
            format!("the variables do not match the template: {name}"),
        ));
    }
    let visible: Vec<&str> = templates::visible_texts(&template.components);
    Ok(placeholders::render(&visible.join("\n"), CAMS, |name| {
        given.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }))
}

fn free_body(
    call: &ProductCall,
    channel: ServiceChannel,
    state: &State,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let Some(kind) = call.text("--message-type") else {
        return Err(Rejection::new("InvalidParameter.MessageTypeNotEmpty", "message type missing"));
    };
    let Some(content) = call.text("--content") else {
        return Err(Rejection::new("InvalidParameter.ContentNotEmpty", "content missing"));
    };
    let text = content::check(channel, kind, content)?;
    // Only WhatsApp has the 24-hour window.
    let from = call.text("--from").unwrap_or_default();
    let to = call.text("--to").unwrap_or_default();
    if channel == ServiceChannel::Whatsapp && !messages::window_is_open(state, from, to, now) {
        return Err(Rejection::new(
            "SessionWindowExpired",
            "the customer's last message is more than 24 hours old",
        ));
    }
    Ok(Body {
        kind: kind.to_uppercase(),
        text,
        template: None,
        template_name: None,
        language: None,
    })
}
