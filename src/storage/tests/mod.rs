//! One suite for every engine of the store.

pub mod batches;
pub mod keys;
mod messages;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
#[cfg(all(unix, feature = "postgres"))]
mod proxy;
mod sends;
#[cfg(all(unix, feature = "postgres"))]
#[path = "../../../tests/postgres/server.rs"]
mod server;
mod speed;

use tempfile::TempDir;

use crate::storage::{Store, sqlite};

/// A new store, which several runs can open.
enum TestStore {
    Sqlite(TempDir),
    #[cfg(all(unix, feature = "postgres"))]
    Postgres(postgres::TestSchema),
}

impl TestStore {
    /// Opens the store as another run does.
    fn open(&self) -> Box<dyn Store> {
        match self {
            Self::Sqlite(folder) => Box::new(sqlite::Sqlite::open(folder.path()).expect("a store")),
            #[cfg(all(unix, feature = "postgres"))]
            Self::Postgres(schema) => Box::new(schema.open()),
        }
    }
}

/// A new store of each engine. Without PostgreSQL, its tests are skipped with a note.
fn stores() -> Vec<TestStore> {
    let mut stores = vec![TestStore::Sqlite(tempfile::tempdir().expect("a folder"))];
    #[cfg(all(unix, feature = "postgres"))]
    stores.extend(server::shared().map(postgres::TestSchema::new).map(TestStore::Postgres));
    stores
}
