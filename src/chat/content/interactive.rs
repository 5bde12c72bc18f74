//! The text around buttons and lists: a body, and lines above and below it.

use std::collections::HashSet;

use serde::Serialize;

use crate::chat::content::{FreeForm, limits, rows};
use crate::error::{Failure, Result};

#[derive(Debug)]
pub struct InteractiveText {
    pub header: Option<String>,
    pub body: String,
    pub footer: Option<String>,
}

#[derive(Serialize)]
struct Fields<'a, A> {
    #[serde(rename = "type")]
    kind: &'a str,
    body: TextFields<'a>,
    header: Option<HeaderFields<'a>>,
    footer: Option<TextFields<'a>>,
    action: A,
}

#[derive(Serialize)]
struct TextFields<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct HeaderFields<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    text: &'a str,
}

impl InteractiveText {
    /// The message of this text and the action of its kind, `button` or `list`.
    ///
    /// # Errors
    /// A text that is blank or too long.
    pub fn build(
        &self,
        kind: &str,
        action: impl Serialize,
        action_plan: Vec<(String, String)>,
    ) -> Result<FreeForm> {
        limits::HEADER.check_optional(self.header.as_ref())?;
        limits::BODY.check(&self.body)?;
        limits::FOOTER.check_optional(self.footer.as_ref())?;
        let fields = Fields {
            kind,
            body: TextFields { text: &self.body },
            header: self.header.as_deref().map(|text| HeaderFields { kind: "text", text }),
            footer: self.footer.as_deref().map(|text| TextFields { text }),
            action,
        };
        let mut plan = rows(&[
            ("header", self.header.as_ref()),
            ("body", Some(&self.body)),
            ("footer", self.footer.as_ref()),
        ]);
        plan.extend(action_plan);
        FreeForm::new("interactive", fields, plan)
    }
}

/// The customer's answer carries the ID, so each answer needs its own.
///
/// # Errors
/// An ID that is used twice.
pub fn check_ids_differ<'a>(flag: &str, ids: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut known = HashSet::new();
    for id in ids {
        if !known.insert(id) {
            return Err(Failure::usage(format!("{flag}: the ID {id:?} is used twice"))
                .hint("give each one its own ID: the customer's answer carries it"));
        }
    }
    Ok(())
}
