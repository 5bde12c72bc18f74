//! Reads the rows of an input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use csv::StringRecord;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::batch::input::format::{Format, not_utf8, without_bom};
use crate::error::{Failure, Result};

/// The largest row in bytes: far above every limit of a message, and small enough for memory.
const MAX_ROW: usize = 1024 * 1024;

/// One row of the input.
#[derive(Debug, Default)]
pub struct Record {
    /// The line of the input where the row starts, from 1.
    pub line: u64,
    /// The values, in the order of the columns.
    pub fields: StringRecord,
    /// Why the row cannot be used.
    pub problem: Option<String>,
}

/// The rows of an input, in order.
pub struct Rows {
    columns: Vec<String>,
    name: String,
    reader: Reader,
}

enum Reader {
    Csv(Box<csv::Reader<Hashing>>, csv::ByteRecord),
    Json(Box<BufReader<Hashing>>, JsonLine),
}

/// The state of a reader of JSON Lines.
#[derive(Default)]
struct JsonLine {
    line: u64,
    text: Vec<u8>,
    /// The first row, which was read for its keys.
    first: Option<Map<String, Value>>,
}

impl Rows {
    pub(super) fn new(file: File, format: Format, name: &str) -> Result<Self> {
        let name = name.to_string();
        let file = Hashing { file, hash: Sha256::new() };
        match format {
            Format::Csv { separator } => {
                let mut reader = csv::ReaderBuilder::new()
                    .delimiter(separator)
                    .flexible(true)
                    .buffer_capacity(256 * 1024)
                    .from_reader(file);
                let header =
                    reader.byte_headers().map_err(|error| csv_error(&name, &error))?.clone();
                let header = StringRecord::from_byte_record(header)
                    .map_err(|_| not_utf8(&name, "invalid bytes in line 1"))?;
                let columns: Vec<_> =
                    header.iter().map(|name| clean(name).trim().to_string()).collect();
                check_header(&name, &columns)?;
                let reader = Reader::Csv(Box::new(reader), csv::ByteRecord::new());
                Ok(Self { columns, name, reader })
            }
            Format::JsonLines => {
                let mut rows = Self {
                    columns: Vec::new(),
                    reader: Reader::Json(
                        Box::new(BufReader::with_capacity(256 * 1024, file)),
                        JsonLine::default(),
                    ),
                    name,
                };
                rows.read_keys()?;
                check_header(&rows.name, &rows.columns)?;
                Ok(rows)
            }
        }
    }

    /// The columns: the header of a CSV file, or the keys of the first JSON object.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Reads the next row into `record`. Returns false at the end of the input.
    ///
    /// # Errors
    /// The input cannot be read, or is not UTF-8 text.
    pub fn next(&mut self, record: &mut Record) -> Result<bool> {
        record.problem = None;
        match &mut self.reader {
            Reader::Csv(reader, bytes) => {
                if !reader.read_byte_record(bytes).map_err(|error| csv_error(&self.name, &error))? {
                    return Ok(false);
                }
                record.line = bytes.position().map_or(0, csv::Position::line);
                if bytes.len() != self.columns.len() {
                    record.problem = Some(format!(
                        "it has {}, the header has {}",
                        count(bytes.len(), "value"),
                        self.columns.len()
                    ));
                }
                match std::str::from_utf8(bytes.as_slice()) {
                    Ok(_) => {
                        let read = std::mem::take(bytes);
                        let old = std::mem::take(&mut record.fields);
                        *bytes = old.into_byte_record();
                        record.fields = StringRecord::from_byte_record(read).unwrap_or_default();
                    }
                    Err(_) => {
                        let place = format!("invalid bytes in line {}", record.line);
                        return Err(not_utf8(&self.name, &place));
                    }
                }
                Ok(true)
            }
            Reader::Json(reader, state) => {
                let object = match state.first.take() {
                    Some(object) => Ok(object),
                    None => match state.next(reader, &self.name)? {
                        Some(object) => object,
                        None => return Ok(false),
                    },
                };
                record.line = state.line;
                record.fields.clear();
                match object {
                    Ok(object) => fill(record, &self.columns, object),
                    Err(problem) => record.problem = Some(problem),
                }
                Ok(true)
            }
        }
    }

