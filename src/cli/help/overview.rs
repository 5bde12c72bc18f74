//! The page of the program: its commands grouped by task, and the topics.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use crate::cli::CommandLine;
use crate::cli::help::{fit, topics};

/// The commands of each task. Commands that are not listed here are in the last group.
const TASKS: &[(&str, &[&str])] = &[
    ("Send", &["sms send", "sms batch", "whatsapp send", "whatsapp batch"]),
    (
        "See what happened",
        &[
            "sms status",
            "sms stats",
            "whatsapp status",
            "whatsapp history",
            "whatsapp session",
            "batches",
            "keys",
        ],
    ),
    (
        "Templates, senders and files",
        &[
            "templates",
            "sms signs",
            "sms qualifications",
            "whatsapp numbers",
            "whatsapp accounts",
            "whatsapp profile",
            "whatsapp automation",
            "whatsapp webhook",
            "whatsapp media",
        ],
    ),
    (
        "Set up and get help",
        &[
            "sandbox",
            "config",
            "doctor",
            "explain",
            "policy",
            "schema",
            "skill",
            "mcp",
            "completions",
            "man",
            "help",
        ],
    ),
];

const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100002 \\
      --param name=Alice --param order=42 --yes
  alimsg --sandbox whatsapp send text --from 8613800000001 --to 8613800001000 \\
      --text 'It is on its way.' --yes
";

/// The text of `alimsg --help`.
pub fn page() -> String {
    let tree = CommandLine::command();
    let about = tree.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!(
        "{about}\n\nUsage: alimsg <COMMAND> [OPTIONS]\n\nWithout an account, try --sandbox: nothing \
         is sent.\n"
    );
    for (index, (title, paths)) in TASKS.iter().enumerate() {
        let _ = writeln!(text, "\n{title}:");
        let listed = paths.iter().map(ToString::to_string);
        let rest = if index + 1 == TASKS.len() { unlisted(&tree) } else { Vec::new() };
        for path in listed.chain(rest) {
            if let Some(about) = about_of(&tree, &path) {
                let _ = writeln!(text, "  {path:21}{about}");
            }
        }
    }
    let _ = write!(text, "\n{EXAMPLES}\nAdd --help to a command to see its flags and examples.\n");
    let _ = write!(text, "\n{}", topics::list());
    fit::to_columns(&text) + "\n"
}

fn about_of(tree: &clap::Command, path: &str) -> Option<String> {
    let mut words = path.split(' ');
    let command = words.try_fold(tree, |command, word| command.find_subcommand(word))?;
    command.get_about().map(ToString::to_string)
}

/// The commands that no task lists: those of the program, and those of a group of which a task
/// lists some.
fn unlisted(tree: &clap::Command) -> Vec<String> {
    let listed = || TASKS.iter().flat_map(|(_, paths)| paths.iter().copied());
    let mut missing = Vec::new();
    for command in tree.get_subcommands() {
        let name = command.get_name();
        let prefix = format!("{name} ");
        if listed().any(|path| path.starts_with(&prefix)) {
            let paths =
                command.get_subcommands().map(|child| format!("{prefix}{}", child.get_name()));
            missing.extend(paths.filter(|path| !listed().any(|listed| listed == path)));
        } else if !listed().any(|path| path == name) {
            missing.push(name.to_owned());
        }
    }
    missing
}
