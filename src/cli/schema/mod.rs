//! `alimsg schema`: the commands with their inputs, exit codes and results, as one JSON document.
//! Works offline.

mod document;
pub mod inputs;
mod outputs;

use serde_json::Value;

use crate::cli::prelude::*;
use crate::cli::tree;
pub use document::leaves;
use document::{Document, Overview};

#[derive(Debug, Args)]
#[command(after_help = "\
Prints one JSON document: every command with the JSON Schema of its inputs and of its output, and its
exit codes. Inputs have the names of the long flags, with _ instead of -. Nothing is started.

Examples:
  alimsg schema 'sms send'
  alimsg schema templates --short
  alimsg schema > alimsg.schema.json
  alimsg --sandbox schema whatsapp history --jq '.data.commands[0].output'")]
pub struct Flags {
    /// Command, or group of commands, for example 'sms send' [default: all commands]
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,

    /// Only the flags and the names of the fields of the result
    #[arg(long)]
    short: bool,
}

/// Prints the document.
///
/// # Errors
/// There is no such command; stdout cannot be written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let words: Vec<&str> = flags.words.iter().flat_map(|word| word.split_whitespace()).collect();
    let words = words.strip_prefix(&["alimsg"]).unwrap_or(&words);
    let name = words.join(" ");
    let path = words.iter().copied();
    if tree::path(path.clone()).len() != words.len() {
        return Err(Failure::usage(format!("there is no command {name:?}"))
            .hint("`alimsg --help` lists the commands")
            .next("alimsg schema --short"));
    }
    let document = Document::new(&tree::all(), &name);
    let report = if flags.short {
        Report::from_record(&Overview::new(&document), Value::Null)
    } else {
        Report::from_record(&document, Value::Null)
    };
    if context.screen.is_json() {
        return Ok(report);
    }
    let Report::Record { data, .. } = report else { return Ok(Report::Streamed) };
    let text = serde_json::to_string_pretty(&data).map_err(anyhow::Error::from)?;
    context.screen.page(&(text + "\n")).map_err(anyhow::Error::from)?;
    Ok(Report::Streamed)
}
