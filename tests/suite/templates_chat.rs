//! `templates` for WhatsApp and Viber: exact calls, malformed replies, and whole commands in the
//! sandbox.

mod changes;
mod creation;
mod lists;
mod replies;
mod sandbox;
mod verify;

use crate::support::World;
use serde_json::{Value, json};

/// A rule that makes a command of CAMS return this reply.
fn answer(command: &str, reply: Value) -> Value {
    json!({ "match": ["cams", command], "stdout": reply.to_string() })
}

/// A rule for the detail of a template with this status and these components.
fn detail(status: &str, components: Value) -> Value {
    answer(
        "get-chatapp-template-detail",
        json!({ "Code": "OK", "RequestId": "r-1", "Data": {
            "TemplateCode": "c1", "Name": "order_update", "Language": "en", "Category": "UTILITY",
            "AuditStatus": status, "Components": components,
        }}),
    )
}

/// Runs a command that has to be refused before any process starts; returns message and missing
/// flags.
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
