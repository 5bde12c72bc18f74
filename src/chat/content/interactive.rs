//! The text around buttons and lists: a body, and lines above and below it.

use std::collections::HashSet;

use serde::Serialize;

use crate::chat::content::limits::{BODY_MAX_CHARS, FOOTER_MAX_CHARS, HEADER_MAX_CHARS};
use crate::chat::content::{FreeForm, rows};
use crate::error::{Failure, Result};
use crate::message::length;

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
        check_body(&self.body)?;
        for (flag, text, max) in [
            ("--header", &self.header, HEADER_MAX_CHARS),
            ("--footer", &self.footer, FOOTER_MAX_CHARS),
        ] {
            text.as_deref().map_or(Ok(()), |text| length::some(flag, text, max))?;
        }
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

/// # Errors
/// Blank or too long.
pub fn check_body(text: &str) -> Result<()> {
    length::some("--body", text, BODY_MAX_CHARS)
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
