//! A lock between processes: a locked file, released by the system however its holder ends.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use anyhow::{Result, anyhow, ensure};

use crate::os::signals;
use crate::os::system::{self, Untrusted};
use crate::storage::folder;

/// Pauses between two tries; the first are short, because holders are usually done in milliseconds.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(1), Duration::from_millis(4), Duration::from_millis(15)];

/// Why a lock was not had.
#[derive(Debug)]
pub enum LockError {
    /// Someone else held it for the whole time.
    Busy(Duration),
    /// A signal asked this run to end.
    Interrupted,
    /// The file could not be opened or locked.
    Failed(anyhow::Error),
}

impl From<LockError> for anyhow::Error {
    fn from(reason: LockError) -> Self {
        match reason {
            LockError::Busy(patience) => {
                anyhow!("other runs have kept it locked for {} s", patience.as_secs())
            }
            LockError::Interrupted => anyhow!("stopped by a signal"),
            LockError::Failed(error) => error,
        }
    }
}

/// After this time a run says what it is waiting for.
const SILENCE: Duration = Duration::from_secs(1);

/// The open file holds the lock until it is closed, here and in every child that inherited it.
pub fn acquire(path: &Path, patience: Duration, interruptible: bool) -> Result<File, LockError> {
    acquire_and_report(path, patience, interruptible, &|| ())
}

/// As [`acquire`]; calls `waiting` once if another run holds the lock for longer than a second.
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

/// A locked file under a new name: a sign of life, which says that the run behind it has not ended.
pub fn sign_of_life(folder: &Path) -> Result<(PathBuf, File)> {
    let path = folder.join(uuid::Uuid::now_v7().to_string());
    let file = open(&path)?;
    ensure!(try_lock(&file)?, "a file that was just made is locked: {}", path.display());
    Ok((path, file))
}

/// Takes the lock if it is free.
pub fn try_lock(file: &File) -> Result<bool> {
    had(file.try_lock())
}

/// Whether nobody holds the lock. It is taken shared, so that two who look do not see each other.
pub fn try_lock_shared(file: &File) -> Result<bool> {
    had(file.try_lock_shared())
}

fn had(result: std::result::Result<(), TryLockError>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock a file"),
    }
}

/// Whether a run holds the lock on that file; `None` if there is no such file.
///
/// # Errors
/// The file cannot be opened, is not a regular file of this user, or cannot be locked. Then a run
/// may hold it.
pub fn is_held(path: &Path) -> Result<Option<bool>> {
    match system::open_own_file(path, false) {
        Ok(file) => Ok(Some(!try_lock_shared(&file)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(name(error, path)),
    }
}

/// Opens a lock file, created for the user alone. Never waits and never follows a link.
///
/// # Errors
/// It cannot be opened or created, or is not a regular file of this user.
pub fn open(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        folder::create(folder)?;
    }
    system::open_own_file(path, true).map_err(|error| name(error, path))
}

/// The error with the name of its file, if it does not have it already.
pub fn name(error: std::io::Error, path: &Path) -> anyhow::Error {
    if Untrusted::find(&error).is_some() {
        return error.into();
    }
    anyhow::Error::new(error).context(format!("cannot open {}", path.display()))
}
