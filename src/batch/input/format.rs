//! The format of an input, detected from its first bytes.

use std::io;

use crate::error::{Failure, Result};

/// How many bytes at the start are used to detect the format.
pub const SAMPLE: u64 = 64 * 1024;
/// The largest row in bytes: far above every limit of a message, and small enough for memory.
pub const MAX_ROW: usize = 1024 * 1024;
const BOM: &[u8] = b"\xEF\xBB\xBF";
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The format of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180) with a header; the separator can also be `;` or a tab.
    Csv { separator: u8 },
    /// One JSON object on each line.
    JsonLines,
}

impl Format {
    /// Detects the format.
    ///
    /// # Errors
    /// The input is empty or has another encoding than UTF-8.
    pub fn detect(start: &[u8], name: &str) -> Result<Self> {
        if start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") || start.contains(&0) {
            return Err(not_utf8(name, start, "UTF-16 or binary data"));
        }
        let text = without_bom(start);
        let Some(first) = text.iter().find(|byte| !byte.is_ascii_whitespace()) else {
            return Err(Failure::usage(format!("{name} is empty"))
                .hint("the first line names the columns, for example: phone,name,order"));
        };
        if *first == b'{' {
            return Ok(Self::JsonLines);
        }
        if *first == b'[' {
            return Err(Failure::usage(format!("{name} is a JSON array")).hint(
                "write one JSON object on each line (JSON Lines), for example with: jq -c '.[]'",
            ));
        }
        Ok(Self::Csv { separator: separator(text) })
    }

    /// The usual ending of a file with this format.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv { separator: b'\t' } => "tsv",
            Self::Csv { .. } => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// The text without a byte order mark.
pub fn without_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(BOM).unwrap_or(text)
}

/// The most frequent separator of the first line, outside quotes.
fn separator(text: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([0_usize; SEPARATORS.len()], false);
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => {
                if let Some(at) = SEPARATORS.iter().position(|separator| separator == byte) {
                    counts[at] += 1;
                }
            }
            _ => {}
        }
    }
    let best = (0..SEPARATORS.len()).rev().max_by_key(|&at| counts[at]).unwrap_or_default();
    SEPARATORS[best]
}

/// The failure for text in another encoding. `sample` is the text that is not UTF-8.
pub fn not_utf8(name: &str, sample: &[u8], found: &str) -> Box<Failure> {
    let encoding = if sample.starts_with(b"PK\x03\x04") {
        return Failure::usage(format!("{name} is not a text file: it may be an Excel workbook"))
            .hint("save it as \"CSV UTF-8\" in the spreadsheet program");
    } else if sample.contains(&0) {
        "UTF-16"
    } else {
        "GB18030"
    };
    Failure::usage(format!("{name} is not UTF-8 text: {found}")).hint(format!(
        "save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\"), or convert it, for example: \
         iconv -f {encoding} -t UTF-8 FILE > NEW"
    ))
}

/// The failure for an input that cannot be read.
pub fn unreadable(name: &str, error: &io::Error) -> Box<Failure> {
    Failure::usage(format!("cannot read {name}: {error}"))
}

/// The failure for a row that is larger than [`MAX_ROW`].
pub fn too_long(name: &str, line: u64) -> Box<Failure> {
    Failure::usage(format!("{name}, line {line}: the row is larger than 1 MiB"))
        .hint("write each row on a line of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(text: &[u8]) -> Format {
        Format::detect(text, "f").expect("a format")
    }

    #[test]
    fn the_separator_is_the_most_frequent_one_of_the_header() {
        for (text, separator) in [
            ("phone,name\n1;2;3;4,", b','),
            ("phone;name\n", b';'),
            ("phone\tname\n", b'\t'),
            ("phone\n", b','),
            ("\u{feff}phone;\"a,b,c\"\r\n", b';'),
        ] {
            assert_eq!(detect(text.as_bytes()), Format::Csv { separator }, "{text}");
        }
    }

    #[test]
    fn json_lines_start_with_an_object() {
        assert_eq!(detect("\u{feff}\n {\"phone\":\"1\"}".as_bytes()), Format::JsonLines);
    }

    #[test]
    fn other_encodings_and_json_arrays_are_refused() {
        for text in [&b"\xFF\xFEp\0h\0"[..], b"", b" \n", b"\xEF\xBB\xBF", b"[{\"phone\":\"1\"}]"] {
            let failure = Format::detect(text, "f").expect_err("refused");
            assert!(failure.hint.is_some(), "{}", failure.message);
        }
    }
}
