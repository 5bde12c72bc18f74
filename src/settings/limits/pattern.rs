//! Patterns: a text in which `*` matches any characters.

/// A pattern for numbers, signatures or templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self(text.to_string())
    }

    /// A pattern for phone numbers: digits with the country code, and `*`.
    pub fn for_number(text: &str) -> Option<Self> {
        let is_valid =
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*');
        is_valid.then(|| Self::new(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == text };
        let Some(mut text) = text.strip_prefix(first) else { return false };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let Some(at) = text.find(part) else { return false };
            text = &text[at + part.len()..];
        }
        text.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_characters() {
        for (pattern, text, matches) in [
            ("86138*", "8613800001000", true),
            ("86138*", "8613900001000", false),
            ("86138", "8613800001000", false),
            ("*", "1", true),
            ("*1000", "8613800001000", true),
            ("86*00*1000", "8613800001000", true),
            ("86*00*1000", "86100", false),
            ("1*1", "1", false),
            ("SMS_1*", "SMS_100002", true),
            ("Acme", "Acme", true),
            ("Acme", "acme", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), matches, "{pattern} {text}");
        }
        assert_eq!(Pattern::for_number("+86138*"), None);
        assert_eq!(Pattern::for_number(""), None);
    }
}
