//! What an error of PostgreSQL means for the store.

use std::error::Error as _;

use anyhow::anyhow;
use postgres::error::SqlState;

use crate::storage::{Error, Fix};

/// Why a step of an operation failed.
#[derive(Debug)]
pub enum StepError {
    Database(postgres::Error),
    /// The server did not answer in time. The connection cannot be used any more.
    NoReply,
    Store(Error),
}

pub type StepResult<T> = Result<T, StepError>;

impl From<postgres::Error> for StepError {
    fn from(error: postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// The error for [`StepError::NoReply`].
pub fn no_reply() -> Error {
    Error::Unreadable(anyhow!("PostgreSQL: the server does not answer"), Fix::Retry)
}

/// Whether the connection cannot be used any more, or leads to a server that does not accept
/// changes. Another connection may work.
pub fn is_lost(error: &postgres::Error) -> bool {
    let Some(code) = error.code() else {
        return error.is_closed()
            || error.source().is_none_or(|source| source.is::<std::io::Error>());
    };
    code.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code)
        // `idle_session_timeout`, which the crate does not name.
        || code.code() == "57P05"
}

/// Whether the transaction was rolled back because of concurrent ones.
pub fn is_conflict(error: &postgres::Error) -> bool {
    let conflicts = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    error.code().is_some_and(|code| conflicts.contains(code))
}

/// Whether waiting cannot help to connect: the URL, the password, the certificate or the
/// permissions are wrong.
pub fn is_refused(error: &postgres::Error) -> bool {
    match error.code() {
        Some(_) => !is_lost(error),
        None => match error.source().and_then(|source| source.downcast_ref::<std::io::Error>()) {
            Some(io) => io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
            None => !error.is_closed(),
        },
    }
}

/// The text of an error, with the text of the server and the causes.
pub fn describe(error: &postgres::Error) -> anyhow::Error {
    match error.as_db_error() {
        Some(reply) => {
            anyhow!("PostgreSQL: {} (SQLSTATE {})", reply.message(), reply.code().code())
        }
        None => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                let cause_text = cause.to_string();
                if !text.contains(&cause_text) {
                    text = format!("{text}: {cause_text}");
                }
                source = cause.source();
            }
            anyhow!("PostgreSQL: {text}")
        }
    }
}

/// A statement failed and its transaction was rolled back.
pub fn rolled_back(error: &postgres::Error) -> Error {
    let class = error.code().map_or("", |code| code.code().get(..2).unwrap_or_default());
    match class {
        // Timeouts of statements and locks.
        "55" | "57" | "40" => Error::Unreadable(describe(error), Fix::Retry),
        // A full disk or another exhausted resource.
        "53" => Error::NotWritten(describe(error)),
        _ => Error::Unreadable(describe(error), Fix::Database),
    }
}
