//! The tree of commands. Building all flags takes longer than parsing, so a command builds its flags
//! when it is used, and a normal run only has the commands that lead to its own.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use crate::cli::CommandLine;
use crate::cli::global_flags::GlobalFlags;

/// The program with the one command that the arguments name. A line that it parses means the same
/// in the whole tree. It may reject a valid line, for example if the value of a flag has the name of
/// a command.
pub fn narrowed(mut tree: clap::Command, arguments: &[OsString]) -> Option<clap::Command> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let command = take_path(&mut tree, &mut words)?;
    let program = clap::Command::new("alimsg").disable_help_subcommand(true);
    Some(<GlobalFlags as clap::Args>::augment_args(program).subcommand(command))
}

/// Takes the command that the words name out of the tree, without the others beside it.
fn take_path<'w>(
    parent: &mut clap::Command,
    words: &mut impl Iterator<Item = &'w str>,
) -> Option<clap::Command> {
    let found = words.find_map(|word| {
        parent.get_subcommands_mut().find(|command| command.get_name() == word).map(std::mem::take)
    });
    let mut command = found?;
    if !command.has_subcommands() {
        return Some(command);
    }
    let child = take_path(&mut command, words)?;
    // clap needs a name that lives as long as the program.
    let name: &'static str = command.get_name().to_owned().leak();
    Some(clap::Command::new(name).disable_help_subcommand(true).subcommand(child))
}

/// The words that name a command and the groups above it. Other words are skipped.
pub fn path<'w>(words: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
    let tree = CommandLine::command();
    let mut command = &tree;
    let mut path = Vec::new();
    for word in words {
        if let Some(child) = command.find_subcommand(word) {
            command = child;
            path.push(word);
        }
    }
    path
}

/// The paths of all commands without commands below them.
pub fn leaves() -> Vec<String> {
    fn collect(command: &clap::Command, path: &str, leaves: &mut Vec<String>) {
        for child in command.get_subcommands() {
            let path = format!("{path} {}", child.get_name());
            if child.has_subcommands() {
                collect(child, &path, leaves);
            } else {
                leaves.push(path.trim_start().to_owned());
            }
        }
    }
    let mut leaves = Vec::new();
    collect(&CommandLine::command(), "", &mut leaves);
    leaves
}

/// A command with its flags.
///
/// # Errors
/// A word of the path is not a command.
pub fn command(path: &[&str]) -> clap::error::Result<clap::Command> {
    let mut command = CommandLine::command();
    let about = path.iter().try_fold(&command, |command, word| command.find_subcommand(word));
    let about = about.and_then(|command| command.get_about().cloned());
    // Parsing builds the commands of the path, and only these.
    let words = std::iter::once("alimsg").chain(path.iter().copied()).chain(["--help"]);
    match command.try_get_matches_from_mut(words) {
        Err(error) if error.kind() != ErrorKind::DisplayHelp => return Err(error),
        _ => {}
    }
    for word in path {
        command = command.find_subcommand_mut(word).map(std::mem::take).unwrap_or_default();
    }
    // Building replaces the purpose of the command by the description of its flags.
    Ok(match about {
        Some(about) => command.about(about),
        None => command,
    })
}
