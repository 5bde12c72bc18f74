//! Checks the argument vectors that the program builds against the table of operations and the
//! sandbox's parser, which is as strict as the real CLI.

use clap::Parser as _;

use crate::api::call::*;
use crate::api::operations::{
    self, Access, Flag, FlagKind, LIST_CHATAPP_MESSAGE, Operation, Product, SEND_CHATAPP_MESSAGE,
};
use crate::cli::CommandLine;
use crate::context::Context;
use crate::error::Result;
use crate::output::Screen;
use crate::output::report::{Phase, Report};
use crate::output::status::RunStatus;
use crate::settings::Settings;

mod any_text;
mod limits;
mod lines;
mod narrow_tree;
mod next_commands;
mod suggestions;
mod vectors;

/// The product call of a command line, from a dry run.
fn vector(words: &[&str]) -> Result<Vec<String>> {
    let mut line =
        CommandLine::try_parse_from(std::iter::once("alimsg").chain(words.iter().copied()))
            .unwrap_or_else(|error| panic!("{words:?}: {error}"));
    line.globals.dry_run = true;
    line.globals.no_input = true;
    let context = Context {
        screen: Screen::new(line.globals.screen_options()),
        settings: Settings::from(line.globals),
        status: RunStatus::default(),
    };
    match crate::cli::run(&context, line.command)? {
        Report::DryRun(commands) => {
            let mut calls =
                commands.into_iter().filter(|command| command.phase == Phase::Call).map(|c| c.argv);
            let call = calls.next().expect("a call");
            assert!(calls.next().is_none(), "one message is one call");
            assert_eq!(call[0], "aliyun");
            Ok(call[1..].to_vec())
        }
        other => panic!("a dry run reports what would run, not {other:?}"),
    }
}

fn sms<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["sms", "send", "-p", "13800001000"];
    for (flag, default) in
        [("--sign-name", "--sign-name=Acme"), ("--template-code", "--template-code=SMS_1")]
    {
        if !more.iter().any(|word| word.starts_with(flag)) {
            words.push(default);
        }
    }
    words.extend(more);
    words
}

fn template<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut words =
        vec!["whatsapp", "send", "template", "--from=8613800000001", "--to=8613800001000"];
    words.extend(["--template-code=1", "--language=en"]);
    words.extend(more);
    words
}

fn text<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["whatsapp", "send", "text", "--from=8613800000001", "--to=8613800001000"];
    words.extend(more);
    words
}

fn listing() -> ReadCall {
    Call::to(&LIST_CHATAPP_MESSAGE)
        .text("--business-number", "8613800000001")
        .text("--channel-type", "whatsapp")
        .text("--cust-space-id", "cams-x")
}

#[test]
fn fields_are_separate_arguments_after_their_flag() {
    let call = listing().fields("--page", &[("Index", 1), ("Size", 50)]);
    let arguments = call.arguments(&Common::default()).expect("a sound call");
    let at = arguments.iter().position(|word| word == "--page").expect("--page");
    assert_eq!(arguments[at + 1..at + 3], ["Index=1", "Size=50"]);
    assert!(arguments[at + 3].starts_with("--user-agent="));
}

#[test]
fn an_unknown_field_of_a_flag_is_an_error() {
    let reads = [
        listing().fields("--page", &[("Index", 1), ("Count", 50)]),
        listing().fields("--user-number", &[("Index", 1)]),
    ];
    let send = Call::to(&SEND_CHATAPP_MESSAGE).fields("--page", &[("Index", 1)]);
    for call in any(&reads).chain([&send as &dyn AnyCall]) {
        call.arguments(&Common::default()).expect_err("a mistake");
    }
}
