//! Suggestions for words on the command line that do not exist.

use crate::cli::tree;
use crate::error::Failure;

/// At most this many commands are suggested; a list of more is not helpful.
const MAX_COMMANDS: usize = 4;

/// Words that are not the name of a command, with the commands that a user wants.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("viber", &["whatsapp send text --channel-type viber", "templates list --channel viber"]),
    ("chat", &["whatsapp send", "whatsapp history"]),
    ("message", &["sms send", "whatsapp send text"]),
    ("msg", &["sms send", "whatsapp send text"]),
    ("messages", &["whatsapp history", "sms status"]),
    ("receipt", &["sms status"]),
    ("receipts", &["sms status"]),
    ("signature", &["sms signs list"]),
    ("signatures", &["sms signs list"]),
];

/// A failure for an unknown command, with the commands that the user can have meant. `tip` is
/// clap's suggestion, which only compares names of the same level.
pub fn command(word: &str, parent: &[&str], tip: Option<&str>) -> Box<Failure> {
    let parent = parent.join(" ");
    let program = format!("alimsg {parent}");
    let program = program.trim_end();
    let failure = Failure::usage(format!("`{program}` has no command {word:?}"));
    let candidates = candidates(word, &parent);
    if candidates.is_empty() {
        let hint = tip.map_or_else(
            || format!("`{program} --help` lists the commands"),
            |tip| tip.trim().to_owned(),
        );
        return failure.hint(hint);
    }
    let commands: Vec<String> = candidates.iter().map(|path| format!("`alimsg {path}`")).collect();
    failure
        .hint(format!("did you mean {}?", commands.join(" or ")))
        .next_all(candidates.iter().map(|path| format!("alimsg {path} --help")))
}

/// The commands with this name anywhere in the tree, those below the parent first.
fn candidates(word: &str, parent: &str) -> Vec<String> {
    let word = word.to_lowercase();
    if let Some((_, paths)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == word) {
        return paths.iter().map(ToString::to_string).collect();
    }
    let is_below = |path: &String| parent.is_empty() || path.starts_with(&format!("{parent} "));
    let level = parent.split_whitespace().count();
    let mut found: Vec<String> = Vec::new();
    for leaf in tree::leaves() {
        let words: Vec<&str> = leaf.split(' ').collect();
        // A group such as `whatsapp send` counts as well as a command.
        let same = words.iter().position(|name| *name == word);
        let longer = words.get(level).filter(|name| word.len() > 2 && name.starts_with(&word));
        let longer = longer.filter(|_| is_below(&leaf)).map(|_| level);
        if let Some(at) = same.or(longer) {
            let path = words[..=at].join(" ");
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    if found.iter().any(is_below) {
        found.retain(is_below);
    }
    if found.len() > MAX_COMMANDS { Vec::new() } else { found }
}

/// A hint for an argument that the command does not have. `typed` are the arguments of the program.
pub fn argument(argument: &str, command: &str, typed: &[String]) -> Option<String> {
    let at = typed.iter().position(|word| word == argument)?;
    let before = typed.get(at.checked_sub(1)?)?;
    if before.ends_with(',') {
        // The shell has split a list such as `-p 1, 2` into several arguments.
        let start = typed[..at].iter().rposition(|word| word.starts_with('-'))? + 1;
        let length = typed[at..].iter().take_while(|word| word.ends_with(',')).count() + 1;
        let list = typed.get(start..(at + length).min(typed.len()))?.concat();
        return Some(format!(
            "write the list without blanks after the commas: {} {list}",
            typed[start - 1]
        ));
    }
    if !argument.starts_with('-') {
        return None;
    }
    let flags = format!("`{command} --help` shows the flags");
    let path: Vec<&str> = command.split(' ').skip(1).collect();
    let takes_value = tree::command(&path).is_ok_and(|command| {
        let mut arguments = command.get_arguments();
        arguments.any(|argument| {
            argument.get_action().takes_values()
                && argument.get_long().is_some_and(|long| before.strip_prefix("--") == Some(long))
        })
    });
    Some(match takes_value {
        true => format!("{flags}; if it is the value of {before}, write {before}={argument}"),
        false => flags,
    })
}
