//! Leases of runs: a session advisory lock, which ends with the connection of the run.

use std::fs::File;
use std::rc::Rc;

use crate::storage::postgres::connection::{Connection, Session, lock_number, unexpected};
use crate::storage::postgres::errors::StepResult;
use crate::storage::postgres::schema::NOW;
use crate::storage::{Lease, Result};

/// After a restart of the server, runs from before may still be connecting again for this time, in
/// microseconds.
const GRACE: i64 = 30_000_000;

struct SessionLock {
    connection: Rc<Connection>,
    name: String,
}

impl Lease for SessionLock {
    fn name(&self) -> &str {
        &self.name
    }

    fn file(&self) -> Option<&File> {
        None
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        self.connection.unlock(lock_number(&self.name));
    }
}

/// Takes a lease under a new name, which begins with the time of the server in microseconds.
pub fn take(connection: &Rc<Connection>) -> Result<Box<dyn Lease>> {
    let now: i64 = connection.read(|session| {
        let row = session.row(&format!("SELECT {NOW}"), &[])?;
        Ok(row.ok_or_else(unexpected)?.get(0))
    })?;
    let name = format!("{now:x}-{}", uuid::Uuid::new_v4());
    connection.lock(lock_number(&name))?;
    Ok(Box::new(SessionLock { connection: Rc::clone(connection), name }))
}

/// Whether the run with this lease is alive. True if in doubt, because waiting is harmless.
pub fn is_alive(session: &mut Session, name: &str) -> StepResult<bool> {
    let taken = name.split_once('-').and_then(|(time, id)| {
        uuid::Uuid::try_parse(id).ok().and_then(|_| i64::from_str_radix(time, 16).ok())
    });
    // The name may come from a damaged record, or from a store of another kind.
    let Some(taken) = taken else { return Ok(false) };
    if session.is_locked(lock_number(name))? {
        return Ok(true);
    }
    let query = format!(
        "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, {NOW}"
    );
    let row = session.row(&query, &[])?.ok_or_else(unexpected)?;
    let (started, now): (i64, i64) = (row.get(0), row.get(1));
    Ok(taken < started && now - started < GRACE)
}
