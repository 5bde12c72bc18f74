//! Whether the run behind a record is alive: it keeps a file locked for as long as it lives.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::guard::lock;

/// A run's sign of life; gone when the run is.
pub struct Lease {
    name: String,
    path: PathBuf,
    file: File,
}

impl Lease {
    /// Takes a lease under a new name.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub fn take(folder: &Path) -> Result<Self> {
        let name = uuid::Uuid::now_v7().to_string();
        let path = path(folder, &name);
        let file = lock::open(&path)?;
        lock::try_lock(&file)?;
        Ok(Self { name, path, file })
    }

    pub fn name(&self) -> &str {
        &self.name
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
    let path = path(folder, name);
    let Ok(file) = File::open(&path) else { return path.exists() };
    let dead = lock::try_lock_shared(&file).unwrap_or(false);
    if dead {
        let _ = std::fs::remove_file(&path);
    }
    !dead
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join("alive").join(name)
}
