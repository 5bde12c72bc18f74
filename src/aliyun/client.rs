//! A client for one product. Unless each call requests ai-mode alone (`--ai-mode call`), ai-mode is
//! on until the client is dropped.
//!
//! Reads are retried after throttling and network errors, with growing, jittered pauses. Sends and
//! writes are never retried.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::steps::{self, Step};
use crate::aliyun::guard::{self, Guard, Session};
use crate::aliyun::oss::{Progress, Upload};
use crate::api::account::EnvCredentials;
use crate::api::call::{AnyCall, Call, ChangeCall, Common, ReadCall, SendCall};
use crate::api::operations::{Access, Product};
use crate::api::redaction::Redaction;
use crate::api::reply::{self, Acceptance, Reply};
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::process::{Output, SpawnOptions};
use crate::os::{failpoint, signals};
use crate::output::report::{Phase, PlannedCommand, Report};
use crate::settings::{Credentials, Settings};

/// The pauses before retrying a read, in milliseconds. Jitter adds up to half of each.
const PAUSES: [u64; 4] = [300, 900, 2_500, 6_000];

/// The service's IDs of an accepted send.
#[derive(Debug)]
pub struct SentIds {
    pub receipt_id: Option<String>,
    pub request_id: Option<String>,
}

/// Makes calls to one product.
pub struct Client<'r> {
    context: &'r Context,
    session: Session<'r>,
    common: Common,
}

impl<'r> Client<'r> {
    /// Switches ai-mode on. Dropping the client switches it off.
    ///
    /// # Errors
    /// ai-mode could not be switched on, or a signal arrived. No call has been made.
    pub fn open(context: &'r Context, guard: &Guard<'r>) -> Result<Self> {
        Self::open_with(context, guard, &|| {})
    }

