//! The tree of commands. Building all flags takes longer than parsing, so a command builds its flags
//! when it is used, and a normal run only has the commands that lead to its own.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args as _, CommandFactory as _, Subcommand as _};

use crate::cli::global_flags::GlobalFlags;
use crate::cli::{Command, CommandLine, sms, whatsapp};

/// The program with the one command that the arguments name. A line that it parses means the same
/// in the whole tree. It may reject a valid line, for example if the value of a flag has the name of
/// a command.
pub fn narrowed(arguments: &[OsString]) -> Option<clap::Command> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str()).peekable();
    // clap copies a global flag to each command below it, which takes as long as parsing. If the
    // words of the command come first, only the command itself needs these flags.
    let are_words_first = words.peek().is_some_and(|word| !word.starts_with('-'));
    let first = words.peek().copied().unwrap_or_default();
    let mut tree = with_group(first);
    let command = take_path(&mut tree, &mut words, are_words_first)?;
    let program = clap::Command::new("alimsg").disable_help_subcommand(true).subcommand(command);
    Some(if are_words_first { program } else { GlobalFlags::augment_args(program) })
}

/// The program with the group of this name, or with all groups. Building the names of all commands
/// takes as long as parsing, so the groups that send are built alone.
fn with_group(name: &str) -> clap::Command {
    let program = clap::Command::new("alimsg");
    let group = match name {
        "sms" => sms::Command::augment_subcommands(clap::Command::new("sms")),
        "whatsapp" => whatsapp::Command::augment_subcommands(clap::Command::new("whatsapp")),
        _ => return Command::augment_subcommands(program),
    };
    program.subcommand(group)
}

/// Takes the command that the words name out of the tree, without the others beside it, and adds the
/// global flags to it if it has to have them itself.
fn take_path<'w>(
    parent: &mut clap::Command,
    words: &mut impl Iterator<Item = &'w str>,
    with_globals: bool,
) -> Option<clap::Command> {
    let found = words.find_map(|word| {
        parent.get_subcommands_mut().find(|command| command.get_name() == word).map(std::mem::take)
    });
    let mut command = found?;
    if !command.has_subcommands() {
        let no_longer_global = |flag: clap::Arg| flag.global(false);
        return Some(match with_globals {
            true => GlobalFlags::augment_args(command).mut_args(no_longer_global),
            false => command,
        });
    }
    let child = take_path(&mut command, words, with_globals)?;
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

/// The paths of all commands, a group before its commands. That of the program is empty.
pub fn paths() -> Vec<String> {
    fn collect(command: &clap::Command, path: &str, paths: &mut Vec<String>) {
        paths.push(path.trim_start().to_owned());
        for child in command.get_subcommands() {
            collect(child, &format!("{path} {}", child.get_name()), paths);
        }
    }
    let mut paths = Vec::new();
    collect(&CommandLine::command(), "", &mut paths);
    paths
}

/// The whole tree with the flags of all commands.
pub fn all() -> clap::Command {
    let original = CommandLine::command();
    let mut tree = original.clone();
    tree.build();
    with_purposes(tree, &original)
}

/// Building replaces the purpose of a command by the description of its flags; this restores it.
fn with_purposes(command: clap::Command, original: &clap::Command) -> clap::Command {
    let command = match original.get_about() {
        Some(about) => command.about(about.clone()),
        None => command,
    };
    command.mut_subcommands(|child| match original.find_subcommand(child.get_name()) {
        Some(original) => with_purposes(child, original),
        None => child,
    })
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
