//! Writes the rows that cannot be sent to a file, with their lines and reasons.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use csv::StringRecord;
use serde_json::{Map, Value};

use crate::batch::input::format::Format;
use crate::os::system;

/// How many invalid rows messages and reports contain.
const MAX_SHOWN: usize = 20;

/// Collects invalid rows. The file is created with the first one.
pub struct InvalidRows {
    pub count: u64,
    /// Line and reason of the first ones.
    pub shown: Vec<(u64, String)>,
    path: PathBuf,
    format: Format,
    columns: Vec<String>,
    writer: Option<Writer>,
}

enum Writer {
    Csv(csv::Writer<BufWriter<File>>),
    Json(BufWriter<File>),
}

impl InvalidRows {
    /// The rows go to `path`, in the format of the input, after the columns `line` and `reason`.
    pub fn new(path: PathBuf, format: Format, columns: &[String]) -> Self {
        Self { count: 0, shown: Vec::new(), path, format, columns: columns.to_vec(), writer: None }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, line: u64, reason: &str, fields: &StringRecord) -> anyhow::Result<()> {
        self.count += 1;
        if self.shown.len() < MAX_SHOWN {
            self.shown.push((line, reason.to_string()));
        }
        self.write(line, reason, fields)
            .with_context(|| format!("cannot write the invalid rows to {}", self.path.display()))
    }

    fn write(&mut self, line: u64, reason: &str, fields: &StringRecord) -> io::Result<()> {
        if self.writer.is_none() {
            self.writer = Some(self.create()?);
        }
        match &mut self.writer {
            Some(Writer::Csv(writer)) => {
                let line = line.to_string();
                let start = [line.as_str(), reason];
                writer.write_record(start.into_iter().chain(fields)).map_err(io::Error::from)
            }
            Some(Writer::Json(writer)) => {
                let mut object = Map::new();
                object.insert("line".into(), line.into());
                object.insert("reason".into(), reason.into());
                for (column, value) in self.columns.iter().zip(fields) {
                    object.insert(column.clone(), value.into());
                }
                writeln!(writer, "{}", Value::Object(object))
            }
            None => Ok(()),
        }
    }

    fn create(&self) -> io::Result<Writer> {
        let mut options = system::private_file();
        let file = options.write(true).create(true).truncate(true).open(&self.path)?;
        let file = BufWriter::new(file);
        Ok(match self.format {
            Format::JsonLines => Writer::Json(file),
            Format::Csv { separator } => {
                let mut writer =
                    csv::WriterBuilder::new().delimiter(separator).flexible(true).from_writer(file);
                let start = ["line", "reason"];
                let columns = self.columns.iter().map(String::as_str);
                writer.write_record(start.into_iter().chain(columns)).map_err(io::Error::from)?;
                Writer::Csv(writer)
            }
        })
    }

    /// Completes the file. Returns its path if there are invalid rows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&mut self) -> anyhow::Result<Option<&Path>> {
        let flushed = match &mut self.writer {
            None => return Ok(None),
            Some(Writer::Csv(writer)) => writer.flush(),
            Some(Writer::Json(writer)) => writer.flush(),
        };
        flushed.with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(Some(&self.path))
    }
}
