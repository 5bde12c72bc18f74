//! Flag values that are given directly, in a file (`@FILE`) or on stdin (`-`).

use std::io::Read as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::error::{Failure, Result};

/// Limit for a file or stdin. It is far above the size of a command-line argument; reading stops
/// there, so an endless input cannot fill the memory.
const MAX_BYTES: u64 = 1024 * 1024;

/// The text of stdin, which can be read only once.
static STDIN: OnceLock<std::result::Result<String, String>> = OnceLock::new();
/// Whether a flag has taken it.
static STDIN_IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Lets a flag take stdin again, because the command line is parsed a second time.
pub fn parse_again() {
    STDIN_IS_TAKEN.store(false, Ordering::Relaxed);
}

/// Parses the value of a flag that takes text: the text itself, `@FILE`, or `-` for stdin. `@@`
/// begins a text with `@`. One line break at the end of a file or stdin is removed.
///
/// # Errors
/// The file or stdin cannot be read, is larger than 1 MiB, or is not valid UTF-8.
pub fn parse(given: &str) -> std::result::Result<String, String> {
    let loaded = match given.strip_prefix('@') {
        None if given == "-" => stdin(),
        None => return Ok(given.to_string()),
        Some(text) if text.starts_with('@') => return Ok(text.to_string()),
        Some(path) => std::fs::File::open(path).and_then(load_limited),
    };
    let text = loaded.map_err(|error| {
        let source = given.strip_prefix('@').unwrap_or("stdin");
        format!("{source} cannot be read: {error}; {FORMS}")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(text.to_string())
}

const FORMS: &str = "the value is the text itself, @FILE, or - for stdin; @@ begins a text with @";

fn stdin() -> std::io::Result<String> {
    if STDIN_IS_TAKEN.swap(true, Ordering::Relaxed) {
        return Err(std::io::Error::other("another flag has read it"));
    }
    let load = || load_limited(std::io::stdin().lock()).map_err(|error| error.to_string());
    STDIN.get_or_init(load).clone().map_err(std::io::Error::other)
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
/// The text is not valid JSON.
pub fn json(flag: &str, text: &str) -> Result<(Value, String)> {
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
    fn a_text_is_given_directly_or_in_a_file() {
        assert_eq!(parse("Hello @ all").as_deref(), Ok("Hello @ all"));
        assert_eq!(parse("@@alice\n").as_deref(), Ok("@alice\n"));
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut file, "\u{feff}one\n@two\r\n".as_bytes()).expect("written");
        assert_eq!(parse(&format!("@{}", file.path().display())).as_deref(), Ok("one\n@two"));
        for given in ["@/nowhere/at/all", "@"] {
            let error = parse(given).expect_err(given);
            assert!(error.contains("cannot be read") && error.contains("@@"), "{error}");
        }
    }

    #[test]
    fn the_text_of_json_is_kept() {
        let (value, text) = json("--content", " {\"b\":1,\"a\":2} ").expect("JSON");
        assert_eq!((value["a"].as_i64(), text.as_str()), (Some(2), "{\"b\":1,\"a\":2}"));
        for given in ["{", ""] {
            let failure = json("--content", given).expect_err(given);
            assert!(failure.hint.expect("a hint").contains("@FILE"), "{given}");
        }
    }
}
