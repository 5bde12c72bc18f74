//! CAMS: incoming and outgoing messages of a business number.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::scenarios::OPEN_WINDOW_ENDING;
use crate::sandbox::service::cams::call::parse_channel_type;
use crate::sandbox::service::cams::templates::{channel_name, parse_page};
use crate::sandbox::service::delivery_status::DeliveryStatus;
use crate::sandbox::service::request::{Request, page, reply};
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::{Direction, Message, ServiceChannel, State};

/// Age of the last message from customers whose window is always open.
const LAST_INBOUND_AGE: SignedDuration = SignedDuration::from_hours(1);

/// How long an incoming message keeps the window open.
const WINDOW_DURATION: SignedDuration = SignedDuration::from_hours(24);
/// Delay between delivery and reading.
const READ_DELAY: SignedDuration = SignedDuration::from_secs(4);

/// Whether the customer wrote to the business within the last 24 hours.
pub fn window_is_open(state: &State, business: &str, customer: &str, now: Timestamp) -> bool {
    has_open_window(customer)
        || state.messages.iter().any(|message| {
            message.direction == Direction::In
                && message.channel == ServiceChannel::Whatsapp
                && endpoints(message) == (business, customer)
                && now.duration_since(message.sent_at) < WINDOW_DURATION
        })
}

/// Whether the customer's number has the ending whose window is always open.
fn has_open_window(customer: &str) -> bool {
    customer.ends_with(OPEN_WINDOW_ENDING)
}

/// Stores an incoming message on the channel of the business number and returns its ID; `None` if
/// the business number is unknown.
pub fn receive(
    state: &mut State,
    customer: &str,
    business: &str,
    text: &str,
    at: Timestamp,
) -> Option<String> {
    let channel = seeds::channel_of(business)?;
    let message_id = format!("wamid.in.{}.{}", customer, state.next_serial());
    state.messages.push(Message {
        message_id: message_id.clone(),
        channel,
        ..incoming(customer, business, text, at)
    });
    Some(message_id)
}

/// Whether the conversation has a message with this ID, which another one can reply to.
pub fn has_message(request: &Request<'_>, business: &str, customer: &str, id: &str) -> bool {
    let simulated = inbound(customer, business, request.now);
    request
        .messages()
        .chain(&simulated)
        .any(|message| message.message_id == id && endpoints(message) == (business, customer))
}

/// The message that keeps a customer's window open. It is not stored, so that its age is always
/// [`LAST_INBOUND_AGE`].
fn inbound(customer: &str, business: &str, now: Timestamp) -> Option<Message> {
    if seeds::channel_of(business) != Some(ServiceChannel::Whatsapp) || !has_open_window(customer) {
        return None;
    }
    let at = now.checked_sub(LAST_INBOUND_AGE).unwrap_or(now);
    Some(incoming(customer, business, "Hello, where is my order?", at))
}

fn incoming(customer: &str, business: &str, text: &str, at: Timestamp) -> Message {
    Message {
        product: "cams".to_owned(),
        channel: ServiceChannel::Whatsapp,
        direction: Direction::In,
        sender: customer.to_owned(),
        recipient: business.to_owned(),
        kind: "TEXT".to_owned(),
        text: text.to_owned(),
        message_id: format!("wamid.in.{customer}"),
        sent_at: at,
        ..Message::default()
    }
}

pub fn list(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, now, .. } = request;
    let channel = parse_channel_type(call)?;
    let (index, size) = parse_page(call.pairs("--page"))?;
    let business = call.text("--business-number").unwrap_or_default();
    let customer = call.text("--user-number");
    let since = parse_time(call.integer("--start-time"), call.text("--start-time-str"))?;
    let until = parse_time(call.integer("--end-time"), call.text("--end-time-str"))?;
    let matches = |flag: &str, value: &str| {
        call.text(flag).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let simulated = customer
        .filter(|_| channel == ServiceChannel::Whatsapp)
        .and_then(|customer| inbound(customer, business, now));
    let mut messages: Vec<&Message> = request
        .messages()
        .chain(&simulated)
        .filter(|message| message.channel == channel)
        .filter(|message| {
            let (own, other) = endpoints(message);
            own == business && customer.is_none_or(|customer| customer == other)
        })
        .filter(|message| since.is_none_or(|since| message.sent_at >= since))
        .filter(|message| until.is_none_or(|until| message.sent_at <= until))
        .filter(|message| {
            matches("--event-action", action(message.direction))
                && matches("--template-code", message.template.as_deref().unwrap_or_default())
                && matches("--message-status", status(message, now)[0])
        })
        .collect();
    // Newest first.
    messages.sort_by_key(|message| std::cmp::Reverse(message.sent_at));
    let entries = page(messages, index, size).into_iter().map(|message| entry(message, now));
    reply(json!({ "Success": true, "Data": entries.collect::<Value>() }))
}

