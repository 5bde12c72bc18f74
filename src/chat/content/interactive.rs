//! The text around buttons and lists: a body, and lines above and below it.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::chat::content::{FreeForm, limits};
use crate::error::{Failure, Result};
use crate::message::plan::{PlanRow, rows};

#[derive(Debug)]
pub struct InteractiveText {
    pub header: Option<String>,
    pub body: String,
    pub footer: Option<String>,
}

impl InteractiveText {
    /// The message of this text and the action of its kind, `button` or `list`.
    ///
    /// # Errors
    /// A text that is blank or too long.
    pub fn build(&self, kind: &str, action: Value, action_plan: Vec<PlanRow>) -> Result<FreeForm> {
        let Self { header, body, footer } = self;
        limits::HEADER.check_optional(header.as_ref())?;
        limits::BODY.check(body)?;
        limits::FOOTER.check_optional(footer.as_ref())?;
        let content = json!({
            "type": kind,
            "body": { "text": body },
            "header": header.as_ref().map(|text| json!({ "type": "text", "text": text })),
            "footer": footer.as_ref().map(|text| json!({ "text": text })),
            "action": action,
        });
        let mut plan = rows([
            ("header", header.clone()),
            ("body", Some(body.clone())),
            ("footer", footer.clone()),
        ]);
        plan.extend(action_plan);
        FreeForm::new("interactive", content, plan)
    }
}

/// The customer's answer carries the ID, so each answer needs its own.
///
/// # Errors
/// An ID that is used twice.
pub fn check_ids_differ<'a>(flag: &str, mut ids: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut known = HashSet::new();
    let Some(id) = ids.find(|id| !known.insert(*id)) else { return Ok(()) };
    Err(Failure::usage(format!("{flag}: the ID {id:?} is used twice"))
        .hint("give each one its own ID: the customer's answer carries it"))
}
