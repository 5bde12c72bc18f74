//! Writes the rows that cannot be sent to a file, with their lines and reasons.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use csv::StringRecord;

use crate::batch::input::format::Format;
use crate::batch::input::row_writer::RowWriter;
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
    writer: Option<RowWriter<BufWriter<File>>>,
}

impl InvalidRows {
    /// The rows go to `path`, in the format of the input, after the columns `line` and `reason`.
    pub fn new(path: PathBuf, format: Format, columns: &[String]) -> Self {
        let columns = columns.to_vec();
        Self { count: 0, shown: Vec::new(), path, format, columns, writer: None }
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
        let in_file = || format!("cannot write the invalid rows to {}", self.path.display());
        if self.writer.is_none() {
            self.writer = Some(self.create().with_context(in_file)?);
        }
        match &mut self.writer {
            Some(writer) => writer.write(line, &[reason], fields).with_context(in_file),
            None => Ok(()),
        }
    }

    fn create(&self) -> io::Result<RowWriter<BufWriter<File>>> {
        let mut options = system::private_file();
        let file = options.write(true).create(true).truncate(true).open(&self.path)?;
        let first = &["line", "reason"];
        RowWriter::with_columns(BufWriter::new(file), self.format, &self.columns, first)
    }

    /// Completes the file. Returns its path if there are invalid rows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&mut self) -> anyhow::Result<Option<&Path>> {
        match &mut self.writer {
            None => Ok(None),
            Some(writer) => writer.finish().map(|()| Some(self.path.as_path())),
        }
    }
}
