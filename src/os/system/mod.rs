//! Platform-specific code: signals, process groups, file modes, inheritance of file descriptors.
//!
//! All other code is portable. The Unix code is tested; the Windows code is only known to compile,
//! and prefers safe behaviour.

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

/// Why a shared file or folder is not used although it could be opened.
#[derive(Debug)]
pub enum Untrusted {
    /// It belongs to another user. Users have the form `root (uid 0)`.
    Owner { path: PathBuf, owner: String, user: String },
    /// It is a link, a FIFO, a device, or a folder instead of a file.
    Kind { path: PathBuf, expected: &'static str },
}

impl Untrusted {
    /// The [`Untrusted`] inside an I/O error, if there is one.
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
