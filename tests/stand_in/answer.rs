//! Output and exit code of a command.

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

    /// An unknown flag or command: exit code 2.
    pub fn usage(text: &str) -> Self {
        Self::error(2, text)
    }

    /// A runtime error: exit code 1.
    pub fn failure(text: &str) -> Self {
        Self::error(1, text)
    }

    /// A missing profile, credential or region: exit code 3.
    pub fn unconfigured(text: &str) -> Self {
        Self::error(3, text)
    }

    /// Coloured even without a terminal, like the real program's errors.
    fn error(exit: u8, text: &str) -> Self {
        Self { stderr: format!("\u{1b}[1;31mERROR: {text}\n\u{1b}[0m"), exit, ..Self::default() }
    }

    /// The help page. Exit code 0, although nothing was done.
    pub fn help() -> Self {
        Self::text("Stand-in for the cloud's CLI\n\nUsage:\n  aliyun <product> <command> [flags]\n")
    }

    /// Prints the answer. A closed stdout is not an error.
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

/// A table in the format of Go's `tabwriter`: all columns but the last are padded with spaces.
pub fn table<const N: usize>(
    rows: &[[impl AsRef<str>; N]],
    min_width: usize,
    padding: usize,
) -> String {
    let width = |column: usize| {
        let longest = rows.iter().map(|row| row[column].as_ref().chars().count()).max();
        (longest.unwrap_or(0) + padding).max(min_width)
    };
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = if column + 1 == N { 0 } else { width(column) };
            text.push_str(&format!("{:<width$}", cell.as_ref()));
        }
        text.push('\n');
    }
    text
}
