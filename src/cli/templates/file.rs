//! Definitions of templates in files: JSON or TOML, with the same fields.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Failure, Result};

/// The largest file that is read, in bytes: a template is a page at most.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a definition; the file's ending says how it is written.
///
/// # Errors
/// The file cannot be read, is too large, or is neither a JSON object nor TOML.
pub fn read(path: &Path) -> Result<Map<String, Value>> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("{shown} cannot be read: {error}")).hint("check the path of --file")
    };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
        return Err(Failure::usage(format!("{shown} is too large to define a template"))
            .hint(format!("{} KiB at most", MAX_BYTES / 1024)));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let value = if is_toml {
        toml::from_str::<Value>(&text).map_err(|error| position(&text, error.span()))
    } else {
        serde_json::from_str::<Value>(&text).map_err(|error| error.to_string())
    };
    let form = if is_toml { "TOML" } else { "JSON" };
    match value {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Failure::usage(format!("{shown} is not a JSON object"))
            .hint("write {\"name\": …}; `alimsg templates create --help` shows the fields")),
        Err(error) => Err(Failure::usage(format!("{shown} is not valid {form}: {error}"))
            .hint("the ending decides: .toml is read as TOML, anything else as JSON")),
    }
}

/// Where an error is. The error itself quotes the line, which can hold what is private.
fn position(text: &str, span: Option<Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return "at an unknown line".into();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("line {line}, column {column}")
}

/// What kind of value stands where another one is wanted, without the value itself.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Refuses fields that no template has: a misspelt one would be left out without a word.
///
/// # Errors
/// The first unknown field, with those that are known.
pub fn refuse_unknown(fields: &Map<String, Value>, known: &[&str]) -> Result<()> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Failure::usage(format!("the file has an unknown field: {name}"))
            .hint(format!("the fields are {}", known.join(", ")))),
    }
}

/// A field that has to be a text.
///
/// # Errors
/// It is something else.
pub fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => {
            Err(Failure::usage(format!("the field {name} is not a text but {}", kind(other)))
                .hint(format!("write {name} = \"…\"")))
        }
    }
}

/// What a flag says, or else the field of its name, which has to be a text.
///
/// # Errors
/// As [`text`].
pub fn flag_or_text(
    flag: &Option<String>,
    fields: &Map<String, Value>,
    name: &str,
) -> Result<Option<String>> {
    match flag {
        Some(text) => Ok(Some(text.clone())),
        None => text(fields, name),
    }
}
