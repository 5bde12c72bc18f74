//! Stores the state between processes: a small file that is replaced, and the log of the sent
//! messages. One lock protects both.

use std::fs::File;

use anyhow::Context as _;
use anyhow::Result;
use jiff::Timestamp;

use crate::sandbox::home::{self, Home};
use crate::sandbox::service::message_log::{MessageLog, SentCall};
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::State;

const STATE: &str = "service.json";

/// The state, with the lock that excludes other processes.
pub struct Store {
    pub state: State,
    pub log: MessageLog,
    original: Option<State>,
    path: std::path::PathBuf,
    /// Closing the file releases the lock.
    _lock: File,
}

impl Store {
    /// Waits for the lock and reads the state; uses the initial data if there is none. The sent
    /// messages are not read.
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
        Ok(Self { state, log: MessageLog::new(home), original, path, _lock: lock })
    }

    /// Waits for the lock and deletes the state and the sent messages.
    ///
    /// # Errors
    /// A file cannot be locked or deleted.
    pub fn reset(home: &Home) -> Result<()> {
        let _lock = lock(home)?;
        home::remove_if_present(&home.path(STATE))?;
        MessageLog::new(home).delete()
    }

    /// Writes the state if it changed, then the messages of an accepted call. The state is first,
    /// so that a killed process cannot leave a message whose serial number is used again.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save(&mut self, sent: Option<&SentCall>) -> Result<()> {
        if self.original.as_ref() != Some(&self.state) {
            let text = serde_json::to_vec(&self.state).context("cannot write the state as JSON")?;
            home::replace_locked(&self.path, &text)?;
            self.original = Some(self.state.clone());
        }
        sent.map_or(Ok(()), |call| self.log.append(call))
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
