//! What an error of SQLite means for the store.

use rusqlite::ErrorCode;

use crate::storage::{Error, Fix};

fn fix_for(error: &rusqlite::Error) -> Fix {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fix::Retry,
        Some(
            ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::FileLockingProtocolFailed,
        ) => Fix::Files,
        _ => Fix::Repair,
    }
}

/// The store cannot be read.
pub fn unreadable(error: rusqlite::Error) -> Error {
    let fix = fix_for(&error);
    Error::Unreadable(error.into(), fix)
}

/// A change was not made.
pub fn not_written(error: rusqlite::Error) -> Error {
    match fix_for(&error) {
        Fix::Files => Error::NotWritten(error.into()),
        fix => Error::Unreadable(error.into(), fix),
    }
}
