//! Runs several calls of one session at the same time.
//!
//! Threads only run processes. The thread that owns the [`Client`] builds the calls, starts them and
//! judges their output.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// The calls for the threads. A thread is kept for the next call, because starting one takes as
    /// long as the rest of its work.
    calls: Sender<NumberedCall>,
    next_call: Arc<Mutex<Receiver<NumberedCall>>>,
    threads: usize,
    running: HashMap<u64, (T, SendCall)>,
    next: u64,
    _signals: SignalSubscription,
}

/// The arguments of a call, with its number.
type NumberedCall = (u64, Vec<String>);

#[derive(Clone)]
enum Event {
    Ended(u64, Arc<std::io::Result<Output>>),
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
        let (calls, next_call) = mpsc::channel();
        let subscription = SignalSubscription::new(sender.clone(), Event::Signal);
        Self {
            scope,
            client,
            runner: client.session().runner(),
            sender,
            events,
            calls,
            next_call: Arc::new(Mutex::new(next_call)),
            threads: 0,
            running: HashMap::new(),
            next: 0,
            _signals: subscription,
        }
    }

    /// The number of running calls.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Starts a call on a thread that runs no other call.
    ///
    /// # Errors
    /// The call is invalid, is not allowed, or cannot be started, or a signal arrived. Nothing was
    /// sent.
    pub fn start(&mut self, tag: T, call: SendCall, arguments: Vec<String>) -> Result<()> {
        let session = self.client.session();
        session.announce(&arguments)?;
        failpoint::point("service: about to call");
        if self.running.len() == self.threads {
            self.add_thread().map_err(|error| session.spawn_failure(&error))?;
        }
        // The pool has the receiver as well, so this cannot fail.
        let _ = self.calls.send((self.next, arguments));
        self.running.insert(self.next, (tag, call));
        self.next += 1;
        Ok(())
    }

    /// Starts a thread, which ends when the pool is dropped.
    fn add_thread(&mut self) -> std::io::Result<()> {
        let (calls, sender, runner) = (self.next_call.clone(), self.sender.clone(), self.runner);
        let name = format!("call {}", self.threads);
        Builder::new().name(name).spawn_scoped(self.scope, move || {
            loop {
                let call = calls.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((number, arguments)) = call else { return };
                let output = runner.run(&arguments);
                // The receiver is dropped only after all calls have ended.
                let _ = sender.send(Event::Ended(number, Arc::new(output)));
            }
        })?;
        self.threads += 1;
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
