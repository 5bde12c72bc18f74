//! What earlier runs have proven about the CLI, so that a warm run need not prove it again.
//!
//! A stamp holds for one program file and one configuration file as they are on disk, for a day.
//! It proves a plugin for each product by itself. It is evidence, not a promise: a call that fails
//! for a reason that the stamp vouched for throws it away.

use std::collections::BTreeMap;
use std::hash::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::aliyun::cli::AliyunCli;
use crate::api::account::Profile;
use crate::api::operations::Product;
use crate::os::system;
use crate::storage::folder;

/// How long a proof holds.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A file as it was when something was proven about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileState {
    path: PathBuf,
    /// `None` if the file did not exist.
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

/// The two files that a stamp is tied to.
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

    /// The CLI has a configuration file.
    pub fn is_configured(&self) -> bool {
        self.configuration.version.is_some()
    }
}

/// The proofs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PreflightCache {
    identity: Identity,
    /// When version and auto-install were proven.
    checked_at: Timestamp,
    /// The profiles of `configure list`; `None` if nobody has asked yet.
    profiles: Option<Vec<Profile>>,
    /// When each product's plugin was proven.
    plugins: BTreeMap<String, Timestamp>,
}

impl PreflightCache {
    /// A stamp for which version and auto-install have just been proven.
    pub fn new(identity: Identity) -> Self {
        Self { identity, checked_at: Timestamp::now(), profiles: None, plugins: BTreeMap::new() }
    }

    /// The stamp on record, if it is about the files as they are now and still fresh.
    pub fn load(cli: &AliyunCli) -> Option<Self> {
        let text = system::read_regular_file(&path(cli)?).ok()?;
        let cache: Self = serde_json::from_slice(&text).ok()?;
        (is_fresh(cache.checked_at) && cache.identity == Identity::now(cli)).then_some(cache)
    }

    /// Puts the stamp on record.
    pub fn save(&self, cli: &AliyunCli) -> anyhow::Result<()> {
        let path = path(cli).ok_or_else(|| anyhow::anyhow!("there is no state folder"))?;
        folder::replace(&path, &serde_json::to_vec(self)?)
    }

    /// Throws the record away, so that the next run proves everything again.
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

    /// Records the profiles, read after the configuration was as `identity` says.
    pub fn prove_profiles(&mut self, profiles: Vec<Profile>, identity: Identity) {
        self.profiles = Some(profiles);
        self.identity = identity;
    }
}

/// Neither too old nor from the future: a clock that was set back proves nothing.
fn is_fresh(at: Timestamp) -> bool {
    let age = Timestamp::now().duration_since(at);
    (SignedDuration::ZERO..LIFETIME).contains(&age)
}

/// One file for each pair of program and configuration.
fn path(cli: &AliyunCli) -> Option<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (&cli.program, &cli.config_folder).hash(&mut hasher);
    let name = format!("{:016x}.json", hasher.finish());
    Some(folder::folder().ok()?.join("stamps").join(name))
}