    /// The SHA-256 hash of the input in hexadecimal digits. Reads the input to its end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn finish(self) -> Result<String> {
        let failed = |error: io::Error| super::unreadable(&self.name, &error);
        let mut hashing = match self.reader {
            Reader::Csv(reader, _) => reader.into_inner(),
            Reader::Json(reader, _) => reader.into_inner(),
        };
        io::copy(&mut hashing, &mut io::sink()).map_err(failed)?;
        Ok(hashing.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn read_keys(&mut self) -> Result<()> {
        let Reader::Json(reader, state) = &mut self.reader else { return Ok(()) };
        match state.next(reader, &self.name)? {
            Some(Ok(object)) => {
                self.columns = object.keys().cloned().collect();
                state.first = Some(object);
                Ok(())
            }
            Some(Err(problem)) => {
                Err(Failure::usage(format!("{}, line {}: {problem}", self.name, state.line)))
            }
            None => Ok(()),
        }
    }
}

impl JsonLine {
    /// The next object, or why its line is not one; `None` at the end.
    #[allow(clippy::type_complexity, reason = "a problem of one row does not end the input")]
    fn next(
        &mut self,
        reader: &mut BufReader<Hashing>,
        name: &str,
    ) -> Result<Option<std::result::Result<Map<String, Value>, String>>> {
        loop {
            self.text.clear();
            let limit = u64::try_from(MAX_ROW).unwrap_or(u64::MAX);
            let read = reader.by_ref().take(limit).read_until(b'\n', &mut self.text);
            let length = read.map_err(|error| super::unreadable(name, &error))?;
            if length == 0 {
                return Ok(None);
            }
            self.line += 1;
            if length == MAX_ROW {
                return Err(too_long(name, self.line));
            }
            let line = if self.line == 1 { without_bom(&self.text) } else { self.text.as_slice() };
            let Ok(text) = std::str::from_utf8(line) else {
                return Err(not_utf8(name, &format!("invalid bytes in line {}", self.line)));
            };
            if text.trim().is_empty() {
                continue;
            }
            return Ok(Some(serde_json::from_str(text).map_err(|error| {
                // The line number of the message is that within this one line.
                let error = error.to_string();
                let error = error.split(" at line ").next().unwrap_or_default();
                format!("it is not a JSON object: {error}")
            })));
        }
    }
}

/// Puts the values of an object into the order of the columns.
fn fill(record: &mut Record, columns: &[String], mut object: Map<String, Value>) {
    for column in columns {
        match object.swap_remove(column) {
            None | Some(Value::Null) => record.fields.push_field(""),
            Some(Value::String(text)) => record.fields.push_field(&text),
            Some(Value::Number(number)) => record.fields.push_field(&number.to_string()),
            Some(other) => {
                record.fields.push_field("");
                record.problem = Some(format!(
                    "the value of {column:?} is not a string or a number: {}",
                    if other.is_boolean() { other.to_string() } else { "nested JSON".into() }
                ));
            }
        }
    }
    if let Some((key, _)) = object.iter().next() {
        record.problem = Some(format!("the first row does not have the key {key:?}"));
    }
}

/// The name without a byte order mark.
fn clean(name: &str) -> &str {
    name.strip_prefix('\u{feff}').unwrap_or(name)
}

fn check_header(name: &str, columns: &[String]) -> Result<()> {
    let mut known = std::collections::HashSet::new();
    if let Some(twice) = columns.iter().find(|column| !known.insert(column.as_str())) {
        return Err(Failure::usage(format!("{name} has two columns {twice:?}"))
            .hint("give each column its own name"));
    }
    Ok(())
}

fn csv_error(name: &str, error: &csv::Error) -> Box<Failure> {
    Failure::usage(format!("cannot read {name}: {error}"))
}

fn too_long(name: &str, line: u64) -> Box<Failure> {
    Failure::usage(format!("{name}, line {line}: the row is larger than 1 MiB"))
        .hint("write one JSON object on each line")
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A file whose bytes are hashed while they are read.
struct Hashing {
    file: File,
    hash: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.hash.update(&buffer[..length]);
        Ok(length)
    }
}
