//! One suite for every engine of the store.

pub mod batches;
mod keys;
mod speed;

use tempfile::TempDir;

use crate::storage::{Store, sqlite};

/// A new store, which several runs can open.
enum TestStore {
    Sqlite(TempDir),
}

impl TestStore {
    /// Opens the store as another run does.
    fn open(&self) -> Box<dyn Store> {
        match self {
            Self::Sqlite(folder) => Box::new(sqlite::Sqlite::open(folder.path()).expect("a store")),
        }
    }
}

/// A new store of each engine.
fn stores() -> Vec<TestStore> {
    vec![TestStore::Sqlite(tempfile::tempdir().expect("a folder"))]
}
