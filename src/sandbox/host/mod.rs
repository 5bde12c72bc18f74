//! The commands of the simulated program itself: `version`, `configure`, `plugin`.

mod ai_mode;
mod configure;
mod flags;
pub mod oss;
pub mod plugins;
pub mod safety_policy;

use crate::api::operations::Product;
use crate::sandbox::answers::{Answer, host_error, printed};
use crate::sandbox::arguments::nearest_known;
use crate::sandbox::home::Home;
use flags::{HostFlag, ParsedFlags};

/// The `aliyun` version that the sandbox simulates.
pub const VERSION: &str = "3.4.11";

/// The help page, printed when no arguments are given.
pub fn usage() -> Answer {
    printed(format!(
        "Sandbox of the Alibaba Cloud CLI, version {VERSION}\n\nUsage:\n  aliyun <product> \
         <command> [--flag=value ...]\n\nProducts: {}\nOther commands: version, configure, plugin\n",
        Product::ALL.map(Product::name).join(", ")
    ))
}

/// Runs one of the program's own commands.
pub fn run(command: &str, args: &[String], home: &Home) -> Result<Answer, Answer> {
    match command {
        "version" => {
            parse_flags_only(args, &[])?;
            Ok(printed(format!("{VERSION}\n")))
        }
        "configure" => configure::run(args, home),
        "plugin" => plugins::run(args, home),
        other => {
            let products = Product::ALL.map(Product::name);
            Err(other_command(
                other,
                &[&products[..], &["version", "configure", "plugin"]].concat(),
            ))
        }
    }
}

/// The answer to a word that is not a known command: the help page if it asks for help, otherwise
/// exit code 2 with the closest known command.
fn other_command(word: &str, known: &[&str]) -> Answer {
    match word {
        "help" | "--help" | "-h" => usage(),
        flag if flag.starts_with('-') => host_error(2, &format!("invalid flag {flag}")),
        _ => {
            let hint = nearest_known(word, known.iter().copied());
            host_error(2, &format!("'{word}' is not a valid command or product{hint}"))
        }
    }
}

/// Splits off the command of a `configure` topic, which is `show` by default.
fn split_command<'a>(
    args: &'a [String],
    known: &[&str],
) -> Result<(&'a str, &'a [String]), Answer> {
    match args.split_first() {
        Some((first, _)) if first.starts_with('-') => Ok(("show", args)),
        None => Ok(("show", args)),
        Some((first, rest)) if known.contains(&first.as_str()) => Ok((first, rest)),
        Some((first, _)) => Err(other_command(first, known)),
    }
}

/// Parses the arguments of a command that takes only flags.
fn parse_flags_only(args: &[String], known: &[HostFlag]) -> Result<ParsedFlags, Answer> {
    let flags = flags::parse(args, known)?;
    match flags.words.first() {
        Some(word) => Err(other_command(word, &[])),
        None => Ok(flags),
    }
}

/// Aligns the columns like Go's `tabwriter`: a cell is as wide as the widest cell of its column
/// plus `padding`, and at least `minimum` characters. The last column is not padded.
fn table<const N: usize>(rows: &[[impl AsRef<str>; N]], minimum: usize, padding: usize) -> String {
    let width = |column: usize| {
        let longest = rows.iter().map(|row| row[column].as_ref().chars().count()).max();
        minimum.max(longest.unwrap_or_default() + padding)
    };
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = if column + 1 < N { width(column) } else { 0 };
            text.push_str(&format!("{:<width$}", cell.as_ref()));
        }
        text.push('\n');
    }
    text
}
