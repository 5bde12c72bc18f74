//! Shows whether the run behind a record is alive: a run keeps a file locked until it ends.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::storage::{LEASES, lock};

/// The lease of a run, removed when the run ends.
pub struct Lease {
    path: PathBuf,
    file: File,
}

impl Lease {
    /// Takes a lease under a new name.
    ///
    /// # Errors
    /// The file cannot be created or locked.
    pub fn take(folder: &Path) -> Result<Self> {
        let (path, file) = lock::sign_of_life(&folder.join(LEASES))?;
        Ok(Self { path, file })
    }

    pub fn name(&self) -> &str {
        self.path.file_name().and_then(OsStr::to_str).unwrap_or_default()
    }

    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // The records are final by now. The next run removes a file that cannot be deleted here.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether the lease is held, by its run or by a call that outlived the run. Returns true if in
/// doubt, because waiting is harmless.
pub fn is_alive(folder: &Path, name: &str) -> bool {
    // The name may come from a damaged record and contain any path.
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return false;
    }
    let path = folder.join(LEASES).join(name);
    match path.symlink_metadata() {
        // Opening other kinds of files, such as a pipe, could block.
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return false,
        Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
    }
    let Ok(file) = File::open(&path) else { return path.exists() };
    let dead = lock::try_lock_shared(&file).unwrap_or(false);
    if dead {
        let _ = std::fs::remove_file(&path);
    }
    !dead
}

/// Whether any run or call that uses this folder is alive.
pub fn any_alive(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder.join(LEASES)) else { return false };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_str().is_some_and(|name| is_alive(folder, name)))
}
