//! The connection of a process to its database: it is made again when it is lost.
//!
//! Each connection holds a session advisory lock with the name of the process. A new connection
//! takes it before anything else, which succeeds only once the server has ended the old one. So a
//! transaction whose commit had no reply is either on record by then or never will be, and the
//! repeated operation can see which.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use tokio_postgres::{Config, NoTls};

use crate::os::signals;
use crate::storage::postgres::client::Client;
use crate::storage::postgres::errors::{
    StepError, StepResult, describe, is_conflict, is_lost, is_refused, no_reply, rolled_back,
};
use crate::storage::postgres::session::{HOLDERS, Session, halves, lock_number, unexpected};
use crate::storage::postgres::url::{Host, SslMode, Url};
use crate::storage::postgres::{password, schema, tls};
use crate::storage::{Error, Fix, Result};

/// How long operations wait for a server that is away.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long the record of a result waits: the call has run, and only this process knows how it
/// ended.
pub const RESULT_PATIENCE: Duration = Duration::from_secs(60);
/// How long anything waits after a second signal, which asks the run to end now.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

/// How long a reply can take. Longer than the limits of the server below, so that a server that
/// answers ends a statement itself.
const REPLY_TIMEOUT: Duration = Duration::from_secs(40);
/// A lost network is noticed after about this time.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(20);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_RETRIES: u32 = 3;

/// The settings of a session. `on` is the weakest level that has a commit on disk.
const SETUP: &str = "
    SET client_min_messages = error;
    SET default_transaction_read_only = off;
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '30s';
    SET lock_timeout = '20s';
    SET idle_in_transaction_session_timeout = '60s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 3;
    SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = '20s';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
";

/// The first version of PostgreSQL with all settings and statements that are used here.
const MIN_VERSION: i32 = 120_000;

/// The connection of this process, or how to make it.
pub struct Connection {
    url: Url,
    schema: &'static str,
    session: RefCell<Option<Session>>,
    /// The advisory lock of this process.
    own_lock: i64,
    /// The advisory locks of the leases that this process holds.
    leases: RefCell<Vec<i64>>,
    /// The ID of the store, once it is known. After that, no other store is accepted.
    store: RefCell<Option<String>>,
    /// Whether the schema was checked, so that a lost connection is made again without creating it.
    is_open: Cell<bool>,
    reply_timeout: Cell<Duration>,
}

impl Connection {
    pub fn new(url: Url, schema: &'static str) -> Self {
        Self {
            url,
            schema,
            session: RefCell::new(None),
            own_lock: lock_number(&uuid::Uuid::new_v4().to_string()),
            leases: RefCell::default(),
            store: RefCell::default(),
            is_open: Cell::new(false),
            reply_timeout: Cell::new(REPLY_TIMEOUT),
        }
    }

    /// From now on, each new connection must lead to this store.
    pub fn opened(&self, store: String) {
        self.store.replace(Some(store));
        self.is_open.set(true);
    }

    /// Runs a change in a transaction; it is durable on return. If the connection is lost, the
    /// change is repeated: `is_repeated` of the session shows that it may be on record.
    ///
    /// # Errors
    /// The change was not made. Or, with [`Error::Unreadable`], it may have been made.
    pub fn change<T>(
        &self,
        patience: Duration,
        mut step: impl FnMut(&mut Session) -> StepResult<T>,
    ) -> Result<T> {
        self.repeat(patience, |session| {
            session.script("BEGIN").map_err(Failed::NotCommitted)?;
            let result = step(session).map_err(Failed::NotCommitted)?;
            match session.script("COMMIT") {
                Ok(()) => Ok(result),
                Err(error) => Err(Failed::AtCommit(error)),
            }
        })
    }

