//! The shared use of ai-mode.
//!
//! ai-mode is one switch for the whole user account, kept in a file that the CLI rewrites in place
//! and without a lock. So every run of alimsg takes a *lease* before it switches it on and gives
//! the lease back when it leaves; the last one to leave switches it off. A lease is a locked file:
//! while its run lives (or a call of that run, which inherits the lock) it is *live*; a lease that
//! no process holds any more is *stale*: its run was killed, and ai-mode may still be on. A lease
//! that cannot be read counts as live: ai-mode is not switched off under a call that may use it.
//!
//! ai-mode is written only while no other run holds a live lease: the first one to come switches it
//! on, the last one to leave switches it off. A call in flight never finds the file half-written.
//!
//! The leases are beside what they protect, in the CLI's configuration folder, so that runs with
//! different state folders share them. All of it happens under one lock, which also covers every
//! other command of `aliyun` that writes the configuration. Children that write it inherit the
//! lock, so that it outlives a killed run for as long as they write. All of it belongs to one user:
//! in the folder of another one nothing is read, written or switched.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use anyhow::Result;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::steps;
use crate::aliyun::guard::switch::Switch;
use crate::api::reply;
use crate::os::process::{Output, SpawnOptions, Termination};
use crate::os::{failpoint, system};
use crate::output::Screen;
use crate::storage::lock::{self, LockError};

/// How long a run waits for others to finish writing the configuration, at least. Each of them
/// needs two short processes.
const MIN_LOCK_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a `disable` that someone else's signal killed is run, all in all.
const DISABLE_ATTEMPTS: u32 = 2;
/// How often one is started where the system refuses one more process, and the pause between.
const START_ATTEMPTS: u32 = 40;
const START_PAUSE: Duration = Duration::from_millis(25);

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

/// The leases of other runs.
#[derive(Debug, Default)]
pub struct Leases {
    /// A run or its call uses ai-mode.
    pub live: bool,
    /// Those of runs that were killed.
    pub stale: Vec<PathBuf>,
    /// Why one of them is neither. It may be in use.
    unreadable: Option<anyhow::Error>,
}

impl Leases {
    /// ai-mode may be on although no run uses it.
    pub fn are_abandoned(&self) -> bool {
        !self.live && !self.stale.is_empty() && self.unreadable.is_none()
    }

    /// # Errors
    /// One of them cannot be read.
    pub fn readable(self) -> Result<Self> {
        match self.unreadable {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// What a run found that was killed runs' and did about it.
#[derive(Debug)]
pub enum Recovery {
    /// Nothing was left on, or another run uses ai-mode and will switch it off.
    NotNeeded,
    SwitchedOff,
    Failed(String),
}

/// How a run left ai-mode.
#[derive(Debug)]
pub enum Release {
    /// It is off.
    Off,
    /// Others still use it; the last of them switches it off.
    Shared,
    /// It could not be switched off; the lease stays on record.
    On(String),
}

/// The leases on one CLI configuration.
pub struct AiMode<'a> {
    cli: &'a AliyunCli,
    folder: PathBuf,
    screen: Option<&'a Screen>,
}

impl<'a> AiMode<'a> {
    pub fn new(cli: &'a AliyunCli) -> Self {
        Self { cli, folder: own_folder(&cli.config_folder), screen: None }
    }

    /// Shows there what is run and what is waited for.
    pub fn with_screen(cli: &'a AliyunCli, screen: &'a Screen) -> Self {
        Self { screen: Some(screen), ..Self::new(cli) }
    }

    /// Only one process at a time may write the CLI's configuration; this is its lock.
    pub fn lock_configuration(&self, interruptible: bool) -> Result<File, LockError> {
        let patience = MIN_LOCK_TIMEOUT.max(self.cli.limit * 2);
        self.lock("configuration.lock", patience, interruptible)
    }

    /// The lock under which a first run checks and installs things, so that the others wait for
    /// its result instead of doing the same.
    pub fn lock_preflight(&self) -> Result<File, LockError> {
        let patience = MIN_LOCK_TIMEOUT.max(self.cli.limit * 6);
        self.lock("preflight.lock", patience, true)
    }

    fn lock(&self, name: &str, patience: Duration, interruptible: bool) -> Result<File, LockError> {
        check_owner(&self.cli.config_folder).map_err(LockError::Failed)?;
        let waiting = || {
            if let Some(screen) = self.screen {
                screen.note("waiting for another run of alimsg to finish its work on aliyun");
            }
        };
        lock::acquire_and_report(&self.folder.join(name), patience, interruptible, &waiting)
    }

    /// The leases in that configuration folder at this moment, without the lock: one of them may
    /// be about to be taken or given back.
    ///
    /// # Errors
    /// The folder cannot be read, or belongs to another user.
    pub fn leases_in(config_folder: &Path) -> Result<Leases> {
        check_owner(config_folder)?;
        sort_leases(&own_folder(config_folder), None)
    }

    /// Switches ai-mode off if a killed run left it on and no run uses it now.
    pub fn recover(&self) -> Recovery {
        let recover = || {
            let lock = self.lock_configuration(true)?;
            let leases = self.leases(&lock)?.readable()?;
            if !leases.are_abandoned() {
                return Ok(Recovery::NotNeeded);
            }
            Ok(match self.disable(&lock) {
                Ok(()) => {
                    remove_leases(&leases.stale);
                    Recovery::SwitchedOff
                }
                Err(reason) => Recovery::Failed(reason),
            })
        };
        recover().unwrap_or_else(|error: anyhow::Error| Recovery::Failed(format!("{error:#}")))
    }

    /// The leases of others. Under the lock that the caller holds: no run is half-way through then.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn leases(&self, _configuration: &File) -> Result<Leases> {
        sort_leases(&self.folder, None)
    }

    /// Takes a lease. From here on the run has to [`leave`](Self::leave), or to give it back with
    /// [`abandon`](Self::abandon) if nothing was switched on.
    ///
    /// Under the lock that the caller holds: no run may see the file before it is locked.
    pub fn take_lease(&self, _configuration: &File) -> Result<Lease> {
        let (path, mut file) = lock::sign_of_life(&leases_folder(&self.folder))?;
        // For people who look: the lock alone decides.
        let written = writeln!(file, "{}", std::process::id());
        if written.is_err() {
            remove_leases(std::slice::from_ref(&path));
        }
        written.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Lease { path, file })
    }