    /// As [`Client::open`]. Calls `meanwhile` while the command that switches ai-mode on runs, and not
    /// at all without such a command.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn open_with(
        context: &'r Context,
        guard: &Guard<'r>,
        meanwhile: &dyn Fn(),
    ) -> Result<Self> {
        Ok(Self { context, session: guard.enter(meanwhile)?, common: common(&context.settings) })
    }

    /// Prepares the guard and opens a client, for commands that only read.
    ///
    /// # Errors
    /// As [`Guard::prepare`] and [`Client::open`].
    pub fn connect(context: &'r Context, product: Product) -> Result<Self> {
        Self::open(context, &Guard::prepare(context, product)?)
    }

    /// Makes a read call and retries it after transient errors.
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
                "{}; retrying in {:.1} s",
                failure.message,
                pause.as_secs_f64()
            ));
            sleep(pause)?;
        }
    }

    /// Makes a read call once, for a caller with its own retries.
    ///
    /// # Errors
    /// Alibaba Cloud did not confirm the call.
    pub fn read_once(&self, call: &ReadCall) -> Result<Reply> {
        self.call(call)
    }

    /// Makes a call that sends a message. Never retries it. Calls `meanwhile` once while the call runs.
    ///
    /// # Errors
    /// Alibaba Cloud did not confirm the call; see the failure's outcome.
    pub fn send(&self, call: &SendCall, meanwhile: &dyn Fn()) -> Result<Acceptance> {
        let (output, redaction) = self.run(call, meanwhile)?;
        let reply = self.parse(call, &output, || redaction.clone())?;
        Ok(Acceptance::from_reply(reply, call.operation.product).with_redaction(redaction))
    }

    /// Closes the client, and does `work` while the command that switches ai-mode off runs. Without
    /// such a command, does it afterwards. No prompt may follow.
    pub fn close(self, work: impl FnOnce()) {
        let work = Cell::new(Some(work));
        let once = || work.take().into_iter().for_each(|work| work());
        self.session.close(&once);
        once();
    }

    /// Makes a call that changes settings or templates. Never retries it.
    ///
    /// # Errors
    /// Alibaba Cloud did not confirm the call; see the failure's outcome.
    pub fn change(&self, call: &ChangeCall) -> Result<Reply> {
        self.call(call)
    }

    /// Uploads a file with temporary storage keys; see [`crate::aliyun::oss`]. Calls `on_progress`
    /// with the uploaded share, from 0 to 1, for each progress line of the command.
    ///
    /// # Errors
    /// The upload failed, or was not agreed to. The failure never contains a key.
    pub fn upload(&self, upload: &Upload<'_>, on_progress: &dyn Fn(f64)) -> Result<()> {
        self.context.screen.require_agreement()?;
        let progress = Progress::default();
        // The command creates a checkpoint folder in its working directory and keeps it after a
        // failure. The user's working directory may also be read-only.
        let folder = tempfile::tempdir().map_err(|error| {
            Failure::environment(format!("cannot create a temporary folder: {error}"))
                .hint("set TMPDIR to a writable folder")
        })?;
        let options = SpawnOptions {
            environment: &upload.environment(),
            folder: Some(folder.path()),
            on_stdout: Some(&|bytes| progress.update(bytes).into_iter().for_each(on_progress)),
            ..SpawnOptions::default()
        };
        let output = self.session.call(&upload.arguments(self.common.ai_mode), &options)?;
        let ai_mode = self.common.ai_mode;
        upload
            .judge(&output)
            .map_err(|failure| reply::explain_rejected_flag(ai_mode, "cp", failure))
    }

    fn call<E>(&self, call: &Call<E>) -> Result<Reply> {
        let (output, redaction) = self.run(call, &|| {})?;
        self.judge(call, &output, &redaction)
    }

    /// The output of a call, and what hides its private values.
    fn run<E>(&self, call: &Call<E>, meanwhile: &dyn Fn()) -> Result<(Output, Redaction)> {
        let arguments = self.arguments(call)?;
        failpoint::point("service: about to call");
        let redaction = OnceCell::new();
        let started = |_| {
            let _ = redaction.set(self.redaction(call));
            meanwhile();
        };
        let options = SpawnOptions { started: Some(&started), ..SpawnOptions::default() };
        let output = self.session.call(&arguments, &options)?;
        failpoint::point("service: called");
        let redaction = redaction.into_inner().unwrap_or_else(|| self.redaction(call));
        Ok((output, redaction))
    }

    /// The arguments of a call that the safety policy allows.
    ///
    /// # Errors
    /// The call is invalid, or the safety policy does not allow it; a call that changes something was
    /// not agreed to.
    pub fn arguments<E>(&self, call: &Call<E>) -> Result<Vec<String>> {
        if call.operation.access != Access::Read {
            self.context.screen.require_agreement()?;
        }
        let arguments = call.arguments(&self.common)?;
        self.session.check_policy(call.operation)?;
        Ok(arguments)
    }

    pub const fn context(&self) -> &'r Context {
        self.context
    }

    /// The session, to run calls at the same time.
    pub const fn session(&self) -> &Session<'r> {
        &self.session
    }

    /// What the output of a call means.
    ///
    /// # Errors
    /// Alibaba Cloud did not confirm the call; see the failure's outcome.
    fn judge<E>(&self, call: &Call<E>, output: &Output, redaction: &Redaction) -> Result<Reply> {
        let reply = self.parse(call, output, || redaction.clone())?;
        Ok(match call.operation.access {
            // The user asked for this data, so it is not redacted.
            Access::Read => reply,
            Access::Send | Access::Write => Reply(redaction.object(&reply.0)),
        })
    }

    /// What the output of a send means: only the IDs of an accepted message. Redacting the whole
    /// reply would take longer than the call if it has many recipients.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn judge_send(&self, call: &SendCall, output: &Output) -> Result<SentIds> {
        let reply = self.parse(call, output, || self.redaction(call))?;
        let accepted = Acceptance::from_reply(reply, call.operation.product);
        Ok(SentIds { receipt_id: accepted.receipt_id, request_id: accepted.request_id })
    }

    /// All output of a child process passes this redaction before it is shown, except the IDs of an
    /// accepted message.
    fn redaction<E>(&self, call: &Call<E>) -> Redaction {
        let mut redaction = self.context.status.redaction.borrow().clone();
        redaction.add(call);
        redaction
    }

    /// The reply, not redacted, or the redacted failure.
    fn parse<E>(
        &self,
        call: &Call<E>,
        output: &Output,
        redaction: impl Fn() -> Redaction,
    ) -> Result<Reply> {
        let (ai_mode, command) = (self.common.ai_mode, call.operation.command);
        let result = reply::parse_output(call.operation, output)
            .map_err(|failure| redaction().failure(failure))
            .map_err(|failure| reply::explain_rejected_flag(ai_mode, command, failure))
            .map_err(|failure| reply::with_next_steps(failure, call));
        if let Err(failure) = &result
            // The preflight checks cover these failures, but not network errors.
            && (failure.kind == Kind::Credentials
                || (failure.kind == Kind::Environment && !failure.retryable))
        {
            self.session.invalidate_cache();
        }
        result
    }
}

