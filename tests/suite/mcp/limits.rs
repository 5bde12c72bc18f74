//! The limits of a person hold for every tool, and a plan uses nothing of them.

use serde_json::{Value, json};

use crate::limits::limited;
use crate::mcp::client::Client;
use crate::mcp::{message, with};

#[track_caller]
fn assert_limit(refused: &Value, rule: &str) {
    let error = &refused["error"];
    assert_eq!((&error["kind"], &error["rule"]), (&json!("limit"), &json!(rule)), "{refused:#}");
    assert_eq!(error["outcome"], "not_sent", "{refused:#}");
    assert!(refused["data"].get("token").is_none(), "{refused:#}");
}

#[test]
fn a_recipient_outside_the_list_gets_no_plan() {
    let world = limited("allow_recipients = [\"8613800001234\"]");
    let mut client = Client::in_sandbox(&world);
    let text = json!({ "from": "8613800000001", "to": "8613800001000", "text": "Price list" });
    for (tool, inputs) in [
        ("sms_send", with(message(), "phone_numbers", json!(["13800005678"]))),
        ("sms_send", with(message(), "phone_numbers", json!(["13800001234", "13800005678"]))),
        ("whatsapp_send_text", text),
    ] {
        assert_limit(&client.call(tool, &inputs), "allow_recipients");
        let token = with(inputs, "token", "00000000000000000000000000000000");
        assert_eq!(client.call(tool, &token)["error"]["outcome"], "not_sent");
    }
    assert_eq!(world.sandbox_messages().len(), 0);
    let sent = client.confirm("sms_send", &message());
    assert_eq!(sent["data"]["status"], "accepted", "{sent:#}");
}

#[test]
fn a_plan_does_not_count_and_a_send_does() {
    let world = limited("per_hour = 1");
    let mut client = Client::in_sandbox(&world);
    let plans = [message(), message()].map(|inputs| client.call("sms_send", &inputs));
    let [one, two] = plans.map(|plan| plan["data"]["token"].clone());
    assert!(one.is_string() && two.is_string(), "{one} {two}");
    let sent = client.call("sms_send", &with(message(), "token", two));
    assert_eq!(sent["data"]["status"], "accepted", "{sent:#}");
    assert_limit(&client.call("sms_send", &with(message(), "token", one)), "per_hour");
    let other = with(message(), "phone_numbers", json!(["13800005678"]));
    assert_limit(&client.call("sms_send", &other), "per_hour");
    assert_eq!(world.sandbox_messages().len(), 1);
}
