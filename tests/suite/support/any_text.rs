//! Texts that command lines trip over, in random company.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Pieces that mean something to a shell, a terminal, JSON or the CLI.
const TRAPS: [&str; 24] = [
    "-",
    "--region",
    "-h",
    "help",
    "=",
    "'",
    "\"",
    "\\",
    "$(id)",
    "${HOME}",
    "`id`",
    "\n",
    "\r",
    "\t",
    " ",
    "%",
    "😀",
    "你好",
    "{\"a\":1}",
    "[1]",
    ",*",
    "\u{1b}[31m\u{7}",
    "\u{202e}",
    "\u{feff}",
];

/// From one piece to the longest text that a message may have.
pub fn any_text() -> impl Strategy<Value = String> + Clone {
    let piece =
        prop_oneof![prop::sample::select(&TRAPS[..]).prop_map(str::to_owned), "[^\u{0}]{1,6}"];
    prop_oneof![
        5 => prop::collection::vec(piece.clone(), 1..5).prop_map(|pieces| pieces.concat()),
        1 => piece.prop_map(|piece| piece.chars().cycle().take(4096).collect::<String>()),
    ]
}

/// Runs the check for a number of random inputs, and panics with the smallest that fails.
#[track_caller]
pub fn for_any<S: Strategy>(
    inputs: &S,
    cases: u32,
    check: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    if let Err(error) = TestRunner::new(config).run(inputs, check) {
        panic!("{error}");
    }
}
