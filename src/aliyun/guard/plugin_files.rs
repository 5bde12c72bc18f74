//! Keeps calls and changes of the plugin files apart.
//!
//! `plugin update` replaces files that a call executes. So every call holds `calls.lock` shared, and
//! its child process inherits it; an update begins when it has had the lock for itself. A call that
//! starts during an update does not wait while the update only asks the catalogue, which can take
//! minutes where the network blocks it. It waits only if plugin files have changed since the update
//! began, and at most [`MAX_WAIT`]. The remaining risk is an update that replaces the plugin in the
//! milliseconds in which `aliyun` starts it: the call then fails and nothing is sent.
//!
//! `update.lock` allows one process at a time to install or update plugins. While an update is
//! running, `calls.lock` contains the plugin files of its start.

use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::Result;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::own_folder;
use crate::api::operations::Product;
use crate::os::{signals, system};
use crate::storage::lock::{self, LockError};

/// How long a call waits while plugin files are being replaced. It then starts all the same.
const MAX_WAIT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How long an update waits for running calls. After that it is given up.
const CALLS_TIMEOUT: Duration = Duration::from_secs(60);

/// Takes the lock for a call, so that no update begins before the call has ended. `None` if the
/// folder is read-only and an update is just beginning.
pub fn hold_for_call(cli: &AliyunCli) -> Option<File> {
    let path = calls_lock(cli);
    let opened = lock::open(&path).ok().or_else(|| system::open_own_file(&path, false).ok());
    let mut file = opened?;
    let deadline = Instant::now() + MAX_WAIT;
    let is_over = || Instant::now() >= deadline || signals::count() > 0;
    let mut is_locked = false;
    loop {
        // An update holds the lock for itself only for the moment in which it begins.
        is_locked = is_locked || lock::try_lock_shared(&file).ok()?;
        if is_over() || (is_locked && !is_replacing(cli, &mut file)) {
            return is_locked.then_some(file);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Whether an update is running that has changed plugin files.
fn is_replacing(cli: &AliyunCli, file: &mut File) -> bool {
    let Some(before) = recorded(file).filter(|before| !before.is_empty()) else { return false };
    // An update that was killed leaves its record behind.
    before != plugin_files(cli) && matches!(lock::is_held(&update_lock(cli)), Ok(Some(true)))
}

/// An update that has begun. Calls may start again, and compare the plugin files.
pub struct Update(File);

impl Update {
    /// Waits until no call is running, and records the plugin files.
    ///
    /// # Errors
    /// Calls were running all the time, or the file cannot be written.
    pub fn begin(cli: &AliyunCli) -> Result<Self> {
        let mut file = lock::acquire(&calls_lock(cli), CALLS_TIMEOUT, false)?;
        file.seek(SeekFrom::Start(0))?;
        file.set_len(0)?;
        file.write_all(plugin_files(cli).as_bytes())?;
        file.unlock()?;
        Ok(Self(file))
    }

    /// Removes the record after the update. A failure only makes calls compare files.
    pub fn end(&self) {
        let _ = self.0.set_len(0);
    }
}

/// Takes the lock for changing plugins; waits at most `patience`.
///
/// # Errors
/// As [`LockError`] lists them.
pub fn lock_update(cli: &AliyunCli, patience: Duration) -> Result<File, LockError> {
    lock::acquire(&update_lock(cli), patience, true)
}

fn update_lock(cli: &AliyunCli) -> PathBuf {
    own_folder(&cli.config_folder).join("update.lock")
}

fn calls_lock(cli: &AliyunCli) -> PathBuf {
    own_folder(&cli.config_folder).join("calls.lock")
}

/// The plugin files at the start of the update; empty if no update is running.
fn recorded(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Name, modification time and inode of the manifest and of the files of each product's plugin.
fn plugin_files(cli: &AliyunCli) -> String {
    let mut files = vec![line(&cli.manifest())];
    for product in Product::ALL {
        let folder = cli.plugin_folder(product.plugin());
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        files.extend(entries.map(|entry| line(&entry.path())));
        files.push(line(&folder));
    }
    files.sort();
    files.concat()
}

fn line(path: &Path) -> String {
    let describe = |metadata: Metadata| {
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((modified.as_nanos(), system::inode(&metadata)))
    };
    format!("{} {:?}\n", path.display(), std::fs::metadata(path).ok().and_then(describe))
}
