//! Writes to stdout and stderr.

use std::io::{self, Write as _};

use crate::os::system;

/// Fails if stdout was closed when the program started: writes then succeed, but go nowhere.
pub fn require_open_stdout() -> io::Result<()> {
    if system::was_closed_at_start(io::stdout()) {
        return Err(io::Error::new(io::ErrorKind::BrokenPipe, "stdout is closed"));
    }
    Ok(())
}

pub fn to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Errors are ignored: the exit code still shows the result.
pub fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints a prompt without a line break.
pub fn write_prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Prints the output of the sandbox's `aliyun`.
pub fn relay(stdout: &str, stderr: &str) -> io::Result<()> {
    io::stderr().lock().write_all(stderr.as_bytes())?;
    to_stdout(stdout)
}
