//! Every command of alimsg that a text of the source names is parsed: the tables of errors, lists of
//! candidates and hints. Commands that are put together at run time are checked by the suite.

use std::path::Path;

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use crate::cli::tests::*;

/// The string literals of a source file, without comments, with their escapes resolved as far as
/// commands need it.
fn literals(source: &str) -> Vec<String> {
    let code: Vec<&str> =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n").replace("'\"'", "").replace("'\\\"'", "");
    let mut literals = Vec::new();
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '"' {
            continue;
        }
        let mut literal = String::new();
        while let Some(character) = characters.next() {
            match (character, characters.peek().copied()) {
                ('"', _) => break,
                // The line goes on after the indentation.
                ('\\', Some('\n')) => {
                    while characters.peek().is_some_and(|next| next.is_whitespace()) {
                        characters.next();
                    }
                }
                ('\\', _) => literal.extend(characters.next()),
                _ => literal.push(character),
            }
        }
        literals.push(literal);
    }
    literals
}

/// The commands in a text, and whether each is complete. In backquotes, a sentence may leave out
/// what the user has to add.
fn commands(literal: &str) -> Vec<(String, bool)> {
    let mut commands: Vec<(String, bool)> =
        literal.split('`').skip(1).step_by(2).map(|part| (part.to_string(), false)).collect();
    // Other texts that begin with the name are sentences.
    let second = literal.strip_prefix("alimsg ").and_then(|words| words.split(' ').next());
    let is_command = |second| CommandLine::command().find_subcommand(second).is_some();
    if !literal.contains(['`', '\n']) && second.is_some_and(is_command) {
        commands.push((literal.to_string(), true));
    }
    commands.retain(|(command, _)| {
        command.strip_prefix("alimsg ").is_some_and(|words| words.starts_with(char::is_alphabetic))
    });
    commands
}

/// Replaces what is inserted at run time.
fn filled_in(command: &str) -> String {
    let mut parts = command.split('{');
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let is_flag = text.ends_with("--");
        text.push_str(if is_flag { "failed" } else { "1" });
        text.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    text
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"))
    {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_command_in_the_source_parses() {
    let mut sources = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let mut count = 0;
    for path in sources {
        let source = std::fs::read_to_string(&path).expect("a source file");
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (command, is_complete) in literals(source).iter().flat_map(|text| commands(text)) {
            let words = shell_words::split(&filled_in(&command)).expect(&command);
            let kind = CommandLine::try_parse_from(words).map_err(|error| error.kind()).err();
            let is_accepted = match kind {
                None | Some(ErrorKind::DisplayHelp) => true,
                Some(
                    ErrorKind::MissingRequiredArgument
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                ) => !is_complete,
                Some(_) => false,
            };
            assert!(is_accepted, "{}: {command}: {kind:?}", path.display());
            count += 1;
        }
    }
    assert!(count > 30, "{count} commands");
}

#[test]
fn commands_are_found_in_literals() {
    let source = "x(\"alimsg keys list\"); // \"alimsg no\"\n// \"alimsg no\"\n\
                  y(\"run `alimsg batches \\\n  show {id}` \\\"now\\\"\")";
    let found: Vec<_> = literals(source).iter().flat_map(|text| commands(text)).collect();
    assert_eq!(found[0], ("alimsg keys list".to_string(), true));
    assert!(found.contains(&("alimsg batches show {id}".to_string(), false)), "{found:?}");
    assert_eq!(
        filled_in("alimsg batches export {id} --{state} x"),
        "alimsg batches export 1 --failed x"
    );
}
