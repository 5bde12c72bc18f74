//! Step 6: the calls.

use std::cell::Cell;
use std::fs::File;
use std::io;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::preflight_cache::PreflightCache;
use crate::aliyun::guard::switched_on::{SharedWatchdog, SwitchedOn};
use crate::aliyun::guard::{
    note_waiting, plugin_files, safety_policy, spawn_failure, stop_if_interrupted,
};
use crate::aliyun::oss;
use crate::api::operations::Operation;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::process::{Output, SpawnOptions};

/// A session in which calls have ai-mode. Dropping it switches ai-mode off if it was switched on.
pub struct Session<'r> {
    context: &'r Context,
    cli: AliyunCli,
    /// `None` with `--ai-mode call`: each call requests ai-mode itself.
    switched_on: Option<SwitchedOn<'r>>,
}

impl<'r> Session<'r> {
    pub fn new(context: &'r Context, cli: AliyunCli, switched_on: Option<SwitchedOn<'r>>) -> Self {
        Self { context, cli, switched_on }
    }

    /// Step 6: runs one call with the environment, folder and callbacks of `options`; the session sets
    /// the other options. The caller evaluates the output. With `-v`, only the names of the variables
    /// are shown.
    ///
    /// # Errors
    /// The call could not be started, or a signal arrived before it. Nothing has been sent.
    pub fn call(&self, arguments: &[String], options: &SpawnOptions<'_>) -> Result<Output> {
        stop_if_interrupted()?;
        let mut env = self.cli.shown_environment();
        if !options.environment.is_empty() {
            env.extend(oss::shown_environment());
        }
        self.context.screen.command(&env, &self.cli.shown, arguments);
        let reported = Reported::new(self.switched_on.as_ref().map(SwitchedOn::watchdog));
        let started = |group| {
            reported.started(group);
            options.started.into_iter().for_each(|started| started(group));
        };
        let note = || note_waiting(self.context);
        let plugins = plugin_files::hold_for_call(&self.cli);
        let options = SpawnOptions {
            hold: self.switched_on.as_ref().map(SwitchedOn::lease_file),
            also_hold: plugins.as_ref(),
            interruptible: true,
            started: Some(&started),
            on_first_signal: Some(&note),
            ..*options
        };
        let output = self.cli.run(arguments, &options);
        drop(reported);
        output.map_err(|error| spawn_failure(&self.cli, &error))
    }

    /// Switches ai-mode off if it was switched on. Calls `meanwhile` while each command runs, and not
    /// at all without a command. No prompt may follow: the watchdog ends while the run continues.
    pub fn close(&self, meanwhile: &dyn Fn()) {
        let ending =
            self.switched_on.as_ref().and_then(|switched_on| switched_on.release(meanwhile));
        if let Some(watchdog) = ending {
            self.context.status.until_end.replace(Some(Box::new(watchdog)));
        }
    }

    /// What threads need to run calls at the same time.
    pub fn runner(&self) -> Runner<'_> {
        let switched_on = self.switched_on.as_ref();
        Runner {
            cli: &self.cli,
            lease: switched_on.map(SwitchedOn::lease_file),
            watchdog: switched_on.map(SwitchedOn::watchdog),
        }
    }

    /// Checks whether a call can start now, and prints it with `-v`; see [`Runner::run`].
    ///
    /// # Errors
    /// A signal arrived. Nothing has been sent.
    pub fn announce(&self, arguments: &[String]) -> Result<()> {
        stop_if_interrupted()?;
        self.context.screen.command(&self.cli.shown_environment(), &self.cli.shown, arguments);
        Ok(())
    }

    /// The failure of a call that could not be started.
    pub fn spawn_failure(&self, error: &io::Error) -> Box<Failure> {
        spawn_failure(&self.cli, error)
    }

    /// Checks a call against the CLI's safety policy.
    ///
    /// # Errors
    /// The policy does not allow the call, or cannot be read.
    pub fn check_policy(&self, operation: &Operation) -> Result<()> {
        safety_policy::check(&self.cli, operation)
    }

    /// Removes the preflight cache, after a failure that its checks should have found.
    pub fn invalidate_cache(&self) {
        PreflightCache::remove(&self.cli);
    }
}

/// Runs calls of a session on other threads.
#[derive(Clone, Copy)]
pub struct Runner<'s> {
    cli: &'s AliyunCli,
    /// `None` with `--ai-mode call`.
    lease: Option<&'s File>,
    /// `None` with `--ai-mode call`.
    watchdog: Option<&'s SharedWatchdog>,
}

impl Runner<'_> {
    /// Runs one call. The second signal of the user ends it. The call holds the lease, so a killed
    /// run does not switch ai-mode off before all its calls have ended.
    ///
    /// # Errors
    /// The call could not be started, so it had no effect.
    pub fn run(&self, arguments: &[String]) -> io::Result<Output> {
        let plugins = plugin_files::hold_for_call(self.cli);
        let reported = Reported::new(self.watchdog);
        let started = |group| reported.started(group);
        let options = SpawnOptions {
            hold: self.lease,
            also_hold: plugins.as_ref(),
            interruptible: true,
            started: Some(&started),
            ..SpawnOptions::default()
        };
        self.cli.run(arguments, &options)
    }
}

/// Reports one call to the watchdog, and its end when dropped.
struct Reported<'w> {
    watchdog: Option<&'w SharedWatchdog>,
    group: Cell<Option<u32>>,
}

impl<'w> Reported<'w> {
    const fn new(watchdog: Option<&'w SharedWatchdog>) -> Self {
        Self { watchdog, group: Cell::new(None) }
    }

    fn started(&self, group: u32) {
        if let Some(watchdog) = self.watchdog {
            watchdog.call_started(group);
            self.group.set(Some(group));
        }
    }
}

impl Drop for Reported<'_> {
    fn drop(&mut self) {
        if let (Some(watchdog), Some(group)) = (self.watchdog, self.group.get()) {
            watchdog.call_ended(group);
        }
    }
}
