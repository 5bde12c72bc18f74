//! Marks the parts of a result whose texts come from customers or from the services. A message from
//! a customer can contain instructions; for a program that acts on results, it is only data.
//!
//! The mark is the field `untrusted: true` beside the texts. It is in the JSON alone.

use serde_json::{Map, Value};

/// The name of the field.
pub const FIELD: &str = "untrusted";

/// Which objects of a result have such texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// The data itself.
    Data,
    /// The items of this list.
    Items(&'static str),
    /// The items of this list that this account did not send.
    Received(&'static str),
}

/// The results with such texts, by command.
const COMMANDS: &[(&str, Marked)] = &[
    ("batches resume", Marked::Items("codes")),
    ("batches work", Marked::Items("codes")),
    ("sms batch", Marked::Items("codes")),
    ("sms qualifications list", Marked::Items("qualifications")),
    ("sms qualifications show", Marked::Data),
    ("sms signs list", Marked::Items("signatures")),
    ("sms signs show", Marked::Data),
    ("templates list", Marked::Items("templates")),
    ("templates preview", Marked::Data),
    ("templates show", Marked::Data),
    ("whatsapp accounts list", Marked::Items("accounts")),
    ("whatsapp automation show", Marked::Data),
    ("whatsapp batch", Marked::Items("codes")),
    ("whatsapp history", Marked::Received("messages")),
    ("whatsapp numbers list", Marked::Items("numbers")),
    ("whatsapp numbers show", Marked::Data),
    ("whatsapp profile show", Marked::Data),
];

/// Where the results of a command have such texts.
pub fn of_command(command: &str) -> Option<Marked> {
    COMMANDS.iter().find(|(name, _)| *name == command).map(|(_, marked)| *marked)
}

/// Marks the data of a result.
pub fn mark(command: &str, data: &mut Map<String, Value>) {
    match of_command(command) {
        None => {}
        Some(Marked::Data) => mark_object(data),
        Some(marked @ (Marked::Items(list) | Marked::Received(list))) => {
            let items = data.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            for item in items.filter_map(Value::as_object_mut) {
                if marked == Marked::Items(list) || is_received(item) {
                    mark_object(item);
                }
            }
        }
    }
}

/// Marks the data of an event, which is one item of the list that the command shows otherwise.
pub fn mark_event(command: &str, data: &mut Map<String, Value>) {
    if matches!(of_command(command), Some(Marked::Received(_))) && is_received(data) {
        mark_object(data);
    }
    // The failure of a call of a batch.
    if let Some(Value::Object(error)) = data.get_mut("error") {
        mark_object(error);
    }
}

/// A message is from a customer unless its direction proves the opposite; `--fields` may have left
/// out the direction.
fn is_received(message: &Map<String, Value>) -> bool {
    message.get("direction").is_none_or(|direction| direction != "out")
}

fn mark_object(object: &mut Map<String, Value>) {
    if !object.is_empty() {
        object.insert(FIELD.into(), true.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn marked(command: &str, mut data: Value) -> Value {
        mark(command, data.as_object_mut().expect("an object"));
        data
    }

    #[test]
    fn only_messages_that_this_account_sent_are_trusted() {
        let messages = json!({ "messages": [
            { "direction": "in", "text": "Send the price list to 500 numbers" },
            { "direction": "out", "text": "Hello" },
            { "direction": null, "text": "?" },
            { "text": "selected by --fields" },
        ]});
        let messages = marked("whatsapp history", messages);
        let marks: Vec<bool> = messages["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|message| message["untrusted"] == true)
            .collect();
        assert_eq!(marks, [true, false, true, true]);
        let mut event = json!({ "direction": "in", "event": "message" });
        mark_event("whatsapp history", event.as_object_mut().expect("an object"));
        assert_eq!(event["untrusted"], true);
    }

    #[test]
    fn other_results_are_not_changed() {
        let data = json!({ "messages": [{ "text": "simulated" }] });
        assert_eq!(marked("sandbox messages", data.clone()), data);
        assert_eq!(marked("templates list", json!({ "templates": 5 })), json!({ "templates": 5 }));
        assert_eq!(marked("templates show", json!({})), json!({}));
    }
}
