//! The shared use of ai-mode.
//!
//! ai-mode is one switch for the whole user account, kept in a file that the CLI rewrites in place
//! and without a lock. So every run of alimsg takes a *lease* before it switches it on and gives
//! the lease back when it leaves; the last one to leave switches it off. A lease is a locked file:
//! while its run lives (or a call of that run, which inherits the lock) it is *live*; a lease that
//! nobody holds any more is a *debt*: someone was killed and ai-mode may still be on.
//!
//! ai-mode is written only while nobody else holds a live lease: the first one to come switches it
//! on, the last one to leave switches it off. A call in flight never finds the file half-written.
//!
//! The leases lie beside what they protect, in the CLI's configuration folder, so that runs with
//! different state folders share them. All of it happens under one lock, which also covers every
//! other command of `aliyun` that writes the configuration. Children that write it inherit the
//! lock, so that it outlives a killed run for as long as they write.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::steps;
use crate::os::failpoint;
use crate::os::process::SpawnOptions;
use crate::storage::lock::{self, LockError};

/// How long a run waits for others to finish writing the configuration, at least. Each of them
/// needs two short processes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run's share in ai-mode.
pub struct Lease {
    path: PathBuf,
    file: File,
}

impl Lease {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The locked file, for calls to hold while they run.
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// How a run left ai-mode.
#[derive(Debug)]
pub enum Release {
    /// It is off.
    Off,
    /// Others still use it; the last of them switches it off.
    Shared,
    /// It could not be switched off; the debt remains on record.
    On(String),
}

/// The leases on one CLI configuration.
pub struct AiMode<'a> {
    host: &'a AliyunCli,
    folder: PathBuf,
}

impl<'a> AiMode<'a> {
    pub fn new(host: &'a AliyunCli) -> Self {
        Self { host, folder: host.config_folder.join(".alimsg") }
    }

    /// Only one process at a time may write the CLI's configuration; this is its lock.
    pub fn lock_configuration(&self, interruptible: bool) -> Result<File, LockError> {
        let patience = PATIENCE.max(self.host.limit * 2);
        lock::acquire(&self.folder.join("configuration.lock"), patience, interruptible)
    }

    /// The lock under which a first run checks and installs things, so that the others wait for
    /// its result instead of doing the same.
    pub fn lock_preflight(&self) -> Result<File, LockError> {
        let patience = PATIENCE.max(self.host.limit * 6);
        lock::acquire(&self.folder.join("preflight.lock"), patience, true)
    }

    /// Switches ai-mode off if a killed run left it on and nobody uses it now. Starts no process
    /// if there is no debt.
    pub fn recover(&self) -> Result<(), LockError> {
        if self.leases().next().is_none() {
            return Ok(());
        }
        let lock = self.lock_configuration(true)?;
        let (live, stale) = self.sort_leases(None).map_err(LockError::Failed)?;
        if !live && !stale.is_empty() && self.disable(&lock).is_ok() {
            forget(&stale);
        }
        Ok(())
    }

    /// Whether others have switched ai-mode on and still use it. Under the lock that the caller
    /// holds: nobody is half-way through then.
    pub fn is_in_use(&self, _configuration: &File) -> anyhow::Result<bool> {
        self.sort_leases(None).map(|(live, _)| live)
    }

    /// Takes a lease. From here on the run owes a [`leave`](Self::leave).
    ///
    /// Under the lock that the caller holds: nobody must see the file before it is locked.
    pub fn take_lease(&self, _configuration: &File) -> anyhow::Result<Lease> {
        let (path, mut file) = lock::sign_of_life(&self.folder.join("leases"))?;
        // For people who look: the lock alone decides.
        writeln!(file, "{}", std::process::id()).context("cannot write a lease")?;
        Ok(Lease { path, file })
    }

    /// Gives the lease back, and switches ai-mode off if it was the last one.
    pub fn leave(&self, lease: &Path) -> Release {
        let lock = match self.lock_configuration(false) {
            Ok(lock) => lock,
            Err(LockError::Failed(error)) => return Release::On(format!("{error:#}")),
            Err(_) => return Release::On("another process keeps the configuration locked".into()),
        };
        // The file may be gone: the next run after a kill has found the debt and paid it, or a
        // person has tidied up under a run that lives. Off is right after either.
        let (live, mut done) = match self.sort_leases(Some(lease)) {
            Ok(sorted) => sorted,
            Err(error) => return Release::On(format!("{error:#}")),
        };
        done.push(lease.to_path_buf());
        if live {
            forget(&done);
            return Release::Shared;
        }
        failpoint::point("ai-mode: about to switch off");
        match self.disable(&lock) {
            Ok(()) => {
                failpoint::point("ai-mode: off, lease still there");
                forget(&done);
                Release::Off
            }
            Err(reason) => Release::On(reason),
        }
    }

    /// Step 7, under the lock.
    fn disable(&self, configuration: &File) -> Result<(), String> {
        let options = SpawnOptions { hold: Some(configuration), ..SpawnOptions::default() };
        let output = self
            .host
            .run(&steps::disable(), &options)
            .map_err(|error| format!("{} could not be started: {error}", self.host.shown))?;
        crate::api::reply::failure_message(&output).map_or(Ok(()), Err)
    }

    /// Whether any lease other than `own` is live, and those that are debts.
    fn sort_leases(&self, own: Option<&Path>) -> anyhow::Result<(bool, Vec<PathBuf>)> {
        let mut live = false;
        let mut stale = Vec::new();
        for path in self.leases().filter(|path| Some(path.as_path()) != own) {
            let Ok(file) = File::open(&path) else { continue };
            if lock::try_lock_shared(&file)? {
                stale.push(path);
            } else {
                live = true;
            }
        }
        Ok((live, stale))
    }

    fn leases(&self) -> impl Iterator<Item = PathBuf> {
        let entries = std::fs::read_dir(self.folder.join("leases"));
        entries.into_iter().flatten().flatten().map(|entry| entry.path())
    }
}

/// Removes leases that are paid. One that cannot be removed is paid once more by the next run.
fn forget(leases: &[PathBuf]) {
    for lease in leases {
        let _ = std::fs::remove_file(lease);
    }
}
