//! What the operating system does differently: signals, process groups, file modes, inheritance.
//!
//! Everything else in the program is portable. The Unix side is what is tested; the Windows side
//! is written to compile and to be safe, and claims nothing more.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

use std::path::PathBuf;
use std::{fmt, io};

/// Why a file or folder that runs share is not used, although it could be opened.
#[derive(Debug)]
pub enum Untrusted {
    /// It belongs to another user. Both are named as people know them: `root (uid 0)`.
    Owner { path: PathBuf, owner: String, user: String },
    /// A link, a FIFO, a device, or a folder in the place of a file.
    Kind { path: PathBuf, expected: &'static str },
}

impl Untrusted {
    /// The finding in an error that was passed on, if there is one.
    pub fn find(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner { path, owner, user } => write!(
                out,
                "{} belongs to user {owner}, and alimsg runs as user {user}",
                path.display()
            ),
            Self::Kind { path, expected } => {
                write!(out, "{} is not a {expected}", path.display())
            }
        }
    }
}

impl std::error::Error for Untrusted {}
