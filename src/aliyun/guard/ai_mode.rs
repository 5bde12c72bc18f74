//! The shared use of ai-mode.
//!
//! ai-mode is one setting for the whole user account, in a file that the CLI rewrites in place
//! without a lock. So every run of alimsg takes a *lease* before it switches ai-mode on and releases
//! it at the end; the last run switches ai-mode off. A lease is a locked file. It is *live* while
//! its run, or a call that inherited the lock, is alive. It is *stale* if no process holds the lock:
//! its run was killed, and ai-mode may still be on. A lease that cannot be read counts as live, so
//! that ai-mode is not switched off during a call that may use it.
//!
//! ai-mode is written only while no other run holds a live lease: the first run switches it on and
//! the last run switches it off. So a running call never reads a half-written file.
//!
//! The leases are in the CLI's configuration folder, so that runs with different state folders share
//! them. One lock protects them, and also every `aliyun` command that writes the configuration.
//! Child processes that write it inherit the lock, so it stays locked if the run is killed while
//! they write. alimsg refuses to use a configuration folder that belongs to another user.

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
use crate::settings::AiModeMethod;
use crate::storage::folder;
use crate::storage::lock::{self, LockError};

/// The minimum time that a run waits for the lock. Each other run needs it for two short processes.
const MIN_LOCK_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a run waits for the lock before a write that is not necessary.
const BRIEF_LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How many times `disable` is run in total if a signal kills it.
const DISABLE_ATTEMPTS: u32 = 2;
/// How many times a process is started if the system limit is reached, and the pause in between.
const START_ATTEMPTS: u32 = 40;
const START_PAUSE: Duration = Duration::from_millis(25);

/// The lease of one run on ai-mode.
pub struct Lease {
    path: PathBuf,
    file: File,
}

impl Lease {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The locked file, which calls inherit while they run.
    pub fn file(&self) -> &File {
        &self.file
    }
}

/// The leases of other runs.
#[derive(Debug, Default)]
pub struct Leases {
    /// Another run or its call uses ai-mode.
    pub live: bool,
    /// The leases of killed runs.
    pub stale: Vec<PathBuf>,
    /// Why a lease could not be read. It may be in use.
    unreadable: Option<anyhow::Error>,
}

impl Leases {
    /// Whether ai-mode may be on although no run uses it.
    pub fn are_abandoned(&self) -> bool {
        !self.live && !self.stale.is_empty() && self.unreadable.is_none()
    }

