//! Reads CSV text (RFC 4180) record by record. A value in quotes has to end: a missing quote must not
//! put the following rows into one value.

use std::io::{BufRead, Read};

use csv::StringRecord;
use memchr::memchr;

use crate::batch::input::format::{MAX_ROW, not_utf8, too_long, unreadable, without_bom};
use crate::error::{Failure, Result};

const ONE_QUOTE: &str = "a value has text after its closing quote; inside quotes, write each quote \
                         twice (\"\")";

/// A reader of CSV text.
pub struct CsvReader<R> {
    pub reader: R,
    separator: u8,
    /// Lines that were read.
    lines: u64,
    raw: Vec<u8>,
    value: String,
}

/// A record of the text.
pub struct CsvRow {
    /// The line where it starts, from 1.
    pub line: u64,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

/// Why a record cannot be split into values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Invalid {
    /// A value in quotes does not end.
    Open,
    /// After its closing quote, a value goes on.
    TextAfterQuote,
}

impl<R: BufRead> CsvReader<R> {
    pub const fn new(reader: R, separator: u8) -> Self {
        Self { reader, separator, lines: 0, raw: Vec::new(), value: String::new() }
    }

    /// Reads the next record; `None` at the end. Empty records are skipped.
    ///
    /// # Errors
    /// The text cannot be read, is not UTF-8, or has a value in quotes that does not end.
    pub fn next(&mut self, name: &str, fields: &mut StringRecord) -> Result<Option<CsvRow>> {
        loop {
            self.raw.clear();
            if !self.add_line(name)? {
                return Ok(None);
            }
            if self.lines == 1 {
                let length = self.raw.len() - without_bom(&self.raw).len();
                self.raw.drain(..length);
            }
            let is_filler = |byte: &u8| *byte == self.separator || byte.is_ascii_whitespace();
            if !self.raw.iter().all(is_filler) {
                break;
            }
        }
        let line = self.lines;
        loop {
            fields.clear();
            let Ok(text) = std::str::from_utf8(without_line_end(&self.raw)) else {
                return Err(not_utf8(name, &self.raw, &format!("invalid bytes in line {line}")));
            };
            let has_more_lines = self.lines > line;
            match split(text, self.separator, has_more_lines, &mut self.value, fields) {
                Ok(()) => return Ok(Some(CsvRow { line, problem: None })),
                Err(Invalid::TextAfterQuote) if !has_more_lines => {
                    fields.clear();
                    fields.push_field(text);
                    return Ok(Some(CsvRow { line, problem: Some(ONE_QUOTE.into()) }));
                }
                Err(Invalid::TextAfterQuote) => return Err(unclosed(name, line)),
                Err(Invalid::Open) => self.close_quote(name, line)?,
            }
        }
    }

    /// Adds lines until the open value in quotes may end.
    fn close_quote(&mut self, name: &str, line: u64) -> Result<()> {
        loop {
            let length = self.raw.len();
            if length >= MAX_ROW || !self.add_line(name)? {
                return Err(unclosed(name, line));
            }
            let quotes = memchr::memchr_iter(b'"', &self.raw[length..]).count();
            if quotes % 2 == 1 {
                return Ok(());
            }
        }
    }

