//! Steps 5 to 7: ai-mode on, the calls, ai-mode off.

use std::cell::RefCell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Lease, Release};
use crate::aliyun::guard::preflight_cache::PreflightCache;
use crate::aliyun::guard::watchdog::Watchdog;
use crate::aliyun::guard::{run_step, spawn_failure, steps, stop_if_interrupted};
use crate::api::operations::Product;
use crate::api::reply;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::failpoint;
use crate::os::process::{Output, SpawnOptions};

/// ai-mode is on, or about to be, for as long as this lives.
pub struct Session<'r> {
    context: &'r Context,
    host: AliyunCli,
    lease: Lease,
    watchdog: RefCell<Option<Watchdog>>,
}

impl<'r> Session<'r> {
    /// Takes the lease over and starts the watchdog; nothing is switched on yet.
    pub fn new(context: &'r Context, host: AliyunCli, lease: Lease) -> Self {
        // Until it has been left, whatever happens.
        context.facts.ai_mode_disabled.set(false);
        let watchdog = Watchdog::start(&host, lease.path());
        if let Err(error) = &watchdog {
            context.screen.warn(format!("there is no watchdog for this run: {error:#}"));
        }
        Self { context, host, lease, watchdog: RefCell::new(watchdog.ok()) }
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
            failpoint::point("guard: about to switch on");
            let output = self.step(&arguments, configuration)?;
            if let Some(failure_message) = reply::failure_message(&output) {
                return Err(Failure::environment(format!(
                    "ai-mode cannot be switched on: {failure_message}"
                ))
                .next(format!("{} configure ai-mode show", self.host.shown)));
            }
        }
        failpoint::point("guard: switched on");
        Ok(())
    }

    /// Whether ai-mode is on at this moment: another program may have switched it off.
    fn is_on(&self, configuration: &File) -> Result<bool> {
        let output = self.step(&steps::show(), configuration)?;
        let state: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok(output.succeeded() && state["enabled"] == true)
    }

    fn step(&self, arguments: &[String], configuration: &File) -> Result<Output> {
        run_step(self.context, &self.host, arguments, Some(configuration))
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
        self.context.screen.command(&self.host.shown, arguments);
        let tell = |change: &dyn Fn(&mut Watchdog)| {
            if let Some(watchdog) = &mut *self.watchdog.borrow_mut() {
                change(watchdog);
            }
        };
        let started = |group| tell(&|watchdog| watchdog.calling(group));
        let options = SpawnOptions {
            hold: Some(self.lease.file()),
            interruptible: true,
            started: Some(&started),
            ..*options
        };
        let output = self.host.run(arguments, &options);
        tell(&Watchdog::idle);
        output.map_err(|error| spawn_failure(&self.host, &error))
    }

    /// The service or the CLI refused for a reason that the stamp vouched for.
    pub fn distrust_stamp(&self) {
        PreflightCache::forget(&self.host);
    }
}

/// Step 7.
impl Drop for Session<'_> {
    fn drop(&mut self) {
        // A panic must not leave a destructor: it would end the program without a word about the
        // message, where another panic is on its way.
        let left = catch_unwind(AssertUnwindSafe(|| {
            failpoint::point("guard: about to leave");
            self.context.screen.command(&self.host.shown, &steps::disable());
            AiMode::new(&self.host).leave(self.lease.path())
        }))
        .unwrap_or_else(|_| Release::On("alimsg has a defect and stopped half-way".into()));
        let watchdog = self.watchdog.take();
        let reason = match left {
            Release::Off | Release::Shared => {
                self.context.facts.ai_mode_disabled.set(true);
                if let Some(watchdog) = watchdog {
                    watchdog.dismiss();
                }
                return;
            }
            Release::On(reason) => reason,
        };
        let successor = if watchdog.is_some() {
            "a watchdog goes on trying"
        } else {
            "the next run tries again"
        };
        self.context.screen.warn(format!(
            "ai-mode may still be on: {reason}; {successor}, and \
             `{} configure ai-mode disable` switches it off by hand",
            self.host.shown
        ));
        if let Some(watchdog) = watchdog {
            watchdog.take_over();
        }
    }
}