    /// # Errors
    /// A lease cannot be read.
    pub fn readable(self) -> Result<Self> {
        match self.unreadable {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// The result of switching off an ai-mode that killed runs left on.
#[derive(Debug)]
pub enum Recovery {
    /// ai-mode was not left on, or another run uses it and will switch it off.
    NotNeeded,
    SwitchedOff,
    Failed(String),
}

/// The state of ai-mode after a run released its lease.
#[derive(Debug)]
pub enum Release {
    /// It is off.
    Off,
    /// Other runs still use it; the last one switches it off.
    Shared,
    /// It could not be switched off, for this reason; the lease file stays.
    On(String),
}

/// The leases of one CLI configuration folder.
pub struct AiMode<'a> {
    cli: &'a AliyunCli,
    folder: PathBuf,
    screen: Option<&'a Screen>,
    meanwhile: Option<&'a dyn Fn()>,
}

impl<'a> AiMode<'a> {
    pub fn new(cli: &'a AliyunCli) -> Self {
        Self { cli, folder: own_folder(&cli.config_folder), screen: None, meanwhile: None }
    }

    /// Also shows commands and notes about waiting on the screen.
    pub fn with_screen(cli: &'a AliyunCli, screen: &'a Screen) -> Self {
        Self { screen: Some(screen), ..Self::new(cli) }
    }

    /// Also calls `meanwhile` while each command runs.
    pub fn with_work(self, meanwhile: &'a dyn Fn()) -> Self {
        Self { meanwhile: Some(meanwhile), ..self }
    }

    /// Takes the lock for writing the CLI's configuration. Only one process at a time may hold it.
    pub fn lock_configuration(&self, interruptible: bool) -> Result<File, LockError> {
        let patience = MIN_LOCK_TIMEOUT.max(self.cli.limit * 2);
        self.lock("configuration.lock", patience, interruptible)
    }

    /// As [`Self::lock_configuration`], for a write that is not necessary: waits for a short time.
    pub fn lock_configuration_briefly(&self) -> Result<File, LockError> {
        self.lock("configuration.lock", BRIEF_LOCK_TIMEOUT, true)
    }

    /// Takes the lock for the preflight checks, so that other runs wait for the result instead of
    /// repeating the checks and the plugin download. A run that does not have to write the
    /// configuration folder takes a lock elsewhere if the folder is read-only.
    pub fn lock_preflight(&self, method: AiModeMethod) -> Result<File, LockError> {
        let patience = MIN_LOCK_TIMEOUT.max(self.cli.limit * 6);
        let locked = self.lock("preflight.lock", patience, true);
        let (Err(LockError::Failed(_)), AiModeMethod::Call) = (&locked, method) else {
            return locked;
        };
        let elsewhere = folder::folder()
            .and_then(|folder| Ok(lock::acquire(&folder.join("preflight.lock"), patience, true)?));
        // Without a state folder, several runs may repeat the checks.
        elsewhere.or_else(|_| Ok(tempfile::tempfile()?)).map_err(LockError::Failed)
    }

    /// Whether alimsg has ever written to this configuration folder.
    pub fn was_used_in(config_folder: &Path) -> bool {
        let own = std::fs::symlink_metadata(own_folder(config_folder));
        !own.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    fn lock(&self, name: &str, patience: Duration, interruptible: bool) -> Result<File, LockError> {
        check_owner(&self.cli.config_folder).map_err(LockError::Failed)?;
        let waiting = || {
            if let Some(screen) = self.screen {
                screen
                    .note("waiting for another run of alimsg to release the aliyun configuration");
            }
        };
        lock::acquire_and_report(&self.folder.join(name), patience, interruptible, &waiting)
    }

    /// The leases in this configuration folder, read without the lock: other runs may take or
    /// release leases at the same time.
    ///
    /// # Errors
    /// The folder cannot be read, or belongs to another user.
    pub fn leases_in(config_folder: &Path) -> Result<Leases> {
        check_owner(config_folder)?;
        sort_leases(&own_folder(config_folder), None)
    }

    /// Switches ai-mode off if a killed run left it on and no run uses it now.
    pub fn recover(&self) -> Recovery {
        self.switch_off_if(Leases::are_abandoned)
    }

    /// Switches ai-mode off unless a run uses it, also if another program switched it on.
    pub fn switch_off_unused(&self) -> Recovery {
        self.switch_off_if(|leases| !leases.live)
    }

    fn switch_off_if(&self, is_needed: impl Fn(&Leases) -> bool) -> Recovery {
        let recover = || {
            let lock = self.lock_configuration(true)?;
            let leases = self.leases(&lock)?.readable()?;
            if !is_needed(&leases) {
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

    /// The leases of other runs. The caller must hold the lock, so that no run changes them.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn leases(&self, _configuration: &File) -> Result<Leases> {
        sort_leases(&self.folder, None)
    }

    /// Takes a lease. The run must [`release`](Self::release) it, or [`abandon`](Self::abandon) it if
    /// nothing was switched on.
    ///
    /// The caller must hold the lock, so that no run sees the file before it is locked.
    pub fn take_lease(&self, _configuration: &File) -> Result<Lease> {
        let (path, mut file) = lock::create_locked(&leases_folder(&self.folder))?;
        // Only for debugging: alimsg checks the lock, not the process ID.
        let written = writeln!(file, "{}", std::process::id());
        if written.is_err() {
            remove_leases(std::slice::from_ref(&path));
        }
        written.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Lease { path, file })
    }

    /// Removes a lease under which nothing was switched on. The caller must hold the lock since it
    /// took the lease, so that no other run relied on it.
    pub fn abandon(&self, lease: &Lease, _configuration: &File) {
        remove_leases(std::slice::from_ref(&lease.path));
    }

    /// Releases the lease, and switches ai-mode off if it was the last one.
    pub fn release(&self, lease: &Path) -> Release {
        let lock = match self.lock_configuration(false) {
            Ok(lock) => lock,
            Err(LockError::Failed(error)) => return Release::On(format!("{error:#}")),
            Err(_) => return Release::On("another process keeps the configuration locked".into()),
        };
        // The file may be missing: another run recovered from a kill, or a user deleted it.
        // Switching off is correct in both cases.
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

    /// Step 7, under the lock: switches ai-mode off and verifies it.
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

    /// Whether ai-mode is off after `disable`. The file proves it, regardless of how the command
    /// ended. If the file proves nothing, `show` must confirm it.
    fn is_off(&self, disabled: &Output, configuration: &File) -> bool {
        if let Some(switch) = Switch::load_proof(&self.cli.config_folder) {
            return !switch.enabled;
        }
        reply::failure_message(disabled).is_none()
            && self.step(&steps::show(), configuration).is_ok_and(|shown| {
                Switch::from_show(&shown.stdout).is_some_and(|switch| !switch.enabled)
            })
    }

    fn step(&self, arguments: &[String], configuration: &File) -> Result<Output, String> {
        if let Some(screen) = self.screen {
            screen.command(&self.cli.shown_environment(), &self.cli.shown, arguments);
        }
        let started = |_| self.meanwhile.into_iter().for_each(|work| work());
        let options = SpawnOptions {
            hold: Some(configuration),
            started: Some(&started),
            ..SpawnOptions::default()
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.cli.run(arguments, &options) {
                // At the process limit, the threads of the previous call may still be ending.
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

/// Whether the system refused another process or thread because of a limit.
fn is_limit(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

/// Whether a signal that alimsg did not send ended the command.
fn was_killed(output: &Output) -> bool {
    matches!(output.end, Termination::Exited(status) if system::ending_signal(status).is_some())
}

/// alimsg's own folder in the CLI's configuration folder.
pub fn own_folder(config_folder: &Path) -> PathBuf {
    config_folder.join(".alimsg")
}

fn leases_folder(own_folder: &Path) -> PathBuf {
    own_folder.join("leases")
}

/// Checks that the folders belong to this user.
fn check_owner(config_folder: &Path) -> Result<()> {
    let own = own_folder(config_folder);
    let leases = leases_folder(&own);
    // Users may keep the configuration folder elsewhere and link to it.
    for (folder, link) in [(config_folder, true), (&own, false), (&leases, false)] {
        system::check_own_folder(folder, link).map_err(|error| lock::with_path(error, folder))?;
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
            // Released since the folder was listed.
            Ok(None) => {}
            Err(error) => leases.unreadable = Some(error),
        }
    }
    Ok(leases)
}

/// Removes leases that have ended. If that fails, the next run treats them as stale and recovers
/// again.
fn remove_leases(leases: &[PathBuf]) {
    for lease in leases {
        let _ = std::fs::remove_file(lease);
    }
}
