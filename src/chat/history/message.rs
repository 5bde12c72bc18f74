//! One message of a conversation, parsed from a row of `ListChatappMessage`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::message::time::in_reply;
use crate::named_enum::named_enum;

named_enum! {
    /// From the point of view of the business.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Direction {
        In = "in",
        Out = "out",
    }
}

impl Direction {
    /// The service's word: `UP` is from the customer.
    pub const fn service_name(self) -> &'static str {
        match self {
            Self::In => "UP",
            Self::Out => "DOWN",
        }
    }
}

named_enum! {
    /// The delivery status, in the words that alimsg uses everywhere.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        Accepted = "accepted",
        InFlight = "in_flight",
        Delivered = "delivered",
        Read = "read",
        Failed = "failed",
        Unknown = "unknown",
    }
}

impl Status {
    /// The service's word for filtering, which does not distinguish sent, delivered and read.
    pub const fn service_name(self) -> Option<&'static str> {
        match self {
            Self::Accepted => Some("sending"),
            Self::InFlight | Self::Delivered | Self::Read => Some("success"),
            Self::Failed => Some("fail"),
            Self::Unknown => None,
        }
    }
}

/// A message that was sent or received, as `whatsapp history` shows it. Fields that the row lacks
/// are `None`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Message {
    /// The service's own ID.
    pub id: Option<String>,
    /// The sender's ID from `--task-id`; without one, the service's ID again.
    pub task_id: Option<String>,
    /// When it was sent.
    pub at: Option<Timestamp>,
    /// `in` from a customer, `out` to one.
    pub direction: Option<Direction>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// `text`, `image`, …; `template` for a template.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The text, or the JSON of another content.
    pub text: Option<String>,
    #[serde(skip)]
    content: Option<Value>,
    /// Code of the template.
    pub template: Option<String>,
    pub language: Option<String>,
    pub status: Status,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Message {
    pub fn from_row(row: &Map<String, Value>) -> Self {
        let content = content(row.get("Message"));
        let direction = direction(row);
        let (business, customer) = (text(row, &["BusinessNumber"]), text(row, &["UserNumber"]));
        let (from, to) = match direction {
            Some(Direction::In) => (customer, business),
            _ => (business, customer),
        };
        Self {
            id: text(row, &["MessageId", "UniqueMessageId"]),
            task_id: text(row, &["UniqueMessageId"]),
            at: row.get("SendTime").and_then(in_reply::parse),
            direction,
            from,
            to,
            kind: text(row, &["MessageType", "MessageTypeName", "Type"])
                .map(|kind| kind.to_lowercase()),
            text: content.as_ref().map(readable),
            content,
            template: text(row, &["TemplateCode"]),
            language: text(row, &["LanguageCode"]),
            status: status(row, direction),
            reason: text(row, &["FailReason"]),
        }
    }

    pub fn customer(&self) -> Option<&String> {
        let customer = if self.direction == Some(Direction::In) { &self.from } else { &self.to };
        customer.as_ref()
    }

    /// Identifies the message: its ID, or else its time, customer and text.
    pub fn key(&self) -> Option<String> {
        self.id.clone().or_else(|| self.task_id.clone()).or_else(|| {
            let at = self.at?;
            Some(format!("{at} {:?} {:?} {:?}", self.direction, self.customer(), self.text))
        })
    }

    /// Whether it has the type and the content of a free-form message.
    pub fn has_content(&self, message_type: &str, content: &Value) -> bool {
        let same_type =
            self.kind.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(message_type));
        let plain = content["text"].as_str().filter(|_| message_type.eq_ignore_ascii_case("text"));
        same_type
            && (self.content.as_ref() == Some(content)
                || plain.is_some_and(|plain| self.text.as_deref() == Some(plain)))
    }
}

/// The first of these fields that is not empty; numbers as their digits.
fn text(row: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match row.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn direction(row: &Map<String, Value>) -> Option<Direction> {
    ["EventAction", "EventActionName"].iter().find_map(|name| {
        match text(row, &[name])?.to_uppercase().as_str() {
            "UP" | "IN" | "INBOUND" => Some(Direction::In),
            "DOWN" | "OUT" | "OUTBOUND" => Some(Direction::Out),
            _ => None,
        }
    })
}

/// The content, which the service returns as a text, as JSON in a text, or as JSON.
fn content(given: Option<&Value>) -> Option<Value> {
    match given? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(structure @ (Value::Object(_) | Value::Array(_))) => Some(structure),
            _ => Some(Value::String(text.clone())),
        },
        other => Some(other.clone()),
    }
}

fn readable(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Object(object) => match object.get("text") {
            Some(Value::String(text)) if object.len() == 1 => text.clone(),
            _ => content.to_string(),
        },
        other => other.to_string(),
    }
}

