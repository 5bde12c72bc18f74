//! `templates …` for WhatsApp and Viber: the exact calls, odd replies, and whole commands in the
//! sandbox.

mod changes;
mod creation;
mod lists;
mod replies;
mod sandbox;
mod verify;

use crate::support::World;
use serde_json::{Value, json};

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