    /// Gives a lease back under which nothing was switched on. Under the lock under which it was
    /// taken: no other run can have relied on it.
    pub fn abandon(&self, lease: &Lease, _configuration: &File) {
        remove_leases(std::slice::from_ref(&lease.path));
    }

    /// Gives the lease back, and switches ai-mode off if it was the last one.
    pub fn release(&self, lease: &Path) -> Release {
        let lock = match self.lock_configuration(false) {
            Ok(lock) => lock,
            Err(LockError::Failed(error)) => return Release::On(format!("{error:#}")),
            Err(_) => return Release::On("another process keeps the configuration locked".into()),
        };
        // The file may be gone: the next run after a kill has recovered already, or a person has
        // tidied up under a run that lives. Off is right after either.
        let leases = match sort_leases(&self.folder, Some(lease)) {
            Ok(leases) => leases,
            Err(error) => return Release::On(format!("{error:#}")),
        };
        let mut done = leases.stale;
        done.push(lease.to_path_buf());
        if leases.live {
            remove_leases(&done);
            return Release::Shared;
        }
        if let Some(error) = leases.unreadable {
            return Release::On(format!("another run may still use it: {error:#}"));
        }
        failpoint::point("ai-mode: about to switch off");
        match self.disable(&lock) {
            Ok(()) => {
                failpoint::point("ai-mode: off, lease still there");
                remove_leases(&done);
                Release::Off
            }
            Err(reason) => Release::On(reason),
        }
    }

    /// Step 7, under the lock, until it is proven that ai-mode is off.
    fn disable(&self, configuration: &File) -> Result<(), String> {
        let mut reason = String::new();
        for _ in 0..DISABLE_ATTEMPTS {
            let output = self.step(&steps::disable(), configuration)?;
            if self.is_off(&output, configuration) {
                return Ok(());
            }
            reason = reply::failure_message(&output).unwrap_or_else(|| {
                "the command ended with exit code 0 and had no effect".to_string()
            });
            if !was_killed(&output) {
                break;
            }
        }
        Err(reason)
    }

    /// Whether ai-mode is off after that `disable`. The file proves it, however the command ended;
    /// where it cannot be read, a second command that has succeeded.
    fn is_off(&self, disabled: &Output, configuration: &File) -> bool {
        if let Some(switch) = Switch::load(&self.cli.config_folder) {
            return !switch.enabled;
        }
        reply::failure_message(disabled).is_none()
            && self.step(&steps::show(), configuration).is_ok_and(|shown| {
                Switch::from_show(&shown.stdout).is_some_and(|switch| !switch.enabled)
            })
    }

    fn step(&self, arguments: &[String], configuration: &File) -> Result<Output, String> {
        if let Some(screen) = self.screen {
            screen.command(&self.cli.shown, arguments);
        }
        let options = SpawnOptions { hold: Some(configuration), ..SpawnOptions::default() };
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.cli.run(arguments, &options) {
                // At the limit of processes: the threads of the call before may still be ending.
                Err(error) if is_limit(&error) && attempts < START_ATTEMPTS => {
                    std::thread::sleep(START_PAUSE);
                }
                Err(error) => {
                    return Err(format!("{} could not be started: {error}", self.cli.shown));
                }
                Ok(output) => return Ok(output),
            }
        }
    }
}

/// The system refused one more process or thread, for now.
fn is_limit(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

/// Someone else's signal ended it.
fn was_killed(output: &Output) -> bool {
    matches!(output.end, Termination::Exited(status) if system::ending_signal(status).is_some())
}

/// What alimsg keeps in the CLI's configuration folder.
fn own_folder(config_folder: &Path) -> PathBuf {
    config_folder.join(".alimsg")
}

fn leases_folder(own_folder: &Path) -> PathBuf {
    own_folder.join("leases")
}

/// That the folders belong to this user.
fn check_owner(config_folder: &Path) -> Result<()> {
    let own = own_folder(config_folder);
    let leases = leases_folder(&own);
    // People keep their configuration elsewhere and link to it.
    for (folder, link) in [(config_folder, true), (&own, false), (&leases, false)] {
        system::check_own_folder(folder, link).map_err(|error| lock::name(error, folder))?;
    }
    Ok(())
}

/// The leases in alimsg's own folder, without the one at `own`.
fn sort_leases(folder: &Path, own: Option<&Path>) -> Result<Leases> {
    let mut leases = Leases::default();
    let folder = leases_folder(folder);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(leases),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", folder.display()));
        }
    };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        if Some(path.as_path()) == own {
            continue;
        }
        match lock::is_held(&path) {
            Ok(Some(true)) => leases.live = true,
            Ok(Some(false)) => leases.stale.push(path),
            // Given back since the folder was read.
            Ok(None) => {}
            Err(error) => leases.unreadable = Some(error),
        }
    }
    Ok(leases)
}

/// Removes leases that are over. One that cannot be removed is recovered from once more by the
/// next run.
fn remove_leases(leases: &[PathBuf]) {
    for lease in leases {
        let _ = std::fs::remove_file(lease);
    }
}
