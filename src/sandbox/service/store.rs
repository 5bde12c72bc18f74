//! Stores the state between processes: in one file, protected by one lock.

use std::fs::File;

use anyhow::Context as _;
use anyhow::Result;
use jiff::Timestamp;

use crate::sandbox::home::{self, Home};
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::State;

const STATE: &str = "service.json";

/// The state, with the lock that excludes other processes.
pub struct Store {
    pub state: State,
    original: Option<State>,
    path: std::path::PathBuf,
    /// Closing the file releases the lock.
    _lock: File,
}

impl Store {
    /// Waits for the lock and reads the state; uses the initial data if there is none.
    ///
    /// # Errors
    /// The file cannot be locked or read, or is damaged.
    pub fn open(home: &Home, now: Timestamp) -> Result<Self> {
        let lock = lock(home)?;
        let path = home.path(STATE);
        let original: Option<State> = home::read_if_present(&path)?
            .map(|text| {
                serde_json::from_str(&text)
                    .with_context(|| format!("{} is damaged; delete it", path.display()))
            })
            .transpose()?;
        let state = original.clone().unwrap_or_else(|| seeds::state(now));
        Ok(Self { state, original, path, _lock: lock })
    }

    /// Waits for the lock and deletes the state.
    ///
    /// # Errors
    /// The file cannot be locked or deleted.
    pub fn reset(home: &Home) -> Result<()> {
        let _lock = lock(home)?;
        let path = home.path(STATE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot delete {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Writes the state if it changed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_if_changed(&self) -> Result<()> {
        if self.original.as_ref() == Some(&self.state) {
            return Ok(());
        }
        let text = serde_json::to_vec(&self.state).context("cannot write the state as JSON")?;
        home::write_atomically(&self.path, &text)
    }
}

/// Waits for the lock; closing the file releases it.
fn lock(home: &Home) -> Result<File> {
    let path = home.path("service.lock");
    home::private_file()
        .truncate(false)
        .open(&path)
        .and_then(|file| file.lock().map(|()| file))
        .with_context(|| format!("cannot lock {}", path.display()))
}
