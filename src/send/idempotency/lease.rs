//! Whether the run behind a record is alive: it keeps a file locked for as long as it lives.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::storage::{LEASES, lock};

/// A run's lease; gone when the run is.
pub struct Lease {
    path: PathBuf,
    file: File,
}

impl Lease {
    /// Takes a lease under a new name.
    ///
    /// # Errors
    /// The file cannot be made or locked.
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
        // Records are settled before; one that stays is found unlocked and removed by the next.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether that lease is held: by its run, or by the call that the run left behind. A doubt counts
/// as alive, since a run that waits does no harm.
pub fn is_alive(folder: &Path, name: &str) -> bool {
    // A damaged record may name anything.
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return false;
    }
    let path = folder.join(LEASES).join(name);
    match path.symlink_metadata() {
        // Opening anything else could block.
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

/// Whether any run or call of this folder is alive.
pub fn any_alive(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder.join(LEASES)) else { return false };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_str().is_some_and(|name| is_alive(folder, name)))
}
