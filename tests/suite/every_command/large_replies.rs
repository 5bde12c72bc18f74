//! Replies of ten megabytes.

use serde_json::{Value, json};

use super::recorded::Service;
use crate::support::messages::{TEXT, and};
use crate::support::{Ran, World};

const TEN_MEGABYTES: usize = 10 * 1024 * 1024;

fn answering(name: &str, reply: Value) -> World {
    let world = World::new();
    assert!(reply.to_string().len() > TEN_MEGABYTES);
    world.script(Service::documented().with(name, reply).rules());
    world
}

fn filler() -> String {
    "x".repeat(TEN_MEGABYTES)
}

fn send(world: &World) -> Ran {
    world.run(&and(&TEXT, &["--text=Hello", "--json"]))
}

#[test]
fn a_list_of_ten_megabytes_is_read_completely() {
    let row = |number: usize| {
        json!({ "TemplateCode": format!("c-{number}"), "TemplateName": "x".repeat(200),
                "AuditStatus": "pass" })
    };
    let rows: Vec<Value> = (0..45_000).map(row).collect();
    let reply = json!({ "Code": "OK", "Total": rows.len(), "ListTemplate": rows });
    let world = answering("cams list-chatapp-template", reply);
    let json = world.run(&["templates", "list", "--json"]).json();
    let templates = json["data"]["templates"].as_array().expect("templates");
    assert_eq!((templates.len(), &templates[44_999]["code"]), (45_000, &json!("c-44999")));
    let text = world.run(&["templates", "list"]).stdout;
    assert_eq!(text.lines().count(), 45_001);
    assert!(text.lines().last().is_some_and(|line| line.starts_with("c-44999\t")));
    world.assert_clean();
}

#[test]
fn a_field_of_ten_megabytes_is_shown_completely() {
    let row = json!({ "MessageId": "m-1", "EventAction": "UP", "Message": filler() });
    let world = answering("cams list-chatapp-message", json!({ "Code": "OK", "Data": [row] }));
    let history = ["whatsapp", "history", "--from=8613800000001", "--cust-space-id=s"];
    let json = world.run(&[&history[..], &["--json"]].concat()).json();
    let text = json["data"]["messages"][0]["text"].as_str().expect("a text");
    assert_eq!(text.len(), TEN_MEGABYTES);
    world.assert_clean();
}

#[test]
fn an_acceptance_of_ten_megabytes_is_accepted() {
    let reply = json!({ "Filler": filler(), "Code": "OK", "MessageId": "m-1" });
    let world = answering("cams send-chatapp-message", reply);
    let ran = send(&world);
    assert_eq!(ran.exit(), 0, "{}", ran.stderr);
    assert_eq!(ran.json()["data"]["message_id"], "m-1");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn a_refusal_of_ten_megabytes_means_not_sent() {
    let reply = json!({ "Code": "InvalidParameter", "Message": filler(), "RequestId": "r-1" });
    let world = answering("cams send-chatapp-message", reply);
    let ran = send(&world);
    assert_eq!(ran.exit(), 6, "{}", ran.stderr);
    let error = &ran.json()["error"];
    assert_eq!((&error["outcome"], &error["request_id"]), (&json!("not_sent"), &json!("r-1")));
    world.assert_clean();
}

#[test]
fn a_truncated_reply_of_ten_megabytes_means_unknown() {
    let reply = json!({ "Code": "OK", "MessageId": "m-1", "Filler": filler() }).to_string();
    let world = answering("cams send-chatapp-message", reply[..reply.len() - 2].into());
    let ran = send(&world);
    assert_eq!(ran.exit(), 7, "{}", ran.stderr);
    assert_eq!(ran.json()["error"]["outcome"], "unknown");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}
