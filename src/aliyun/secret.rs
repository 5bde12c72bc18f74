//! Texts that must not be seen.

use std::ffi::OsString;
use std::fmt;

use serde::{Serialize, Serializer};

/// What is shown in the place of a secret.
const HIDDEN: &str = "***";

/// A text that prints as `***`, however it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// As the value of a variable of a child process: the one way out.
    pub fn for_environment(&self) -> OsString {
        OsString::from(&self.0)
    }

    /// Someone else's text without this secret in it, also as it stands in an address.
    pub fn remove_from(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_string();
        }
        let text = text.replace(&self.0, HIDDEN);
        let in_address = percent_encoded(&self.0);
        text.replace(&in_address, HIDDEN).replace(&in_address.to_lowercase(), HIDDEN)
    }
}

/// As clients write it into the query of an address.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars_whatever_prints_it() {
        let secret = Secret::new("hunter2".into());
        let json = serde_json::to_string(&secret).expect("JSON");
        assert_eq!(format!("{secret} {secret:?} {secret:#?} {json}"), "*** *** *** \"***\"");
        assert_eq!(secret.remove_from("key hunter2 is wrong"), "key *** is wrong");
        let token = Secret::new("tok+en/abc==".into());
        assert_eq!(token.remove_from("?token=tok%2Ben%2Fabc%3D%3D&x"), "?token=***&x");
        assert_eq!(Secret::new(String::new()).remove_from("as it is"), "as it is");
    }
}
