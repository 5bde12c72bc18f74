//! Values that a flag takes literally, from a file (`@FILE`) or from stdin (`-`).

use std::io::Read as _;

use serde_json::Value;

use crate::error::{Failure, Result};

/// Far more than one argument of a command line can carry; what is larger is not read to its end.
const MAX_BYTES: u64 = 1024 * 1024;

/// The text that the value of a flag stands for.
///
/// # Errors
/// The file or stdin cannot be read, is too large, or is no UTF-8.
pub fn text(flag: &str, given: &str) -> Result<String> {
    match (given, given.strip_prefix('@')) {
        ("-", _) => stdin(flag),
        (text, None) => Ok(text.to_string()),
        (_, Some(path)) => std::fs::File::open(path).and_then(limited).map_err(|error| {
            Failure::usage(format!("{flag} cannot be read from {path}: {error}"))
                .hint(format!("{flag} takes the value itself, @FILE, or - for stdin"))
        }),
    }
}

/// All of stdin.
///
/// # Errors
/// It cannot be read, is too large, or is no UTF-8.
pub fn stdin(flag: &str) -> Result<String> {
    limited(std::io::stdin().lock()).map_err(|error| {
        Failure::usage(format!("{flag} cannot be read from stdin: {error}"))
            .hint("give it as UTF-8, and not more than 1 MiB of it")
    })
}

fn limited(source: impl std::io::Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is no UTF-8"))
}

/// A JSON value and its text as it was given, without blanks around it.
///
/// # Errors
/// As [`text`], or not valid JSON.
pub fn json(flag: &str, given: &str) -> Result<(Value, String)> {
    let text = text(flag, given)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str(text) {
        Ok(value) => Ok((value, text.to_string())),
        Err(error) => Err(Failure::usage(format!("{flag} is not valid JSON: {error}"))
            .hint(format!("{flag} takes JSON itself, @FILE, or - for stdin"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_literally_or_from_a_file() {
        let (value, text) = json("--content", r#" {"b":1,"a":2} "#).expect("JSON");
        assert_eq!((value["a"].as_i64(), text.as_str()), (Some(2), r#"{"b":1,"a":2}"#));
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut file, "\u{feff}[1]\n".as_bytes()).expect("written");
        let (value, text) =
            json("--content", &format!("@{}", file.path().display())).expect("file");
        assert_eq!((value, text.as_str()), (serde_json::json!([1]), "[1]"));
    }

    #[test]
    fn what_cannot_be_read_is_said_with_the_forms_that_can() {
        for given in ["{", "", "@/nowhere/at/all", "@"] {
            let failure = json("--content", given).expect_err(given);
            assert!(failure.hint.expect("a hint").contains("@FILE"), "{given}");
        }
    }
}
