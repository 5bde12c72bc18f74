//! Command lines that clap does not accept: requests for help or the version, and mistakes.

use std::error::Error as _;
use std::num::{IntErrorKind, ParseIntError};

use clap::builder::FalseyValueParser;
use clap::builder::TypedValueParser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::aliyun::guard::recovery;
use crate::cli::{corrections, help, tree};
use crate::error::Failure;
use crate::output::status::RunStatus;
use crate::output::{OutputFormat, Screen, ScreenOptions};

/// Whether a switch is on; works without clap.
fn is_set(flag: &str, variable: &str) -> bool {
    let in_arguments = std::env::args_os().take_while(|word| word != "--").any(|word| word == flag);
    let is_truthy = |value: std::ffi::OsString| {
        FalseyValueParser::new().parse_ref(&clap::Command::new("alimsg"), None, &value)
    };
    in_arguments
        || std::env::var_os(variable).is_some_and(|value| is_truthy(value).unwrap_or(false))
}

/// The format of the output and the filter; works without clap.
fn format() -> (OutputFormat, Option<String>) {
    let words: Vec<String> = std::env::args_os()
        .take_while(|word| word != "--")
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let value = |flag: &str| {
        words.iter().enumerate().find_map(|(index, word)| match word.strip_prefix(flag)? {
            "" => words.get(index + 1).cloned(),
            rest => rest.strip_prefix('=').map(String::from),
        })
    };
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let is_json = |output: Option<&str>| output == Some(OutputFormat::Json.name());
    let (output, jq) = (value("--output"), value("--jq"));
    if output.is_some() || jq.is_some() || words.iter().any(|word| word == "--json") {
        let json = jq.is_some() || output.is_none() || is_json(output.as_deref());
        return (if json { OutputFormat::Json } else { OutputFormat::Text }, jq);
    }
    let jq = variable("ALIMSG_JQ");
    let json = jq.is_some()
        || is_json(variable("ALIMSG_OUTPUT").as_deref())
        || is_set("--json", "ALIMSG_JSON");
    (if json { OutputFormat::Json } else { OutputFormat::Text }, jq)
}

/// Prints the help or version page, or the mistake in the command line; returns the exit code.
pub fn report(error: &clap::Error) -> u8 {
    let (format, jq) = format();
    let json = format == OutputFormat::Json;
    let sandbox = is_set("--sandbox", "ALIMSG_SANDBOX");
    let screen = Screen::new(ScreenOptions { format, jq, sandbox, ..ScreenOptions::default() });
    let facts = RunStatus::default();
    facts.ai_mode_disabled.set(recovery::warn_only(&screen, sandbox));
    if is_help_or_version(error) && !(json && error.use_stderr()) {
        let rendered = error.render().to_string();
        let page = match usage_words(&rendered) {
            Some(words) => help::page(&words).unwrap_or(rendered),
            None => rendered,
        };
        let _ = screen.page(&page);
        return if error.use_stderr() { 2 } else { 0 };
    }
    let (command, failure) = to_failure(error);
    let code = failure.exit_code();
    let result = Err(failure);
    if let Err(error) = screen.end(&command, &facts, &result) {
        screen.fall_back_to_stderr(&result, &error);
    }
    code
}

