//! The guard: the steps before and after the calls of `aliyun`.
//!
//! 1. check that `aliyun version` is new enough;
//! 2. switch on automatic plugin installation;
//! 3. install or update the product's plugin;
//! 4. find the credentials and their account;
//! 5. switch ai-mode on and set the product's agent string;
//! 6. make the calls;
//! 7. switch ai-mode off, on every exit.
//!
//! [`Guard::prepare`] runs steps 1 to 4 and skips the checks that the cache proves. [`renewal`]
//! repeats aged checks after the run.
//! [`Guard::enter`] runs step 5 and returns the [`Session`] that makes the calls. Dropping the
//! session runs step 7, also after errors, signals and panics. If the process is killed, the
//! watchdog runs step 7. If both are killed, the next run finds the lease: see [`recovery`].
//!
//! With `--ai-mode call`, each call requests ai-mode with a flag. Steps 5 and 7 are not needed; only
//! the agent string is stored if there is none: see [`agent_string`].

mod agent_string;
mod ai_mode;
mod checks;
pub mod diagnosis;
mod file_identity;
mod plugin_files;
mod preflight;
mod preflight_cache;
pub mod recovery;
pub mod renewal;
mod safety_policy;
mod session;
pub mod steps;
mod switch;
mod switched_on;
mod unusable;
pub mod watchdog;

use std::cell::{OnceCell, RefCell};
use std::fs::File;
use std::io;

use crate::aliyun::cli::{self, AliyunCli};
use crate::aliyun::guard::preflight_cache::PreflightCache;
use crate::api::account::{self, Account, EnvCredentials};
use crate::api::operations::{Operation, Product};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::process::{Output, SpawnOptions, Termination};
use crate::os::{failpoint, signals};
use crate::settings::{AiModeMethod, Settings};
use ai_mode::{AiMode, Leases};
use preflight::Preflight;
pub use session::{Runner, Session};
use switched_on::SwitchedOn;
use unusable::{lock_failure, unusable};
use watchdog::Watchdog;

/// Prepares the CLI and switches ai-mode on. Steps 1 to 4 run once, when they are first needed.
pub struct Guard<'r> {
    context: &'r Context,
    product: Product,
    /// The call that follows prompts; `None` for commands that only read.
    operation: Option<&'static Operation>,
    prepared: OnceCell<Prepared>,
    /// The watchdog of the next session, if it was started early.
    watchdog: RefCell<Option<Watchdog>>,
}

/// The result of steps 1 to 4.
struct Prepared {
    cli: AliyunCli,
    account: Account,
}

impl<'r> Guard<'r> {
    /// A guard for a call that follows prompts. Starts no process yet.
    pub fn for_call(context: &'r Context, operation: &'static Operation) -> Self {
        Self::new(context, operation.product, Some(operation))
    }

    fn new(context: &'r Context, product: Product, operation: Option<&'static Operation>) -> Self {
        let (prepared, watchdog) = (OnceCell::new(), RefCell::new(None));
        Self { context, product, operation, prepared, watchdog }
    }

    /// Runs steps 1 to 4 immediately.
    ///
    /// # Errors
    /// `aliyun` is missing or too old, its plugin cannot be installed, there are no valid
    /// credentials, or a signal arrived. Nothing has been sent.
    pub fn prepare(context: &'r Context, product: Product) -> Result<Self> {
        let guard = Self::new(context, product, None);
        guard.start_watchdog();
        guard.prepared()?;
        Ok(guard)
    }

    /// Starts the watchdog, so that it initializes while this run prepares its first call. For a run
    /// that opens a session soon: not before a prompt.
    pub fn start_watchdog(&self) {
        if self.context.settings.ai_mode == AiModeMethod::Switch && self.watchdog.borrow().is_none()
        {
            // After a failure, the session tries again and reports it.
            self.watchdog.replace(Watchdog::start().ok());
        }
    }

    /// Runs steps 1 to 4 and checks that the CLI's safety policy allows the call.
    ///
    /// # Errors
    /// As [`Guard::prepare`]; or the policy does not allow the call, or cannot be read.
    pub fn require_allowed(&self) -> Result<()> {
        let cli = &self.prepared()?.cli;
        self.operation.map_or(Ok(()), |operation| safety_policy::check(cli, operation))
    }

    /// The account that the calls use.
    ///
    /// # Errors
    /// As [`Guard::prepare`].
    pub fn account(&self) -> Result<&Account> {
        self.prepared().map(|prepared| &prepared.account)
    }

