//! Finds texts that look like credentials: they do not belong in a message, and an agent may have
//! been told to send them. Only unmistakable forms count, because nothing lifts this rule.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use regex_lite::Regex;
use serde_json::Value;

/// What a credential begins with. Most texts have none of these, and need no expression.
const SIGNS: [&str; 7] = ["LTAI", "STS.", "AKIA", "ASIA", "PRIVATE KEY", "earer", "EARER"];

/// The shortest text that one of [`PATTERNS`] matches has this many bytes.
const SHORTEST: usize = 16;

/// Expressions, with what they find.
const PATTERNS: [(&str, &str); 5] = [
    (r"\bLTAI[A-Za-z0-9]{12,30}\b", "an access key"),
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "an access key"),
    (r"\bSTS\.[A-Za-z0-9_-]{12,}", "an access key"),
    (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----", "a private key"),
    (r"(?i)\bbearer[ :=]+[A-Za-z0-9._~+/-]{16,}", "a bearer token"),
];

static FINDERS: LazyLock<[Finder<'static>; 7]> = LazyLock::new(|| SIGNS.map(Finder::new));

static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compile = |(pattern, kind): &(&str, &'static str)| Some((Regex::new(pattern).ok()?, *kind));
    PATTERNS.iter().filter_map(compile).collect()
});

/// What a text contains that looks like a credential, also in the texts of a JSON value.
pub fn find(text: &str) -> Option<&'static str> {
    if text.len() < SHORTEST {
        return None;
    }
    if text.starts_with(['{', '[', '"'])
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return find_in(&value);
    }
    find_in_text(text)
}

fn find_in(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(text) => find_in_text(text),
        Value::Array(values) => values.iter().find_map(find_in),
        Value::Object(fields) => fields.values().find_map(find_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn find_in_text(text: &str) -> Option<&'static str> {
    if !FINDERS.iter().any(|sign| sign.find(text.as_bytes()).is_some()) {
        return None;
    }
    COMPILED.iter().find(|(pattern, _)| pattern.is_match(text)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_and_other_texts_are_not() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
        for (text, kind) in [
            ("the key is LTAI5tExampleExample01", "an access key"),
            ("AKIAIOSFODNN7EXAMPLE", "an access key"),
            ("STS.NTdExampleExample", "an access key"),
            ("LTAI0123456789ab", "an access key"),
            ("STS.0123456789ab", "an access key"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
            ("-----BEGIN PRIVATE KEY-----", "a private key"),
            ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "a bearer token"),
            ("bearer: 0123456789abcdef", "a bearer token"),
            (r#"{"text":"LTAI5tExampleExample01"}"#, "an access key"),
            (r#"{"a":[{"b":"\u004cTAI5tExampleExample01"}]}"#, "an access key"),
        ] {
            assert_eq!(find(text), Some(kind), "{text}");
        }
        for text in [
            "Your code is 123456",
            "https://example.com/r/aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0",
            "The bearer of this message gets a discount",
            "LTAI",
            "ASIA PACIFIC 2026",
            "BEGIN PRIVATE KEY",
            r#"{"text":"hello"}"#,
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
