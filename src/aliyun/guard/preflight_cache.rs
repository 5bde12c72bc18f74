//! The cached results of the preflight checks, so that later runs can skip them.
//!
//! An entry is valid for one program file and one configuration file. The plugin of each product
//! has its own entry. After 24 hours the results have aged: a run still uses them and renews them
//! after its calls, see [`renewal`](super::renewal). After 30 days they are not used any more. If a
//! call fails for a reason that the checks should have found, the entry is removed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::file_identity::{FileIdentity, hex};
use crate::api::account::Profile;
use crate::api::operations::Product;
use crate::os::system;
use crate::storage::folder;

/// The folder of the entries in the state folder.
const FOLDER: &str = "stamps";
/// After this time a result is renewed.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// After this time a result is not used any more.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// After this number of failed renewals in a row, only one per [`FAILURE_PAUSE`] is started.
const MAX_FAILURES: u32 = 3;
const FAILURE_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The two files for which an entry is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    program: FileIdentity,
    configuration: FileIdentity,
}

impl Identity {
    pub fn now(cli: &AliyunCli) -> Self {
        Self {
            program: FileIdentity::from_path(&cli.program),
            configuration: FileIdentity::from_path(&configuration(cli)),
        }
    }

    /// Whether the CLI has a configuration file.
    pub fn is_configured(&self) -> bool {
        self.configuration.exists()
    }

    /// The identity with the attributes that the files have now; `None` if a file has changed.
    fn current(&self, cli: &AliyunCli) -> Option<Self> {
        Some(Self {
            program: self.program.current(&cli.program)?,
            configuration: self.configuration.current(&configuration(cli))?,
        })
    }
}

fn configuration(cli: &AliyunCli) -> PathBuf {
    cli.config_folder.join("config.json")
}

/// The result of the checks of one plugin.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct CheckedPlugin {
    at: Timestamp,
    /// The installed version, from the manifest of the CLI.
    version: Option<String>,
}

/// The renewals that failed since the last successful one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Failures {
    count: u32,
    last: Option<Timestamp>,
    reason: String,
}

/// The results of the checks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PreflightCache {
    identity: Identity,
    /// When version and automatic installation were checked.
    checked_at: Timestamp,
    /// The profiles of `configure list`; `None` if not yet fetched.
    profiles: Option<Vec<Profile>>,
    /// The checks of the plugin of each product.
    plugins: BTreeMap<String, CheckedPlugin>,
    #[serde(default)]
    failed_renewals: Failures,
}

impl PreflightCache {
    /// An entry whose version and automatic installation have just been checked.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            checked_at: Timestamp::now(),
            profiles: None,
            plugins: BTreeMap::new(),
            failed_renewals: Failures::default(),
        }
    }

    /// Loads the entry if it is at most 30 days old and the files are the same.
    pub fn load(cli: &AliyunCli) -> Option<Self> {
        let text = system::read_regular_file(&path(cli)?).ok()?;
        let mut cache: Self = serde_json::from_slice(&text).ok()?;
        if !is_younger(cache.checked_at, MAX_AGE) {
            return None;
        }
        let identity = cache.identity.current(cli)?;
        if identity != cache.identity {
            // The same files in another layer of a container image. Saved, so that the next run need
            // not read them.
            cache.identity = identity;
            let _ = cache.save(cli);
        }
        Some(cache)
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

    /// Whether the plugin was checked and, if that was more than a day ago, has not changed since.
    pub fn has_plugin(&self, cli: &AliyunCli, product: Product) -> bool {
        self.plugins.get(product.name()).is_some_and(|checked| {
            is_younger(checked.at, FRESH)
                || (is_younger(checked.at, MAX_AGE)
                    && checked.version == cli.plugin_version(product.plugin()))
        })
    }

    pub fn prove_plugin(&mut self, cli: &AliyunCli, product: Product) {
        let version = cli.plugin_version(product.plugin());
        let checked = CheckedPlugin { at: Timestamp::now(), version };
        self.plugins.insert(product.name().to_string(), checked);
    }

    pub fn profiles(&self) -> Option<&[Profile]> {
        self.profiles.as_deref()
    }

    /// Adds the profiles. `identity` is the state of the files just before they were fetched.
    pub fn prove_profiles(&mut self, profiles: Vec<Profile>, identity: Identity) {
        self.profiles = Some(profiles);
        self.identity = identity;
    }

    /// Whether a result that a call to this product needs is older than a day.
    pub fn has_aged(&self, product: Product) -> bool {
        let plugin = self.plugins.get(product.name()).map(|checked| checked.at);
        [Some(self.checked_at), plugin].into_iter().flatten().any(|at| !is_younger(at, FRESH))
    }

    /// Whether a renewal may start: not if several in a row failed and the last one was recent.
    pub fn may_be_renewed(&self) -> bool {
        self.failed_renewals.count < MAX_FAILURES
            || !self.failed_renewals.last.is_some_and(|last| is_younger(last, FAILURE_PAUSE))
    }

    /// Whether the entry is still the one that another process has loaded.
    pub fn is_as_old_as(&self, other: &Self) -> bool {
        self.checked_at == other.checked_at
    }

    /// Whether the CLI had a configuration file when it was checked.
    pub fn is_configured(&self) -> bool {
        self.identity.is_configured()
    }

    /// Records that all checks were repeated with the same result.
    pub fn renew(&mut self, cli: &AliyunCli, product: Product) {
        self.checked_at = Timestamp::now();
        self.prove_plugin(cli, product);
        self.failed_renewals = Failures::default();
    }

    /// Records that a renewal failed; the results stay as old as they are.
    pub fn record_failed_renewal(&mut self, reason: String) {
        let count = self.failed_renewals.count.saturating_add(1);
        self.failed_renewals = Failures { count, last: Some(Timestamp::now()), reason };
    }
}

/// Whether the time is less than `age` ago. A time in the future is not: the clock was set back.
fn is_younger(at: Timestamp, age: SignedDuration) -> bool {
    (SignedDuration::ZERO..age).contains(&Timestamp::now().duration_since(at))
}

/// The entries in a state folder that no run uses any more, because they are too old.
pub fn expired(state: &Path) -> Vec<PathBuf> {
    let is_expired = |path: &PathBuf| {
        let modified = path.metadata().and_then(|metadata| metadata.modified()).ok();
        modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > MAX_AGE.unsigned_abs())
    };
    let entries = std::fs::read_dir(state.join(FOLDER)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(is_expired).collect()
}

/// The cache file for this pair of program and configuration folder.
fn path(cli: &AliyunCli) -> Option<PathBuf> {
    let mut hasher = Sha256::new();
    for path in [&cli.program, &cli.config_folder] {
        hasher.update(path.as_os_str().as_encoded_bytes());
        // A path cannot contain it, so two pairs never look the same.
        hasher.update([0]);
    }
    Some(folder::folder().ok()?.join(FOLDER).join(format!("{}.json", hex(&hasher.finalize()))))
}
