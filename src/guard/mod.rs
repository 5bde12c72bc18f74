//! The guard around every run of `aliyun`.
//!
//! 1. `aliyun version` is new enough;
//! 2. plugins install themselves;
//! 3. the product's plugin is there and up to date;
//! 4. there are credentials, and it is known whose;
//! 5. ai-mode is switched on and carries the product's agent string;
//! 6. the calls;
//! 7. ai-mode is switched off, on every exit.
//!
//! [`Guard::prepare`] is steps 1 to 4, of which a warm run skips what its stamp proves.
//! [`Guard::enter`] is step 5 and returns the [`Session`] that makes the calls. Dropping the
//! session is step 7; that covers errors, signals and panics. What kills the process outright is
//! covered by the watchdog, and what kills both by the next run, which finds the lease.

pub mod account;
mod ai_mode;
pub mod lock;
mod stamp;
pub mod steps;
pub mod watchdog;

use std::cell::RefCell;
use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::{Failure, Kind, Result};
use crate::fault;
use crate::host::{Host, Manner, install_command};
use crate::operations::Product;
use crate::process::{End, Finished};
use crate::reply;
use crate::run::Run;
use crate::signals;
use account::{Account, Exported, Profile};
use ai_mode::{AiMode, Lease, Left};
use lock::NotHad;
use stamp::{Identity, Stamp};
use watchdog::Watchdog;

/// A run that may switch ai-mode on.
pub struct Guard<'r> {
    run: &'r Run,
    host: Host,
    product: Product,
    account: Account,
}

impl<'r> Guard<'r> {
    /// Steps 1 to 4.
    ///
    /// # Errors
    /// `aliyun` is missing, too old or cannot get its plugin; nobody's credentials are valid; a
    /// signal came. Nothing has been sent.
    pub fn prepare(run: &'r Run, product: Product) -> Result<Self> {
        let host = Host::find(&run.settings)?;
        AiMode::new(&host).heal().map_err(not_had)?;
        let exported = Exported::of_this_process(&run.settings);
        let stamp = Preflight { run, host: &host, product, exported: &exported }.stamp()?;
        let profiles = stamp.profiles().unwrap_or_default();
        let account = account::resolve(&host, &run.settings, &exported, profiles)
            // A profile that was added by other means than the CLI's is worth another look.
            .inspect_err(|_| Stamp::forget(&host))?;
        if let Some(warning) = account.warning() {
            run.screen.warn(warning);
        }
        run.facts.account.replace(Some(account.clone()));
        Ok(Self { run, host, product, account })
    }

    /// The account that the calls will be made for.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Step 5. A run that asks questions between its calls enters more than once: ai-mode is off
    /// while a person thinks.
    ///
    /// # Errors
    /// ai-mode could not be switched on, or a signal came; it is off again then.
    pub fn enter(&self) -> Result<Session<'r>> {
        let Self { run, host, product, .. } = self;
        let ai_mode = AiMode::new(host);
        // Declared before the lock is taken: however this ends, the lock goes before the session,
        // which needs it to leave.
        let session;
        let entered = {
            let lock = ai_mode.lock_configuration(true).map_err(not_had)?;
            fault::point("guard: configuration locked");
            let in_use = ai_mode.is_in_use(&lock)?;
            let lease = ai_mode.take_lease(&lock)?;
            fault::point("guard: lease taken");
            session = Session::new(run, host.clone(), lease);
            session.switch_on(*product, &lock, in_use)
        };
        entered.map(|()| session)
    }
}

/// Steps 1 to 4, as far as no stamp proves them.
struct Preflight<'a> {
    run: &'a Run,
    host: &'a Host,
    product: Product,
    exported: &'a Exported,
}

