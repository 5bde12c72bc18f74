//! A send or a change takes the consent of a person: a plan with a token, or an answered question.

use serde_json::json;

use crate::mcp::client::Client;
use crate::mcp::files::{PNG, batch, rows};
use crate::mcp::{message, with};
use crate::support::{Profile, World};

#[test]
fn a_send_needs_a_plan_and_its_token() {
    let world = World::bare();
    let mut client = Client::in_sandbox(&world);
    let planned = client.call("sms_send", &message());
    let data = &planned["data"];
    assert_eq!(data["plan"]["recipients"], json!(["13800001234"]), "{planned:#}");
    assert_eq!(data["status"], "planned");
    assert!(planned.to_string().contains("Our spring sale has begun."), "{planned:#}");
    assert_eq!(planned["account"]["profile"], "sandbox", "{planned:#}");
    assert_eq!(world.sandbox_messages().len(), 0, "nothing was sent");

    let token = data["token"].clone();
    let sent = client.call("sms_send", &with(message(), "token", token.clone()));
    assert_eq!(sent["data"]["status"], "accepted", "{sent:#}");
    assert_eq!(world.sandbox_messages().len(), 1);

    let again = client.call("sms_send", &with(message(), "token", token));
    assert_eq!(again["error"]["kind"], "usage", "{again:#}");
    assert_eq!(again["error"]["outcome"], "not_sent");
    let again = client.call("sms_send", &message());
    assert_eq!(again["error"]["outcome"], "not_sent", "an equal message: {again:#}");
    assert_eq!(world.sandbox_messages().len(), 1);
    world.assert_off_in_sandbox();
}