    fn prepared(&self) -> Result<&Prepared> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let prepared = self.run_preflight()?;
        Ok(self.prepared.get_or_init(|| prepared))
    }

    fn run_preflight(&self) -> Result<Prepared> {
        let Self { context, product, .. } = *self;
        let cli = AliyunCli::find(&context.settings)?;
        if context.settings.ai_mode == AiModeMethod::Switch {
            // An unreadable lease would prevent switching ai-mode off later, so stop before step 5.
            AiMode::leases_in(&cli.config_folder)
                .and_then(Leases::readable)
                .map_err(|error| unusable(&error))?;
        }
        let env_credentials = EnvCredentials::from_process(&context.settings);
        if env_credentials.recorded {
            context.screen.note(
                "ALIBABA_CLOUD_CLI_MOCK is set: aliyun returns recorded replies, but calls without a \
                 record are really made",
            );
        }
        let cache =
            Preflight { context, cli: &cli, product, env_credentials: &env_credentials }.cache()?;
        let profiles = cache.profiles().unwrap_or_default();
        let account = account::resolve(&cli.shown, &context.settings, &env_credentials, profiles)
            // Another program may have added the profile, so do not trust the cached list.
            .inspect_err(|_| PreflightCache::remove(&cli))?;
        if let Some(warning) = account.warning() {
            context.screen.warn(warning);
        }
        context.status.account.replace(Some(account.clone()));
        Ok(Prepared { cli, account })
    }

    /// Runs step 5. A run with prompts between its calls enters more than once, so that ai-mode is
    /// off during the prompts. Calls `meanwhile` while the command that switches ai-mode on runs.
    ///
    /// # Errors
    /// ai-mode could not be switched on, or a signal arrived. ai-mode is then switched off again.
    pub fn enter(&self, meanwhile: &dyn Fn()) -> Result<Session<'r>> {
        let cli = &self.prepared()?.cli;
        let Self { context, product, .. } = self;
        if context.settings.ai_mode == AiModeMethod::Call {
            agent_string::store_if_missing(context, cli, *product)?;
            return Ok(Session::new(context, cli.clone(), None));
        }
        // Started before the lock is taken, so that it initializes while this run waits for it.
        let watchdog = match self.watchdog.take() {
            Some(watchdog) => watchdog,
            None => Watchdog::start().map_err(|error| no_watchdog(&error))?,
        };
        let ai_mode = AiMode::with_screen(cli, &context.screen);
        // Declared before the lock, so that the lock is dropped first: it is needed to switch
        // ai-mode off.
        let switched_on;
        let entered = {
            let lock = ai_mode.lock_configuration(true).map_err(lock_failure)?;
            failpoint::point("guard: configuration locked");
            let others = ai_mode
                .leases(&lock)
                .and_then(Leases::readable)
                .map_err(|error| unusable(&error))?;
            let lease = ai_mode.take_lease(&lock).map_err(|error| unusable(&error))?;
            failpoint::point("guard: lease taken");
            switched_on = SwitchedOn::new(context, cli.clone(), lease, watchdog);
            switched_on.switch_on(*product, &lock, &others, meanwhile)
        };
        entered.map(|()| Session::new(context, cli.clone(), Some(switched_on)))
    }
}

/// Checks a call against the CLI's safety policy, for a dry run. Starts no process.
///
/// # Errors
/// As [`Guard::require_allowed`]. Without a configuration folder there is no policy.
pub fn check_policy(settings: &Settings, operation: &Operation) -> Result<()> {
    let Ok(folder) = cli::config_folder(settings.sandbox) else { return Ok(()) };
    let hidden = AliyunCli::hidden_variables(settings);
    safety_policy::check_in(&folder, &hidden, &AliyunCli::shown_name(settings), operation)
}

/// The failure if the watchdog cannot start. Without it a killed run would leave ai-mode on, so
/// nothing is switched on.
fn no_watchdog(error: &anyhow::Error) -> Box<Failure> {
    if signals::count() > 0 {
        return Failure::interrupted();
    }
    Failure::environment(format!(
        "the watchdog process, which switches ai-mode off if alimsg is killed, cannot be started: \
         {error:#}"
    ))
    .hint(
        "nothing was switched on and nothing was sent; check the limits on processes and memory \
         (`ulimit -u`, `ulimit -v`), then try again",
    )
    .retryable()
}

/// Explains what the first signal does while a command runs, and what a second one would do.
fn note_waiting(context: &Context) {
    context.screen.note(
        "stopping: waiting for the running call to finish; a second Ctrl-C ends it now, and its \
         outcome may then be unknown",
    );
}

/// Runs one command of the guard. A second signal from the user ends it.
fn run_step(
    context: &Context,
    cli: &AliyunCli,
    arguments: &[String],
    hold: Option<&File>,
    also_hold: Option<&File>,
) -> Result<Output> {
    let output = run_to_end(context, cli, arguments, [hold, also_hold], &|| {})?;
    if output.end == Termination::Interrupted { Err(Failure::interrupted()) } else { Ok(output) }
}

/// As [`run_step`], but returns an error only if the command was not started. Calls `meanwhile` while
/// it runs.
fn run_to_end(
    context: &Context,
    cli: &AliyunCli,
    arguments: &[String],
    [hold, also_hold]: [Option<&File>; 2],
    meanwhile: &dyn Fn(),
) -> Result<Output> {
    stop_if_interrupted()?;
    context.screen.command(&cli.shown_environment(), &cli.shown, arguments);
    let note = || note_waiting(context);
    let options = SpawnOptions {
        hold,
        also_hold,
        interruptible: true,
        started: Some(&|_| meanwhile()),
        on_first_signal: Some(&note),
        ..SpawnOptions::default()
    };
    cli.run(arguments, &options).map_err(|error| spawn_failure(cli, &error))
}

fn stop_if_interrupted() -> Result<()> {
    if signals::count() > 0 { Err(Failure::interrupted()) } else { Ok(()) }
}

fn spawn_failure(cli: &AliyunCli, error: &io::Error) -> Box<Failure> {
    if error.kind() == io::ErrorKind::Interrupted && signals::count() > 0 {
        return Failure::interrupted();
    }
    if error.kind() == io::ErrorKind::ArgumentListTooLong {
        return Failure::usage("the call is too long for this system's command line")
            .hint("shorten the values, or send to fewer recipients at once");
    }
    if error.kind() == io::ErrorKind::WouldBlock {
        return Failure::environment(format!(
            "{} could not be started: {error}",
            cli.program.display()
        ))
        .hint("the limit on processes or threads is reached: see `ulimit -u`")
        .retryable();
    }
    Failure::environment(format!("{} could not be started: {error}", cli.program.display()))
        .hint("check the file with --aliyun, or install aliyun again")
}
