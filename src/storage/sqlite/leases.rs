//! Leases of runs: a run keeps a file locked until it ends. A process ID would prove less, because
//! the system may have reused it.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::storage::{Error, Lease, Result, lock};

/// The folder of the leases, relative to the folder of the store. It is created after the store.
const FOLDER: &str = "ledger/alive";

pub fn folder(store: &Path) -> PathBuf {
    store.join(FOLDER)
}

/// A locked file, removed when the run ends.
struct LockFile {
    path: PathBuf,
    file: File,
}

impl Lease for LockFile {
    fn name(&self) -> &str {
        self.path.file_name().and_then(OsStr::to_str).unwrap_or_default()
    }

    fn file(&self) -> Option<&File> {
        Some(&self.file)
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // The records are final by now. The next run removes a file that cannot be deleted here.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Takes a lease under a new name.
pub fn take(folder: &Path) -> Result<Box<dyn Lease>> {
    let (path, file) = lock::create_locked(folder).map_err(Error::NotWritten)?;
    Ok(Box::new(LockFile { path, file }))
}

/// Whether the lease is held, by its run or by a call that outlived the run. Returns true if in
/// doubt, because waiting is harmless.
pub fn is_alive(folder: &Path, name: &str) -> bool {
    // The name may come from a damaged record and contain any path.
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return false;
    }
    let path = folder.join(name);
    match path.symlink_metadata() {
        // Opening other kinds of files, such as a pipe, could block.
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return false,
        Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
    }
    let Ok(file) = File::open(&path) else { return path.exists() };
    let is_free = lock::try_lock_shared(&file).unwrap_or(false);
    if is_free {
        let _ = std::fs::remove_file(&path);
    }
    !is_free
}

/// Whether any run or call that uses the store is alive.
pub fn any_alive(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_str().is_some_and(|name| is_alive(folder, name)))
}

/// The leases of runs that ended without removing them. Only old files, because a new one is locked
/// shortly after it is created.
pub fn abandoned(folder: &Path) -> Vec<PathBuf> {
    const MIN_AGE: Duration = Duration::from_secs(60);
    let is_old = |path: &PathBuf| {
        let modified = path.symlink_metadata().and_then(|metadata| metadata.modified()).ok();
        modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > MIN_AGE)
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let old = entries.map(|entry| entry.path()).filter(is_old);
    old.filter(|path| matches!(lock::is_held(path), Ok(Some(false)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_alive_until_its_run_and_its_calls_have_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!any_alive(folder.path()));
        let lease = take(folder.path()).expect("a lease");
        let name = lease.name().to_string();
        assert!(is_alive(folder.path(), &name) && any_alive(folder.path()));
        drop(lease);
        assert!(!is_alive(folder.path(), &name));
        // A killed run leaves its file, which a call may have inherited.
        let path = folder.path().join("a1");
        let inherited = lock::open(&path).expect("a file");
        assert!(lock::try_lock(&inherited).expect("locked"));
        assert!(is_alive(folder.path(), "a1"));
        drop(inherited);
        assert!(!any_alive(folder.path()) && !path.exists());
    }

    #[test]
    fn the_name_of_a_lease_is_not_used_as_a_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let lease = take(folder.path()).expect("a lease");
        for name in ["", "..", "../x", "a/b", &format!("./{}", lease.name())] {
            assert!(!is_alive(folder.path(), name), "{name:?}");
        }
    }
}
