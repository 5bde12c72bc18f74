//! Reads JSON Lines: one object on each line.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::batch::input::format::{MAX_ROW, not_utf8, too_long, unreadable, without_bom};
use crate::error::Result;

/// One key of an object with its value as a text, or what it is instead.
#[derive(Debug)]
pub struct Member {
    pub key: String,
    pub value: std::result::Result<String, String>,
}

/// A reader of JSON Lines.
pub struct JsonReader<R> {
    pub reader: R,
    /// The line of the last object, from 1.
    pub line: u64,
    text: Vec<u8>,
}

impl<R: BufRead> JsonReader<R> {
    pub const fn new(reader: R) -> Self {
        Self { reader, line: 0, text: Vec::new() }
    }

    /// The next object, or why its line is not one; `None` at the end. Empty lines are skipped.
    ///
    /// # Errors
    /// The text cannot be read or is not UTF-8.
    #[allow(clippy::type_complexity, reason = "a problem of one row does not end the input")]
    pub fn next(&mut self, name: &str) -> Result<Option<std::result::Result<Vec<Member>, String>>> {
        loop {
            self.text.clear();
            let limit = u64::try_from(MAX_ROW).unwrap_or(u64::MAX);
            let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.text);
            let length = read.map_err(|error| unreadable(name, &error))?;
            if length == 0 {
                return Ok(None);
            }
            self.line += 1;
            if length == MAX_ROW {
                return Err(too_long(name, self.line));
            }
            let line = if self.line == 1 { without_bom(&self.text) } else { self.text.as_slice() };
            let Ok(text) = std::str::from_utf8(line) else {
                let place = format!("invalid bytes in line {}", self.line);
                return Err(not_utf8(name, line, &place));
            };
            if text.trim().is_empty() {
                continue;
            }
            return Ok(Some(serde_json::from_str::<Object>(text).map(|object| object.0).map_err(
                |error| {
                    // The line number of the message is that within this one line.
                    let error = error.to_string();
                    let error = error.split(" at line ").next().unwrap_or_default();
                    format!("it is not a JSON object: {error}")
                },
            )));
        }
    }
}

/// The members of an object in their order, with repetitions.
struct Object(Vec<Member>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let value: &RawValue = map.next_value()?;
            members.push(Member { key: key.into_owned(), value: text_of(value.get()) });
        }
        Ok(members)
    }
}

/// The text of a value. A number is used as it is written: 12.50 must not become 12.5.
fn text_of(raw: &str) -> std::result::Result<String, String> {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map_err(|error| error.to_string()),
        Some(b'0'..=b'9' | b'-') => Ok(raw.to_string()),
        Some(b'n') => Ok(String::new()),
        Some(b't' | b'f') => Err(raw.to_string()),
        _ => Err("nested JSON".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_notation_and_repeated_keys_are_kept() {
        let text = "\u{feff}{\"a\":12.50,\"b\":1e3,\"a\":null,\"c\":true,\"d\":[1],\"e\":\"\\u00e9\",\
                    \"f\":138000010001380000100013800001000}\n\n[1]\n{\"a\":1";
        let mut reader = JsonReader::new(text.as_bytes());
        let first = reader.next("f").expect("read").expect("a row").expect("an object");
        let values: Vec<_> = first
            .iter()
            .map(|one| (one.key.as_str(), one.value.as_deref().map_err(String::as_str)))
            .collect();
        assert_eq!(
            values,
            [
                ("a", Ok("12.50")),
                ("b", Ok("1e3")),
                ("a", Ok("")),
                ("c", Err("true")),
                ("d", Err("nested JSON")),
                ("e", Ok("é")),
                ("f", Ok("138000010001380000100013800001000")),
            ]
        );
        for line in [3, 4] {
            reader.next("f").expect("read").expect("a row").expect_err("no object");
            assert_eq!(reader.line, line);
        }
        assert!(reader.next("f").expect("read").is_none());
    }
}
