//! Steps 5 to 7: ai-mode on, the calls, ai-mode off.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Lease, Leases, Release};
use crate::aliyun::guard::preflight_cache::PreflightCache;
use crate::aliyun::guard::steps::{self, Step};
use crate::aliyun::guard::switch::Switch;
use crate::aliyun::guard::unusable::not_switched_on;
use crate::aliyun::guard::watchdog::Watchdog;
use crate::aliyun::guard::{
    no_watchdog, note_waiting, run_step, run_to_end, safety_policy, spawn_failure,
    stop_if_interrupted,
};
use crate::api::operations::{Operation, Product};
use crate::api::reply;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::failpoint;
use crate::os::process::{Output, SpawnOptions, Termination};

/// ai-mode is on, or about to be, for as long as this lives.
pub struct Session<'r> {
    context: &'r Context,
    cli: AliyunCli,
    lease: Lease,
    release_needed: Cell<bool>,
    watchdog: RefCell<Option<Watchdog>>,
    /// What was known about ai-mode before this session.
    was_disabled: bool,
}

impl<'r> Session<'r> {
    /// Takes the lease and the watchdog over; nothing is switched on yet.
    pub fn new(context: &'r Context, cli: AliyunCli, lease: Lease, watchdog: Watchdog) -> Self {
        // Until it has been left, whatever happens.
        let was_disabled = context.facts.ai_mode_disabled.replace(false);
        let watchdog = RefCell::new(Some(watchdog));
        Self { context, cli, lease, release_needed: Cell::new(true), watchdog, was_disabled }
    }

    /// Step 5, under the lock. Where others have switched ai-mode on and still use it, nothing is
    /// written: the CLI rewrites the file in place, and a call of theirs that read it in that
    /// moment would take ai-mode for off. The agent string stays theirs for as long; the call
    /// names its own.
    ///
    /// # Errors
    /// The watchdog is not ready, ai-mode could not be switched on, or a signal came.
    pub fn switch_on(&self, product: Product, configuration: &File, others: &Leases) -> Result<()> {
        if let Err(error) = self.start_watchdog() {
            self.abandon(configuration);
            return Err(no_watchdog(&error));
        }
        if others.live && self.is_on(configuration)? {
            return Ok(());
        }
        for step in steps::SWITCH_ON {
            failpoint::point("guard: about to switch on");
            let arguments = step.arguments(product);
            if step == Step::EnableAiMode {
                self.enable(&arguments, configuration, others)?;
                continue;
            }
            let output = self.step(&arguments, configuration)?;
            if let Some(reason) = reply::failure_message(&output) {
                return Err(not_switched_on(&self.cli, &reason));
            }
        }
        failpoint::point("guard: switched on");
        Ok(())
    }

    /// Nothing may be switched on before the watchdog is ready to switch it off.
    fn start_watchdog(&self) -> anyhow::Result<()> {
        let mut watchdog = self.watchdog.borrow_mut();
        let Some(watchdog) = &mut *watchdog else { return Ok(()) };
        watchdog.configure(&self.cli, self.lease.path())?;
        watchdog.await_ready()
    }

    fn enable(&self, arguments: &[String], configuration: &File, others: &Leases) -> Result<()> {
        let before = Switch::load(&self.cli.config_folder).unwrap_or_default();
        let output = run_to_end(self.context, &self.cli, arguments, Some(configuration))
            .inspect_err(|_| self.abandon(configuration))?;
        if output.end == Termination::Interrupted {
            return Err(Failure::interrupted());
        }
        if let Some(reason) = reply::failure_message(&output) {
            let now = Switch::load(&self.cli.config_folder).unwrap_or_default();
            // A command that someone ended may have switched it on, or not yet.
            let ended_by_itself =
                matches!(output.end, Termination::Exited(status) if status.code().is_some());
            if ended_by_itself && (before.enabled || !now.enabled) {
                self.abandon(configuration);
            }
            return Err(not_switched_on(&self.cli, &reason));
        }
        // What a run left on, this one or a killed one, is not the user's own.
        if !others.live
            && others.stale.is_empty()
            && let Some(warning) = before.overwrite_warning(&self.cli.shown)
        {
            self.context.screen.warn(warning);
        }
        Ok(())
    }

