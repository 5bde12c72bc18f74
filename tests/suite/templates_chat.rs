//! `templates` for WhatsApp and Viber: exact calls, malformed replies, and whole commands in the
//! sandbox.

mod changes;
mod creation;
mod lists;
mod replies;
mod sandbox;
mod verify;

use crate::support::{World, reply_to};
use serde_json::{Value, json};

/// A rule that makes a command of CAMS return this reply.
fn answer(command: &str, reply: Value) -> Value {
    reply_to(&format!("cams {command}"), &reply)
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

/// Runs a command that must be rejected; returns the message and the missing flags.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let error = World::new().run_rejected(&[arguments, &["--yes"]].concat());
    format!("{} {}", error["message"], error["missing"])
}
