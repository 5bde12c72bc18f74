//! A session with the server: statements, prepared once, and advisory locks.

use std::collections::HashMap;

use anyhow::anyhow;
use postgres::types::ToSql;
use postgres::{Row, Statement};
use sha2::{Digest as _, Sha256};

use crate::storage::postgres::client::Client;
use crate::storage::postgres::errors::StepResult;
use crate::storage::{Error, Fix};

/// The sessions that hold an advisory lock, which `pg_locks` shows in two halves.
pub const HOLDERS: &str = "
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid = $1 AND objid = $2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// An open connection, with the statements that it has prepared.
pub struct Session {
    pub client: Client,
    statements: HashMap<String, Statement>,
    /// The operation may have been committed before: its first commit had no reply.
    pub is_repeated: bool,
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Session {
    pub fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new(), is_repeated: false }
    }

    /// Forgets the prepared statements if one of them does not fit the tables any more; returns
    /// whether that is the reason for this error.
    pub fn forget_stale(&mut self, error: &postgres::Error) -> bool {
        let is_stale = is_stale(error);
        if is_stale {
            self.statements.clear();
        }
        is_stale
    }

    fn statement(&mut self, text: &str) -> StepResult<Statement> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text)?;
        self.statements.insert(text.to_string(), statement.clone());
        Ok(statement)
    }

    /// Runs a statement; returns the number of rows that it changed.
    pub fn execute(&mut self, text: &str, parameters: Parameters<'_>) -> StepResult<u64> {
        let statement = self.statement(text)?;
        self.client.execute(&statement, parameters)
    }

    pub fn rows(&mut self, text: &str, parameters: Parameters<'_>) -> StepResult<Vec<Row>> {
        let statement = self.statement(text)?;
        self.client.query(&statement, parameters)
    }

    /// The only row, if there is one.
    pub fn row(&mut self, text: &str, parameters: Parameters<'_>) -> StepResult<Option<Row>> {
        let statement = self.statement(text)?;
        self.client.query_opt(&statement, parameters)
    }

    /// Runs several statements without parameters.
    pub fn script(&mut self, text: &str) -> StepResult<()> {
        self.client.batch_execute(text)
    }

    /// Whether a session holds this advisory lock.
    pub fn is_locked(&mut self, lock: i64) -> StepResult<bool> {
        let [high, low] = halves(lock);
        let query = format!("SELECT EXISTS (SELECT {HOLDERS})");
        let row = self.row(&query, &[&high, &low])?;
        Ok(row.is_some_and(|row| row.get(0)))
    }
}

/// The number of the advisory lock for a name.
pub fn lock_number(name: &str) -> i64 {
    let hash = Sha256::digest(name.as_bytes());
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    i64::from_be_bytes(bytes)
}

pub fn halves(lock: i64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = lock.to_be_bytes();
    [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])]
}

/// Whether a prepared statement does not fit the tables any more.
fn is_stale(error: &postgres::Error) -> bool {
    let text = error.as_db_error().map(postgres::error::DbError::message).unwrap_or_default();
    text.contains("cached plan must not change result type")
}

/// The error for a reply that this version of alimsg does not expect.
pub fn unexpected() -> Error {
    Error::Unreadable(anyhow!("PostgreSQL: unexpected reply"), Fix::Database)
}