    /// This run has switched nothing on. Under the lock: no other run has relied on the lease yet.
    fn abandon(&self, configuration: &File) {
        AiMode::new(&self.cli).abandon(&self.lease, configuration);
        self.release_needed.set(false);
    }

    /// Whether ai-mode is on at this moment: another program may have switched it off.
    fn is_on(&self, configuration: &File) -> Result<bool> {
        let output = self.step(&steps::show(), configuration)?;
        let shown = Switch::from_show(&output.stdout);
        Ok(output.succeeded() && shown.is_some_and(|switch| switch.enabled))
    }

    fn step(&self, arguments: &[String], configuration: &File) -> Result<Output> {
        run_step(self.context, &self.cli, arguments, Some(configuration))
    }

    /// Step 6: one call. The caller decides what its end means.
    ///
    /// # Errors
    /// The call could not be started, or a signal came before it: nothing has been sent.
    pub fn call(&self, arguments: &[String]) -> Result<Output> {
        self.call_in(arguments, &SpawnOptions::default())
    }

    /// As [`Session::call`], with the variables, the folder and the listener of this manner; the
    /// rest of it is the session's. Variables are never shown, whatever they are.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn call_in(&self, arguments: &[String], options: &SpawnOptions<'_>) -> Result<Output> {
        stop_if_interrupted()?;
        self.context.screen.command(&self.cli.shown, arguments);
        let update = |change: &dyn Fn(&mut Watchdog)| {
            if let Some(watchdog) = &mut *self.watchdog.borrow_mut() {
                change(watchdog);
            }
        };
        let started = |group| update(&|watchdog| watchdog.call_started(group));
        let note = || note_waiting(self.context);
        let options = SpawnOptions {
            hold: Some(self.lease.file()),
            interruptible: true,
            started: Some(&started),
            on_first_signal: Some(&note),
            ..*options
        };
        let output = self.cli.run(arguments, &options);
        update(&Watchdog::call_ended);
        output.map_err(|error| spawn_failure(&self.cli, &error))
    }

    /// Checks a call against the CLI's safety policy.
    ///
    /// # Errors
    /// The policy does not allow the call, or cannot be read.
    pub fn check_policy(&self, operation: &Operation) -> Result<()> {
        safety_policy::check(&self.cli, operation)
    }

    /// The service or the CLI refused for a reason that the stamp vouched for.
    pub fn invalidate_cache(&self) {
        PreflightCache::remove(&self.cli);
    }
}

/// Step 7.
impl Drop for Session<'_> {
    fn drop(&mut self) {
        if !self.release_needed.get() {
            self.context.facts.ai_mode_disabled.set(self.was_disabled);
            return;
        }
        // A panic must not leave a destructor: it would end the program without a word about the
        // message, where another panic is on its way.
        let release = catch_unwind(AssertUnwindSafe(|| {
            failpoint::point("guard: about to leave");
            AiMode::with_screen(&self.cli, &self.context.screen).release(self.lease.path())
        }))
        .unwrap_or_else(|_| Release::On("internal error (a bug in alimsg)".into()));
        let watchdog = self.watchdog.take();
        let Release::On(reason) = release else {
            self.context.facts.ai_mode_disabled.set(true);
            return;
        };
        let successor = if watchdog.is_some_and(Watchdog::take_over) {
            "a watchdog goes on trying"
        } else {
            "the next run tries again"
        };
        self.context.screen.warn(format!(
            "ai-mode may still be on: {reason}; {successor}, and \
             `{} configure ai-mode disable` switches it off by hand",
            self.cli.shown
        ));
    }
}
