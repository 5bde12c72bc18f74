//! The tables of the database.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::os::failpoint;
use crate::storage::sqlite::marker::Marker;

/// The `application_id` of the database: "alim" in ASCII.
pub const APPLICATION: i64 = 0x616c_696d;
/// The version of the schema, in `user_version`.
pub const VERSION: i64 = 5;
/// The length of the secret in bytes.
pub const SECRET: usize = 32;

/// The tables of version 1.
const KEYS_AND_MESSAGES: &str = "
    CREATE TABLE store (
        id          INTEGER PRIMARY KEY CHECK (id = 1),
        store_id    TEXT NOT NULL,
        secret      BLOB NOT NULL,
        created_at  TEXT NOT NULL,
        known_since TEXT
    ) STRICT;
    CREATE TABLE keys (
        key         TEXT PRIMARY KEY,
        state       TEXT NOT NULL,
        content     TEXT,
        account     TEXT,
        tracking_id TEXT NOT NULL,
        generated   INTEGER NOT NULL,
        lease       TEXT NOT NULL,
        since       TEXT NOT NULL,
        details     TEXT,
        result      TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE messages (
        id          TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        state       TEXT NOT NULL,
        key         TEXT,
        at          INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX messages_by_fingerprint ON messages (fingerprint, at);
";

/// What version 2 adds.
const BATCHES: &str = "
    CREATE INDEX messages_by_time ON messages (at);
    CREATE TABLE batches (
        number       INTEGER PRIMARY KEY AUTOINCREMENT,
        id           TEXT NOT NULL UNIQUE,
        identity     TEXT NOT NULL UNIQUE,
        name         TEXT,
        command      TEXT NOT NULL,
        account      TEXT NOT NULL,
        source       TEXT,
        content      TEXT NOT NULL,
        definition   TEXT NOT NULL,
        rows         INTEGER NOT NULL,
        enqueued     INTEGER NOT NULL,
        created_at   INTEGER NOT NULL,
        cancelled_at INTEGER,
        rate_at      INTEGER NOT NULL DEFAULT 0,
        rate_free_at INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE batch_calls (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        batch       INTEGER NOT NULL,
        state       TEXT NOT NULL,
        rows        BLOB NOT NULL,
        row_count   INTEGER NOT NULL,
        tracking_id TEXT NOT NULL,
        generated   INTEGER NOT NULL,
        details     TEXT NOT NULL,
        payload     TEXT,
        worker      TEXT,
        started_at  INTEGER,
        result      TEXT
    ) STRICT;
    CREATE INDEX batch_calls_by_state ON batch_calls (batch, state, id, row_count);
";

/// What version 5 changes: before, the rows of batches had a key of two columns.
const BATCH_ROWS: &str = "
    CREATE TABLE batch_rows (
        id   INTEGER PRIMARY KEY,
        call INTEGER NOT NULL
    ) STRICT;
";

/// The columns of [`BATCH_ROWS`] from a table before version 5.
pub fn rows_before_version_5(table: &str) -> String {
    format!("SELECT (batch << 40) | row, call FROM {table} ORDER BY batch, row")
}

/// What version 3 adds.
const SPACES: &str = "
    CREATE INDEX messages_by_key ON messages (key) WHERE key IS NOT NULL;
    CREATE TABLE spaces (
        sender TEXT PRIMARY KEY,
        space  TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// What version 4 adds.
const SENDS: &str = "
    CREATE TABLE sends (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        key        TEXT,
        call       INTEGER,
        at         INTEGER NOT NULL,
        outcome    TEXT NOT NULL,
        messages   INTEGER NOT NULL,
        recipients BLOB NOT NULL,
        record     TEXT,
        result     TEXT,
        receipt    TEXT
    ) STRICT;
    CREATE INDEX sends_by_time ON sends (at, outcome, messages);
    CREATE INDEX sends_by_key ON sends (key) WHERE key IS NOT NULL;
    CREATE INDEX sends_by_call ON sends (call) WHERE call IS NOT NULL;
    CREATE INDEX keys_by_time ON keys (since)
        WHERE state = 'accepted' AND substr(key, 1, 5) <> 'hash:';
";

/// Since version 3, each message has a key, with which the user can resolve it.
const ADD_KEYS: &str = "
    INSERT OR IGNORE INTO keys
    SELECT 'send-' || id, 'unresolved', NULL, NULL, '', 0, '',
           strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch'), NULL, NULL
    FROM messages WHERE key IS NULL AND state <> 'accepted';
    UPDATE messages SET key = 'send-' || id WHERE key IS NULL AND state <> 'accepted';
";

/// Upgrades a store of an earlier version in one transaction.
pub fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version < 2 {
        transaction.execute_batch(BATCHES)?;
    }
    if version < 3 {
        transaction.execute_batch(SPACES)?;
        transaction.execute_batch(ADD_KEYS)?;
    }
    if version < 4 {
        transaction.execute_batch(SENDS)?;
    }
    if version < VERSION {
        if version < 2 {
            transaction.execute_batch(BATCH_ROWS)?;
        } else {
            let rows = rows_before_version_5("old_rows");
            transaction.execute_batch(&format!(
                "ALTER TABLE batch_rows RENAME TO old_rows; {BATCH_ROWS}
                 INSERT INTO batch_rows {rows}; DROP TABLE old_rows;"
            ))?;
        }
        failpoint::point("store: about to commit the upgrade");
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Creates the tables; `previous` is the marker of the store that this one replaces.
pub fn create(connection: &Connection, previous: Option<&Marker>) -> rusqlite::Result<()> {
    let now = Timestamp::now().to_string();
    let mut secret = [0_u8; SECRET];
    getrandom::fill(&mut secret).map_err(|error| {
        rusqlite::Error::ToSqlConversionFailure(format!("cannot get random bytes: {error}").into())
    })?;
    let store = previous.map_or_else(|| uuid::Uuid::new_v4().to_string(), |old| old.store.clone());
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(KEYS_AND_MESSAGES)?;
    for tables in [BATCHES, BATCH_ROWS, SPACES, SENDS] {
        transaction.execute_batch(tables)?;
    }
    transaction.execute(
        "INSERT INTO store (id, store_id, secret, created_at, known_since)
         VALUES (1, ?1, ?2, ?3, ?4)",
        params![store, secret.as_slice(), now, previous.map(|_| &now)],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

pub fn has_no_tables(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}
