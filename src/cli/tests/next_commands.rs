//! The commands that error codes suggest.

use clap::error::ErrorKind;

use crate::api::error_codes::CODES;
use crate::cli::tests::*;

#[test]
fn every_command_that_an_error_code_suggests_is_valid() {
    for command in CODES.iter().flat_map(|code| code.next_commands()) {
        let words = shell_words::split(&command).expect("a shell line");
        if words[0] != "alimsg" {
            assert!(command.starts_with("aliyun configure"), "{command}");
            continue;
        }
        let parsed = CommandLine::try_parse_from(&words);
        let is_help = |error: &clap::Error| error.kind() == ErrorKind::DisplayHelp;
        assert!(parsed.is_ok() || parsed.as_ref().is_err_and(is_help), "{command}: {parsed:?}");
    }
}
