//! The marker file next to the database, written once the database exists. If the database is later
//! deleted or emptied, the marker shows that keys may be missing.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::storage::files::{self, PathState};
use crate::storage::{Error, Fix, Result, folder};

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The ID of its database; empty if the marker cannot be parsed.
    pub store: String,
    pub created_at: String,
}

impl Marker {
    pub fn is_readable(&self) -> bool {
        !self.store.is_empty()
    }
}

pub fn load(path: &Path) -> Result<Option<Marker>> {
    let unreadable = |error: anyhow::Error| Error::Unreadable(error, Fix::Files);
    match files::inspect(path).map_err(unreadable)? {
        PathState::Missing => Ok(None),
        PathState::File(_) => {
            let text = std::fs::read(path).map_err(|error| unreadable(error.into()))?;
            Ok(Some(serde_json::from_slice(&text).unwrap_or_default()))
        }
    }
}

pub fn write(path: &Path, marker: &Marker) -> anyhow::Result<()> {
    folder::replace(path, &serde_json::to_vec(marker)?)
}