impl Preflight<'_> {
    fn stamp(&self) -> Result<Stamp> {
        if let Some(stamp) = Stamp::load(self.host).filter(|stamp| self.is_enough(stamp)) {
            return Ok(stamp);
        }
        let lock = AiMode::new(self.host).lock_preflight().map_err(not_had)?;
        // Whoever held the lock before may have proven all that is needed.
        let mut stamp = match Stamp::load(self.host) {
            Some(stamp) => stamp,
            None => {
                self.check_version()?;
                self.set_auto_install()?;
                Stamp::new(Identity::now(self.host))
            }
        };
        if !stamp.has_plugin(self.product) {
            self.ensure_plugin(&lock)?;
            stamp.prove_plugin(self.product);
        }
        if self.needs_profiles(&stamp) {
            let identity = Identity::now(self.host);
            stamp.prove_profiles(self.list_profiles(&identity)?, identity);
        }
        if let Err(error) = stamp.save(self.host) {
            self.run.screen.warn(format!(
                "the checks of aliyun cannot be remembered, so each run repeats them: {error:#}; \
                 {} names another folder",
                crate::state::VARIABLE
            ));
        }
        Ok(stamp)
    }

    fn is_enough(&self, stamp: &Stamp) -> bool {
        stamp.has_plugin(self.product) && !self.needs_profiles(stamp)
    }

    fn needs_profiles(&self, stamp: &Stamp) -> bool {
        stamp.profiles().is_none() && !self.exported.decides_alone(&self.run.settings)
    }

    /// Step 1.
    fn check_version(&self) -> Result<()> {
        let finished = self.command(&steps::version())?;
        let text = String::from_utf8_lossy(&finished.stdout);
        let version = text
            .split_whitespace()
            .find_map(|word| semver::Version::parse(word.strip_prefix('v').unwrap_or(word)).ok());
        let upgrade = format!("upgrade it: {}", install_command());
        match version {
            Some(version) if version >= steps::OLDEST_VERSION => Ok(()),
            Some(version) => Err(Failure::environment(format!(
                "aliyun {version} is too old: {} or later is needed",
                steps::OLDEST_VERSION
            ))
            .hint(upgrade)),
            None => Err(Failure::environment(format!(
                "{} does not say which version it is: {}",
                self.host.shown,
                reply::complaint(&finished)
            ))
            .hint(format!("check it with `{} version`, or {upgrade}", self.host.shown))),
        }
    }

    /// Step 2. The variable that every child gets has the same effect, so a failure costs nothing:
    /// the CLI refuses to write where no profile is configured.
    fn set_auto_install(&self) -> Result<()> {
        let lock = AiMode::new(self.host).lock_configuration(true).map_err(not_had)?;
        self.command_holding(&steps::auto_install(), Some(&lock)).map(drop)
    }

    /// Step 3. Downloads hold the lock of these checks, also when this run is killed: nobody is to
    /// install beside them. They write no configuration, so running calls need not wait for them.
    fn ensure_plugin(&self, preflight: &std::fs::File) -> Result<()> {
        let plugin = self.product.plugin();
        let listed = self.command(&steps::list_plugins())?;
        let text = String::from_utf8_lossy(&listed.stdout);
        let installed = text.lines().any(|row| row.split_whitespace().next() == Some(plugin));
        if installed {
            let updated = self.command_holding(&steps::update_plugins(), Some(preflight))?;
            if let Some(trouble) = reply::trouble(&updated) {
                // Hosts in a private network cannot reach the catalogue and still can send.
                self.run
                    .screen
                    .warn(format!("the plugins of aliyun could not be updated: {trouble}"));
            }
            return Ok(());
        }
        self.run.screen.note(&format!("installing {plugin}, once"));
        let installing =
            self.command_holding(&steps::install_plugin(self.product), Some(preflight))?;
        let Some(trouble) = reply::trouble(&installing) else { return Ok(()) };
        let hint = if trouble.contains("requires CLI version") {
            format!("upgrade aliyun: {}", install_command())
        } else {
            "aliyun has no built-in fallback; check the network and try again".to_string()
        };
        Err(Failure::environment(format!("the plugin {plugin} cannot be installed: {trouble}"))
            .hint(hint)
            .next(format!("{} plugin install --names {plugin}", self.host.shown)))
    }

    /// The table of step 4; who sends is decided by [`account::resolve`].
    fn list_profiles(&self, identity: &Identity) -> Result<Vec<Profile>> {
        let finished = self.command(&steps::list_profiles())?;
        let profiles = Profile::parse_table(&String::from_utf8_lossy(&finished.stdout));
        match reply::trouble(&finished) {
            // Without a configuration the CLI fails here, also where exported credentials would do.
            Some(trouble) if identity.is_configured() => Err(self.unreadable(&trouble)),
            _ => Ok(profiles),
        }
    }

    /// The CLI cannot read its configuration.
    fn unreadable(&self, trouble: &str) -> Box<Failure> {
        Failure::new(Kind::Credentials, format!("aliyun cannot read its profiles: {trouble}"))
            .hint("config.json in the configuration folder of aliyun is damaged or incomplete")
            .next(format!("{} configure list", self.host.shown))
    }

    fn command(&self, arguments: &[String]) -> Result<Finished> {
        self.command_holding(arguments, None)
    }

    fn command_holding(
        &self,
        arguments: &[String],
        hold: Option<&std::fs::File>,
    ) -> Result<Finished> {
        stop_if_interrupted()?;
        self.run.screen.command(&self.host.shown, arguments);
        let manner = Manner { hold, interruptible: true, started: None };
        let finished = self.host.run(arguments, &manner).map_err(|e| not_started(self.host, &e))?;
        if finished.end == End::Interrupted {
            return Err(Failure::interrupted());
        }
        match reply::trouble(&finished) {
            // Whatever the command, this is how it ends where the configuration cannot be read.
            Some(trouble) if finished.succeeded() => Err(self.unreadable(&trouble)),
            _ => Ok(finished),
        }
    }
}

