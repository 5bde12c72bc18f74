//! The checks of `alimsg doctor`: what a run needs, each with its state and how to fix it.
//!
//! Nothing is changed, no product call is made and ai-mode is not switched on. [`apply`] makes the
//! repairs that the checks suggest.

mod ai_mode_state;
mod machine;

use std::fs::File;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Recovery};
use crate::aliyun::guard::checks::{self, Checks};
use crate::aliyun::guard::preflight::Preflight;
use crate::aliyun::guard::preflight_cache::{Identity, PreflightCache};
use crate::aliyun::guard::unusable::{lock_failure, unusable};
use crate::aliyun::guard::{run_step, safety_policy, steps};
use crate::api::account::{self, EnvCredentials};
use crate::api::operations::{Access, Product};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::system;
use crate::settings::AiModeMethod;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Ok,
    /// A run works, but something is unusual.
    Warning,
    /// A run would stop here.
    Failed,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What [`apply`] can repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    SwitchOffAiMode,
    InstallPlugin(Product),
    RemoveStaleFiles(Vec<PathBuf>),
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Check {
    pub name: &'static str,
    pub status: Status,
    pub message: String,
    /// What to do, or a command.
    pub fix: Option<String>,
    #[serde(skip)]
    pub repair: Option<Repair>,
    /// How a run would fail.
    #[serde(skip)]
    pub failure: Option<Box<Failure>>,
}

/// The command that makes the repairs.
pub const FIX: &str = "alimsg doctor --fix";

impl Check {
    fn new(name: &'static str, status: Status, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { name, status, message, fix: None, repair: None, failure: None }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, message)
    }

    fn warning(name: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..Self::new(name, Status::Warning, message) }
    }

    fn repairable(name: &'static str, message: impl Into<String>, repair: Repair) -> Self {
        Self { repair: Some(repair), ..Self::warning(name, message, FIX) }
    }

    fn failed(name: &'static str, failure: Box<Failure>) -> Self {
        let fix = match (&failure.hint, failure.next.first()) {
            (Some(hint), Some(next)) => Some(format!("{hint}: {next}")),
            (Some(text), None) | (None, Some(text)) => Some(text.clone()),
            (None, None) => None,
        };
        let message = failure.message.clone();
        Self { fix, failure: Some(failure), ..Self::new(name, Status::Failed, message) }
    }
}

/// Runs all checks, in the order of the guard's steps, and then those of the machine.
///
/// # Errors
/// A signal arrived.
pub fn diagnose(context: &Context) -> Result<Vec<Check>> {
    let version = env!("CARGO_PKG_VERSION");
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let mut checks = vec![Check::ok("alimsg", format!("{version}, {system} {processor}"))];
    match AliyunCli::find(&context.settings) {
        Ok(cli) => {
            checks.push(Check::ok("aliyun", cli.program.display().to_string()));
            checks.extend(machine::shadowed(context, &cli));
            checks.push(machine::configuration_folder(context, &cli));
            checks.extend(check_cli(context, &cli)?);
            checks.push(ai_mode_state::check(context, &cli));
            checks.push(check_safety_policy(&cli));
        }
        Err(failure) => checks.push(Check::failed("aliyun", failure)),
    }
    checks.extend(machine::checks(context));
    Ok(checks)
}

/// The checks that start `aliyun`: version, plugins and credentials.
fn check_cli(context: &Context, cli: &AliyunCli) -> Result<Vec<Check>> {
    let run = |arguments: &[String], [hold, also_hold]: [Option<&File>; 2]| {
        run_step(context, cli, arguments, hold, also_hold)
    };
    let checks = Checks { cli, product: Product::Cams, run: &run };
    let mut found = Vec::new();
    match stop_on_signal(checks.check_version())? {
        Ok(version) => found.push(Check::ok("version", format!("aliyun {version}"))),
        // Nothing else can be asked then.
        Err(failure) => return Ok(vec![Check::failed("version", failure)]),
    }
    match stop_on_signal(checks.list_plugins())? {
        Ok(table) => found.extend(Product::ALL.map(|product| check_plugin(cli, &table, product))),
        Err(failure) => found.push(Check::failed("plugins", failure)),
    }
    found.extend(check_account(context, cli, &checks)?);
    Ok(found)
}

fn check_plugin(cli: &AliyunCli, table: &str, product: Product) -> Check {
    let plugin = product.plugin();
    let name = match product {
        Product::Cams => "plugin_cams",
        Product::Dysmsapi => "plugin_dysmsapi",
    };
    if checks::is_usable(cli, table, plugin) {
        let version = cli.plugin_version(plugin).unwrap_or_default();
        return Check::ok(name, format!("{plugin} {version}").trim_end());
    }
    let state = if cli.lacks_folder_of(plugin) { "damaged" } else { "not installed" };
    let message = format!("{plugin} is {state}; the first run that needs it installs it");
    Check::repairable(name, message, Repair::InstallPlugin(product))
}

