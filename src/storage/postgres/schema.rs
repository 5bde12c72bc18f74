//! The tables in the database.

use anyhow::anyhow;
use postgres::error::SqlState;

use crate::storage::postgres::errors::{StepError, StepResult};
use crate::storage::postgres::session::{Session, lock_number};
use crate::storage::{Error, Fix};

/// The version of the tables. A program refuses tables of a later version.
const VERSION: i32 = 3;
/// The lock of a process that creates or upgrades the tables.
const LOCK: &str = "alimsg: create the tables";
/// The length of the secret in bytes.
const SECRET: usize = 32;
/// The current time of the server in microseconds.
pub const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

const TABLES: &str = "
    CREATE TABLE store (
        id         integer PRIMARY KEY CHECK (id = 1),
        version    integer NOT NULL,
        store_id   text NOT NULL,
        secret     bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE keys (
        key         text PRIMARY KEY,
        state       text NOT NULL,
        content     text,
        account     text,
        tracking_id text NOT NULL,
        generated   boolean NOT NULL,
        lease       text NOT NULL,
        since       bigint NOT NULL,
        details     text,
        result      text
    );
    CREATE TABLE messages (
        id          text PRIMARY KEY,
        fingerprint text NOT NULL,
        state       text NOT NULL,
        key         text,
        at          bigint NOT NULL
    );
    CREATE INDEX messages_by_fingerprint ON messages (fingerprint, at);
    CREATE INDEX messages_by_time ON messages (at);
    CREATE INDEX messages_by_key ON messages (key) WHERE key IS NOT NULL;
    CREATE TABLE batches (
        number       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id           text NOT NULL UNIQUE,
        identity     text NOT NULL UNIQUE,
        name         text,
        command      text NOT NULL,
        account      text NOT NULL,
        source       text,
        content      text NOT NULL,
        definition   text NOT NULL,
        row_total    bigint NOT NULL,
        enqueued     boolean NOT NULL,
        created_at   bigint NOT NULL,
        cancelled_at bigint
    );
    CREATE TABLE batch_rates (
        batch   bigint PRIMARY KEY,
        at      bigint NOT NULL,
        free_at bigint NOT NULL
    );
    CREATE SEQUENCE batch_call_ids;
    CREATE TABLE batch_calls (
        id          bigint PRIMARY KEY,
        batch       bigint NOT NULL,
        state       text NOT NULL,
        rows        bytea NOT NULL,
        row_count   bigint NOT NULL,
        tracking_id text NOT NULL,
        generated   boolean NOT NULL,
        details     text NOT NULL,
        payload     text,
        worker      text,
        started_at  bigint,
        result      text,
        token       text NOT NULL
    );
    CREATE INDEX batch_calls_by_state ON batch_calls (batch, state, id) INCLUDE (row_count);
    CREATE TABLE batch_rows (
        batch     bigint NOT NULL,
        row_index bigint NOT NULL,
        call      bigint NOT NULL,
        PRIMARY KEY (batch, row_index)
    );
";

/// What version 2 adds.
const SPACES: &str = "
    CREATE TABLE spaces (
        sender text PRIMARY KEY,
        space  text NOT NULL
    );
";

/// What version 3 adds.
const SENDS: &str = "
    CREATE TABLE sends (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key        text,
        call       bigint,
        at         bigint NOT NULL,
        outcome    text NOT NULL,
        messages   bigint NOT NULL,
        recipients bigint[] NOT NULL,
        record     text,
        result     text,
        receipt    text
    );
    CREATE INDEX sends_by_time ON sends (at) INCLUDE (outcome, messages);
    CREATE INDEX sends_by_key ON sends (key) WHERE key IS NOT NULL;
    CREATE INDEX sends_by_call ON sends (call) WHERE call IS NOT NULL;
    CREATE INDEX sends_by_recipient ON sends USING gin (recipients);
    CREATE INDEX keys_by_time ON keys (since)
        WHERE state = 'accepted' AND substr(key, 1, 5) <> 'hash:';
";

/// Since version 2, each message has a key, with which the user can resolve it.
const ADD_KEYS: &str = "
    INSERT INTO keys
    SELECT 'send-' || id, 'unresolved', NULL, NULL, '', false, '', at, NULL, NULL
    FROM messages WHERE key IS NULL AND state <> 'accepted'
    ON CONFLICT (key) DO NOTHING;
    UPDATE messages SET key = 'send-' || id WHERE key IS NULL AND state <> 'accepted';
";

/// The store that a schema has.
pub struct Found {
    pub id: String,
    pub secret: Vec<u8>,
}

/// Whether the schema has the tables. The catalog shows what other processes have committed;
/// functions such as `to_regclass` use a cache within a transaction.
pub fn exists(session: &mut Session) -> StepResult<bool> {
    let query = "SELECT 1 FROM pg_class WHERE relname = 'store' AND relnamespace IN (
                     SELECT oid FROM pg_namespace WHERE nspname = current_setting('search_path'))";
    Ok(session.row(query, &[])?.is_some())
}

