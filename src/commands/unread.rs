//! Command lines that are not carried out: requests for a page, and mistakes.

use clap::builder::{FalseyValueParser, TypedValueParser as _};
use clap::error::{ContextKind, ErrorKind};

use crate::failure::Failure;

/// What the user asked for, as far as it decides how to answer a line that cannot be read.
pub struct Asked {
    pub json: bool,
    pub sandbox: bool,
}

impl Asked {
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
    let command = usage.map_or("alimsg".into(), |usage| {
        let words = usage.split_whitespace();
        words.take_while(|word| !word.starts_with(['-', '<', '['])).collect::<Vec<_>>().join(" ")
    });
    let is_cut_short = matches!(
        error.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    );
    let failure = if is_cut_short {
        Failure::usage(format!("{command} needs to be told what to do"))
            .hint(format!("`{command} --help` lists its commands"))
    } else {
        let hint = tip.map(|tip| tip.trim().to_string()).or_else(|| repair(error, &command));
        Failure::usage(message.strip_prefix("error:").unwrap_or(message).trim())
            .hint(hint.unwrap_or_else(|| format!("`{command} --help` shows the flags")))
    };
    (command.strip_prefix("alimsg").unwrap_or_default().trim().to_string(), failure)
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