/// The latest status of all fields. The service has separate ones for itself, for the delivery to
/// the phone and for reading.
fn status(row: &Map<String, Value>, direction: Option<Direction>) -> Status {
    let has = |names: &[&str], words: &[&str]| {
        names
            .iter()
            .filter_map(|name| text(row, &[name]))
            .any(|found| words.iter().any(|word| found.eq_ignore_ascii_case(word)))
    };
    const SERVICE: &[&str] = &["MessageStatus", "MessageStatusName"];
    const PHONE: &[&str] = &["ClientAcceptStatus", "ClientAcceptStatusName"];
    const READER: &[&str] = &["ClientReadStatus", "ClientReadStatusName"];
    const DONE: &[&str] = &["success", "succeeded", "ok"];
    const FAILED: &[&str] = &["fail", "failed", "failure"];
    if has(SERVICE, FAILED) || has(PHONE, FAILED) {
        Status::Failed
    } else if has(READER, DONE) || has(READER, &["read"]) || has(SERVICE, &["read"]) {
        Status::Read
    } else if has(PHONE, DONE) || has(PHONE, &["delivered"]) || has(SERVICE, &["delivered"]) {
        Status::Delivered
    } else if direction == Some(Direction::In) {
        // It is listed, so it has reached the business.
        Status::Delivered
    } else if has(SERVICE, DONE) || has(SERVICE, &["sent"]) {
        Status::InFlight
    } else if has(SERVICE, &["sending", "processing", "accepted", "wait", "waiting"]) {
        Status::Accepted
    } else {
        Status::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(row: Value) -> Message {
        Message::from_row(row.as_object().expect("an object"))
    }

    #[test]
    fn every_field_of_a_documented_row_is_parsed() {
        let parsed = message(json!({
            "BusinessNumber": "8613800000001", "UserNumber": "8613800001000",
            "EventAction": "DOWN", "MessageId": "20250911", "UniqueMessageId": "order-7",
            "MessageType": "TEXT", "Message": "{\"text\":\"Hello\"}",
            "MessageStatus": "success", "ClientAcceptStatusName": "Success",
            "SendTime": "2025-07-11T01:16:49.761+00:00", "TemplateCode": "", "FailReason": null,
        }));
        assert_eq!(
            json!(parsed),
            json!({
                "id": "20250911", "task_id": "order-7", "at": "2025-07-11T01:16:49.761Z",
                "direction": "out", "from": "8613800000001", "to": "8613800001000",
                "type": "text", "text": "Hello", "template": null, "language": null,
                "status": "delivered", "reason": null,
            })
        );
    }

    #[test]
    fn an_inbound_message_is_from_the_customer() {
        let shown = json!(message(json!({
            "BusinessNumber": "1", "UserNumber": 2, "EventAction": "up", "Message": "Hi",
        })));
        assert_eq!((&shown["from"], &shown["to"]), (&json!("2"), &json!("1")));
        assert_eq!((&shown["direction"], &shown["status"]), (&json!("in"), &json!("delivered")));
    }

    #[test]
    fn the_latest_status_counts_and_accepted_is_never_called_delivered() {
        for (row, expected) in [
            (json!({"MessageStatus": "sending"}), Status::Accepted),
            (json!({"MessageStatus": "success"}), Status::InFlight),
            (json!({"MessageStatus": "success", "ClientAcceptStatusName": ""}), Status::InFlight),
            (json!({"MessageStatusName": "Delivered"}), Status::Delivered),
            (
                json!({"MessageStatus": "success", "ClientAcceptStatusName": "Success",
                       "ClientReadStatus": "success"}),
                Status::Read,
            ),
            (json!({"MessageStatus": "fail"}), Status::Failed),
            (json!({"MessageStatus": "success", "ClientAcceptStatusName": "Fail"}), Status::Failed),
            (json!({"MessageStatus": "wat"}), Status::Unknown),
            (json!({"MessageStatus": {"odd": 1}}), Status::Unknown),
            (json!({}), Status::Unknown),
        ] {
            assert_eq!(message(row.clone()).status, expected, "{row}");
        }
    }

    #[test]
    fn fields_of_unexpected_types_are_missing() {
        let odd = message(json!({
            "MessageId": ["x"], "UserNumber": {}, "EventAction": 3, "Message": {"a": [1]},
            "SendTime": "yesterday", "MessageType": false,
        }));
        assert!(odd.id.is_none() && odd.customer().is_none() && odd.direction.is_none());
        assert!(odd.at.is_none() && odd.kind.is_none() && odd.key().is_none());
        assert_eq!(odd.text.as_deref(), Some(r#"{"a":[1]}"#));
        let at = message(json!({"SendTime": 1752196609761_i64})).at.expect("a moment");
        assert_eq!(at.to_string(), "2025-07-11T01:16:49.761Z");
        assert_eq!(message(json!({"SendTime": "1752196609761"})).at, Some(at));
        let in_china = message(json!({"SendTime": "2025-07-11 09:16:49.761"}));
        assert_eq!(in_china.at, Some(at));
        for unreadable in [json!("2025-07-11"), json!(1_752_196_609), json!("1752196609")] {
            assert_eq!(message(json!({ "SendTime": unreadable })).at, None, "{unreadable}");
        }
    }

    #[test]
    fn the_same_content_is_recognized_in_every_notation() {
        let content = json!({"text": "Hello"});
        for content_of_row in
            [json!("Hello"), json!("{\"text\": \"Hello\"}"), json!({"text": "Hello"})]
        {
            assert!(
                message(json!({"MessageType": "TEXT", "Message": content_of_row}))
                    .has_content("text", &content)
            );
        }
        assert!(
            !message(json!({"MessageType": "TEXT", "Message": "Hello!"}))
                .has_content("text", &content)
        );
        let image = json!({"link": "https://example.com/a", "caption": "A"});
        let row = json!({"MessageType": "IMAGE",
                         "Message": "{\"caption\":\"A\",\"link\":\"https://example.com/a\"}"});
        assert!(message(row.clone()).has_content("image", &image));
        assert!(!message(row).has_content("video", &image));
    }
}
