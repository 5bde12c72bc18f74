//! Parses a template in a JSON or TOML file; both have the same fields.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path as FieldPath, Segment};

use crate::error::{Failure, Result};

/// The maximum size of a file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Parses a file with these fields: `.toml` as TOML, any other as JSON.
///
/// # Errors
/// The file cannot be read, is too large, or has other fields.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("{shown} cannot be read: {error}")).hint("check the path of --file")
    };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
        return Err(Failure::usage(format!("{shown} is too large for a template"))
            .hint(format!("the limit is {} KiB", MAX_BYTES / 1024)));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let (format, parsed) = if is_toml {
        ("TOML", from_toml(&text))
    } else if text.trim_start().starts_with('[') {
        // Serde would accept an array and use its items as fields.
        ("JSON", Err("expected an object, {\"name\": …}".to_string()))
    } else {
        ("JSON", from_json(&text))
    };
    parsed.map_err(|error| {
        Failure::usage(format!("{shown} is not a template in {format}: {error}")).hint(
            "`alimsg templates create --help` lists the fields; a name with .toml is parsed as \
             TOML, any other as JSON",
        )
    })
}

/// Parses TOML. Errors name the field and the position and never quote a value, because a template
/// can contain private text.
fn from_toml<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    let place = |error: &toml::de::Error| position(text, error.span());
    let document = toml::Deserializer::parse(text)
        .map_err(|error| format!("syntax error at {}", place(&error)))?;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let place = place(error.inner());
        format!("{} at {place}", in_field(error.path(), error.inner().message()))
    })
}

/// Parses JSON; errors as in [`from_toml`]. Syntax errors of JSON never quote a value.
fn from_json<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    let mut document = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let (path, error) = (error.path().clone(), error.into_inner());
        let message = error.to_string();
        if error.classify() != Category::Data {
            return message;
        }
        let place = format!(" at line {} column {}", error.line(), error.column());
        let problem = in_field(&path, message.strip_suffix(&place).unwrap_or(&message));
        format!("{problem} at line {}, column {}", error.line(), error.column())
    })?;
    document.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// The message with the name of the field, such as `buttons[1]`. Names inside of a field are the
/// user's own and are not shown.
fn in_field(path: &FieldPath, message: &str) -> String {
    let problem = without_value(message);
    let mut segments = path.iter();
    let Some(Segment::Map { key }) = segments.next().filter(|_| problem.starts_with("invalid"))
    else {
        return problem;
    };
    let index = segments.next().and_then(|segment| match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        _ => None,
    });
    format!("{key}{}: {problem}", index.unwrap_or_default())
}

fn position(text: &str, span: Option<Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return "an unknown line".into();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("line {line}, column {column}")
}

/// Removes the value from serde's message about an invalid type.
fn without_value(message: &str) -> String {
    let is_safe = |start: &&str| message.starts_with(start);
    // These contain only names of fields and types.
    if ["unknown field ", "duplicate field ", "expected "].iter().any(is_safe) {
        return message.to_string();
    }
    let parts =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected "));
    let Some((given, expected)) = parts else { return "invalid value".into() };
    let kind = given.split(['"', '`']).next().unwrap_or_default().trim_end();
    format!("invalid type: {kind}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_types_lose_the_value() {
        for (message, expected) in [
            (
                "invalid type: string \"a, expected b\", expected a map",
                "invalid type: string, expected a map",
            ),
            (
                "invalid type: floating point `1.5`, expected a string",
                "invalid type: floating point, expected a string",
            ),
            (
                "invalid type: sequence, expected a string",
                "invalid type: sequence, expected a string",
            ),
            ("unknown field `nmae`, expected `name`", "unknown field `nmae`, expected `name`"),
            ("unknown variant `secret`, expected `a`", "invalid value"),
            ("invalid value: string \"secret\", expected a", "invalid value"),
        ] {
            assert_eq!(without_value(message), expected);
        }
    }
}
