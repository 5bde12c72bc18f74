//! The input of a batch: CSV or JSON Lines, from a file or stdin, read as a stream.

mod columns;
mod csv_reader;
mod duplicates;
mod format;
mod invalid_rows;
mod json_reader;
mod reader;
mod row_writer;

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{Failure, Result};
use crate::os::role;
use format::unreadable;

pub use columns::{Columns, Mapping, Reserved};
pub use duplicates::{Duplicate, Duplicates};
pub use format::Format;
pub use invalid_rows::InvalidRows;
pub use reader::{Record, Rows};
pub use row_writer::RowWriter;

/// The input of a batch. It is read twice: once to check all rows, once to send them.
#[derive(Debug)]
pub struct Input {
    /// The file; `None` for stdin.
    pub path: Option<PathBuf>,
    /// How messages name it: the path as the user typed it, or `stdin`.
    pub name: String,
    pub format: Format,
    file: File,
    /// When it was opened.
    metadata: Metadata,
}

impl Input {
    /// Opens a file, or copies stdin to a private temporary file if the argument is `-`.
    ///
    /// # Errors
    /// The file cannot be read, is empty, or is not UTF-8 text.
    pub fn open(argument: &str) -> Result<Self> {
        let (path, name, mut file) = if argument == "-" {
            (None, "stdin".to_string(), spool(&mut io::stdin().lock())?)
        } else {
            let path = Path::new(argument);
            let failed = |error: io::Error| {
                Failure::usage(format!("cannot read {argument}: {error}"))
                    .hint("give the path of a CSV or JSON Lines file, or - for stdin")
            };
            let file = File::open(path).map_err(failed)?;
            let metadata = file.metadata().map_err(failed)?;
            if metadata.is_dir() {
                return Err(failed(io::Error::other("it is a folder")));
            }
            let absolute = std::path::absolute(path).map_err(failed)?;
            if metadata.is_file() {
                (Some(absolute), argument.to_string(), file)
            } else {
                // A pipe, such as a process substitution, can be read only once.
                (None, argument.to_string(), spool(&mut { file })?)
            }
        };
        let mut start = Vec::new();
        let read = (&mut file).take(format::SAMPLE).read_to_end(&mut start);
        read.and_then(|_| file.rewind()).map_err(|error| unreadable(&name, &error))?;
        let format = Format::detect(&start, &name)?;
        let metadata = file.metadata().map_err(|error| unreadable(&name, &error))?;
        Ok(Self { path, name, format, file, metadata })
    }

    /// Opens the input of a batch on record: `given`, or the path of its first run.
    ///
    /// # Errors
    /// As [`Self::open`], with the flag that names another path.
    pub fn open_again(given: Option<&str>, recorded: Option<&str>, batch: &str) -> Result<Self> {
        const HINT: &str = "if the input was moved, name it: --input FILE";
        match (given, recorded) {
            (Some(path), _) => Self::open(path),
            (None, Some(_)) if !role::reads_recorded_files() => {
                Err(Failure::usage(format!("the input of batch {batch} is not given"))
                    .hint("give its file as `input`; this tool does not read a path on record"))
            }
            (None, Some(path)) => Self::open(path).map_err(|failure| failure.hint(HINT)),
            (None, None) => Err(Failure::usage(format!("batch {batch} was read from stdin"))
                .hint("give the same input again: --input FILE, or --input - for stdin")),
        }
    }

    /// Reads all rows from the start, and hashes them.
    ///
    /// # Errors
    /// The file cannot be read, or its header is invalid.
    pub fn rows(&self) -> Result<Rows> {
        Rows::new(self.start()?, self.format, &self.name, true)
    }

    /// Reads all rows again, without a hash.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn rows_again(&self) -> Result<Rows> {
        Rows::new(self.start()?, self.format, &self.name, false)
    }

    fn start(&self) -> Result<File> {
        let file = self.file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
        file.map_err(|error| unreadable(&self.name, &error))
    }

    /// Checks that the file is still the one that was opened and checked. Rows that changed since were
    /// neither checked nor confirmed.
    ///
    /// # Errors
    /// Its length or the time of its last change is another.
    pub fn require_unchanged(&self) -> Result<()> {
        let now = self.file.metadata().map_err(|error| unreadable(&self.name, &error))?;
        let version = |of: &Metadata| (of.len(), of.modified().ok());
        if self.path.is_none() || version(&now) == version(&self.metadata) {
            return Ok(());
        }
        Err(Failure::usage(format!("{} changed while it was read", self.name))
            .hint("do not write to it during a run; run the same command again"))
    }
}

fn spool(source: &mut dyn Read) -> Result<File> {
    let mut copy = || -> io::Result<File> {
        // Without a name and readable by this user only: the rows are personal data.
        let mut file = tempfile::tempfile()?;
        io::copy(source, &mut file)?;
        file.flush()?;
        file.rewind()?;
        Ok(file)
    };
    copy().map_err(|error| {
        Failure::environment(format!("cannot copy the input to a temporary file: {error}"))
            .hint("set TMPDIR to a folder with enough space, or give a file instead of stdin")
    })
}