    /// Runs queries outside of a transaction. If the connection is lost, they are repeated.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read<T>(&self, mut step: impl FnMut(&mut Session) -> StepResult<T>) -> Result<T> {
        self.repeat(PATIENCE, |session| step(session).map_err(Failed::NotCommitted))
    }

    fn repeat<T>(
        &self,
        patience: Duration,
        mut attempt: impl FnMut(&mut Session) -> std::result::Result<T, Failed>,
    ) -> Result<T> {
        let start = Instant::now();
        let signals_before = signals::count();
        let mut may_be_committed = false;
        let mut pauses = PAUSES.iter().chain(std::iter::repeat(&PAUSES[PAUSES.len() - 1]));
        loop {
            let error = match self.connected() {
                Err(error) => error,
                Ok(mut session) => {
                    session.is_repeated = may_be_committed;
                    let result = attempt(&mut session);
                    match self.keep(session, result) {
                        Ok(result) => return Ok(result),
                        Err(Ended::Finally(error)) => return Err(error),
                        Err(Ended::Repeat { error, in_doubt }) => {
                            may_be_committed |= in_doubt;
                            error
                        }
                    }
                }
            };
            let Error::Unreadable(_, Fix::Retry) = error else { return Err(error) };
            let is_interrupted = patience <= PATIENCE && signals::count() > signals_before;
            let patience = if signals::count() < 2 { patience } else { LAST_PATIENCE };
            if start.elapsed() >= patience || is_interrupted {
                return Err(error);
            }
            std::thread::sleep(*pauses.next().unwrap_or(&PAUSES[0]));
        }
    }

    /// Stores the session for the next operation, unless the connection is lost.
    fn keep<T>(
        &self,
        mut session: Session,
        result: std::result::Result<T, Failed>,
    ) -> std::result::Result<T, Ended> {
        let (error, at_commit) = match result {
            Ok(result) => {
                self.session.replace(Some(session));
                return Ok(result);
            }
            Err(Failed::NotCommitted(error)) => (error, false),
            Err(Failed::AtCommit(error)) => (error, true),
        };
        let error = match error {
            StepError::Store(error) => {
                self.roll_back(session);
                return Err(Ended::Finally(error));
            }
            // The session is dropped. If this was the commit, nothing is known.
            StepError::NoReply => {
                return Err(Ended::Repeat { error: no_reply(), in_doubt: at_commit });
            }
            StepError::Database(error) => error,
        };
        // Without a reply of the server about the commit, nothing is known.
        let in_doubt = at_commit && (error.code().is_none() || is_lost(&error));
        if in_doubt || is_lost(&error) || session.client.is_closed() {
            let error = Error::Unreadable(describe(&error), Fix::Retry);
            return Err(Ended::Repeat { error, in_doubt });
        }
        let is_stale = session.forget_stale(&error);
        self.roll_back(session);
        if is_conflict(&error) || is_stale {
            let error = Error::Unreadable(describe(&error), Fix::Retry);
            return Err(Ended::Repeat { error, in_doubt });
        }
        Err(Ended::Finally(rolled_back(&error)))
    }

    fn roll_back(&self, mut session: Session) {
        if session.script("ROLLBACK").is_ok() {
            self.session.replace(Some(session));
        }
    }

    /// The open session, or a new one.
    fn connected(&self) -> Result<Session> {
        match self.session.take() {
            Some(session) if !session.client.is_closed() => Ok(session),
            _ => self.connect(),
        }
    }

    fn connect(&self) -> Result<Session> {
        let mut last = None;
        for (host, port) in &self.url.servers {
            match self.connect_to(host, *port) {
                Ok(session) => return Ok(session),
                // Another server may be reachable, but a wrong password is wrong everywhere.
                Err(error @ Error::Unreadable(_, Fix::Retry)) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last
            .unwrap_or_else(|| Error::Unreadable(anyhow!("the URL has no host"), Fix::Database)))
    }

    fn connect_to(&self, host: &Host, port: u16) -> Result<Session> {
        let invalid = |error: anyhow::Error| Error::Unreadable(error, Fix::Database);
        let config = self.config(host, port).map_err(invalid)?;
        let is_plain = matches!(host, Host::Socket(_))
            || config.get_ssl_mode() == tokio_postgres::config::SslMode::Disable;
        let (limit, reply_limit) = (self.url.connect_timeout, self.reply_timeout.get());
        let client = if is_plain {
            Client::connect(&config, NoTls, limit, reply_limit)
        } else {
            let tls = tls::connector(&self.url).map_err(invalid)?;
            Client::connect(&config, tls, limit, reply_limit)
        };
        let client = client.map_err(|error| match error {
            StepError::Database(error) => {
                let fix = if is_refused(&error) { Fix::Database } else { Fix::Retry };
                Error::Unreadable(describe(&error), fix)
            }
            StepError::NoReply => no_reply(),
            StepError::Store(error) => error,
        })?;
        let mut session = Session::new(client);
        match self.prepare(&mut session) {
            Ok(()) => Ok(session),
            Err(StepError::Store(error)) => Err(error),
            Err(StepError::NoReply) => Err(no_reply()),
            Err(StepError::Database(error)) if is_lost(&error) || is_conflict(&error) => {
                Err(Error::Unreadable(describe(&error), Fix::Retry))
            }
            Err(StepError::Database(error)) => {
                Err(Error::Unreadable(describe(&error), Fix::Database))
            }
        }
    }

    fn config(&self, host: &Host, port: u16) -> anyhow::Result<Config> {
        let mut config = Config::new();
        match host {
            Host::Name(name) => config.host(name),
            #[cfg(unix)]
            Host::Socket(folder) => config.host_path(folder),
            #[cfg(not(unix))]
            Host::Socket(_) => anyhow::bail!("this system has no Unix sockets"),
        };
        let user = match &self.url.user {
            Some(user) => user.clone(),
            None => config.get_user().map(String::from).or_else(system_user).unwrap_or_default(),
        };
        anyhow::ensure!(!user.is_empty(), "the URL has no user: postgres://USER@HOST/DATABASE");
        let database = self.url.database.as_ref().unwrap_or(&user);
        if let Some(password) = password::find(&self.url, host, port, &user, database)? {
            config.password(password);
        }
        if let Some(options) = &self.url.options {
            config.options(options);
        }
        config
            .port(port)
            .dbname(database)
            .user(&user)
            .application_name(self.url.application_name.as_deref().unwrap_or("alimsg"))
            .ssl_mode(match self.url.ssl_mode {
                SslMode::Disable => tokio_postgres::config::SslMode::Disable,
                SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
                SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                    tokio_postgres::config::SslMode::Require
                }
            })
            .connect_timeout(self.url.connect_timeout)
            .tcp_user_timeout(NETWORK_TIMEOUT)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES);
        Ok(config)
    }

    /// Prepares a new session, and proves that the old one has ended.
    fn prepare(&self, session: &mut Session) -> StepResult<()> {
        session.script(SETUP)?;
        session.script(&format!("SET search_path = {}", self.schema))?;
        let query = "SELECT current_setting('server_version_num')::int, pg_is_in_recovery()";
        let Some(row) = session.row(query, &[])? else { return Err(unexpected().into()) };
        let (version, is_standby): (i32, bool) = (row.get(0), row.get(1));
        if version < MIN_VERSION {
            let error = anyhow!("alimsg needs PostgreSQL 12 or later");
            return Err(Error::Unreadable(error, Fix::Database).into());
        }
        if is_standby {
            let error = anyhow!("this PostgreSQL server is a standby and does not accept changes");
            return Err(Error::Unreadable(error, Fix::Retry).into());
        }
        let own = self.own_lock;
        let locked = session.row("SELECT pg_try_advisory_lock($1)", &[&own])?;
        if !locked.is_some_and(|row| row.get(0)) {
            let [high, low] = halves(own);
            let query = format!("SELECT pg_terminate_backend(pid) {HOLDERS}");
            session.rows(&query, &[&high, &low])?;
            let error = anyhow!("the server has not ended the lost connection yet");
            return Err(Error::Unreadable(error, Fix::Retry).into());
        }
        if self.is_open.get() {
            let found = schema::load(session)?;
            if Some(&found.id) != self.store.borrow().as_ref() {
                let error = anyhow!("the database was replaced: it has another store than before");
                return Err(Error::Unreadable(error, Fix::Database).into());
            }
        }
        let leases = self.leases.borrow().clone();
        session
            .rows("SELECT pg_try_advisory_lock(lock) FROM unnest($1::bigint[]) lock", &[&leases])?;
        Ok(())
    }

    /// Holds an advisory lock until [`Self::unlock`], also on later connections.
    pub fn lock(&self, lock: i64) -> Result<()> {
        self.leases.borrow_mut().push(lock);
        let locked = self.read(|session| {
            // A new connection has already taken it; a second lock would need a second release.
            if session.is_locked(lock)? {
                return Ok(());
            }
            session.rows("SELECT pg_advisory_lock($1)", &[&lock]).map(drop)
        });
        if locked.is_err() {
            self.unlock(lock);
        }
        locked
    }

    /// Releases an advisory lock, if the connection is still there.
    pub fn unlock(&self, lock: i64) {
        self.leases.borrow_mut().retain(|held| *held != lock);
        if let Some(mut session) = self.session.take()
            && session.rows("SELECT pg_advisory_unlock($1)", &[&lock]).is_ok()
        {
            self.session.replace(Some(session));
        }
    }
}

#[cfg(test)]
impl Connection {
    /// From now on, a reply can take this long.
    pub fn set_reply_timeout(&self, limit: Duration) {
        self.reply_timeout.set(limit);
        self.session.take();
    }
}

enum Failed {
    NotCommitted(StepError),
    AtCommit(StepError),
}

enum Ended {
    Finally(Error),
    Repeat { error: Error, in_doubt: bool },
}

fn system_user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
}
