//! What is particular to PostgreSQL: connections, versions, passwords and TLS.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::storage::postgres::Postgres;
use crate::storage::postgres::url::Url;
use crate::storage::tests::server::Server;

/// A schema of its own in the database of a server.
pub struct TestSchema {
    url: String,
    name: &'static str,
}

impl TestSchema {
    pub fn new(server: &Server) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { url: server.url(), name: format!("alimsg_test_{number}").leak() }
    }

    pub fn open(&self) -> Postgres {
        let url = Url::parse(&self.url, &|_| None).expect("a URL");
        Postgres::open(url, self.name).expect("a store")
    }
}
