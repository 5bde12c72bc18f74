//! Command lines that are not carried out: requests for a page, and mistakes.

use clap::CommandFactory as _;
use clap::builder::FalseyValueParser;
use clap::builder::TypedValueParser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::aliyun::guard::recovery;
use crate::error::Failure;
use crate::output::Screen;
use crate::output::status::RunStatus;

/// What the user asked for, as far as it decides how to answer a line that cannot be read.
pub struct EarlyFlags {
    pub json: bool,
    pub sandbox: bool,
}

impl EarlyFlags {
    pub fn of_this_process() -> Self {
        Self {
            json: asks_for("--json", "ALIMSG_JSON"),
            sandbox: asks_for("--sandbox", "ALIMSG_SANDBOX"),
        }
    }
}

fn asks_for(flag: &str, variable: &str) -> bool {
    let flagged = std::env::args_os().take_while(|word| word != "--").any(|word| word == flag);
    let truthy = |value: std::ffi::OsString| {
        FalseyValueParser::new().parse_ref(&clap::Command::new("alimsg"), None, &value)
    };
    flagged || std::env::var_os(variable).is_some_and(|value| truthy(value).unwrap_or(false))
}

/// Prints the help or version page, or what is wrong with the command line; returns the exit code.
pub fn report(error: &clap::Error) -> u8 {
    let asked = EarlyFlags::of_this_process();
    let screen = Screen::for_parse_error(asked.json, asked.sandbox);
    let facts = RunStatus::default();
    facts.ai_mode_disabled.set(recovery::warn_only(&screen, asked.sandbox));
    if is_page(error) && !(asked.json && error.use_stderr()) {
        let _ = screen.page(&error.render().to_string());
        return if error.use_stderr() { 2 } else { 0 };
    }
    let (command, failure) = mistake(error);
    let code = failure.exit_code();
    let result = Err(failure);
    if let Err(error) = screen.end(&command, &facts, &result) {
        screen.fall_back_to_stderr(&result, &error);
    }
    code
}

/// Whether it is no mistake, but a wish for help or the version.
pub fn is_page(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// The words of the command, and what is wrong with its line.
pub fn mistake(error: &clap::Error) -> (String, Box<Failure>) {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // The first line says what is wrong; of the others, only tips and the usage help.
    let message = lines.next().unwrap_or_default();
    let usage = lines.clone().find_map(|line| line.strip_prefix("Usage:"));
    let tip = lines.find_map(|line| line.strip_prefix("tip:"));
    let words = usage.map_or_else(words_of_this_process, |usage| {
        let words = usage.split_whitespace().skip(1);
        words.take_while(|word| !word.starts_with(['-', '<', '['])).map(String::from).collect()
    });
    let name = words.join(" ");
    let command = format!("alimsg {name}");
    let command = command.trim_end();
    let missing = error.get(ContextKind::InvalidArg);
    let failure = match (error.kind(), missing) {
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand, _) => {
            Failure::usage(format!("{command} needs to be told what to do"))
                .hint(format!("`{command} --help` lists its commands"))
        }
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) => {
            // `--flag <VALUE>`, or `<VALUE>` for one that has no flag.
            let missing: Vec<&str> = missing
                .iter()
                .filter_map(|written| written.split_whitespace().next())
                .map(|word| word.trim_matches(['<', '>']))
                .collect();
            Failure::missing(&missing, vec![format!("{command} --help")])
        }
        _ => {
            let hint = tip.map(|tip| tip.trim().to_string()).or_else(|| repair(error, command));
            Failure::usage(message.strip_prefix("error:").unwrap_or(message).trim())
                .hint(hint.unwrap_or_else(|| format!("`{command} --help` shows the flags")))
        }
    };
    (name, failure)
}

/// The words of the command that was typed, where the error does not repeat them.
fn words_of_this_process() -> Vec<String> {
    let mut tree = &crate::cli::CommandLine::command();
    let mut words = Vec::new();
    for word in std::env::args_os().skip(1).filter_map(|word| word.into_string().ok()) {
        if let Some(command) = tree.find_subcommand(&word) {
            tree = command;
            words.push(word);
        }
    }
    words
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
            "`{command} --help` shows the flags; if it was meant as a value: --flag={argument}"
        )),
        _ => None,
    }
}
