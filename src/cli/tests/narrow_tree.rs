//! A line means the same in the tree with one command as in the tree with all commands.

use std::ffi::OsString;

use clap::CommandFactory as _;

use crate::cli::{CommandLine, tree};

fn arguments(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

/// The line as the whole tree parses it.
fn parsed(line: &str) -> Option<String> {
    let line = CommandLine::parse(CommandLine::command(), &arguments(line)).ok()?;
    Some(format!("{line:?}"))
}

/// The line as the tree with its command alone parses it.
fn parsed_narrowly(line: &str) -> Option<String> {
    let narrow = tree::narrowed(CommandLine::command(), &arguments(line))?;
    let line = CommandLine::parse(narrow, &arguments(line)).ok()?;
    Some(format!("{line:?}"))
}

#[test]
fn the_flags_of_all_commands_are_consistent() {
    CommandLine::command().debug_assert();
}

#[test]
fn a_valid_line_has_the_same_values() {
    for line in [
        "alimsg sms send -p 13800001000 -s Acme -t SMS_1 --param a=b --yes --json",
        "alimsg --sandbox sms send -p 13800001000 --wait",
        "alimsg -r cn-hangzhou whatsapp -v send --dry-run text --text send --to sms",
        "alimsg whatsapp send list --section A --row a=b --row c=d",
        "alimsg templates list --all --channel sms",
        "alimsg help sms send",
        "alimsg batches export k7m2q4rt --failed",
    ] {
        let expected = parsed(line);
        assert!(expected.is_some(), "{line}");
        assert_eq!(parsed_narrowly(line), expected, "{line}");
    }
}

#[test]
fn a_line_that_names_a_command_as_a_value_is_parsed_by_the_whole_tree() {
    for line in ["alimsg --profile sms whatsapp numbers list", "alimsg --profile sms keys list"] {
        assert!(parsed(line).is_some(), "{line}");
        assert_eq!(parsed_narrowly(line), None, "{line}");
    }
}

#[test]
fn an_invalid_line_is_invalid_in_both() {
    for line in [
        "alimsg sms",
        "alimsg sms batches list",
        "alimsg sms send --nonsense",
        "alimsg --version",
        "alimsg sms send --help",
        "alimsg whatsapp send",
    ] {
        assert_eq!((parsed(line), parsed_narrowly(line)), (None, None), "{line}");
    }
}