/// Reads the version, the ID and the secret of the store.
///
/// # Errors
/// Another version of alimsg wrote it; it is damaged.
pub fn load(session: &mut Session) -> StepResult<Found> {
    let damaged = || {
        let error = anyhow!("the tables of alimsg in this database are damaged");
        StepError::Store(Error::Unreadable(error, Fix::Database))
    };
    let query = "SELECT version, store_id, secret FROM store WHERE id = 1";
    let row = session.row(query, &[])?.ok_or_else(damaged)?;
    let version: i32 = row.get(0);
    if version > VERSION {
        let error = anyhow!("the store has version {version}, of a later version of alimsg");
        return Err(Error::Unreadable(error, Fix::Upgrade).into());
    }
    let found = Found { id: row.get(1), secret: row.get(2) };
    if version != VERSION || found.secret.len() != SECRET {
        return Err(damaged());
    }
    Ok(found)
}

/// Whether the tables have an earlier version.
pub fn is_old(session: &mut Session) -> StepResult<bool> {
    let row = session.row("SELECT version FROM store WHERE id = 1", &[])?;
    Ok(row.is_some_and(|row| row.get::<_, i32>(0) < VERSION))
}

/// Upgrades tables of an earlier version. Runs in a transaction; processes that do this at the same
/// time wait for each other.
pub fn migrate(session: &mut Session) -> StepResult<()> {
    let lock = lock_number(LOCK);
    session.rows("SELECT pg_advisory_xact_lock($1)", &[&lock])?;
    if !is_old(session)? {
        return Ok(());
    }
    let row = session.row("SELECT version FROM store WHERE id = 1", &[])?;
    let has_spaces = row.is_some_and(|row| row.get::<_, i32>(0) >= 2);
    let mut upgrade = || {
        if !has_spaces {
            session.script(SPACES)?;
            session.script(ADD_KEYS)?;
        }
        session.script(SENDS)
    };
    upgrade().map_err(|error| match error {
        StepError::Database(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let error = anyhow!(
                "this user may not upgrade the tables of alimsg in the database; run \
                 `alimsg keys list` once as their owner"
            );
            Error::Unreadable(error, Fix::Database).into()
        }
        other => other,
    })?;
    session.execute("UPDATE store SET version = $1", &[&VERSION]).map(drop)
}

/// Creates the tables if they do not exist. Runs in a transaction; processes that do this at the
/// same time wait for each other.
pub fn create(session: &mut Session, schema: &str) -> StepResult<()> {
    let lock = lock_number(LOCK);
    session.rows("SELECT pg_advisory_xact_lock($1)", &[&lock])?;
    if exists(session)? {
        return Ok(());
    }
    let query = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    let has_schema = session.row(query, &[&schema])?.is_some();
    let mut create = || {
        if !has_schema {
            session.script(&format!("CREATE SCHEMA {schema}"))?;
        }
        session.script(TABLES)?;
        session.script(SPACES)?;
        session.script(SENDS)
    };
    create().map_err(|error| match error {
        StepError::Database(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let error = anyhow!(
                "this user may not create the schema {schema} in the database; its owner can: \
                 CREATE SCHEMA {schema} AUTHORIZATION the_user"
            );
            Error::Unreadable(error, Fix::Database).into()
        }
        other => other,
    })?;
    let mut secret = vec![0_u8; SECRET];
    getrandom::fill(&mut secret)
        .map_err(|error| Error::NotWritten(anyhow!("cannot get random bytes: {error}")))?;
    session.execute(
        "INSERT INTO store (id, version, store_id, secret) VALUES (1, $1, $2, $3)",
        &[&VERSION, &uuid::Uuid::new_v4().to_string(), &secret],
    )?;
    Ok(())
}
