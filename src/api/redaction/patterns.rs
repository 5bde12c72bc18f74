//! Patterns of secrets: access keys, tokens, signatures and URL queries.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;
use regex_lite::Regex;

use crate::api::redaction::view::View;

/// The group `secret` of each pattern is hidden.
const PATTERNS: &[&str] = &[
    // The query and the fragment of a URL, and its user name and password.
    r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>?#]*[?#](?<secret>[^\s"'<>]+)"#,
    r#"(?i)\b[a-z][a-z0-9+.-]*://(?<secret>[^\s"'<>/@]+)@"#,
    // A query without its URL.
    r#"\?(?<secret>[A-Za-z0-9_.%-]+(?:=|%3[dD])[^\s"'<>]*)"#,
    r#"(?:^|[\s"'])(?<secret>[A-Za-z0-9_.%-]+=[^\s"'<>&]*(?:&[A-Za-z0-9_.%-]+=[^\s"'<>&]*)+)"#,
    // The string to sign, which errors about a wrong signature quote.
    r#"(?i)string\W{0,3}to\W{0,3}sign(?:bytes)?(?:\W{1,2}is)?\W{0,2}[:=>]\W{0,3}(?<secret>[^\s"<>]+)"#,
    r#"\b(?:GET|POST|PUT|DELETE|HEAD|PATCH)&(?<secret>%2[fF]\S*)"#,
    r#"\b(?:GET|POST|PUT|DELETE|HEAD|PATCH)&(?<secret>/&\S*)"#,
    // Named values in a query, a header, JSON or XML.
    r#"(?i)(?:access_?-?key_?-?id|access_?-?key_?-?secret|security_?-?token|sts_?-?token|signature|signature_?-?nonce|signatureprovided|password|credential)["']?(?:=|["']\s*:\s*|>)["']?(?<secret>[^\s"'<>&,;]+)"#,
    r#"(?i)(?:access_?-?key_?-?id|access_?-?key_?-?secret|security_?-?token|sts_?-?token|signature)\s*:\s*(?<secret>[A-Za-z0-9+/=_.%-]{16,})"#,
    r#"(?i)authorization["']?\s*[:=]\s*["']?(?<secret>(?:[a-z0-9-]+ )?[^\s"'<>]+)"#,
    r#"\b(?:[Bb]earer|BEARER) (?<secret>[^\s"'<>]+)"#,
    // Keys and tokens with a known prefix.
    r"(?<secret>LTAI[A-Za-z0-9]{4,})",
    r"\b(?<secret>(?:STS|TMP)\.[A-Za-z0-9_-]{4,})",
    r"(?<secret>CAIS[A-Za-z0-9+/=]{16,})",
];

static COMPILED: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// The ranges of the original text with a secret, in any layer of escapes.
pub fn find(layers: &[View]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for layer in layers.iter().filter(|layer| may_match(&layer.bytes)) {
        // The patterns are ASCII; other bytes are treated as letters.
        let text: String = layer
            .bytes
            .iter()
            .map(|byte| if byte.is_ascii() { char::from(*byte) } else { 'x' })
            .collect();
        for captures in COMPILED.iter().flat_map(|pattern| pattern.captures_iter(&text)) {
            ranges.extend(captures.name("secret").map(|secret| layer.source(&secret.range())));
        }
    }
    ranges
}

/// A fast check: false if no pattern can match. Most texts contain none of these bytes.
fn may_match(text: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 6] = [b"LTAI", b"STS.", b"TMP.", b"CAIS", b"earer ", b"EARER "];
    text.iter().any(|byte| b"=?#:>&".contains(byte))
        || BEGINNINGS.iter().any(|beginning| memmem::find(text, beginning).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }
}
