//! Step 6: the calls.

use std::cell::Cell;
use std::io;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::preflight_cache::PreflightCache;
use crate::aliyun::guard::switched_on::{CallCover, SwitchedOn};
use crate::aliyun::guard::{
    note_waiting, plugin_files, safety_policy, spawn_failure, stop_if_interrupted,
};
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

    /// Step 6: runs one call. The caller evaluates the output.
    ///
    /// # Errors
    /// The call could not be started, or a signal arrived before it. Nothing has been sent.
    pub fn call(&self, arguments: &[String]) -> Result<Output> {
        self.call_in(arguments, &SpawnOptions::default())
    }

    /// As [`Session::call`], with the environment, folder and output callback of `options`; the
    /// session sets the other options. The environment is never shown.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn call_in(&self, arguments: &[String], options: &SpawnOptions<'_>) -> Result<Output> {
        self.announce(arguments)?;
        let note = || note_waiting(self.context);
        let options = SpawnOptions { on_first_signal: Some(&note), ..*options };
        let output = self.runner().run_in(arguments, &options);
        output.map_err(|error| self.spawn_failure(&error))
    }

    /// What threads need to run calls at the same time.
    pub fn runner(&self) -> Runner<'_> {
        Runner { cli: &self.cli, cover: self.switched_on.as_ref().map(SwitchedOn::call_cover) }
    }

    /// Checks whether a call can start now, and prints it with `-v`; see [`Runner::run`].
    ///
    /// # Errors
    /// A signal arrived. Nothing has been sent.
    pub fn announce(&self, arguments: &[String]) -> Result<()> {
        stop_if_interrupted()?;
        self.context.screen.command(&self.cli.shown, arguments);
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
    cover: Option<CallCover<'s>>,
}

impl Runner<'_> {
    /// Runs one call. The second signal of the user ends it. The call holds the lease, so a killed
    /// run does not switch ai-mode off before all its calls have ended.
    ///
    /// # Errors
    /// The call could not be started, so it had no effect.
    pub fn run(&self, arguments: &[String]) -> io::Result<Output> {
        self.run_in(arguments, &SpawnOptions::default())
    }

    fn run_in(&self, arguments: &[String], options: &SpawnOptions<'_>) -> io::Result<Output> {
        let plugins = plugin_files::hold_for_call(self.cli);
        let group = Cell::new(None);
        let started = |leader| group.set(self.cover.and_then(|cover| cover.call_started(leader)));
        let options = SpawnOptions {
            hold: self.cover.map(|cover| cover.lease),
            also_hold: plugins.as_ref(),
            interruptible: true,
            started: Some(&started),
            ..*options
        };
        let output = self.cli.run(arguments, &options);
        if let (Some(cover), Some(group)) = (self.cover, group.take()) {
            cover.call_ended(group);
        }
        output
    }
}
