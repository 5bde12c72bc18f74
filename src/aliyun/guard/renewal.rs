//! Runs `plugin update`, and renews aged checks after a run, both in a process that outlives it.
//!
//! The process is this program with its own session. It has no terminal, no stream and no file of
//! the caller, so a script or a shared lock never waits for it. One runs at a time for a user. It
//! waits until no call is running, and it never ends `plugin update`, which replaces files: if that
//! takes too long, it leaves it running, with the locks. A renewal that failed is tried again by the
//! next run. If a check fails, the cache is removed, so that the next run checks in the foreground
//! and reports the reason.

use std::fs::File;
use std::io::{Read as _, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::AiMode;
use crate::aliyun::guard::checks::Checks;
use crate::aliyun::guard::plugin_files::Update;
use crate::aliyun::guard::preflight_cache::PreflightCache;
use crate::aliyun::guard::steps::Step;
use crate::aliyun::guard::{plugin_files, spawn_failure};
use crate::api::operations::Product;
use crate::api::reply;
use crate::error::Failure;
use crate::os::process::{self, SpawnOptions, Termination};
use crate::os::{role, signals, system};
use crate::settings::AiModeMethod;

/// How long a first run waits for `plugin update`.
const FOREGROUND_LIMIT: Duration = Duration::from_secs(10);
/// How long the process waits for `plugin update`. `aliyun` itself allows 300 s for a download.
const UPDATE_LIMIT: Duration = Duration::from_secs(15 * 60);
/// The time limit of the other commands.
const CHECK_LIMIT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What the process has to do, as JSON in an environment variable.
#[derive(Serialize, Deserialize)]
struct Task {
    cli: AliyunCli,
    /// The product whose checks are renewed; `None` to run only `plugin update`.
    renew: Option<String>,
}

impl Task {
    fn start(&self, stdout: Stdio) -> Result<std::process::Child> {
        let task = serde_json::to_string(self)?;
        let variables = [(role::VARIABLE, role::RENEWAL), (role::RENEWAL_TASK, task.as_str())];
        Ok(process::start_detached(&variables, stdout)?)
    }
}

/// Starts the renewal of the aged checks, unless a renewal or an update is running. A failure is
/// ignored, because the next run tries again.
pub fn start(cli: AliyunCli, product: Product) {
    if plugin_files::lock_update(&cli, Duration::ZERO).is_ok() {
        let _ = Task { cli, renew: Some(product.name().to_string()) }.start(Stdio::null());
    }
}

/// Runs `plugin update` and waits for it, at most 10 s. After that it goes on in the background.
///
/// # Errors
/// It failed, it could not be started, or it is not finished.
pub fn update_plugins(cli: &AliyunCli) -> Result<()> {
    let limit = FOREGROUND_LIMIT.min(cli.limit);
    let mut child = Task { cli: cli.clone(), renew: None }.start(Stdio::piped())?;
    let mut output = child.stdout.take().context("no pipe")?;
    let deadline = Instant::now() + limit;
    while !system::is_readable_within(&output, POLL_INTERVAL)? {
        ensure!(signals::count() == 0, "stopped by a signal");
        if Instant::now() >= deadline {
            bail!("not finished within {} s; this goes on in the background", limit.as_secs());
        }
    }
    let mut reason = String::new();
    output.read_to_string(&mut reason)?;
    child.wait()?;
    ensure!(!reason.is_empty(), "the process for it has ended without a result");
    ensure!(reason == DONE, "{reason}");
    Ok(())
}

/// What the process prints after a successful update.
const DONE: &str = "done";

/// The main function of the process.
///
/// # Errors
/// The process was not started by a run, or the renewal failed.
pub fn main(mut stdout: impl Write) -> Result<()> {
    // First, because it closes files.
    system::detach()?;
    let task: Task = serde_json::from_str(&std::env::var(role::RENEWAL_TASK)?)?;
    // Ignores signals that end other programs, so that `plugin update` is not left without the rest.
    signals::watch()?;
    let Task { mut cli, renew } = task;
    let product = Product::ALL.into_iter().find(|product| renew.as_deref() == Some(product.name()));
    match product {
        Some(product) => {
            cli.limit = CHECK_LIMIT;
            renew_checks(&cli, product, &plugin_files::lock_update(&cli, Duration::ZERO)?)
        }
        None => {
            let updated = plugin_files::lock_update(&cli, FOREGROUND_LIMIT)
                .map_err(Into::into)
                .and_then(|lock| update(&cli, &lock));
            let result = updated.map_or_else(|error| format!("{error:#}"), |()| DONE.to_string());
            Ok(stdout.write_all(result.as_bytes())?)
        }
    }
}

/// Renews the cache if it is still aged.
fn renew_checks(cli: &AliyunCli, product: Product, lock: &File) -> Result<()> {
    let Some(aged) = PreflightCache::load(cli).filter(|cache| cache.has_aged(product)) else {
        return Ok(());
    };
    let result = check(cli, product, &aged, lock);
    // Runs that check in the foreground write the entry under this lock.
    let _preflight = AiMode::new(cli).lock_preflight(AiModeMethod::Switch)?;
    // Another run may have removed or replaced the entry.
    let Some(mut cache) = PreflightCache::load(cli).filter(|cache| cache.is_as_old_as(&aged))
    else {
        return Ok(());
    };
    match result {
        Ok(()) => cache.renew(cli, product),
        Err(Failed::Check) => {
            PreflightCache::remove(cli);
            return Ok(());
        }
        Err(Failed::Temporarily(reason)) => cache.record_failed_renewal(reason),
    }
    cache.save(cli)
}

/// Why a renewal failed.
enum Failed {
    /// A check failed: a run has to report the reason.
    Check,
    /// The renewal could not be carried out, or the catalogue of plugins cannot be reached.
    Temporarily(String),
}

impl From<Box<Failure>> for Failed {
    fn from(failure: Box<Failure>) -> Self {
        if failure.retryable { Self::Temporarily(failure.message.clone()) } else { Self::Check }
    }
}

fn check(
    cli: &AliyunCli,
    product: Product,
    aged: &PreflightCache,
    lock: &File,
) -> Result<(), Failed> {
    let run = |arguments: &[String], _: [Option<&File>; 2]| {
        let options = SpawnOptions { hold: Some(lock), ..SpawnOptions::default() };
        let output = cli.run(arguments, &options).map_err(|error| spawn_failure(cli, &error))?;
        if matches!(output.end, Termination::TimedOut(_)) {
            return Err(Failure::environment("aliyun did not end in time").retryable());
        }
        Ok(output)
    };
    let checks = Checks { cli, product, run: &run };
    checks.check_version()?;
    if !checks.is_plugin_installed()? {
        return Err(Failed::Check);
    }
    update(cli, lock).map_err(|error| Failed::Temporarily(format!("{error:#}")))?;
    // Credentials can expire although the configuration file is the same.
    if let Some(before) = aged.profiles()
        && checks.list_profiles(aged.is_configured())? != before
    {
        return Err(Failed::Check);
    }
    Ok(())
}

/// Runs `plugin update`; begins while no call is running. The command inherits the lock.
fn update(cli: &AliyunCli, lock: &File) -> Result<()> {
    let update = Update::begin(cli).context("calls were running all the time")?;
    let options = SpawnOptions { hold: Some(lock), ..SpawnOptions::default() };
    // The same command for every product.
    let arguments = Step::UpdatePlugins.arguments(Product::ALL[0]);
    let output = cli.run_or_leave(&arguments, UPDATE_LIMIT, &options)?;
    if !matches!(output.end, Termination::TimedOut(_)) {
        update.end();
    }
    reply::failure_message(&output).map_or(Ok(()), |reason| bail!("{reason}"))
}
