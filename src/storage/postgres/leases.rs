//! Leases of runs: a session advisory lock, which ends with the connection of the run.
//!
//! The server does not see a call that outlives its run. On the same machine, a locked file does,
//! which the call inherits.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::storage::postgres::connection::Connection;
use crate::storage::postgres::errors::StepResult;
use crate::storage::postgres::schema::NOW;
use crate::storage::postgres::session::{Session, lock_number, unexpected};
use crate::storage::{Lease, Result, lock};

/// After a restart of the server, runs of other machines from before may still be connecting again
/// for this time, in microseconds.
const GRACE: i64 = 30_000_000;

struct SessionLock {
    connection: Rc<Connection>,
    name: String,
    /// `None` if the state folder is not writable.
    file: Option<(PathBuf, File)>,
}

impl Lease for SessionLock {
    fn name(&self) -> &str {
        &self.name
    }

    fn file(&self) -> Option<&File> {
        self.file.as_ref().map(|(_, file)| file)
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        self.connection.unlock(lock_number(&self.name));
        if let Some((path, _)) = &self.file {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Takes a lease under a new name, which begins with the time of the server in microseconds.
/// `folder` is for its file.
pub fn take(connection: &Rc<Connection>, folder: &Path) -> Result<Box<dyn Lease>> {
    let now: i64 = connection.read(|session| {
        let row = session.row(&format!("SELECT {NOW}"), &[])?;
        Ok(row.ok_or_else(unexpected)?.get(0))
    })?;
    let name = format!("{now:x}-{}", uuid::Uuid::new_v4());
    connection.lock(lock_number(&name))?;
    let path = folder.join(&name);
    let file = lock::open(&path).ok().filter(|file| lock::try_lock(file).unwrap_or(false));
    let file = file.map(|file| (path, file));
    Ok(Box::new(SessionLock { connection: Rc::clone(connection), name, file }))
}

/// Whether the run with this lease is alive. True if in doubt, because waiting is harmless.
pub fn is_alive(session: &mut Session, folder: &Path, name: &str) -> StepResult<bool> {
    let taken = name.split_once('-').and_then(|(time, id)| {
        uuid::Uuid::try_parse(id).ok().and_then(|_| i64::from_str_radix(time, 16).ok())
    });
    // The name may come from a damaged record, or from a store of another kind.
    let Some(taken) = taken else { return Ok(false) };
    if session.is_locked(lock_number(name))? {
        return Ok(true);
    }
    // The file of a run on this machine, which its calls inherit.
    let path = folder.join(name);
    let has_ended = match lock::is_held(&path) {
        Ok(Some(true)) | Err(_) => return Ok(true),
        Ok(Some(false)) => true,
        Ok(None) => false,
    };
    let query =
        format!("SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, {NOW}");
    let row = session.row(&query, &[])?.ok_or_else(unexpected)?;
    let (started, now): (i64, i64) = (row.get(0), row.get(1));
    let may_connect_again = taken < started && now - started < GRACE;
    if has_ended && !may_connect_again {
        // Until then, it proves that the run has ended.
        let _ = std::fs::remove_file(path);
    }
    Ok(may_connect_again && !has_ended)
}
