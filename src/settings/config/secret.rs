//! Access keys do not belong in a configuration file: names and values that look like one are
//! refused. The value is never repeated.

use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

/// Keys and tokens with a known prefix, and secrets of 30 letters and digits.
const PATTERNS: [&str; 4] = [
    r"\bLTAI[A-Za-z0-9]{8,}",
    r"\b(?:STS|TMP)\.[A-Za-z0-9_-]{8,}",
    r"\bCAIS[A-Za-z0-9+/=]{16,}",
    r"\b[A-Za-z0-9]{30}\b",
];

/// Parts of names, without separators.
const NAMES: [&str; 7] =
    ["accesskey", "secret", "token", "password", "passwd", "credential", "privatekey"];

static COMPILED: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// The first place in a text that looks like an access key, its secret or a token.
pub fn find(text: &str) -> Option<Range<usize>> {
    let found = COMPILED.iter().flat_map(|pattern| pattern.find_iter(text));
    found
        .filter(|found| is_random(found.as_str()))
        .map(|found| found.range())
        .min_by_key(|r| r.start)
}

/// A secret without a prefix has small and capital letters and digits; a word has not.
fn is_random(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    text.contains('.')
        || text.starts_with("LTAI")
        || (has(char::is_ascii_digit)
            && has(char::is_ascii_lowercase)
            && has(char::is_ascii_uppercase))
}

/// Whether a key with this name would hold a secret.
pub fn is_name(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_keys_are_found_and_other_values_are_not() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
        for secret in [
            "LTAI5tExampleExample",
            "from = \"x\" # LTAI5tExampleExample",
            "STS.NTdExampleExample",
            "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0",
        ] {
            assert!(find(secret).is_some(), "{secret}");
        }
        for plain in ["Acme", "cams-8c8aExample", "8613800000001", "abcdefghijklmnopqrstuvwxyzabcd"]
        {
            assert_eq!(find(plain), None, "{plain}");
        }
        for name in ["access_key_id", "AccessKeySecret", "security-token", "password"] {
            assert!(is_name(name), "{name}");
        }
        assert!(!is_name("sign_name") && !is_name("keep"));
    }
}
