//! Whether the run behind a record is alive: it keeps a file locked for as long as it lives.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::storage::lock;

/// The folder of the signs of life, in that of the ledger.
const ALIVE: &str = "alive";

/// A run's sign of life; gone when the run is.
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
        let (path, file) = lock::sign_of_life(&folder.join(ALIVE))?;
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

/// Whether someone holds that lease: its run, or the call that the run left behind. A doubt counts
/// as life, since a run that waits does no harm.
pub fn is_alive(folder: &Path, name: &str) -> bool {
    let path = folder.join(ALIVE).join(name);
    let Ok(file) = File::open(&path) else { return path.exists() };
    let dead = lock::try_lock_shared(&file).unwrap_or(false);
    if dead {
        let _ = std::fs::remove_file(&path);
    }
    !dead
}
