//! Steps 5 and 7: ai-mode on and off.

use std::cell::Cell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Lease, Leases, Release};
use crate::aliyun::guard::steps::{self, Step};
use crate::aliyun::guard::switch::Switch;
use crate::aliyun::guard::unusable::not_switched_on;
use crate::aliyun::guard::watchdog::Watchdog;
use crate::aliyun::guard::{no_watchdog, run_step, run_to_end};
use crate::api::operations::Product;
use crate::api::reply;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::failpoint;
use crate::os::process::{Output, Termination};

/// A watchdog to which several threads report their calls.
pub struct SharedWatchdog(Mutex<Option<Watchdog>>);

impl SharedWatchdog {
    fn lock(&self) -> MutexGuard<'_, Option<Watchdog>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports a call that runs in this process group.
    pub fn call_started(&self, group: u32) {
        if let Some(watchdog) = &mut *self.lock() {
            watchdog.call_started(group);
        }
    }

    /// Reports that the call in this process group has ended.
    pub fn call_ended(&self, group: u32) {
        if let Some(watchdog) = &mut *self.lock() {
            watchdog.call_ended(group);
        }
    }
}

/// What dropping a lease has to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Held,
    /// Nothing was switched on.
    Abandoned,
    Released,
}

/// A lease on ai-mode. Dropping it releases the lease and may switch ai-mode off.
pub struct SwitchedOn<'r> {
    context: &'r Context,
    cli: AliyunCli,
    lease: Lease,
    state: Cell<State>,
    watchdog: SharedWatchdog,
    /// Whether ai-mode was known to be off before this lease.
    was_disabled: bool,
}

impl<'r> SwitchedOn<'r> {
    /// Takes over the lease and the watchdog. Does not switch ai-mode on yet.
    pub fn new(context: &'r Context, cli: AliyunCli, lease: Lease, watchdog: Watchdog) -> Self {
        // Stays false until the lease is released.
        let was_disabled = context.status.ai_mode_disabled.replace(false);
        let watchdog = SharedWatchdog(Mutex::new(Some(watchdog)));
        Self { context, cli, lease, state: Cell::new(State::Held), watchdog, was_disabled }
    }

    /// The locked file, which calls inherit while they run.
    pub fn lease_file(&self) -> &File {
        self.lease.file()
    }

    /// The watchdog, to which calls are reported.
    pub const fn watchdog(&self) -> &SharedWatchdog {
        &self.watchdog
    }

    /// Step 5, under the lock. If other runs use ai-mode, writes nothing: the CLI rewrites the file
    /// in place, and a call that reads it at that moment would see ai-mode off. The stored agent
    /// string then belongs to the other run; each call passes its own.
    ///
    /// Calls `meanwhile` while `enable` runs.
    ///
    /// # Errors
    /// The watchdog is not ready, ai-mode could not be switched on, or a signal arrived.
    pub fn switch_on(
        &self,
        product: Product,
        configuration: &File,
        others: &Leases,
        meanwhile: &dyn Fn(),
    ) -> Result<()> {
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
                self.enable(&arguments, configuration, others, meanwhile)?;
                continue;
            }
            // `enable` keeps the stored agent string.
            let stored = Switch::load_proof(&self.cli.config_folder);
            if stored.is_some_and(|switch| switch.is_on_for(product)) {
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

    /// Waits for the watchdog, which must be ready before ai-mode is switched on.
    fn start_watchdog(&self) -> anyhow::Result<()> {
        let mut watchdog = self.watchdog.lock();
        let Some(watchdog) = &mut *watchdog else { return Ok(()) };
        watchdog.configure(&self.cli, self.lease.path())?;
        watchdog.await_ready()
    }

    fn enable(
        &self,
        arguments: &[String],
        configuration: &File,
        others: &Leases,
        meanwhile: &dyn Fn(),
    ) -> Result<()> {
        let before = Switch::load(&self.cli.config_folder).unwrap_or_default();
        let hold = [Some(configuration), None];
        let output = run_to_end(self.context, &self.cli, arguments, hold, meanwhile)
            .inspect_err(|_| self.abandon(configuration))?;
        if output.end == Termination::Interrupted {
            return Err(Failure::interrupted());
        }
        if let Some(reason) = reply::failure_message(&output) {
            let now = Switch::load(&self.cli.config_folder).unwrap_or_default();
            // A command that was killed may already have switched ai-mode on.
            let ended_by_itself =
                matches!(output.end, Termination::Exited(status) if status.code().is_some());
            if ended_by_itself && (before.enabled || !now.enabled) {
                self.abandon(configuration);
            }
            return Err(not_switched_on(&self.cli, &reason));
        }
        // If a run of alimsg left ai-mode on, the setting is not the user's own: no warning.
        if !others.live
            && others.stale.is_empty()
            && let Some(warning) = before.overwrite_warning(&self.cli.shown)
        {
            self.context.screen.warn(warning);
        }
        Ok(())
    }

    /// Removes the lease because nothing was switched on. Called under the lock, so no other run has
    /// relied on the lease.
    fn abandon(&self, configuration: &File) {
        AiMode::new(&self.cli).abandon(&self.lease, configuration);
        self.state.set(State::Abandoned);
    }

    /// Whether ai-mode is on now: another program may have switched it off.
    fn is_on(&self, configuration: &File) -> Result<bool> {
        if let Some(switch) = Switch::load_proof(&self.cli.config_folder) {
            return Ok(switch.enabled);
        }
        let output = self.step(&steps::show(), configuration)?;
        let shown = Switch::from_show(&output.stdout);
        Ok(output.succeeded() && shown.is_some_and(|switch| switch.enabled))
    }

    fn step(&self, arguments: &[String], configuration: &File) -> Result<Output> {
        run_step(self.context, &self.cli, arguments, Some(configuration), None)
    }

    /// Step 7. Calls `meanwhile` while each command runs. Returns the watchdog, which is ending:
    /// dropping it waits for its end.
    pub fn release(&self, meanwhile: &dyn Fn()) -> Option<Watchdog> {
        match self.state.replace(State::Released) {
            State::Held => {}
            State::Abandoned => {
                self.context.status.ai_mode_disabled.set(self.was_disabled);
                return None;
            }
            State::Released => return None,
        }
        // A panic here during another panic would abort the program without a report about the
        // message.
        let release = catch_unwind(AssertUnwindSafe(|| {
            failpoint::point("guard: about to leave");
            let ai_mode = AiMode::with_screen(&self.cli, &self.context.screen);
            ai_mode.with_work(meanwhile).release(self.lease.path())
        }))
        .unwrap_or_else(|_| Release::On("internal error (a bug in alimsg)".into()));
        let watchdog = self.watchdog.lock().take();
        let Release::On(reason) = release else {
            self.context.status.ai_mode_disabled.set(true);
            return watchdog.map(Watchdog::end);
        };
        let successor = if watchdog.is_some_and(Watchdog::take_over) {
            "a watchdog keeps trying"
        } else {
            "the next run tries again"
        };
        self.context.screen.warn(format!(
            "ai-mode may still be on: {reason}; {successor}; to switch it off now, run \
             `{} configure ai-mode disable`",
            self.cli.shown
        ));
        None
    }
}

impl Drop for SwitchedOn<'_> {
    fn drop(&mut self) {
        // A prompt may follow, and the end of a process would interrupt it.
        drop(self.release(&|| {}));
    }
}
