//! The commands of the simulated program itself: `version`, `configure`, `plugin`.

mod ai_mode;
mod configure;
mod flags;
pub mod oss;
pub mod plugins;
pub mod safety_policy;

use anyhow::Result;

use crate::api::operations::Product;
use crate::sandbox::answers::{Answer, host_error, printed};
use crate::sandbox::arguments::nearest_known;
use crate::sandbox::home::Home;
use flags::ParsedFlags;

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

/// Runs one of the program's own commands; `args` begins with its name.
pub fn run(args: &[String], home: &Home) -> Result<Answer> {
    let Some((command, rest)) = args.split_first() else { return Ok(usage()) };
    match command.as_str() {
        "version" => match flags::parse(rest, &[]) {
            Ok(ParsedFlags { help: true, .. }) => Ok(usage()),
            Ok(ParsedFlags { words, .. }) if !words.is_empty() => {
                Ok(no_such_command(&words[0], &[]))
            }
            Ok(_) => Ok(printed(format!("{VERSION}\n"))),
            Err(refusal) => Ok(refusal),
        },
        "configure" => configure::run(rest, home),
        "plugin" => plugins::run(rest, home),
        "help" | "--help" | "-h" => Ok(usage()),
        flag if flag.starts_with('-') => Ok(host_error(2, &format!("invalid flag {flag}"))),
        other => {
            let known: Vec<&str> = Product::ALL
                .iter()
                .map(|product| product.name())
                .chain(["version", "configure", "plugin"])
                .collect();
            Ok(no_such_command(other, &known))
        }
    }
}

/// The error for an unknown command: exit code 2 and the closest known command.
fn no_such_command(word: &str, known: &[&str]) -> Answer {
    let hint = nearest_known(word, known.iter().copied());
    host_error(2, &format!("'{word}' is not a valid command or product{hint}"))
}

/// Aligns the columns like Go's `tabwriter`: a cell is as wide as the widest cell of its column
/// plus `padding`, and at least `minimum` characters. The last column is not padded.
fn table(rows: &[Vec<String>], minimum: usize, padding: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let widest = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default();
            minimum.max(widest + padding)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < row.len() {
                let blanks = widths[column].saturating_sub(cell.chars().count());
                text.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        text.push('\n');
    }
    text
}
