//! Reads the rows of an input.

use std::fs::File;
use std::io::{self, BufReader, Read};

use base16ct::lower::encode_string;
use csv::StringRecord;
use sha2::{Digest, Sha256};

use crate::batch::input::csv_reader::CsvReader;
use crate::batch::input::format::{Format, unreadable};
use crate::batch::input::json_reader::{JsonReader, Member};
use crate::error::{Failure, Result};
use crate::message::plural::count;

const BUFFER: usize = 256 * 1024;

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
    Csv(CsvReader<BufReader<Hashing>>),
    /// With the first object, which was read for its keys.
    Json(JsonReader<BufReader<Hashing>>, Option<Vec<Member>>),
}

impl Rows {
    /// Without `hash`, [`Self::finish`] returns an empty text.
    pub(super) fn new(file: File, format: Format, name: &str, hash: bool) -> Result<Self> {
        let file = Hashing { file, hash: hash.then(Sha256::new) };
        let file = BufReader::with_capacity(BUFFER, file);
        let (columns, reader) = match format {
            Format::Csv { separator } => {
                let mut reader = CsvReader::new(file, separator);
                let columns = read_header(&mut reader, name)?;
                (columns, Reader::Csv(reader))
            }
            Format::JsonLines => {
                let mut reader = JsonReader::new(file);
                let first = match reader.next(name)? {
                    Some(Ok(object)) => object,
                    Some(Err(problem)) => {
                        let line = reader.line;
                        return Err(Failure::usage(format!("{name}, line {line}: {problem}"))
                            .hint("write one JSON object on each line"));
                    }
                    None => Vec::new(),
                };
                let columns = first.iter().map(|member| member.key.clone()).collect();
                (columns, Reader::Json(reader, Some(first)))
            }
        };
        check_header(name, &columns)?;
        Ok(Self { columns, name: name.to_string(), reader })
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
            Reader::Csv(reader) => {
                let Some(row) = reader.next(&self.name, &mut record.fields)? else {
                    return Ok(false);
                };
                record.line = row.line;
                record.problem = row.problem;
                let length = record.fields.len();
                if record.problem.is_none() && length != self.columns.len() {
                    record.problem = Some(format!(
                        "it has {}, the header has {}",
                        count(length as u64, "value"),
                        self.columns.len()
                    ));
                }
            }
            Reader::Json(reader, first) => {
                let object = match first.take() {
                    Some(object) => Ok(object),
                    None => match reader.next(&self.name)? {
                        Some(object) => object,
                        None => return Ok(false),
                    },
                };
                record.line = reader.line;
                record.fields.clear();
                match object {
                    Ok(object) => fill(record, &self.columns, &object),
                    Err(problem) => record.problem = Some(problem),
                }
            }
        }
        Ok(true)
    }

    /// The SHA-256 hash of the input in hexadecimal digits. Reads the input to its end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn finish(self) -> Result<String> {
        let mut rest = match self.reader {
            Reader::Csv(reader) => reader.reader.into_inner(),
            Reader::Json(reader, _) => reader.reader.into_inner(),
        };
        let mut buffer = vec![0; BUFFER];
        while rest.hash.is_some() {
            let read = rest.read(&mut buffer).map_err(|error| unreadable(&self.name, &error))?;
            if read == 0 {
                break;
            }
        }
        let hash = rest.hash.map(Sha256::finalize).unwrap_or_default();
        Ok(encode_string(&hash))
    }
}

fn read_header(reader: &mut CsvReader<BufReader<Hashing>>, name: &str) -> Result<Vec<String>> {
    let mut header = StringRecord::new();
    let row = reader.next(name, &mut header)?;
    if let Some(problem) = row.and_then(|row| row.problem) {
        return Err(Failure::usage(format!("{name}, line 1: {problem}")));
    }
    if header.iter().any(|column| column.contains('\r')) {
        return Err(Failure::usage(format!("the lines of {name} end with CR only"))
            .hint("save it with the line ends of Unix or Windows: tr '\\r' '\\n' < FILE > NEW"));
    }
    Ok(header.iter().map(|column| column.trim().to_string()).collect())
}

/// Puts the values of an object into the order of the columns.
fn fill(record: &mut Record, columns: &[String], object: &[Member]) {
    for (at, column) in columns.iter().enumerate() {
        // Most objects have the order of the first one.
        let same = object.get(at).filter(|member| member.key == *column);
        let member = same.or_else(|| object.iter().find(|member| member.key == *column));
        match member.map(|member| &member.value) {
            None => record.fields.push_field(""),
            Some(Ok(text)) => record.fields.push_field(text),
            Some(Err(found)) => {
                record.fields.push_field("");
                record.problem =
                    Some(format!("the value of {column:?} is not a string or a number: {found}"));
            }
        }
    }
    if let Some(other) = object.iter().find(|member| !columns.contains(&member.key)) {
        record.problem = Some(format!("the first row does not have the key {:?}", other.key));
    }
    let repeated = |at: usize| object[..at].iter().any(|one| one.key == object[at].key);
    if let Some(at) = (1..object.len()).find(|at| repeated(*at)) {
        record.problem = Some(format!("it has the key {:?} twice", object[at].key));
    }
}

fn check_header(name: &str, columns: &[String]) -> Result<()> {
    let mut known = std::collections::HashSet::new();
    // Columns without a name are not used.
    let mut names = columns.iter().filter(|column| !column.is_empty());
    if let Some(twice) = names.find(|column| !known.insert(column.as_str())) {
        return Err(Failure::usage(format!("{name} has two columns {twice:?}"))
            .hint("give each column its own name"));
    }
    Ok(())
}

/// A file whose bytes are hashed while they are read.
struct Hashing {
    file: File,
    hash: Option<Sha256>,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        if let Some(hash) = &mut self.hash {
            hash.update(&buffer[..length]);
        }
        Ok(length)
    }
}