/// Sleeps until the pause has passed or a signal arrives.
///
/// # Errors
/// A signal arrived.
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

/// Returns 1 to 1.5 times the pause, so that many runs do not retry at the same time.
fn jittered(milliseconds: u64) -> Duration {
    // A UUID is random enough for this.
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    Duration::from_millis(milliseconds + random % (milliseconds / 2).max(1))
}

/// The flags that the settings add to every product call.
///
/// A dry run shows the calls of the real `aliyun`, also in the sandbox.
pub fn common(settings: &Settings) -> Common {
    let profile =
        if settings.dry_run { settings.profile.as_ref() } else { settings.account_profile() };
    Common { profile: profile.cloned(), region: settings.region.clone(), ai_mode: settings.ai_mode }
}

/// The report of a dry run: these calls with the guard's commands, as on a first run with an empty
/// cache. Later runs skip some of the commands.
///
/// # Errors
/// A call cannot be converted to an argument vector.
pub fn dry_run(context: &Context, calls: &[&dyn AnyCall]) -> Result<Report> {
    let calls: Vec<PlannedCall<'_>> = calls.iter().map(|call| (*call, None)).collect();
    plan(context, &calls)
}

/// A call of a dry run, and when or with which values it runs, if that depends on the one before.
pub type PlannedCall<'c> = (&'c dyn AnyCall, Option<&'static str>);

/// As [`dry_run`], with conditions.
///
/// # Errors
/// As [`dry_run`].
pub fn plan(context: &Context, calls: &[PlannedCall<'_>]) -> Result<Report> {
    let program = AliyunCli::shown_name(&context.settings);
    let env = AliyunCli::planned_environment(&context.settings);
    let command = |phase, arguments: Vec<String>, when| PlannedCommand {
        phase,
        argv: std::iter::once(program.clone()).chain(arguments).collect(),
        env: env.clone(),
        when,
    };
    let Some((first, _)) = calls.first() else { return Ok(Report::DryRun(Vec::new())) };
    let listed_first = context.status.listed_first.borrow();
    let listing = listed_first.as_ref().map(|call| (call as &dyn AnyCall, None));
    let when_listed = listing.map(|_| "with the listed channel instance as SPACE");
    let product = first.operation().product;
    let method = context.settings.ai_mode;
    let guard =
        |step: &Step| command(Phase::Guard, step.arguments(product), step.condition(method));
    let ignores_profiles = context.settings.credentials == Credentials::Env
        || EnvCredentials::from_process(&context.settings).ignore_profile;
    let before = steps::PREFLIGHT
        .iter()
        .filter(|step| **step != Step::ListProfiles || !ignores_profiles)
        .chain(steps::before_calls(method));
    let mut commands: Vec<_> = before.map(guard).collect();
    let calls = calls.iter().map(|(call, when)| (*call, when.or(when_listed)));
    for (call, when) in listing.into_iter().chain(calls) {
        if context.settings.dry_run
            && let Err(refusal) = guard::check_policy(&context.settings, call.operation())
        {
            let hint = refusal.hint.unwrap_or_default();
            context.screen.warn(format!("a run would stop: {}; {hint}", refusal.message));
        }
        commands.push(command(Phase::Call, call.arguments(&common(&context.settings))?, when));
    }
    commands.extend(steps::after_calls(method).iter().map(guard));
    Ok(Report::DryRun(commands))
}
