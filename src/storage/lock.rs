//! Locks between processes: a locked file, which the system unlocks when its holder ends.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use anyhow::{Result, anyhow, ensure};

use crate::os::signals;
use crate::os::system::{self, Untrusted};
use crate::storage::folder;

/// Pauses between attempts; the first are short, because most locks are held for milliseconds.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(1), Duration::from_millis(4), Duration::from_millis(15)];

/// Why a lock was not acquired.
#[derive(Debug)]
pub enum LockError {
    /// Another process held it for the whole waiting time.
    Busy(Duration),
    /// A signal came while waiting.
    Interrupted,
    /// The file could not be opened or locked.
    Failed(anyhow::Error),
}

impl From<LockError> for anyhow::Error {
    fn from(reason: LockError) -> Self {
        match reason {
            LockError::Busy(patience) => {
                anyhow!("locked by other runs for {} s", patience.as_secs())
            }
            LockError::Interrupted => anyhow!("stopped by a signal"),
            LockError::Failed(error) => error,
        }
    }
}

/// The waiting time after which `waiting` is called.
const SILENCE: Duration = Duration::from_secs(1);

/// Acquires the lock. It is held until the file is closed, here and in every child that inherited
/// it. Waits for at most `patience`; with `interruptible`, a signal ends the wait.
///
/// # Errors
/// As [`LockError`] lists them.
pub fn acquire(path: &Path, patience: Duration, interruptible: bool) -> Result<File, LockError> {
    acquire_and_report(path, patience, interruptible, &|| ())
}

/// As [`acquire`]; calls `waiting` once if the lock is not acquired within a second.
///
/// # Errors
/// As [`acquire`].
pub fn acquire_and_report(
    path: &Path,
    patience: Duration,
    interruptible: bool,
    waiting: &dyn Fn(),
) -> Result<File, LockError> {
    let file = open(path).map_err(LockError::Failed)?;
    let start = Instant::now();
    let mut report = Some(waiting);
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&PAUSES[PAUSES.len() - 1]));
    loop {
        if try_lock(&file).map_err(LockError::Failed)? {
            return Ok(file);
        }
        if interruptible && signals::count() > 0 {
            return Err(LockError::Interrupted);
        }
        if start.elapsed() >= patience {
            return Err(LockError::Busy(patience));
        }
        if start.elapsed() >= SILENCE
            && let Some(waiting) = report.take()
        {
            waiting();
        }
        std::thread::sleep(*pauses.next().unwrap_or(&PAUSES[0]));
    }
}

/// Creates a locked file with a new name. While it is locked, the run that created it is alive.
///
/// # Errors
/// The file cannot be created or locked.
pub fn create_locked(folder: &Path) -> Result<(PathBuf, File)> {
    let path = folder.join(uuid::Uuid::now_v7().to_string());
    let file = open(&path)?;
    ensure!(try_lock(&file)?, "a new file is already locked: {}", path.display());
    Ok((path, file))
}

/// Acquires the lock if it is free.
///
/// # Errors
/// The system cannot lock the file.
pub fn try_lock(file: &File) -> Result<bool> {
    is_acquired(file.try_lock())
}

/// Whether the lock is free. It is acquired shared, so that concurrent checks do not conflict.
///
/// # Errors
/// The system cannot lock the file.
pub fn try_lock_shared(file: &File) -> Result<bool> {
    is_acquired(file.try_lock_shared())
}

fn is_acquired(result: std::result::Result<(), TryLockError>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock a file"),
    }
}

/// Whether a run holds the lock on a file; `None` if the file does not exist.
///
/// # Errors
/// The file cannot be opened, is not a regular file of this user, or cannot be locked. A run may
/// hold the lock then.
pub fn is_held(path: &Path) -> Result<Option<bool>> {
    match system::open_own_file(path, false) {
        Ok(file) => Ok(Some(!try_lock_shared(&file)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(with_path(error, path)),
    }
}

/// Opens a lock file, or creates it with mode 0600. Never blocks and never follows a link.
///
/// # Errors
/// The file cannot be opened or created, or is not a regular file of this user.
pub fn open(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        folder::create(folder)?;
    }
    system::open_own_file(path, true).map_err(|error| with_path(error, path))
}

/// Adds the path to an error, unless the error already contains it.
pub fn with_path(error: std::io::Error, path: &Path) -> anyhow::Error {
    if Untrusted::find(&error).is_some() {
        return error.into();
    }
    anyhow::Error::new(error).context(format!("cannot open {}", path.display()))
}
