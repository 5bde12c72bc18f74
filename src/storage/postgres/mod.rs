//! The store in a PostgreSQL database, which many machines can use at the same time.
//!
//! Each change is one transaction with `synchronous_commit`. If the connection is lost, the
//! operation is repeated on a new one; see [`connection`] for a commit without a reply.

mod batches;
mod client;
mod connection;
mod errors;
mod keys;
mod leases;
mod messages;
mod password;
mod schema;
mod sends;
mod session;
mod tls;
pub mod url;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use jiff::Timestamp;

use crate::os::failpoint;
use crate::storage::batches::Batches;
use crate::storage::records::forgotten_key;
use crate::storage::sends::Sends;
use crate::storage::{
    Begin, Earlier, KeyRecord, KeyedHash, Lease, NewKey, NewMessage, Owner, Reserve, Result,
    SendEnd, Store,
};
use connection::{Connection, PATIENCE, RESULT_PATIENCE};
use url::Url;

/// The schema of the tables.
pub const SCHEMA: &str = "alimsg";
/// The schema for the sandbox.
pub const SANDBOX_SCHEMA: &str = "alimsg_sandbox";

pub struct Postgres {
    connection: Rc<Connection>,
    id: String,
    hash: KeyedHash,
    /// The folder for the files of leases.
    leases: PathBuf,
}

impl Postgres {
    /// Connects to the database, and creates the tables if they do not exist. `folder` is the state
    /// folder of this machine.
    ///
    /// # Errors
    /// The database cannot be reached or used.
    pub fn open(url: Url, schema: &'static str, folder: &Path) -> Result<Self> {
        let connection = Connection::new(url, schema);
        if !connection.read(schema::exists)? {
            connection.change(PATIENCE, |session| schema::create(session, schema))?;
        }
        Self::load(connection, folder)
    }

    /// Connects to the database; `None` if it has no tables of alimsg.
    ///
    /// # Errors
    /// The database cannot be reached or used.
    pub fn open_existing(url: Url, schema: &'static str, folder: &Path) -> Result<Option<Self>> {
        let connection = Connection::new(url, schema);
        let exists = connection.read(schema::exists)?;
        exists.then(|| Self::load(connection, folder)).transpose()
    }

    fn load(connection: Connection, folder: &Path) -> Result<Self> {
        if connection.read(schema::is_old)? {
            connection.change(PATIENCE, schema::migrate)?;
        }
        let found = connection.read(schema::load)?;
        connection.opened(found.id.clone());
        let leases = folder.join("leases");
        Ok(Self {
            connection: Rc::new(connection),
            id: found.id,
            hash: KeyedHash::new(&found.secret),
            leases,
        })
    }

    /// The random ID of this store.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Store for Postgres {
    fn hash(&self, parts: &[&str]) -> [u8; 32] {
        self.hash.hash(parts)
    }

    fn known_since(&self) -> Option<Timestamp> {
        None
    }

    fn lease(&self) -> Result<Box<dyn Lease>> {
        leases::take(&self.connection, &self.leases)
    }

    fn is_alive(&self, lease: &str) -> bool {
        self.connection
            .read(|session| leases::is_alive(session, &self.leases, lease))
            .unwrap_or(true)
    }

    fn reserve(&self, key: &str, new: &NewKey) -> Result<Reserve> {
        let hashed = forgotten_key(&self.digest(key));
        self.connection.change(PATIENCE, |session| {
            let reserved = keys::reserve(session, &self.leases, key, new)?;
            // Another run may replace an old key by its hash at any moment, so the hash comes last.
            if matches!(reserved, Reserve::Reserved)
                && let Some(record) = keys::find(session, &hashed)?
            {
                keys::release(session, Owner { key, lease: &new.lease })?;
                let record = KeyRecord { key: key.to_string(), ..record };
                return Ok(Reserve::Used(Box::new(record)));
            }
            Ok(reserved)
        })
    }