/// The business number and the customer number.
fn endpoints(message: &Message) -> (&str, &str) {
    match message.direction {
        Direction::Out => (&message.sender, &message.recipient),
        Direction::In => (&message.recipient, &message.sender),
    }
}

const fn action(direction: Direction) -> &'static str {
    match direction {
        Direction::Out => "DOWN",
        Direction::In => "UP",
    }
}

/// Parses Unix time in milliseconds, or an RFC 3339 text.
fn parse_time(millis: Option<i64>, text: Option<&str>) -> Result<Option<Timestamp>, Rejection> {
    let parsed = match (millis, text) {
        (Some(millis), _) => Timestamp::from_millisecond(millis),
        (None, Some(text)) => text.parse(),
        (None, None) => return Ok(None),
    };
    parsed.map(Some).map_err(|_| Rejection::new("InvalidParameter.TimeError", "invalid time"))
}

/// Whether the recipient has read the message.
pub fn is_read(message: &Message, now: Timestamp) -> bool {
    match DeliveryStatus::from_message(message, now) {
        DeliveryStatus::Delivered(at) => {
            message.direction == Direction::Out && now.duration_since(at) >= READ_DELAY
        }
        _ => false,
    }
}

/// The API's status, its name, and the reason of a failure.
fn status(message: &Message, now: Timestamp) -> [&'static str; 3] {
    match DeliveryStatus::from_message(message, now) {
        DeliveryStatus::Delivered(_) => ["success", "Success", ""],
        DeliveryStatus::Failed(_) => {
            ["fail", "Fail", "131026: the recipient cannot receive the message"]
        }
        DeliveryStatus::Pending => ["sending", "Sending", ""],
    }
}

fn entry(message: &Message, now: Timestamp) -> Value {
    let (business, customer) = endpoints(message);
    let [status, name, reason] = status(message, now);
    let received = if status == "success" { name } else { "" };
    let (read, read_name) = if is_read(message, now) { ("success", "Success") } else { ("", "") };
    let mut entry = json!({
        "BusinessNumber": business,
        "UserNumber": customer,
        "ChannelType": channel_name(message.channel),
        "EventAction": action(message.direction),
        "EventActionName": action(message.direction),
        "Type": if message.template.is_some() { "template" } else { "message" },
        "MessageType": message.kind,
        "MessageTypeName": message.kind.to_lowercase(),
        "Message": message.text,
        "MessageId": message.message_id,
        // The service's ID if the caller did not set one.
        "UniqueMessageId": message.tracking_id.as_deref().unwrap_or(&message.message_id),
        "MessageSource": "api",
        "MessageStatus": status,
        "MessageStatusName": name,
        "ClientAcceptStatusName": received,
        "ClientReadStatus": read,
        "ClientReadStatusName": read_name,
        "ConversationId": "",
        "FailBackFlag": "N",
        "FailBackContent": "",
        "FailReason": reason,
        "LanguageCode": message.language.as_deref().unwrap_or_default(),
        "TemplateCode": message.template.as_deref().unwrap_or_default(),
        "TemplateName": message.template_name.as_deref().unwrap_or_default(),
        "Month": message.sent_at.strftime("%Y%m").to_string(),
        "SendTime": message.sent_at.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string(),
    });
    if let Some(context) = &message.context_id {
        entry["ContextMessageId"] = json!(context);
    }
    entry
}
