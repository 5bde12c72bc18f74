//! Templates in files: JSON or TOML, with the same fields.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Failure, Result};

/// The size of the largest file, in bytes.
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
            .hint(format!("{} KiB at most", MAX_BYTES / 1024)));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let (format, parsed) = if is_toml {
        ("TOML", toml::from_str(&text).map_err(|error| toml_message(&text, &error)))
    } else if text.trim_start().starts_with('[') {
        // Serde would take the items for the fields.
        ("JSON", Err("expected an object, {\"name\": …}".to_string()))
    } else {
        ("JSON", serde_json::from_str(&text).map_err(|error| error.to_string()))
    };
    parsed.map_err(|error| {
        Failure::usage(format!("{shown} is not a template in {format}: {error}")).hint(
            "`alimsg templates create --help` lists the fields; a name with .toml is parsed as \
             TOML, any other as JSON",
        )
    })
}

/// The message and the line, as in messages about JSON; the error's own text has several lines.
fn toml_message(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("{} at line {}", error.message(), before.matches('\n').count() + 1)
}
