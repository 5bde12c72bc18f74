//! Strings that must never be printed.

use std::ffi::OsString;
use std::fmt;

/// What is printed instead of a secret or a private value.
pub const HIDDEN: &str = "***";

/// A string that prints as `***`. It has no other formatter, so it cannot become part of a message
/// or of JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The value, for an environment variable of a child process.
    pub fn for_environment(&self) -> OsString {
        OsString::from(&self.0)
    }

    /// Gives the value to `search`, which looks for it in texts that may quote it.
    pub fn reveal_to<T>(&self, search: impl FnOnce(&str) -> T) -> T {
        search(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new("hunter2".into());
        assert_eq!(format!("{secret:?} {secret:#?}"), "*** ***");
    }
}
