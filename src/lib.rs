//! alimsg sends WhatsApp, Viber and SMS messages on Alibaba Cloud by driving the `aliyun` CLI.
//!
//! The path of one message: [`cli`] (command line → draft) → [`send`] (plan, consent, record) →
//! [`aliyun`] (the guard around every process of `aliyun`) → [`os`] (the child process) →
//! [`api`] (its reply) → [`output`]. See `references/architecture.md` for an overview.

pub mod aliyun;
pub mod api;
pub mod batch;
pub mod chat;
mod cli;
pub mod context;
pub mod error;
pub mod message;
mod named_enum;
pub mod os;
pub mod output;
pub mod sandbox;
pub mod send;
pub mod settings;
pub mod sms;
pub mod storage;

use std::path::Path;
use std::process::ExitCode;

use crate::aliyun::guard::{recovery, renewal};
use crate::cli::{CommandLine, parse_error};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::os::role::Role;
use crate::os::signals;
use crate::output::Screen;
use crate::output::status::RunStatus;
use crate::settings::Settings;
use crate::settings::config::Config;

/// Runs the program in the role that an environment variable selects: alimsg also starts itself as
/// the watchdog, for [`renewal`], and as the simulated `aliyun` of the sandbox. A shell starts it to
/// complete a command line.
pub fn main() -> ExitCode {
    match Role::from_env() {
        Role::User => run(),
        Role::Aliyun => simulated_aliyun(),
        Role::Watchdog => {
            exit_code(&aliyun::guard::watchdog::main(std::io::stdin(), std::io::stdout()))
        }
        Role::Renewal => exit_code(&renewal::main(std::io::stdout())),
        Role::Completion => {
            let completions = cli::completions::answer::answer();
            exit_code(&completions.and_then(|text| Ok(output::relay(&text, "")?)))
        }
    }
}

/// The exit code of a helper process, which reports nothing else.
fn exit_code(result: &anyhow::Result<()>) -> ExitCode {
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a command for a user or a script. The only function that decides the exit code.
fn run() -> ExitCode {
    std::panic::set_hook(Box::new(output::panicked));
    let line = match CommandLine::from_process() {
        Ok(line) => line,
        Err(error) => return ExitCode::from(parse_error::report(&error)),
    };
    let command = line.command;
    let may_start_aliyun = command.may_start_aliyun() && !line.globals.dry_run;
    let options = line.globals.screen_options();
    let is_ai_mode_given = line.globals.ai_mode.is_some();
    let mut settings = Settings::from(line.globals);
    let configured = if command.is_configuration() {
        Ok(cli::defaults::Configured::default())
    } else {
        cli::defaults::apply(&mut settings, is_ai_mode_given)
    };
    if command.is_configuration()
        && let Ok(config) = Config::load(false)
    {
        settings.limits = config.limits().clone();
    }
    let screen = Screen::for_settings(options, &settings);
    let context = Context { screen, settings, status: RunStatus::default() };
    context.status.command.replace(line.name.clone());
    context.screen.announce_sandbox();
    let result = match signals::watch() {
        Ok(()) => error::catch_panic(Outcome::NotSent, || {
            // Nothing starts if the configuration is not valid.
            recovery::at_start(&context, may_start_aliyun && configured.is_ok());
            let configured = configured?;
            configured.warnings.into_iter().for_each(|warning| context.screen.warn(warning));
            context.status.used_defaults.replace(configured.used);
            context.screen.check_options()?;
            storage::check_settings(&context.settings)
                .map_err(|error| Failure::usage(format!("invalid --store: {error:#}")))?;
            send::limits::require_command(&context, &line.name)?;
            cli::run(&context, command)
        }),
        Err(error) => {
            recovery::at_start(&context, false);
            Err(Failure::environment(format!("cannot handle signals: {error}"))
                .hint("the limit on open files is reached: see `ulimit -n`"))
        }
    };
    let result = context.screen.shown_plan(result);
    let result = result.and_then(|report| context.screen.select_fields(report));
    let result = context.screen.complete_commands(result);
    if let Err(error) = context.screen.end(&line.name, &context.status, &result) {
        context.screen.fall_back_to_stderr(&result, &error);
    }
    if let Some(start) = context.status.after_run.take().filter(|_| signals::count() == 0) {
        start();
    }
    drop(context.status.until_end.take());
    if let Some(signal) = signals::first() {
        crate::os::system::reraise(signal);
        // The signal did not end this process, so return the conventional exit code for it.
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    ExitCode::from(result.map_or_else(|failure| failure.exit_code(), |report| report.exit_code()))
}

/// Runs this program as the `aliyun` of the sandbox.
fn simulated_aliyun() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let folder = std::env::var_os(crate::os::role::SANDBOX_FOLDER).unwrap_or_default();
    let reply = sandbox::answer(&arguments, Path::new(&folder), &|name| std::env::var(name).ok());
    std::thread::sleep(reply.delay);
    let _ = output::relay(&reply.stdout, &reply.stderr);
    ExitCode::from(u8::try_from(reply.exit).unwrap_or(1))
}
