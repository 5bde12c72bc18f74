//! An open line to a product: ai-mode is on while it lives, and each call on it has its manners.
//!
//! Reads are repeated on throttling and on network errors, after growing, jittered pauses. Sends
//! and writes are made once, whatever happens.

use std::time::Duration;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::steps::{self, Step};
use crate::aliyun::guard::{Guard, Session};
use crate::aliyun::oss::{Progress, Upload};
use crate::api::call::{AnyCall, Call, ChangeCall, Common, ReadCall, SendCall};
use crate::api::operations::{Access, Product};
use crate::api::reply::{self, Acceptance, Reply};
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::process::SpawnOptions;
use crate::os::{failpoint, signals};
use crate::output::report::{Phase, PlannedCommand, Report};
use crate::settings::Settings;

/// The pauses before a read is made again, in milliseconds, each to be jittered by up to half.
const PAUSES: [u64; 4] = [300, 900, 2_500, 6_000];

/// A product that can be called.
pub struct Client<'r> {
    context: &'r Context,
    session: Session<'r>,
    common: Common,
}

impl<'r> Client<'r> {
    /// Switches ai-mode on; dropping the service switches it off.
    ///
    /// # Errors
    /// It could not be switched on, or a signal came. Nothing has been called.
    pub fn open(context: &'r Context, guard: &Guard<'r>) -> Result<Self> {
        Ok(Self { context, session: guard.enter()?, common: common(&context.settings) })
    }

    /// Prepares the guard and opens the line, for commands that only read.
    ///
    /// # Errors
    /// As [`Guard::prepare`] and [`Client::open`].
    pub fn connect(context: &'r Context, product: Product) -> Result<Self> {
        Self::open(context, &Guard::prepare(context, product)?)
    }

    /// Makes a call that changes nothing, again if that may help.
    ///
    /// # Errors
    /// The failure of the last attempt.
    pub fn read(&self, call: &ReadCall) -> Result<Reply> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let failure = match self.call(call) {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let pause = pauses.next().filter(|_| failure.retryable);
            let Some(pause) = pause.map(jittered) else { return Err(failure) };
            self.context.screen.note(&format!(
                "{}; trying again in {:.1} s",
                failure.message,
                pause.as_secs_f64()
            ));
            sleep(pause)?;
        }
    }

    /// Makes a call that changes nothing, once: for a caller that has pauses of its own.
    ///
    /// # Errors
    /// Anything but the service's OK.
    pub fn read_once(&self, call: &ReadCall) -> Result<Reply> {
        self.call(call)
    }

    /// Makes a call that sends a message: once.
    ///
    /// # Errors
    /// Anything but the service's OK; the failure has the outcome.
    pub fn send(&self, call: &SendCall) -> Result<Acceptance> {
        self.call(call).map(|reply| Acceptance::from_reply(reply, call.operation.product))
    }

    /// Makes a call that changes settings or templates: once.
    ///
    /// # Errors
    /// Anything but the service's OK; the failure says whether the change may have been made.
    pub fn change(&self, call: &ChangeCall) -> Result<Reply> {
        self.call(call)
    }

    /// Uploads a file with the storage's own keys; see [`crate::aliyun::oss`]. `on_progress` is given the share
    /// that is up, between 0 and 1, whenever the command says it.
    ///
    /// # Errors
    /// The upload did not succeed. Nothing that is said holds a key.
    pub fn upload(&self, upload: &Upload<'_>, on_progress: &dyn Fn(f64)) -> Result<()> {
        let progress = Progress::default();
        // The command makes a folder for checkpoints where it stands, and leaves it there if it
        // fails; the user's own folder may also be one where it must not write.
        let folder = tempfile::tempdir().map_err(|error| {
            Failure::environment(format!("a temporary folder cannot be made: {error}"))
                .hint("TMPDIR names the folder for such things")
        })?;
        let options = SpawnOptions {
            environment: &upload.environment(),
            folder: Some(folder.path()),
            heard: Some(&|bytes| progress.hear(bytes).into_iter().for_each(on_progress)),
            ..SpawnOptions::default()
        };
        let output = self.session.call_in(&upload.arguments(), &options)?;
        upload.judge(&output)
    }

    fn call<E>(&self, call: &Call<E>) -> Result<Reply> {
        let arguments = call.arguments(&self.common)?;
        self.session.check_policy(call.operation)?;
        failpoint::point("service: about to call");
        let output = self.session.call(&arguments)?;
        failpoint::point("service: called");
        // The one way for words of the child into a failure or the output of this run.
        let mut redaction = self.context.facts.redaction.borrow().clone();
        redaction.add(call);
        let result = reply::read(call.operation, &output)
            .map_err(|failure| redaction.failure(failure))
            .map(|reply| match call.operation.access {
                // What was asked for is shown as it came.
                Access::Read => reply,
                Access::Send | Access::Write => Reply(redaction.object(&reply.0)),
            });
        if let Err(failure) = &result
            // What the stamp vouched for; the network is not among it.
            && (failure.kind == Kind::Credentials
                || (failure.kind == Kind::Environment && !failure.retryable))
        {
            self.session.invalidate_cache();
        }
        result
    }
}

/// Sleeps unless a signal asks the run to end.
///
/// # Errors
/// A signal came.
pub fn sleep(pause: Duration) -> Result<()> {
    let end = std::time::Instant::now() + pause;
    while std::time::Instant::now() < end {
        if signals::count() > 0 {
            return Err(Failure::interrupted());
        }
        let remaining = end.saturating_duration_since(std::time::Instant::now());
        std::thread::sleep(remaining.min(Duration::from_millis(50)));
    }
    Ok(())
}

/// Between one and one and a half times the pause, so that many runs do not come back at once.
fn jittered(milliseconds: u64) -> Duration {
    // A random UUID is all the randomness that this needs.
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    Duration::from_millis(milliseconds + random % (milliseconds / 2).max(1))
}

/// Flags that the settings put on every product call.
pub fn common(settings: &Settings) -> Common {
    Common { profile: settings.profile.clone(), region: settings.region.clone() }
}

/// The report of a dry run: the guard's commands around these calls, as they would run on a
/// machine where nothing has been proven yet; a warm run skips some of them.
///
/// # Errors
/// A call that cannot be put into an argument vector.
pub fn dry_run(context: &Context, calls: &[&dyn AnyCall]) -> Result<Report> {
    let program = AliyunCli::shown_name(&context.settings);
    let command = |phase, arguments: Vec<String>, when| PlannedCommand {
        phase,
        argv: std::iter::once(program.clone()).chain(arguments).collect(),
        when,
    };
    let Some(first) = calls.first() else { return Ok(Report::DryRun(Vec::new())) };
    let product = first.operation().product;
    let guard = |step: Step| command(Phase::Guard, step.arguments(product), step.condition());
    let mut commands: Vec<_> =
        steps::PREFLIGHT.into_iter().chain(steps::SWITCH_ON).map(guard).collect();
    for call in calls {
        commands.push(command(Phase::Call, call.arguments(&common(&context.settings))?, None));
    }
    commands.extend(steps::SWITCH_OFF.map(guard));
    Ok(Report::DryRun(commands))
}
