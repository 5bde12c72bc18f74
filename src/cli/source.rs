//! Flag values that are given directly, in a file (`@FILE`) or on stdin (`-`).

use std::io::Read as _;

use serde_json::Value;

use crate::error::{Failure, Result};

/// Limit for a file or stdin. It is far above the size of a command-line argument; reading stops
/// there, so an endless input cannot fill the memory.
const MAX_BYTES: u64 = 1024 * 1024;

/// Loads the text of a flag: the value itself, or the content of the file or stdin that it names.
///
/// # Errors
/// The file or stdin cannot be read, is larger than 1 MiB, or is not valid UTF-8.
pub fn text(flag: &str, given: &str) -> Result<String> {
    match (given, given.strip_prefix('@')) {
        ("-", _) => stdin(flag),
        (text, None) => Ok(text.to_string()),
        (_, Some(path)) => std::fs::File::open(path).and_then(load_limited).map_err(|error| {
            Failure::usage(format!("{flag} cannot be read from {path}: {error}"))
                .hint(format!("give {flag} the value itself, @FILE, or - for stdin"))
        }),
    }
}

/// Loads all of stdin.
///
/// # Errors
/// It cannot be read, is larger than 1 MiB, or is not valid UTF-8.
pub fn stdin(flag: &str) -> Result<String> {
    load_limited(std::io::stdin().lock()).map_err(|error| {
        Failure::usage(format!("{flag} cannot be read from stdin: {error}"))
            .hint("stdin must be UTF-8 text of at most 1 MiB")
    })
}

fn load_limited(source: impl std::io::Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not valid UTF-8"))
}

/// Parses the JSON of a flag. Also returns its original text, without surrounding whitespace.
///
/// # Errors
/// As [`text`]; the text is not valid JSON.
pub fn json(flag: &str, given: &str) -> Result<(Value, String)> {
    let text = text(flag, given)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str(text) {
        Ok(value) => Ok((value, text.to_string())),
        Err(error) => Err(Failure::usage(format!("{flag} is not valid JSON: {error}"))
            .hint(format!("give {flag} JSON itself, @FILE, or - for stdin"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_given_directly_or_in_a_file() {
        let (value, text) = json("--content", r#" {"b":1,"a":2} "#).expect("JSON");
        assert_eq!((value["a"].as_i64(), text.as_str()), (Some(2), r#"{"b":1,"a":2}"#));
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut file, "\u{feff}[1]\n".as_bytes()).expect("written");
        let (value, text) =
            json("--content", &format!("@{}", file.path().display())).expect("file");
        assert_eq!((value, text.as_str()), (serde_json::json!([1]), "[1]"));
    }

    #[test]
    fn the_hint_for_unreadable_input_lists_the_accepted_forms() {
        for given in ["{", "", "@/nowhere/at/all", "@"] {
            let failure = json("--content", given).expect_err(given);
            assert!(failure.hint.expect("a hint").contains("@FILE"), "{given}");
        }
    }
}
