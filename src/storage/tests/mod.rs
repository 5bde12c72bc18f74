//! One suite for every engine of the store.

pub mod batches;
mod keys;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod proxy;
#[cfg(unix)]
#[path = "../../../tests/postgres/server.rs"]
mod server;
mod speed;

use tempfile::TempDir;

use crate::storage::{Store, sqlite};

/// A new store, which several runs can open.
enum TestStore {
    Sqlite(TempDir),
    #[cfg(unix)]
    Postgres(postgres::TestSchema),
}

impl TestStore {
    /// Opens the store as another run does.
    fn open(&self) -> Box<dyn Store> {
        match self {
            Self::Sqlite(folder) => Box::new(sqlite::Sqlite::open(folder.path()).expect("a store")),
            #[cfg(unix)]
            Self::Postgres(schema) => Box::new(schema.open()),
        }
    }
}

/// A new store of each engine. Without PostgreSQL, a note says that its tests are skipped.
fn stores() -> Vec<TestStore> {
    let mut stores = vec![TestStore::Sqlite(tempfile::tempdir().expect("a folder"))];
    #[cfg(unix)]
    stores.extend(server::shared().map(postgres::TestSchema::new).map(TestStore::Postgres));
    stores
}