    /// Adds one line with its end. Returns false at the end of the text.
    fn add_line(&mut self, name: &str) -> Result<bool> {
        let limit = u64::try_from(MAX_ROW).unwrap_or(u64::MAX);
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.raw);
        let length = read.map_err(|error| unreadable(name, &error))?;
        self.lines += u64::from(length > 0);
        if length == MAX_ROW {
            return Err(too_long(name, self.lines));
        }
        Ok(length > 0)
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Splits a record of one line, or of more lines, into its values.
fn split(
    text: &str,
    separator: u8,
    has_more_lines: bool,
    value: &mut String,
    fields: &mut StringRecord,
) -> std::result::Result<(), Invalid> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        if bytes.get(at) != Some(&b'"') {
            let length = memchr(separator, &bytes[at..]);
            let field = &text[at..length.map_or(text.len(), |length| at + length)];
            // Several lines, of which this value is not in quotes: a quote is missing before.
            if has_more_lines && memchr(b'\n', field.as_bytes()).is_some() {
                return Err(Invalid::TextAfterQuote);
            }
            fields.push_field(field);
            match length {
                Some(length) => at += length + 1,
                None => return Ok(()),
            }
            continue;
        }
        value.clear();
        let mut start = at + 1;
        loop {
            let quote = memchr(b'"', &bytes[start..]).ok_or(Invalid::Open)? + start;
            value.push_str(&text[start..quote]);
            match bytes.get(quote + 1) {
                Some(b'"') => {
                    value.push('"');
                    start = quote + 2;
                }
                None => {
                    fields.push_field(value);
                    return Ok(());
                }
                Some(next) if *next == separator => {
                    fields.push_field(value);
                    at = quote + 2;
                    break;
                }
                Some(_) => return Err(Invalid::TextAfterQuote),
            }
        }
    }
}

fn unclosed(name: &str, line: u64) -> Box<Failure> {
    Failure::usage(format!(
        "{name}, line {line}: a value starts with a quote and has no closing quote"
    ))
    .hint("add the closing quote; inside quotes, write each quote twice (\"\")")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<(u64, Vec<String>, bool)>;

    fn read(text: &str) -> Result<Rows> {
        let mut reader = CsvReader::new(text.as_bytes(), b',');
        let (mut fields, mut rows) = (StringRecord::new(), Vec::new());
        while let Some(row) = reader.next("f", &mut fields)? {
            let values = fields.iter().map(Into::into).collect();
            rows.push((row.line, values, row.problem.is_some()));
        }
        Ok(rows)
    }

    #[test]
    fn valid_text_has_the_same_values_as_in_the_csv_crate() {
        for text in [
            "a,b\r\nc,d\r\n",
            "\n\na,b\n\nc,\"d\n\ne\"\"\r\nf\"\n\"\",\"\"\nlast,",
            "a,\"b\",\"c,\"\"\"\n\"x\ny\",z",
            "a 5\" pipe,b\"\nc,d",
            "",
            "\u{feff}\"a\",ä\n",
        ] {
            let mut reader = csv::ReaderBuilder::new();
            let mut reader = reader.flexible(true).has_headers(false).from_reader(text.as_bytes());
            let expected: Rows = reader
                .records()
                .map(|record| record.expect("valid"))
                .map(|record| {
                    let line = record.position().expect("a position").line();
                    (line, record.iter().map(Into::into).collect(), false)
                })
                .collect();
            let found = read(text).expect(text);
            let values = |rows: &Rows| rows.iter().map(|row| row.1.clone()).collect::<Vec<_>>();
            assert_eq!(values(&found), values(&expected), "{text}");
        }
        let found = read("a\n\nb,\"1\n2\"\nc\n").expect("valid");
        assert_eq!(found.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3, 5]);
    }

    #[test]
    fn empty_records_are_skipped() {
        assert_eq!(read("a,b\n,\n , \r\nc,\n").expect("valid").len(), 2);
    }

    #[test]
    fn a_quote_without_an_end_is_an_error_with_the_line_of_its_row() {
        for text in [
            "a,b\n1,\"x\n2,y\n3,z\n",
            "a,b\n1,\"x\n2,y\n3,\"z\"\n",
            "a,b\n1,\"x\n2,5\" y\n3,z",
            "a,b\n1,\"",
        ] {
            let failure = read(text).expect_err(text);
            assert!(failure.message.contains("line 2"), "{}", failure.message);
        }
        let endless = format!("a,b\n1,\"x\n{}", "2,y\n".repeat(1_000_000));
        assert!(read(&endless).expect_err("refused").message.contains("line 2"));
    }

    #[test]
    fn text_after_a_closing_quote_concerns_only_its_row() {
        let found = read("a,b\n1,\"x\"y\n2,z\n").expect("read");
        assert_eq!(found.iter().map(|row| row.2).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(found[1].1, ["1,\"x\"y"]);
    }
}