fn check_account(context: &Context, cli: &AliyunCli, checks: &Checks<'_>) -> Result<Vec<Check>> {
    let credentials = EnvCredentials::from_process(&context.settings);
    let mut found = Vec::new();
    let profiles = if credentials.decides_alone(&context.settings) {
        Ok(Vec::new())
    } else {
        stop_on_signal(checks.list_profiles(Identity::now(cli).is_configured()))?
    };
    let account = profiles.and_then(|profiles| {
        account::resolve(&cli.shown, &context.settings, &credentials, &profiles)
    });
    match account {
        Ok(account) => {
            found.push(match account.warning() {
                Some(warning) => Check::warning("credentials", warning, "--credentials env"),
                None => Check::ok("credentials", account.describe()),
            });
            found.push(match &account.region {
                Some(region) => Check::ok("region", region),
                None => Check::warning("region", "not set", "--region, or `aliyun configure`"),
            });
            context.status.account.replace(Some(account));
        }
        Err(failure) => found.push(Check::failed("credentials", failure)),
    }
    if credentials.recorded {
        found.push(Check::warning(
            "mock",
            "ALIBABA_CLOUD_CLI_MOCK is set: aliyun returns recorded replies",
            "unset ALIBABA_CLOUD_CLI_MOCK",
        ));
    }
    Ok(found)
}

/// Only a policy that denies every send would stop every run that sends.
fn check_safety_policy(cli: &AliyunCli) -> Check {
    const NAME: &str = "safety_policy";
    let (mut denied, mut send_failure, mut allows_a_send) = (Vec::new(), None, false);
    for operation in Product::ALL.into_iter().flat_map(Product::operations) {
        let is_send = operation.access == Access::Send;
        match safety_policy::check(cli, operation) {
            Ok(()) => allows_a_send |= is_send,
            Err(failure) => {
                denied.push(format!("{}:{}", operation.product.name(), operation.command));
                send_failure = send_failure.or(is_send.then_some(failure));
            }
        }
    }
    match send_failure {
        Some(failure) if !allows_a_send => Check::failed(NAME, failure),
        _ if denied.is_empty() => Check::ok(NAME, "allows all calls"),
        _ => Check::warning(
            NAME,
            format!("does not allow {}", denied.join(", ")),
            format!("{} configure safety-policy list", cli.shown),
        ),
    }
}

/// Makes a repair; returns what was done.
///
/// # Errors
/// The repair failed.
pub fn apply(context: &Context, repair: &Repair) -> Result<String> {
    match repair {
        Repair::RemoveStaleFiles(files) => {
            for file in files {
                let removed = std::fs::remove_file(file);
                removed.map_err(|error| {
                    Failure::environment(format!("cannot remove {}: {error}", file.display()))
                })?;
            }
            Ok(format!("removed {} stale files", files.len()))
        }
        Repair::SwitchOffAiMode => {
            let cli = AliyunCli::find(&context.settings)?;
            match AiMode::with_screen(&cli, &context.screen).switch_off_unused() {
                Recovery::SwitchedOff => {
                    context.status.ai_mode_disabled.set(true);
                    Ok(format!(
                        "switched ai-mode off; to switch it on again: {} configure ai-mode enable",
                        cli.shown
                    ))
                }
                Recovery::NotNeeded => {
                    Ok("ai-mode is used by a running alimsg, which will switch it off".to_string())
                }
                Recovery::Failed(reason) => Err(Failure::environment(format!(
                    "ai-mode could not be switched off: {reason}"
                ))),
            }
        }
        Repair::InstallPlugin(product) => {
            let cli = AliyunCli::find(&context.settings)?;
            install(context, &cli, *product)?;
            Ok(format!("installed {}", product.plugin()))
        }
    }
}

fn install(context: &Context, cli: &AliyunCli, product: Product) -> Result<()> {
    let env_credentials = EnvCredentials::from_process(&context.settings);
    let preflight = Preflight { context, cli, product, env_credentials: &env_credentials };
    let lock = AiMode::with_screen(cli, &context.screen)
        .lock_preflight(AiModeMethod::Switch)
        .map_err(lock_failure)?;
    let run = |arguments: &[String], [hold, also_hold]: [Option<&File>; 2]| {
        run_step(context, cli, arguments, hold, also_hold)
    };
    preflight.install_plugin(&Checks { cli, product, run: &run }, &lock)?;
    // It has the version of the plugin before the repair.
    PreflightCache::remove(cli);
    Ok(())
}

/// The commands of the checks, for a dry run.
pub fn commands() -> [Vec<String>; 3] {
    [steps::Step::CheckVersion, steps::Step::ListPlugins, steps::Step::ListProfiles]
        .map(|step| step.arguments(Product::Cams))
}

/// Passes a signal on; every other failure is the result of the check.
fn stop_on_signal<T>(result: Result<T>) -> Result<Result<T>> {
    match result {
        Err(failure) if failure.kind == crate::error::Kind::Cancelled => Err(failure),
        other => Ok(other),
    }
}

/// The check of a folder that a run has to write to.
fn check_writable(name: &'static str, folder: &std::path::Path) -> Option<Check> {
    if !folder.exists() || system::is_writable(folder) {
        return None;
    }
    let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let error = anyhow::Error::new(error).context(format!("cannot write {}", folder.display()));
    Some(Check::failed(name, unusable(&error)))
}
