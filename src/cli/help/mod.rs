//! `alimsg help` and the pages of `--help`: the program's own page, commands and topics.

mod fit;
mod overview;
pub mod required;
mod topics;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::prelude::*;
use crate::cli::tree;

/// Maximum width of every page.
pub const MAX_COLUMNS: usize = 80;

/// The last line of the page of a command.
const FOOTER: &str = "Flags of all commands, such as --json and --dry-run: `alimsg help flags`";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg help topics
  alimsg help flags
  alimsg help sms send
  alimsg --sandbox help sandbox")]
pub struct Flags {
    /// A topic, or the words of a command [default: the list of commands and topics]
    #[arg(value_name = "TOPIC|COMMAND")]
    words: Vec<String>,
}

/// A page, with `--json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page {
    /// The topic, or the words of the command.
    topic: String,
    text: String,
}

/// Prints a page.
///
/// # Errors
/// There is no such topic or command.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let words: Vec<&str> = flags.words.iter().map(String::as_str).collect();
    let text = match &*words {
        [topic] if topics::find(topic).is_some() => topics::find(topic).unwrap_or_default(),
        words => page(words).map_err(|_| {
            let about = words.join(" ");
            Failure::usage(format!("there is no help about {about:?}"))
                .hint("give a topic, or the words of a command as in `alimsg help sms send`")
                .next("alimsg help topics")
                .next("alimsg help")
        })?,
    };
    if context.screen.is_json() {
        let page = Page { topic: words.join(" "), text };
        return Ok(Report::from_record(&page, serde_json::Value::Null));
    }
    context
        .screen
        .page(&text)
        .map_err(|error| Failure::internal(format!("cannot write to stdout: {error}")))?;
    Ok(Report::Streamed)
}

/// The page of the command with these words; without words, of the program.
///
/// # Errors
/// A word is not a command.
pub fn page(words: &[&str]) -> clap::error::Result<String> {
    if words.is_empty() {
        return Ok(overview::page());
    }
    let command = tree::command(words)?;
    let end = end(&command);
    let mut command = required::mark(command.after_help(""), &words.join(" "));
    let start = command.render_help().to_string();
    Ok(format!("{}\n\n{end}", start.trim_end()))
}

/// The end of the page of a command: examples and notes. clap would break their lines without `\`.
pub fn end(command: &clap::Command) -> String {
    let end = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let end = fit::to_columns(end.trim());
    if end.is_empty() { format!("{FOOTER}\n") } else { format!("{end}\n\n{FOOTER}\n") }
}

/// The texts of all topics.
pub fn all_topics() -> String {
    topics::names().filter_map(topics::find).collect::<Vec<_>>().join("\n")
}

/// The words that `alimsg help` takes first.
pub fn subjects() -> Vec<String> {
    let commands = tree::paths().into_iter().filter(|path| !path.is_empty() && !path.contains(' '));
    topics::names().map(String::from).chain(commands).collect()
}
