//! `templates …` for WhatsApp and Viber: the exact calls, odd replies, and whole commands in the
//! sandbox.

#[path = "templates_chat/changes.rs"]
mod changes;
#[path = "templates_chat/creation.rs"]
mod creation;
#[path = "templates_chat/lists.rs"]
mod lists;
#[path = "templates_chat/replies.rs"]
mod replies;
#[path = "templates_chat/sandbox.rs"]
mod sandbox;
mod support;
#[path = "templates_chat/verify.rs"]
mod verify;

use serde_json::{Value, json};
use support::World;

/// A rule by which a command of CAMS answers so.
fn answer(command: &str, reply: Value) -> Value {
    json!({ "match": ["cams", command], "stdout": reply.to_string() })
}

/// A template's detail with these components, approved.
fn detail(status: &str, components: Value) -> Value {
    answer(
        "get-chatapp-template-detail",
        json!({ "Code": "OK", "RequestId": "r-1", "Data": {
            "TemplateCode": "c1", "Name": "order_update", "Language": "en", "Category": "UTILITY",
            "AuditStatus": status, "Components": components,
        }}),
    )
}

/// Everything except what looks is refused without a start of any process.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let world = World::new();
    let mut arguments = arguments.to_vec();
    arguments.extend(["--json", "--yes"]);
    let ran = world.run(&arguments);
    assert_eq!(ran.exit(), 2, "{ran:?}");
    assert!(world.commands().is_empty(), "{:?}", world.commands());
    let error = &ran.json()["error"];
    assert_eq!(error["outcome"], "not_sent");
    format!("{} {}", error["message"], error["missing"])
}