    fn begin(
        &self,
        owner: Owner<'_>,
        new: Option<&NewKey>,
        message: Option<&NewMessage>,
    ) -> Result<Begin> {
        let begun = self.connection.change(PATIENCE, |session| {
            // The key and the message are recorded in one transaction.
            if session.is_repeated && keys::is_started(session, owner)? {
                return Ok(Begin::Go);
            }
            if let Some(message) = message {
                messages::forget_old(session)?;
                messages::lock(session, &message.fingerprints)?;
                let earlier = messages::earlier(session, message)?;
                if !earlier.is_empty() {
                    return Ok(Begin::Duplicate(earlier));
                }
                sends::lock(session, message.send.iter())?;
                if let Some(send) = &message.send
                    && let Some(reached) = sends::add(session, Some(owner.key), None, send)?
                {
                    return Ok(Begin::Limited(reached));
                }
                messages::add(session, owner.key, message)?;
                if let Some(before) = message.forget_before(Timestamp::now())
                    && sends::is_due()
                {
                    keys::forget_results(session, before, 200, |key| self.digest(key))?;
                }
            }
            if let Some(new) = new {
                keys::insert(session, owner.key, new)?;
            }
            keys::start(session, owner)?;
            failpoint::point("store: about to commit a start");
            Ok(Begin::Go)
        })?;
        failpoint::point("store: start committed");
        Ok(begun)
    }

    fn finish(&self, owner: Owner<'_>, end: SendEnd<'_>) -> Result<()> {
        self.connection.change(RESULT_PATIENCE, |session| {
            messages::finish(session, owner.key, &end)?;
            sends::finish(session, owner.key, &end)?;
            keys::finish(session, owner, &end)
        })
    }

    fn release(&self, owner: Owner<'_>) -> Result<()> {
        self.connection.change(PATIENCE, |session| keys::release(session, owner))
    }

    fn key(&self, key: &str) -> Result<Option<KeyRecord>> {
        let hashed = forgotten_key(&self.digest(key));
        let found = self.connection.read(|session| match keys::find(session, key)? {
            Some(record) => Ok(Some(record)),
            None => keys::find(session, &hashed),
        })?;
        Ok(found.map(|record| KeyRecord { key: key.to_string(), ..record }))
    }

    fn keys(&self) -> Result<Vec<KeyRecord>> {
        self.connection.read(keys::all)
    }

    fn settle_as_sent(&self, record: &KeyRecord, result: &str) -> Result<()> {
        self.connection.change(PATIENCE, |session| {
            keys::put_accepted(session, record, result)?;
            let end = SendEnd::Accepted { result: None, service: None };
            sends::finish(session, &record.key, &end)?;
            messages::finish(session, &record.key, &end)
        })
    }

    fn settle_as_not_sent(&self, record: &KeyRecord) -> Result<bool> {
        self.connection.change(PATIENCE, |session| {
            let is_removed = keys::remove_unchanged(session, &self.leases, record)?;
            if is_removed {
                sends::finish(session, &record.key, &SendEnd::NotSent)?;
                messages::finish(session, &record.key, &SendEnd::NotSent)?;
            }
            Ok(is_removed)
        })
    }

    fn earlier(&self, message: &NewMessage) -> Result<Vec<Earlier>> {
        self.connection.read(|session| messages::earlier(session, message))
    }

    fn space(&self, sender: &str) -> Result<Option<String>> {
        let query = "SELECT space FROM spaces WHERE sender = $1";
        let row = self.connection.read(|session| session.row(query, &[&sender]))?;
        Ok(row.map(|row| row.get(0)))
    }

    fn remember_space(&self, sender: &str, space: &str) -> Result<()> {
        let query = "INSERT INTO spaces VALUES ($1, $2)
                     ON CONFLICT (sender) DO UPDATE SET space = excluded.space";
        self.connection
            .change(PATIENCE, |session| session.execute(query, &[&sender, &space]).map(drop))
    }

    fn batches(&self) -> &dyn Batches {
        self
    }

    fn sends(&self) -> &dyn Sends {
        self
    }

    fn check(&self) -> Result<()> {
        self.connection.read(|session| {
            schema::load(session)?;
            keys::all(session).map(drop)
        })
    }

    fn clear(&self) -> Result<()> {
        self.connection.change(PATIENCE, |session| {
            session.script(
                "DELETE FROM keys; DELETE FROM messages; DELETE FROM batch_rows;
                 DELETE FROM batch_calls; DELETE FROM batch_rates; DELETE FROM batches;
                 DELETE FROM spaces; DELETE FROM sends;",
            )
        })
    }
}

#[cfg(test)]
impl Postgres {
    /// A setting of the session.
    pub fn setting(&self, name: &str) -> String {
        let query = "SELECT current_setting($1)";
        let row = self.connection.read(|session| session.row(query, &[&name]));
        row.expect("readable").expect("a row").get(0)
    }

    pub fn set_reply_timeout(&self, limit: std::time::Duration) {
        self.connection.set_reply_timeout(limit);
    }

    /// Whether the connection is encrypted.
    pub fn uses_tls(&self) -> bool {
        let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let row = self.connection.read(|session| session.row(query, &[]));
        row.expect("readable").expect("a row").get(0)
    }
}