#[test]
fn a_token_is_bound_to_its_inputs() {
    let world = World::bare();
    let mut client = Client::in_sandbox(&world);
    let token = client.call("sms_send", &message())["data"]["token"].clone();
    let other = with(message(), "phone_numbers", json!(["13800005678"]));
    for inputs in [
        with(other, "token", token.clone()),
        with(message(), "token", "forged"),
        with(message(), "token", ""),
        with(message(), "token", 7),
        with(message(), "token", true),
    ] {
        let refused = client.call("sms_send", &inputs);
        assert_eq!(refused["error"]["outcome"], "not_sent", "{refused:#}");
    }
    let refused = client.call("sms_send", &with(message(), "token", token));
    assert_eq!(refused["error"]["outcome"], "not_sent", "the misused token is no longer valid");
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn a_token_does_not_depend_on_the_order_of_the_inputs() {
    let world = World::bare();
    let mut client = Client::in_sandbox(&world);
    let token = client.call("sms_send", &message())["data"]["token"].clone();
    let mut inputs = json!({ "token": token });
    for name in ["template_code", "sign_name", "phone_numbers"] {
        inputs[name] = message()[name].clone();
    }
    let sent = client.call("sms_send", &inputs);
    assert_eq!(sent["data"]["status"], "accepted", "{sent:#}");
}

#[test]
fn one_of_two_calls_at_once_uses_the_token() {
    let world = World::bare();
    let mut client = Client::in_sandbox(&world);
    let token = client.call("sms_send", &message())["data"]["token"].clone();
    let params = json!({ "name": "sms_send", "arguments": with(message(), "token", token) });
    let calls = [client.begin("tools/call", &params), client.begin("tools/call", &params)];
    let results = calls.map(|call| client.response(call));
    let refused = results.iter().filter(|result| result["isError"] == true).count();
    assert_eq!(refused, 1, "{results:#?}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn a_plan_does_not_use_the_idempotency_key() {
    let world = World::bare();
    let mut client = Client::in_sandbox(&world);
    let inputs = with(message(), "idempotency_key", "order-42");
    let sent = client.confirm("sms_send", &inputs);
    assert_eq!(sent["data"]["replayed"], false, "{sent:#}");
    let replayed = client.call("sms_send", &inputs);
    assert_eq!(replayed["data"]["replayed"], true, "{replayed:#}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn an_answer_to_a_cancelled_call_sends_nothing() {
    let world = World::bare();
    let answer = json!({ "action": "accept", "content": { "confirm": true } });
    let arguments = ["--sandbox", "mcp", "--allow-send"];
    let mut client = Client::start(&world, &arguments, Some(answer.clone()));
    let params = json!({ "name": "sms_send", "arguments": message() });
    let call = client.begin("tools/call", &params);
    let question = client.question();
    client.cancel(call);
    client.answer(&question, &answer);
    let keys = client.call("keys_list", &json!({}));
    assert_eq!(keys["ok"], true, "{keys:#}");
    assert!(client.close().success());
    world.wait_for_quiet();
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn nothing_is_sent_if_the_plan_has_changed() {
    let world = World::new();
    let mut client = Client::start(&world, &["mcp", "--allow-send"], None);
    let planned = client.call("sms_send", &message());
    assert_eq!(planned["account"]["profile"], "default", "{planned:#}");
    let other = Profile { name: "other", credential: "AK:***xyz", ..Profile::DEFAULT };
    world.profiles(&[Profile { current: false, ..Profile::DEFAULT }, other]);
    let inputs = with(message(), "token", planned["data"]["token"].clone());
    let refused = client.call("sms_send", &inputs);
    assert_eq!(refused["error"]["outcome"], "not_sent", "{refused:#}");
    let text = refused["error"]["message"].as_str().expect("a message");
    assert!(text.contains("plan has changed"), "{refused:#}");
    drop(client);
    assert!(world.sent().is_empty());
    world.assert_clean();
}

#[test]
fn a_template_without_a_value_is_not_planned() {
    let world = World::bare();
    let mut client = Client::in_sandbox(&world);
    let inputs = with(message(), "template_code", "SMS_100002");
    let refused = client.call("sms_send", &with(inputs, "param", json!(["name=Alice"])));
    assert_eq!(refused["error"]["outcome"], "not_sent", "{refused:#}");
    assert!(refused.to_string().contains("order"), "{refused:#}");
}

#[test]
fn a_client_that_can_ask_asks_its_user_with_every_recipient_on_a_line() {
    let numbers = json!(["13800001234", "13800005678"]);
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    for (answer, count) in [
        (yes, 2),
        (json!({ "action": "accept", "content": { "confirm": false } }), 0),
        (json!({ "action": "accept" }), 0),
        (json!({ "action": "decline" }), 0),
        (json!({ "action": "cancel" }), 0),
    ] {
        let world = World::bare();
        let arguments = ["--sandbox", "mcp", "--allow-send"];
        let mut client = Client::start(&world, &arguments, Some(answer.clone()));
        let inputs = with(message(), "phone_numbers", numbers.clone());
        let ended = client.call("sms_send", &inputs);
        assert_eq!(ended["ok"], json!(count > 0), "{answer}: {ended:#}");
        assert!(ended["data"].get("token").is_none(), "{ended:#}");
        let [question] = &client.questions[..] else { panic!("{:?}", client.questions) };
        for line in ["13800001234", "13800005678"] {
            assert!(question.lines().any(|found| found == line), "{question}");
        }
        assert!(question.contains("Our spring sale has begun."), "{question}");
        assert_eq!(world.sandbox_messages().len(), count, "{answer}");
    }
}

#[test]
fn a_change_needs_a_plan_and_its_token() {
    let world = World::bare();
    let mut client = Client::start(&world, &["--sandbox", "mcp", "--allow-change"], None);
    let inputs = json!({ "code": "SMS_100003", "channel": "sms" });
    let planned = client.call("templates_delete", &inputs);
    assert!(planned["data"]["plan"].is_object(), "{planned:#}");
    let exists = |client: &mut Client| client.call("templates_show", &inputs)["ok"] == json!(true);
    assert!(exists(&mut client), "nothing was deleted");
    let deleted = client
        .call("templates_delete", &with(inputs.clone(), "token", planned["data"]["token"].clone()));
    assert_eq!(deleted["ok"], true, "{deleted:#}");
    assert!(!exists(&mut client));
}

/// A tool that changes something never does so in its first call.
#[test]
fn no_first_call_makes_a_call_that_changes_something() {
    let world = World::new();
    rows(&world, "a.csv", &["13800001000,Ann,1"]);
    std::fs::write(world.path("files/a.png"), PNG).expect("a file");
    let folder = world.path("files");
    let folder = folder.to_str().expect("a path");
    let arguments = ["mcp", "--allow-send", "--allow-change", "--files", folder];
    let mut client = Client::start(&world, &arguments, None);
    let space = json!("cams-1");
    for (tool, inputs) in [
        ("sms_send", with(message(), "verify", true)),
        ("sms_send", with(message(), "idempotency_key", "k1")),
        ("sms_batch", batch("a.csv")),
        ("sms_batch", with(batch("a.csv"), "enqueue", true)),
        ("whatsapp_media_upload", json!({ "file": "a.png", "cust_space_id": space })),
        (
            "whatsapp_send_image",
            json!({
                "from": "8613800000001", "to": "8613800001000", "file": "a.png",
                "cust_space_id": space,
            }),
        ),
        ("templates_delete", json!({ "code": "SMS_1", "channel": "sms" })),
        ("templates_delete", json!({ "name": "hello", "cust_space_id": space })),
        (
            "whatsapp_profile_update",
            json!({ "number": "8613800000001", "cust_space_id": space, "about": "x" }),
        ),
        (
            "whatsapp_automation_set",
            json!({ "number": "8613800000001", "cust_space_id": space, "enable_welcome_message": false }),
        ),
        ("whatsapp_webhook_set", json!({ "status_callback_url": "https://example.com" })),
        (
            "templates_create",
            json!({
                "channel": "sms", "name": "n", "category": "notification", "body": "b",
                "remark": "r",
            }),
        ),
    ] {
        let planned = client.call(tool, &inputs).to_string();
        assert!(!planned.contains("has no input"), "{planned}");
    }
    drop(client);
    world.wait_for_quiet();
    let reads = ["get", "list", "query"];
    for name in world.call_names() {
        assert!(reads.iter().any(|verb| name.starts_with(verb)), "{name}");
    }
    assert!(world.sent().is_empty() && world.uploads().is_empty());
}
