//! Runs several calls of one session at the same time.
//!
//! Threads only run processes. The thread that owns the [`Client`] builds the calls, starts them and
//! judges their output.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{Builder, Scope};
use std::time::Duration;

use crate::aliyun::client::{Client, SentIds};
use crate::aliyun::guard::Runner;
use crate::api::call::SendCall;
use crate::error::Result;
use crate::os::process::Output;
use crate::os::signals::SignalSubscription;
use crate::os::{failpoint, signals};

/// Calls that run at the same time. `T` identifies a call for the caller.
pub struct Pool<'scope, 'env, T> {
    scope: &'scope Scope<'scope, 'env>,
    client: &'scope Client<'scope>,
    runner: Runner<'scope>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    running: HashMap<u64, (T, SendCall)>,
    next: u64,
    _signals: SignalSubscription,
}

#[derive(Clone)]
enum Event {
    Ended(u64, std::sync::Arc<std::io::Result<Output>>),
    Signal,
}

/// Why [`Pool::wait`] returned.
pub enum Waited<T> {
    /// A call ended.
    Ended(T, Result<SentIds>),
    /// A signal arrived, or the time is over.
    Nothing,
}

impl<'scope, 'env, T> Pool<'scope, 'env, T> {
    pub fn new(scope: &'scope Scope<'scope, 'env>, client: &'scope Client<'scope>) -> Self {
        let (sender, events) = mpsc::channel();
        let subscription = SignalSubscription::new(sender.clone(), Event::Signal);
        Self {
            scope,
            client,
            runner: client.session().runner(),
            sender,
            events,
            running: HashMap::new(),
            next: 0,
            _signals: subscription,
        }
    }

    /// The number of running calls.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Starts a call on its own thread.
    ///
    /// # Errors
    /// The call is invalid, is not allowed, or cannot be started, or a signal arrived. Nothing was
    /// sent.
    pub fn start(&mut self, tag: T, call: SendCall, arguments: Vec<String>) -> Result<()> {
        let session = self.client.session();
        session.announce(&arguments)?;
        failpoint::point("service: about to call");
        let (sender, runner, number) = (self.sender.clone(), self.runner, self.next);
        let thread =
            Builder::new().name(format!("call {number}")).spawn_scoped(self.scope, move || {
                let output = runner.run(&arguments);
                // The receiver is dropped only after all calls have ended.
                let _ = sender.send(Event::Ended(number, std::sync::Arc::new(output)));
            });
        thread.map_err(|error| session.spawn_failure(&error))?;
        self.next += 1;
        self.running.insert(number, (tag, call));
        Ok(())
    }

    /// Waits until a call ends, a signal arrives or the time is over.
    pub fn wait(&mut self, limit: Duration) -> Waited<T> {
        match self.events.recv_timeout(limit) {
            Ok(Event::Ended(number, output)) => {
                let Some((tag, call)) = self.running.remove(&number) else {
                    return Waited::Nothing;
                };
                failpoint::point("service: called");
                let result = match &*output {
                    Ok(output) => self.client.judge_send(&call, output),
                    Err(error) => Err(self.client.session().spawn_failure(error)),
                };
                Waited::Ended(tag, result)
            }
            Ok(Event::Signal) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Waited::Nothing
            }
        }
    }

    /// Whether a signal asks the run to end: no further call starts.
    pub fn is_interrupted(&self) -> bool {
        signals::count() > 0
    }
}
