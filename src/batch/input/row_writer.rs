//! Writes rows in the format of the input.

use std::io::{self, Write};

use anyhow::Context as _;
use csv::StringRecord;
use serde_json::{Map, Value};

use crate::batch::input::format::Format;

/// Writes rows in the format of an input, with more columns in front.
pub struct RowWriter<W: Write> {
    columns: Vec<String>,
    /// The names of the columns in front; none of them if they are not wanted.
    first: &'static [&'static str],
    writer: Writer<W>,
}

enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> RowWriter<W> {
    /// A writer for rows of a batch; with `details`, each has `line`, `status` and `code` in front.
    ///
    /// # Errors
    /// The header cannot be written.
    pub fn new(
        output: W,
        format: Format,
        columns: &[String],
        details: bool,
    ) -> anyhow::Result<Self> {
        let first: &[&str] = if details { &["line", "status", "code"] } else { &[] };
        Self::with_columns(output, format, columns, first).context("cannot write the rows")
    }

    pub(super) fn with_columns(
        output: W,
        format: Format,
        columns: &[String],
        first: &'static [&'static str],
    ) -> io::Result<Self> {
        let writer = match format {
            Format::JsonLines => Writer::Json(output),
            Format::Csv { separator } => {
                let mut writer = csv::WriterBuilder::new()
                    .delimiter(separator)
                    .flexible(true)
                    .from_writer(output);
                let header = first.iter().copied().chain(columns.iter().map(String::as_str));
                writer.write_record(header).map_err(io::Error::from)?;
                Writer::Csv(Box::new(writer))
            }
        };
        Ok(Self { columns: columns.to_vec(), first, writer })
    }

    /// Writes a row; `details` are the values of the columns after `line`.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn write(
        &mut self,
        line: u64,
        details: &[&str],
        fields: &StringRecord,
    ) -> anyhow::Result<()> {
        self.write_row(line, details, fields).context("cannot write the rows")
    }

    fn write_row(&mut self, line: u64, details: &[&str], fields: &StringRecord) -> io::Result<()> {
        match &mut self.writer {
            Writer::Csv(writer) => {
                let line = line.to_string();
                let first = std::iter::once(line.as_str()).chain(details.iter().copied());
                let record = first.take(self.first.len()).chain(fields);
                writer.write_record(record).map_err(io::Error::from)
            }
            Writer::Json(writer) => {
                let mut object = Map::new();
                let values = std::iter::once(Value::from(line))
                    .chain(details.iter().map(|value| Value::from(*value)));
                for (name, value) in self.first.iter().zip(values) {
                    object.insert((*name).into(), value);
                }
                for (column, value) in self.columns.iter().zip(fields) {
                    object.insert(column.clone(), value.into());
                }
                writeln!(writer, "{}", Value::Object(object))
            }
        }
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        match &mut self.writer {
            Writer::Csv(writer) => writer.flush(),
            Writer::Json(writer) => writer.flush(),
        }
        .context("cannot write the rows")
    }
}
