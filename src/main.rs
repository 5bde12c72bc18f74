//! alimsg sends WhatsApp and SMS messages on Alibaba Cloud by driving the `aliyun` CLI.
//!
//! The path of one message: `commands` (command line → request → call) → `delivery` (plan,
//! consent) → `guard` (the seven steps around every run of `aliyun`) → `process` (the child) →
//! `reply` (what it said) → `report` → `screen`.

mod call;
mod change;
mod codes;
mod commands;
mod conversation;
mod delivery;
mod facts;
mod failure;
mod fault;
mod guard;
mod host;
mod ledger;
mod link;
mod lock;
mod lookup;
mod media;
mod operations;
mod oss;
mod pages;
mod personal_data;
mod phone;
mod process;
mod qualification;
mod receipt;
mod recent;
mod reply;
mod report;
mod roles;
mod run;
mod sandbox;
mod screen;
mod secret;
mod service;
mod settings;
mod signals;
mod signature;
mod sms_template;
mod source;
mod state;
mod system;
mod template;
mod time;
mod variables;
mod vocabulary;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ErrorKind};

use commands::CommandLine;
use facts::Facts;
use failure::{Failure, Kind, Outcome};
use report::Report;
use roles::Role;
use run::Run;
use screen::Screen;
use settings::Settings;

fn main() -> ExitCode {
    match Role::of_this_process() {
        Role::User => user(),
        Role::Aliyun => simulated_aliyun(),
        Role::Watchdog => match guard::watchdog::main(std::io::stdin()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
    }
}

/// The program that people and scripts start. The only place that decides how it ends.
fn user() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return unread_line(&error),
    };
    let command = line.command;
    let name = command.name();
    let run = Run {
        screen: Screen::new(&line.globals),
        settings: Settings::from(line.globals),
        facts: Facts::default(),
    };
    run.screen.announce_sandbox();
    let result = match signals::watch() {
        Ok(()) => guarded_against_panics(&run, || command.run(&run)),
        Err(error) => Err(Failure::internal(format!("signals cannot be watched: {error}"))),
    };
    if let Err(error) = run.screen.end(name, &run.facts, &result) {
        run.screen.fall_back_to_stderr(&result, &error);
    }
    if let Some(signal) = signals::first() {
        system::die_of(signal);
    }
    ExitCode::from(result.map_or_else(|failure| failure.exit_code(), |_| 0))
}

/// A panic unwinds through the guard, which switches ai-mode off; then the user is told, as after
/// any other failure, whether a message went out.
fn guarded_against_panics(
    run: &Run,
    command: impl FnOnce() -> failure::Result<Report>,
) -> failure::Result<Report> {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| {
        let mut failure = Failure::internal("alimsg has a defect and stopped")
            .hint("please report it with the lines above");
        failure.outcome = run.facts.outcome.get();
        if failure.outcome == Outcome::Unknown {
            failure.kind = Kind::UnknownOutcome;
        }
        Err(failure)
    })
}

/// Help and version pages, and command lines that make no sense.
fn unread_line(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let wants_page = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let json = asks_for("--json", "ALIMSG_JSON");
    let screen = Screen::for_unread_line(json, asks_for("--sandbox", "ALIMSG_SANDBOX"));
    if wants_page && !(json && error.use_stderr()) {
        let _ = screen.page(&text);
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    // The first line says what is wrong; of the others, only tips and the usage help.
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default();
    let mut failure = Failure::usage(message.strip_prefix("error:").unwrap_or(message).trim());
    let usage = lines.clone().find_map(|line| line.strip_prefix("Usage:"));
    let tip = lines.find_map(|line| line.strip_prefix("tip:"));
    let command = usage.map_or("alimsg".into(), |usage| {
        let words = usage.split_whitespace();
        words.take_while(|word| !word.starts_with(['-', '<', '['])).collect::<Vec<_>>().join(" ")
    });
    failure.hint = Some(tip.map_or_else(
        || repair(error, &command).unwrap_or_else(|| format!("`{command} --help` shows the flags")),
        |tip| tip.trim().to_string(),
    ));
    let code = failure.exit_code();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        failure.message = format!("{command} needs to be told what to do");
        failure.hint = Some(format!("`{command} --help` lists its commands"));
    }
    let name = command.strip_prefix("alimsg").unwrap_or_default().trim();
    let _ = screen.end(name, &Facts::default(), &Err(failure));
    ExitCode::from(code)
}

/// How to write the line instead, where that can be told.
fn repair(error: &clap::Error, command: &str) -> Option<String> {
    let context = |kind| error.get(kind).map(ToString::to_string);
    let argument = context(ContextKind::InvalidArg)?;
    if let Some(values) = context(ContextKind::ValidValue).filter(|values| !values.is_empty()) {
        return Some(format!("the values of {argument} are {values}"));
    }
    match error.kind() {
        // clap's name for a value that is missing; the value that it found is empty.
        ErrorKind::InvalidValue => {
            Some(format!("give {argument} a value; one that begins with a dash as --flag=VALUE"))
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => Some(format!(
            "`{command} --help` shows the flags; a value that begins with a dash is written \
             --flag={argument}"
        )),
        _ => None,
    }
}

/// Whether something is wanted, asked of a command line that cannot be read.
fn asks_for(flag: &str, variable: &str) -> bool {
    let flagged = std::env::args_os().take_while(|word| word != "--").any(|word| word == flag);
    let falsy = ["", "0", "f", "false", "n", "no", "off"];
    let value = std::env::var(variable).unwrap_or_default().to_lowercase();
    flagged || !falsy.contains(&value.as_str())
}

/// This program as the `aliyun` of the sandbox.
fn simulated_aliyun() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let folder = std::env::var_os(roles::SANDBOX_FOLDER).unwrap_or_default();
    let answer = sandbox::answer(&arguments, Path::new(&folder), &|name| std::env::var(name).ok());
    std::thread::sleep(answer.delay);
    let _ = screen::relay(&answer.stdout, &answer.stderr);
    ExitCode::from(u8::try_from(answer.exit).unwrap_or(1))
}
