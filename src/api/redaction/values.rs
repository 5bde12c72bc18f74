//! The private values of a call, prepared for the search.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::call::Call;
use crate::api::operations::FlagKind;
use crate::api::redaction::view::View;
use crate::message::{phone, sanitize};

/// Shorter values occur in any text by chance and are not hidden.
pub const MIN_CHARS: usize = 4;

/// Flags with phone numbers of customers.
const NUMBERS: [&str; 5] =
    ["--phone-numbers", "--phone-number", "--phone-number-json", "--to", "--user-number"];

/// JSON fields that name a type. They are not hidden, so errors about the type stay readable.
const KINDS: [&str; 2] = ["type", "format"];

/// A value to search for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needle {
    /// In the form of [`View::comparable`].
    pub bytes: Vec<u8>,
    /// The replacement.
    pub shown: String,
    /// The number of bytes that identify a truncated value: its first characters. `None` for a
    /// needle so short that only its encoded form counts.
    pub beginning: Option<usize>,
}

/// All private values of the call: variables, content and recipients.
pub fn from_call<E>(call: &Call<E>) -> BTreeSet<Needle> {
    let mut texts = Vec::new();
    let mut numbers = BTreeSet::new();
    let mut recipients = 0;
    for flag in call.operation.flags {
        if NUMBERS.contains(&flag.name) {
            for number in call.values(flag.name).flat_map(|value| value.split(',')) {
                let digits: String = number.chars().filter(char::is_ascii_digit).collect();
                let canonical = phone::canonical_sms_number(&digits).to_string();
                numbers.extend([number.to_string(), canonical, digits]);
                recipients += 1;
            }
        }
        if flag.private {
            let is_list = matches!(flag.kind, FlagKind::TextList | FlagKind::Map);
            for value in call.values(flag.name) {
                collect(value, is_list, &mut texts);
            }
        }
    }
    let mut needles = BTreeSet::new();
    // With several recipients, the last digits identify the one that an error is about.
    for number in &numbers {
        let end = number.len().saturating_sub(2);
        let shown = match number.get(end..) {
            Some(last) if recipients > 1 && number.len() >= 7 => format!("***{last}"),
            _ => "***".to_string(),
        };
        add(number, &shown, &mut needles);
    }
    texts.iter().for_each(|text| add(text, crate::api::secret::HIDDEN, &mut needles));
    needles
}

/// The needles of one text.
pub fn from_text(text: &str) -> BTreeSet<Needle> {
    let mut needles = BTreeSet::new();
    add(text, crate::api::secret::HIDDEN, &mut needles);
    needles
}

/// The texts of a value: those in its JSON, or the value itself.
fn collect(value: &str, is_whole: bool, texts: &mut Vec<String>) {
    match serde_json::from_str::<Value>(value) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => {
            leaves(&json, texts);
            if is_whole {
                texts.push(value.to_string());
            }
        }
        _ => texts.push(value.to_string()),
    }
}

fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_kind = KINDS.iter().any(|kind| name.eq_ignore_ascii_case(kind));
                if !(is_kind && value.is_string()) {
                    leaves(value, texts);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        // Text can contain JSON again.
        Value::String(text) => collect(text, true, texts),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Bool(_) | Value::Null => {}
    }
}

fn add(text: &str, shown: &str, needles: &mut BTreeSet<Needle>) {
    let plain = sanitize::strip_escapes(text);
    let mut parts = BTreeSet::from([text, plain.as_str()]);
    // An error may quote only one line of a text, or only a code in it.
    parts.extend(plain.lines());
    parts.extend(plain.split(|c: char| !c.is_ascii_digit()));
    for part in parts {
        if part.trim().chars().count() < MIN_CHARS {
            continue;
        }
        // A value that contains escapes can come back decoded.
        for layer in View::layers(part) {
            let bytes = layer.comparable().bytes.trim_ascii().to_vec();
            let beginning = {
                let text = String::from_utf8_lossy(&bytes);
                let last = text.char_indices().nth(MIN_CHARS - 1);
                last.map(|(at, last)| (at + last.len_utf8()).min(bytes.len()))
            };
            if !bytes.is_empty() {
                needles.insert(Needle { bytes, shown: shown.to_string(), beginning });
            }
        }
    }
}