/// ai-mode is on, or about to be, for as long as this lives.
pub struct Session<'r> {
    run: &'r Run,
    host: Host,
    lease: Lease,
    watchdog: RefCell<Option<Watchdog>>,
}

impl<'r> Session<'r> {
    fn new(run: &'r Run, host: Host, lease: Lease) -> Self {
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
    fn switch_on(
        &self,
        product: Product,
        configuration: &std::fs::File,
        in_use: bool,
    ) -> Result<()> {
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
    fn is_on(&self, configuration: &std::fs::File) -> Result<bool> {
        let finished = self.step(&steps::show(), configuration)?;
        let state: serde_json::Value = serde_json::from_slice(&finished.stdout).unwrap_or_default();
        Ok(finished.succeeded() && state["enabled"] == true)
    }

    fn step(&self, arguments: &[String], configuration: &std::fs::File) -> Result<Finished> {
        stop_if_interrupted()?;
        self.run.screen.command(&self.host.shown, arguments);
        let manner = Manner { hold: Some(configuration), interruptible: true, started: None };
        self.host.run(arguments, &manner).map_err(|error| not_started(&self.host, &error))
    }

    /// Step 6: one call. The caller decides what its end means.
    ///
    /// # Errors
    /// The call could not be started, or a signal came before it: nothing has been sent.
    pub fn call(&self, arguments: &[String]) -> Result<Finished> {
        self.call_with_environment(arguments, &[])
    }

    /// As [`Session::call`], with variables for this one process: never shown, whatever they are.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn call_with_environment(
        &self,
        arguments: &[String],
        environment: &[(OsString, OsString)],
    ) -> Result<Finished> {
        stop_if_interrupted()?;
        self.run.screen.command(&self.host.shown, arguments);
        let tell = |change: &dyn Fn(&mut Watchdog)| {
            if let Some(watchdog) = &mut *self.watchdog.borrow_mut() {
                change(watchdog);
            }
        };
        let started = |group| tell(&|watchdog| watchdog.calling(group));
        let manner =
            Manner { hold: Some(self.lease.file()), interruptible: true, started: Some(&started) };
        let finished = self.host.run_with(arguments, &manner, environment);
        tell(&Watchdog::idle);
        finished.map_err(|error| not_started(&self.host, &error))
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

fn stop_if_interrupted() -> Result<()> {
    if signals::count() > 0 { Err(Failure::interrupted()) } else { Ok(()) }
}

fn not_had(reason: NotHad) -> Box<Failure> {
    match reason {
        NotHad::Interrupted => Failure::interrupted(),
        NotHad::Busy(patience) => Failure::environment(format!(
            "other runs have kept the configuration of aliyun locked for {} s",
            patience.as_secs()
        ))
        .hint("wait for them to end, then try again; nothing was sent")
        .retryable(),
        NotHad::Failed(error) => Failure::environment(format!("{error:#}"))
            .hint("the configuration folder of aliyun must be writable"),
    }
}

fn not_started(host: &Host, error: &io::Error) -> Box<Failure> {
    if error.kind() == io::ErrorKind::ArgumentListTooLong {
        return Failure::usage("the call is too long for this system's command line")
            .hint("shorten the values, or send to fewer recipients at once");
    }
    Failure::environment(format!("{} could not be started: {error}", host.program.display()))
        .hint("check the file with --aliyun, or install aliyun again")
}
