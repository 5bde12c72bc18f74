//! A connection to the server on which every operation ends in time.
//!
//! The client of the crate `postgres` waits forever for a server that accepts data but does not
//! answer, because the network is intact: no timeout of TCP ends this. This client drives
//! `tokio-postgres` in the same way, with a limit for each reply.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use postgres::types::ToSql;
use postgres::{Error, Row, Statement};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Socket};

use crate::os::signals;
use crate::storage::postgres::errors::{StepError, StepResult};

/// How often a wait looks for a second signal, which asks the run to end now.
const TICK: Duration = Duration::from_millis(500);
/// How long a wait goes on after it.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// The part of a connection that moves data; it ends with the connection.
type Driver = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

pub struct Client {
    runtime: Runtime,
    /// Present until it is dropped.
    client: Option<tokio_postgres::Client>,
    driver: Option<Driver>,
    /// How long a reply can take.
    limit: Duration,
}

impl Client {
    /// Connects within `connect_limit`, which includes the password and TLS.
    ///
    /// # Errors
    /// The server cannot be reached, does not answer or refuses the connection.
    pub fn connect<T>(
        config: &Config,
        tls: T,
        connect_limit: Duration,
        limit: Duration,
    ) -> StepResult<Self>
    where
        T: MakeTlsConnect<Socket, Stream: Unpin + 'static>,
        T::TlsConnect: TlsConnect<Socket>,
    {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| crate::storage::Error::NotWritten(error.into()))?;
        match wait(&runtime, &mut None, connect_limit, config.connect(tls)) {
            Ok((client, connection)) => Ok(Self {
                runtime,
                client: Some(client),
                driver: Some(Box::pin(connection)),
                limit,
            }),
            Err(error) => {
                // A look-up of the name of the host may still be running.
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    pub fn is_closed(&self) -> bool {
        self.driver.is_none() || self.client.as_ref().is_none_or(tokio_postgres::Client::is_closed)
    }

    pub fn prepare(&mut self, text: &str) -> StepResult<Statement> {
        self.run(async |client| client.prepare(text).await)
    }

    pub fn execute(
        &mut self,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> StepResult<u64> {
        self.run(async |client| client.execute(statement, parameters).await)
    }

    pub fn query(
        &mut self,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> StepResult<Vec<Row>> {
        self.run(async |client| client.query(statement, parameters).await)
    }

    pub fn query_opt(
        &mut self,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> StepResult<Option<Row>> {
        self.run(async |client| client.query_opt(statement, parameters).await)
    }

    pub fn batch_execute(&mut self, text: &str) -> StepResult<()> {
        self.run(async |client| client.batch_execute(text).await)
    }

    fn run<T>(
        &mut self,
        operation: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T, Error>,
    ) -> StepResult<T> {
        let Self { runtime, client, driver, limit } = self;
        let Some(client) = client else { return Err(StepError::NoReply) };
        wait(runtime, driver, *limit, operation(client))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Once the client is dropped, the driver ends the session on the server.
        self.client = None;
        if let Some(driver) = self.driver.take() {
            let _ = wait(&self.runtime, &mut None, LAST_PATIENCE, driver);
        }
    }
}

/// Waits for a reply while the driver moves data. After [`StepError::NoReply`], the connection must
/// not be used any more, because the reply may still arrive.
fn wait<T>(
    runtime: &Runtime,
    driver: &mut Option<Driver>,
    limit: Duration,
    operation: impl Future<Output = Result<T, Error>>,
) -> StepResult<T> {
    let start = Instant::now();
    let mut operation = pin!(operation);
    let mut both = pin!(poll_fn(|context| {
        let moved = driver.as_mut().map(|driver| driver.as_mut().poll(context));
        if let Some(Poll::Ready(ended)) = moved {
            *driver = None;
            // Why the server ended the connection.
            if let Err(error) = ended {
                return Poll::Ready(Err(error));
            }
        }
        operation.as_mut().poll(context)
    }));
    runtime.block_on(async {
        loop {
            if let Ok(reply) = tokio::time::timeout(TICK.min(limit), &mut both).await {
                return Ok(reply?);
            }
            let limit = if signals::count() < 2 { limit } else { limit.min(LAST_PATIENCE) };
            if start.elapsed() >= limit {
                return Err(StepError::NoReply);
            }
        }
    })
}
