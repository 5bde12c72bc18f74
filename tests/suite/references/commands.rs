//! The commands in the pages: those of the shell blocks run, and those in the text exist.

use std::fs;
use std::path::PathBuf;

use super::{project, quoted, shell_commands};
use crate::readme::{commands, runnable};
use crate::support::World;

/// Pages that other tests generate or run.
const TESTED_ELSEWHERE: [&str; 4] =
    ["commands.md", "error-codes.md", "ram-policies.md", "scaling.md"];

/// The README, the changes and all references, with their text.
fn pages() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = vec![project().join("README.md"), project().join("CHANGELOG.md")];
    let entries = fs::read_dir(project().join("references")).into_iter().flatten();
    paths.extend(entries.map(|entry| entry.expect("an entry").path()));
    paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
    paths.sort();
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    // A package has no references.
    paths.iter().filter_map(|path| Some((name(path), fs::read_to_string(path).ok()?))).collect()
}

fn by_hand() -> impl Iterator<Item = (String, String)> {
    pages().into_iter().filter(|(name, _)| !TESTED_ELSEWHERE.contains(&name.as_str()))
}

#[test]
fn the_console_commands_of_every_reference_succeed_on_a_fresh_machine() {
    for (page, text) in by_hand().filter(|(name, _)| name != "README.md") {
        let world = World::with_alimsg_alone();
        for command in commands(&text) {
            let ran = world.type_line(&runnable(&command));
            assert_eq!(ran.exit(), 0, "{page}: $ {command}\n{ran:#?}");
        }
    }
}

#[test]
fn the_commands_for_a_real_account_succeed_as_dry_runs() {
    let mut count = 0;
    for (page, text) in by_hand() {
        let world = World::with_alimsg_alone();
        for command in shell_commands(&text) {
            let dry_run = if command.contains("--dry-run") { "" } else { " --dry-run" };
            let ran = world.type_line(&format!("{command}{dry_run}"));
            assert_eq!(ran.exit(), 0, "{page}: $ {command}\n{ran:#?}");
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}

/// The help pages: name and text.
fn sections(reference: &str) -> Vec<(&str, &str)> {
    let parts = reference.split("\n## alimsg").skip(1);
    parts.filter_map(|part| part.split_once('\n')).map(|(name, text)| (name.trim(), text)).collect()
}

/// Why a command in the text is wrong.
fn complaint(command: &str, sections: &[(&str, &str)]) -> Option<String> {
    let command = command.strip_prefix("alimsg ")?.replace("--sandbox ", "");
    // A topic of help is not a command of its own.
    if command.starts_with("help") || command.starts_with('-') {
        return None;
    }
    let is_prefix = |name: &str| format!("{command} ").starts_with(&format!("{name} "));
    let found = sections.iter().filter(|(name, _)| !name.is_empty() && is_prefix(name));
    let Some((name, text)) = found.max_by_key(|(name, _)| name.len()) else {
        return Some("no such command".into());
    };
    let next = command[name.len()..].split_whitespace().next().unwrap_or_default();
    let is_word = !next.is_empty() && next.chars().all(|one| one.is_ascii_lowercase());
    if text.contains("\nCommands:\n") && is_word {
        return Some(format!("`{name}` has no command {next}"));
    }
    let everywhere = sections.iter().find(|(name, _)| name.is_empty()).map_or("", |(_, text)| text);
    let flags = command.split([' ', '=', '`', ',']).filter(|word| word.starts_with("--"));
    let known = |flag: &str| {
        [*text, everywhere]
            .iter()
            .any(|text| text.split([' ', '\n', ',', '=', '[']).any(|w| w == flag))
            || text.contains("<COMMAND>")
    };
    flags
        .filter(|flag| flag.len() > 2)
        .find(|flag| !known(flag))
        .map(|flag| format!("no flag {flag}"))
}

#[test]
fn the_commands_in_the_text_exist_with_their_flags() {
    let all = pages();
    let Some((_, reference)) = all.iter().find(|(name, _)| name == "commands.md") else { return };
    let sections = sections(reference);
    assert!(sections.len() > 40);
    let mut count = 0;
    for (page, text) in all.iter().filter(|(name, _)| name != "commands.md") {
        for command in quoted(text).iter().filter(|word| word.starts_with("alimsg ")) {
            count += 1;
            let complaint = complaint(command, &sections);
            assert_eq!(complaint, None, "{page}: `{command}`");
        }
    }
    assert!(count > 50, "{count}");
    assert!(complaint("alimsg sms sned", &sections).is_some());
    assert!(complaint("alimsg sms send --nonsense", &sections).is_some());
    assert!(complaint("alimsg sms send … --wait", &sections).is_none());
}

#[test]
fn every_exit_code_of_a_kind_is_in_the_page() {
    use alimsg::error::Kind;
    let all = pages();
    let Some((_, page)) = all.iter().find(|(name, _)| name == "exit-codes.md") else { return };
    for kind in [
        Kind::Internal,
        Kind::Usage,
        Kind::Environment,
        Kind::Credentials,
        Kind::Permission,
        Kind::Rejected,
        Kind::Throttled,
        Kind::UnknownOutcome,
        Kind::Partial,
        Kind::Cancelled,
    ] {
        let name = serde_json::to_value(kind).expect("a name");
        let name = format!("`{}`", name.as_str().expect("a text"));
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", kind.exit_code())));
        assert!(row.is_some_and(|row| row.contains(&name)), "{name}: {row:?}");
    }
}

#[test]
fn the_readme_is_short_and_links_every_page() {
    let all = pages();
    let Some((_, readme)) = all.iter().find(|(name, _)| name == "README.md") else { return };
    let lines = readme.lines().count();
    assert!(lines < 200, "{lines} lines");
    for (name, _) in all.iter().filter(|(name, _)| name != "README.md") {
        assert!(
            readme.contains(&format!("{name})")) || readme.contains(&format!("{name}#")),
            "{name}"
        );
    }
}
