//! The cached results of the preflight checks, so that later runs can skip them.
//!
//! An entry is valid for 24 hours, for one program file and one configuration file as they are on
//! disk. The plugin of each product has its own timestamp. If a call fails for a reason that the
//! checks should have found, the entry is removed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::aliyun::cli::AliyunCli;
use crate::api::account::Profile;
use crate::api::operations::Product;
use crate::os::system;
use crate::storage::folder;

/// How long a result is valid.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The state of a file at the time of the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileState {
    path: PathBuf,
    /// Size in bytes, modification time and inode; `None` if the file did not exist.
    version: Option<(u64, SystemTime, u64)>,
}

impl FileState {
    fn from_path(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        let version = metadata.and_then(|metadata| {
            Some((metadata.len(), metadata.modified().ok()?, system::inode(&metadata)))
        });
        Self { path: path.to_path_buf(), version }
    }
}

/// The two files for which an entry is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    program: FileState,
    configuration: FileState,
}

impl Identity {
    pub fn now(cli: &AliyunCli) -> Self {
        Self {
            program: FileState::from_path(&cli.program),
            configuration: FileState::from_path(&cli.config_folder.join("config.json")),
        }
    }

    /// Whether the CLI has a configuration file.
    pub fn is_configured(&self) -> bool {
        self.configuration.version.is_some()
    }
}

/// The results of the checks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PreflightCache {
    identity: Identity,
    /// When version and automatic installation were checked.
    checked_at: Timestamp,
    /// The profiles of `configure list`; `None` if not yet fetched.
    profiles: Option<Vec<Profile>>,
    /// When the plugin of each product was checked.
    plugins: BTreeMap<String, Timestamp>,
}

impl PreflightCache {
    /// An entry whose version and automatic installation have just been checked.
    pub fn new(identity: Identity) -> Self {
        Self { identity, checked_at: Timestamp::now(), profiles: None, plugins: BTreeMap::new() }
    }

    /// Loads the entry if it is still valid and the files have not changed.
    pub fn load(cli: &AliyunCli) -> Option<Self> {
        let text = system::read_regular_file(&path(cli)?).ok()?;
        let cache: Self = serde_json::from_slice(&text).ok()?;
        (is_fresh(cache.checked_at) && cache.identity == Identity::now(cli)).then_some(cache)
    }

    /// Saves the entry.
    pub fn save(&self, cli: &AliyunCli) -> anyhow::Result<()> {
        let path =
            path(cli).ok_or_else(|| anyhow::anyhow!("the state folder cannot be determined"))?;
        folder::replace(&path, &serde_json::to_vec(self)?)
    }

    /// Removes the entry, so that the next run repeats all checks.
    pub fn remove(cli: &AliyunCli) {
        if let Some(path) = path(cli) {
            let _ = std::fs::remove_file(path);
        }
    }

    pub fn has_plugin(&self, product: Product) -> bool {
        self.plugins.get(product.name()).is_some_and(|&at| is_fresh(at))
    }

    pub fn prove_plugin(&mut self, product: Product) {
        self.plugins.insert(product.name().to_string(), Timestamp::now());
    }

    pub fn profiles(&self) -> Option<&[Profile]> {
        self.profiles.as_deref()
    }

    /// Adds the profiles. `identity` is the state of the files just before they were fetched.
    pub fn prove_profiles(&mut self, profiles: Vec<Profile>, identity: Identity) {
        self.profiles = Some(profiles);
        self.identity = identity;
    }
}

/// Whether the time is less than 24 hours ago. A time in the future is not: the clock was set back.
fn is_fresh(at: Timestamp) -> bool {
    let age = Timestamp::now().duration_since(at);
    (SignedDuration::ZERO..LIFETIME).contains(&age)
}

/// The cache file for this pair of program and configuration folder.
fn path(cli: &AliyunCli) -> Option<PathBuf> {
    let mut hasher = Sha256::new();
    for path in [&cli.program, &cli.config_folder] {
        hasher.update(path.as_os_str().as_encoded_bytes());
        // A path cannot contain it, so two pairs never look the same.
        hasher.update([0]);
    }
    let digest: String =
        hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{digest}.json");
    Some(folder::folder().ok()?.join("stamps").join(name))
}
