//! What a command prints and how it ends.

use std::io::{ErrorKind, Write};

use anyhow::Result;

/// Standard output, standard error and exit code of one command.
#[derive(Default)]
pub struct Answer {
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub exit: u8,
}

impl Answer {
    pub fn text(text: &str) -> Self {
        Self { stdout: text.as_bytes().to_vec(), ..Self::default() }
    }

    /// An error that the user made in the command line: exit 2.
    pub fn usage(text: &str) -> Self {
        Self::error(2, text)
    }

    /// A failure while running: exit 1.
    pub fn failure(text: &str) -> Self {
        Self::error(1, text)
    }

    /// No profile, no credentials, no region: exit 3.
    pub fn unconfigured(text: &str) -> Self {
        Self::error(3, text)
    }

    /// Coloured even when stderr is no terminal, as the real program does it.
    fn error(exit: u8, text: &str) -> Self {
        Self { stderr: format!("\u{1b}[1;31mERROR: {text}\n\u{1b}[0m"), exit, ..Self::default() }
    }

    /// The help page: the trap is that it ends with 0 although nothing was done.
    pub fn help() -> Self {
        Self::text("Stand-in for the cloud's CLI\n\nUsage:\n  aliyun <product> <command> [flags]\n")
    }

    /// Prints all of it; a reader that went away is no error.
    pub fn print(self) -> Result<u8> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(&self.stdout).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        let _ = std::io::stderr().write_all(self.stderr.as_bytes());
        Ok(self.exit)
    }
}

/// A table as Go's tab writer sets it: columns padded with blanks, the last one ragged.
pub fn table(rows: &[Vec<String>], least: usize, padding: usize) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let longest =
                rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            (longest.max().unwrap_or(0) + padding).max(least)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = if column + 1 == columns { 0 } else { widths[column] };
            text.push_str(&format!("{cell:<width$}"));
        }
        text.push('\n');
    }
    text
}
