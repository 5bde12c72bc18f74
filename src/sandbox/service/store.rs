//! Where the state is kept between two processes: in one file, under one lock.

use std::fs::File;

use anyhow::Context as _;
use anyhow::Result;
use jiff::Timestamp;

use crate::sandbox::home::{self, Home};
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::State;

/// The state together with the lock that keeps other processes from it.
pub struct Store {
    pub state: State,
    as_read: Option<State>,
    path: std::path::PathBuf,
    /// Released when it is closed.
    _lock: File,
}

impl Store {
    /// Waits for the lock and reads the state, or begins with the seeds.
    pub fn open(home: &Home, now: Timestamp) -> Result<Self> {
        let lock = lock(home)?;
        let path = home.service_state();
        let as_read: Option<State> = home::read_if_present(&path)?
            .map(|text| {
                serde_json::from_str(&text)
                    .with_context(|| format!("{} is damaged; delete it", path.display()))
            })
            .transpose()?;
        let state = as_read.clone().unwrap_or_else(|| seeds::state(now));
        Ok(Self { state, as_read, path, _lock: lock })
    }

    /// Waits for the lock and lets the next one begin with the seeds.
    pub fn reset(home: &Home) -> Result<()> {
        let _lock = lock(home)?;
        let path = home.service_state();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Writes the state back unless it is as it was read.
    pub fn save_if_changed(&self) -> Result<()> {
        if self.as_read.as_ref() == Some(&self.state) {
            return Ok(());
        }
        let text = serde_json::to_vec(&self.state).context("cannot write the state as JSON")?;
        home::write_atomically(&self.path, &text)
    }
}

/// Held until it is closed.
fn lock(home: &Home) -> Result<File> {
    let path = home.service_lock();
    home::private_file()
        .truncate(false)
        .open(&path)
        .and_then(|file| file.lock().map(|()| file))
        .with_context(|| format!("cannot lock {}", path.display()))
}
