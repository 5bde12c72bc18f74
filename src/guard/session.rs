//! Steps 5 to 7: ai-mode on, the calls, ai-mode off.

use std::cell::RefCell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::ai_mode::{AiMode, Lease, Left};
use super::stamp::Stamp;
use super::watchdog::Watchdog;
use super::{not_started, run_step, safety_policy, steps, stop_if_interrupted};
use crate::failure::{Failure, Result};
use crate::fault;
use crate::host::Host;
use crate::operations::{Operation, Product};
use crate::process::{Finished, Manner};
use crate::reply;
use crate::run::Run;

/// ai-mode is on, or about to be, for as long as this lives.
pub struct Session<'r> {
    run: &'r Run,
    host: Host,
    lease: Lease,
    watchdog: RefCell<Option<Watchdog>>,
}

impl<'r> Session<'r> {
    /// Takes the lease over and starts the watchdog; nothing is switched on yet.
    pub fn new(run: &'r Run, host: Host, lease: Lease) -> Self {
        // Until it has been left, whatever happens.
        run.facts.ai_mode_disabled.set(false);
        let watchdog = Watchdog::start(&host, lease.path());
        if let Err(error) = &watchdog {
            run.screen.warn(format!("there is no watchdog for this run: {error:#}"));
        }
        Self { run, host, lease, watchdog: RefCell::new(watchdog.ok()) }
    }

    /// Step 5, under the lock. Where others have switched ai-mode on and still use it, nothing is
    /// written: the CLI rewrites the file in place, and a call of theirs that read it in that
    /// moment would take ai-mode for off. The agent string stays theirs for as long; the call
    /// names its own.
    ///
    /// # Errors
    /// It could not be switched on, or a signal came.
    pub fn switch_on(&self, product: Product, configuration: &File, in_use: bool) -> Result<()> {
        if in_use && self.is_on(configuration)? {
            return Ok(());
        }
        for arguments in [steps::enable(), steps::set_user_agent(product)] {
            fault::point("guard: about to switch on");
            let finished = self.step(&arguments, configuration)?;
            if let Some(trouble) = reply::trouble(&finished) {
                return Err(Failure::environment(format!(
                    "ai-mode cannot be switched on: {trouble}"
                ))
                .next(format!("{} configure ai-mode show", self.host.shown)));
            }
        }
        fault::point("guard: switched on");
        Ok(())
    }

    /// Whether ai-mode is on at this moment: another program may have switched it off.
    fn is_on(&self, configuration: &File) -> Result<bool> {
        let finished = self.step(&steps::show(), configuration)?;
        let state: serde_json::Value = serde_json::from_slice(&finished.stdout).unwrap_or_default();
        Ok(finished.succeeded() && state["enabled"] == true)
    }

    fn step(&self, arguments: &[String], configuration: &File) -> Result<Finished> {
        run_step(self.run, &self.host, arguments, Some(configuration))
    }

    /// Step 6: one call. The caller decides what its end means.
    ///
    /// # Errors
    /// The call could not be started, or a signal came before it: nothing has been sent.
    pub fn call(&self, arguments: &[String]) -> Result<Finished> {
        self.call_in(arguments, &Manner::default())
    }

    /// As [`Session::call`], with the variables, the folder and the listener of this manner; the
    /// rest of it is the session's. Variables are never shown, whatever they are.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn call_in(&self, arguments: &[String], manner: &Manner<'_>) -> Result<Finished> {
        stop_if_interrupted()?;
        self.run.screen.command(&self.host.shown, arguments);
        let tell = |change: &dyn Fn(&mut Watchdog)| {
            if let Some(watchdog) = &mut *self.watchdog.borrow_mut() {
                change(watchdog);
            }
        };
        let started = |group| tell(&|watchdog| watchdog.calling(group));
        let manner = Manner {
            hold: Some(self.lease.file()),
            interruptible: true,
            started: Some(&started),
            ..*manner
        };
        let finished = self.host.run(arguments, &manner);
        tell(&Watchdog::idle);
        finished.map_err(|error| not_started(&self.host, &error))
    }

    /// Checks a call against the CLI's safety policy.
    ///
    /// # Errors
    /// The policy does not allow the call, or cannot be read.
    pub fn check_policy(&self, operation: &Operation) -> Result<()> {
        safety_policy::check(&self.host, operation)
    }

    /// The service or the CLI refused for a reason that the stamp vouched for.
    pub fn distrust_stamp(&self) {
        Stamp::forget(&self.host);
    }
}

/// Step 7.
impl Drop for Session<'_> {
    fn drop(&mut self) {
        // A panic must not leave a destructor: it would end the program without a word about the
        // message, where another panic is on its way.
        let left = catch_unwind(AssertUnwindSafe(|| {
            fault::point("guard: about to leave");
            self.run.screen.command(&self.host.shown, &steps::disable());
            AiMode::new(&self.host).leave(self.lease.path())
        }))
        .unwrap_or_else(|_| Left::On("alimsg has a defect and stopped half-way".into()));
        let watchdog = self.watchdog.take();
        let reason = match left {
            Left::Off | Left::Shared => {
                self.run.facts.ai_mode_disabled.set(true);
                if let Some(watchdog) = watchdog {
                    watchdog.dismiss();
                }
                return;
            }
            Left::On(reason) => reason,
        };
        let successor = if watchdog.is_some() {
            "a watchdog goes on trying"
        } else {
            "the next run tries again"
        };
        self.run.screen.warn(format!(
            "ai-mode may still be on: {reason}; {successor}, and \
             `{} configure ai-mode disable` switches it off by hand",
            self.host.shown
        ));
        if let Some(watchdog) = watchdog {
            watchdog.take_over();
        }
    }
}
