//! Random texts with parts that command lines often handle incorrectly.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Texts with a special meaning in a shell, a terminal, JSON or the CLI.
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

/// Texts of one part up to 4096 characters, the longest message text.
pub fn any_text() -> impl Strategy<Value = String> + Clone {
    let part =
        prop_oneof![prop::sample::select(&TRAPS[..]).prop_map(str::to_owned), "[^\u{0}]{1,6}"];
    prop_oneof![
        5 => prop::collection::vec(part.clone(), 1..5).prop_map(|parts| parts.concat()),
        1 => part.prop_map(|part| part.chars().cycle().take(4096).collect::<String>()),
    ]
}

/// Runs the check for this many random inputs. Panics with the smallest failing input.
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
