//! CAMS: the messages of a business number, in and out.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sandbox::fates::{OPEN_WINDOW_ENDING, Scenario};
use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::{channel, check_space};
use crate::sandbox::service::cams::templates::{channel_word, read_page};
use crate::sandbox::service::request::{Request, ok, page};
use crate::sandbox::service::seeds;
use crate::sandbox::service::standing::DeliveryStatus;
use crate::sandbox::service::state::{Direction, Message, ServiceChannel, State};

/// How long ago the customers with an open window always wrote.
const SINCE_INBOUND: SignedDuration = SignedDuration::from_hours(1);

/// How long a customer's message keeps the window open.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// How long after the delivery a message is read.
const UNTIL_READ: SignedDuration = SignedDuration::from_secs(4);

/// Whether the customer wrote to the business within the last 24 hours.
pub fn window_is_open(state: &State, business: &str, customer: &str, now: Timestamp) -> bool {
    wrote_before(customer)
        || state.messages.iter().any(|message| {
            message.direction == Direction::In
                && message.channel == ServiceChannel::Whatsapp
                && ends(message) == (business, customer)
                && now.duration_since(message.sent_at) < WINDOW
        })
}

/// Customers who always wrote an hour ago.
fn wrote_before(customer: &str) -> bool {
    customer.ends_with(OPEN_WINDOW_ENDING)
}

/// A customer writes, on the channel that the business number belongs to. Returns the message's
/// ID.
pub fn receive(
    state: &mut State,
    customer: &str,
    business: &str,
    text: &str,
    at: Timestamp,
) -> Option<String> {
    let channel = seeds::channel_of(business)?;
    let message_id = format!("wamid.in.{}.{}", customer, state.next_serial());
    let message = Message {
        message_id: message_id.clone(),
        channel,
        ..received(customer, business, text, at)
    };
    state.messages.push(message);
    Some(message_id)
}

/// The message that keeps a customer's window open. It is not stored, so that it never grows old.
fn inbound(customer: &str, business: &str, now: Timestamp) -> Option<Message> {
    if seeds::channel_of(business) != Some(ServiceChannel::Whatsapp) || !wrote_before(customer) {
        return None;
    }
    let at = now.checked_sub(SINCE_INBOUND).unwrap_or(now);
    Some(received(customer, business, "Hello, where is my order?", at))
}

fn received(customer: &str, business: &str, text: &str, at: Timestamp) -> Message {
    Message {
        product: "cams".to_owned(),
        api: String::new(),
        channel: ServiceChannel::Whatsapp,
        direction: Direction::In,
        sender: customer.to_owned(),
        recipient: business.to_owned(),
        template: None,
        template_name: None,
        language: None,
        kind: "TEXT".to_owned(),
        text: text.to_owned(),
        tracking_id: None,
        message_id: format!("wamid.in.{customer}"),
        request_id: String::new(),
        sent_at: at,
        fate: Scenario::Delivered,
    }
}

pub fn list(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, state, now, .. } = request;
    let channel = channel(call)?;
    check_space(call)?;
    let (index, size) = read_page(call.pairs("--page"))?;
    let business = call.text("--business-number").unwrap_or_default();
    let customer = call.text("--user-number");
    let since = moment(call.integer("--start-time"), call.text("--start-time-str"))?;
    let until = moment(call.integer("--end-time"), call.text("--end-time-str"))?;
    let wanted = |flag: &str, value: &str| {
        call.text(flag).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let first = customer
        .filter(|_| channel == ServiceChannel::Whatsapp)
        .and_then(|customer| inbound(customer, business, now));
    let mut found: Vec<&Message> = state
        .messages
        .iter()
        .chain(&first)
        .filter(|message| message.channel == channel)
        .filter(|message| {
            let (own, other) = ends(message);
            own == business && customer.is_none_or(|customer| customer == other)
        })
        .filter(|message| since.is_none_or(|since| message.sent_at >= since))
        .filter(|message| until.is_none_or(|until| message.sent_at <= until))
        .filter(|message| {
            wanted("--event-action", action(message.direction))
                && wanted("--template-code", message.template.as_deref().unwrap_or_default())
                && wanted("--message-status", status(message, now).0)
        })
        .collect();
    // The newest message comes first.
    found.sort_by_key(|message| std::cmp::Reverse(message.sent_at));
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Data"] =
        page(found, index, size).into_iter().map(|message| entry(message, now)).collect();
    Ok(reply)
}

/// The business's number and the customer's.
fn ends(message: &Message) -> (&str, &str) {
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

/// Milliseconds since 1970, or the same as an RFC 3339 text.
fn moment(millis: Option<i64>, text: Option<&str>) -> Result<Option<Timestamp>, Rejection> {
    let read = match (millis, text) {
        (Some(millis), _) => Timestamp::from_millisecond(millis),
        (None, Some(text)) => text.parse(),
        (None, None) => return Ok(None),
    };
    read.map(Some).map_err(|_| Rejection::new("InvalidParameter.TimeError", "no moment in time"))
}

/// Whether the recipient has looked at it.
pub fn is_read(message: &Message, now: Timestamp) -> bool {
    match DeliveryStatus::of(message, now) {
        DeliveryStatus::Delivered(at) => {
            message.direction == Direction::Out && now.duration_since(at) >= UNTIL_READ
        }
        _ => false,
    }
}

/// The word for the message's state, and the reason of a failure.
fn status(message: &Message, now: Timestamp) -> (&'static str, Option<&'static str>) {
    match DeliveryStatus::of(message, now) {
        DeliveryStatus::Delivered(_) => ("success", None),
        DeliveryStatus::Failed(_) => {
            ("fail", Some("131026: the recipient cannot receive the message"))
        }
        DeliveryStatus::Waiting => ("sending", None),
    }
}

fn entry(message: &Message, now: Timestamp) -> Value {
    let (business, customer) = ends(message);
    let (status, reason) = status(message, now);
    let name = match status {
        "success" => "Success",
        "fail" => "Fail",
        _ => "Sending",
    };
    let received = if status == "success" { name } else { "" };
    let (read, read_name) = if is_read(message, now) { ("success", "Success") } else { ("", "") };
    json!({
        "BusinessNumber": business,
        "UserNumber": customer,
        "ChannelType": channel_word(message.channel),
        "EventAction": action(message.direction),
        "EventActionName": action(message.direction),
        "Type": if message.template.is_some() { "template" } else { "message" },
        "MessageType": message.kind,
        "MessageTypeName": message.kind.to_lowercase(),
        "Message": message.text,
        "MessageId": message.message_id,
        // Without an identifier of the caller's own, the service's takes its place.
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
        "FailReason": reason.unwrap_or_default(),
        "LanguageCode": message.language.as_deref().unwrap_or_default(),
        "TemplateCode": message.template.as_deref().unwrap_or_default(),
        "TemplateName": message.template_name.as_deref().unwrap_or_default(),
        "Month": message.sent_at.strftime("%Y%m").to_string(),
        "SendTime": message.sent_at.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string(),
    })
}
