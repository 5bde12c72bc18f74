//! Keeps calls and changes of the plugin files apart.
//!
//! `plugin update` replaces files that a call executes. So every call holds `calls.lock` shared, and
//! its child process inherits it; an update waits until it has the lock for itself. A call that
//! starts during an update does not wait while the update only asks the catalogue, which can take
//! minutes where the network blocks it. It waits only if plugin files have changed since the update
//! began, and at most [`MAX_WAIT`]. The remaining risk is an update that replaces the plugin in the
//! milliseconds in which `aliyun` starts it: the call then fails and nothing is sent.
//!
//! `update.lock` allows one process at a time to install or update plugins.

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

/// Takes the lock for a call. `None` if the call has to start without it: an update is running, or
/// the folder is read-only.
pub fn hold_for_call(cli: &AliyunCli) -> Option<File> {
    let path = calls_lock(cli);
    let opened = lock::open(&path).ok().or_else(|| system::open_own_file(&path, false).ok());
    let mut file = opened?;
    let deadline = Instant::now() + MAX_WAIT;
    while !lock::try_lock_shared(&file).ok()? {
        let is_over = Instant::now() >= deadline || signals::count() > 0;
        if is_over || recorded(&mut file).is_some_and(|before| before == plugin_files(cli)) {
            return None;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    Some(file)
}

/// Waits until no call is running and takes the lock for an update. Records the plugin files, so
/// that calls can see whether the update has replaced any.
///
/// # Errors
/// Calls were running all the time, or the file cannot be written.
pub fn exclude_calls(cli: &AliyunCli) -> Result<File> {
    let mut file = lock::acquire(&calls_lock(cli), CALLS_TIMEOUT, false)?;
    file.seek(SeekFrom::Start(0))?;
    file.set_len(0)?;
    file.write_all(plugin_files(cli).as_bytes())?;
    Ok(file)
}

/// Takes the lock for changing plugins; waits at most `patience`.
///
/// # Errors
/// As [`LockError`] lists them.
pub fn lock_update(cli: &AliyunCli, patience: Duration) -> Result<File, LockError> {
    lock::acquire(&own_folder(&cli.config_folder).join("update.lock"), patience, true)
}

fn calls_lock(cli: &AliyunCli) -> PathBuf {
    own_folder(&cli.config_folder).join("calls.lock")
}

/// The plugin files at the start of the update; `None` if they are just being recorded.
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