/// Whether the user asked for help or the version; clap reports that as an error.
fn is_help_or_version(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// The words of the command in a text with its usage.
fn usage_words(text: &str) -> Option<Vec<&str>> {
    let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage:"))?;
    let words = usage.split_whitespace().skip(1);
    Some(words.take_while(|word| !word.starts_with(['-', '<', '['])).collect())
}

/// The name of the command, and the failure that describes the mistake in its arguments.
fn to_failure(error: &clap::Error) -> (String, Box<Failure>) {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // clap puts the message in the first line. Of the other lines, only the tip and the usage are
    // used.
    let message = lines.next().unwrap_or_default();
    let tip = lines.find_map(|line| line.strip_prefix("tip:"));
    let typed = typed_words();
    let words = usage_words(&text).unwrap_or_else(|| tree::path(typed.iter().map(String::as_str)));
    let name = words.join(" ");
    let command = format!("alimsg {name}");
    let command = command.trim_end();
    let about = match error.kind() {
        ErrorKind::InvalidSubcommand => error.get(ContextKind::InvalidSubcommand),
        _ => error.get(ContextKind::InvalidArg),
    };
    let failure = match (error.kind(), about) {
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand, _) => {
            Failure::usage(format!("`{command}` needs a command"))
                .hint(format!("`{command} --help` lists the commands"))
        }
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) => {
            // clap writes `--flag <VALUE>`, or `<VALUE>` for a positional argument.
            let missing: Vec<&str> = missing
                .iter()
                .filter_map(|written| written.split_whitespace().next())
                .map(|word| word.trim_matches(['<', '>']))
                .collect();
            explain_missing(Failure::missing(&missing, vec![format!("{command} --help")]))
        }
        (ErrorKind::InvalidSubcommand, Some(ContextValue::String(word))) if !word.is_empty() => {
            corrections::command(word, &words, tip)
        }
        _ => {
            let message = number_message(error)
                .unwrap_or_else(|| message.strip_prefix("error:").unwrap_or(message).trim().into());
            let hint = tip
                .map(|tip| tip.trim().to_string())
                .or_else(|| suggestion(error, command, &typed));
            Failure::usage(message)
                .hint(hint.unwrap_or_else(|| format!("`{command} --help` shows the flags")))
        }
    };
    (name, failure)
}

/// Adds to the hint what each missing value is, as the help page describes it.
pub fn explain_missing(mut failure: Box<Failure>) -> Box<Failure> {
    let typed = typed_words();
    let path = tree::path(typed.iter().map(String::as_str));
    let Ok(command) = tree::command(&path) else { return failure };
    let describe = |missing: &String| {
        let argument =
            command.get_arguments().find(|argument| match missing.strip_prefix("--") {
                Some(long) => argument.get_long() == Some(long),
                None => argument.get_value_names().is_some_and(|names| names == [missing.as_str()]),
            })?;
        let help = argument.get_help()?.to_string();
        let help = help.split(" [").next().unwrap_or_default();
        Some(match help.split_once(": ") {
            Some((name, format)) => format!("{missing}: {name} ({format})"),
            None => format!("{missing}: {help}"),
        })
    };
    let descriptions: Vec<String> = failure.missing.iter().filter_map(describe).collect();
    if !descriptions.is_empty() {
        failure.hint = Some(descriptions.join("; "));
    }
    failure
}

/// The arguments of this process.
fn typed_words() -> Vec<String> {
    std::env::args_os().skip(1).filter_map(|word| word.into_string().ok()).collect()
}

/// The message for a number that is invalid or out of range.
fn number_message(error: &clap::Error) -> Option<String> {
    let argument = error.get(ContextKind::InvalidArg)?.to_string();
    let flag = argument.split_whitespace().next()?;
    let unit = if argument.ends_with("<SECS>") { "whole seconds" } else { "a whole number" };
    let source = error.source()?;
    if let Some(error_in_number) = source.downcast_ref::<ParseIntError>() {
        let value = error.get(ContextKind::InvalidValue)?.to_string();
        return (*error_in_number.kind() == IntErrorKind::InvalidDigit)
            .then(|| format!("{flag} takes {unit}, not {value:?}"));
    }
    // clap has no type for this error, only the text "0 is not in 1..=60". A range without an end has
    // the largest number of its type.
    let source = source.to_string();
    let range = source.split_once(" is not in ")?.1;
    if let Some(min) = range.strip_suffix(&format!("..{}", u64::MAX)) {
        return Some(format!("{flag} takes {unit}, {min} or more"));
    }
    let (min, max) = range.split_once("..=")?;
    Some(format!("{flag} takes {unit} from {min} to {max}"))
}

/// How to correct the command line, if the error shows it.
fn suggestion(error: &clap::Error, command: &str, typed: &[String]) -> Option<String> {
    let context = |kind| error.get(kind).map(ToString::to_string);
    let argument = context(ContextKind::InvalidArg)?;
    if let Some(values) = context(ContextKind::ValidValue).filter(|values| !values.is_empty()) {
        return Some(format!("possible values of {argument}: {values}"));
    }
    match error.kind() {
        // clap uses this kind, with an empty value, if a value is missing.
        ErrorKind::InvalidValue => {
            let flag = argument.split_whitespace().next()?;
            Some(format!(
                "give {argument} a value; write a value that begins with a dash as {flag}=VALUE"
            ))
        }
        ErrorKind::UnknownArgument => corrections::argument(&argument, command, typed),
        _ => None,
    }
}
