//! Checks the commands that a run suggests: each parses, and goes where the run went.

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

/// The flags that decide where a command goes.
const FLAGS: [&str; 6] =
    ["--sandbox", "--profile", "--region", "--aliyun", "--credentials=env", "--ai-mode=call"];

/// Flags that decide for the user.
const CONSENT: [&str; 4] = ["--yes", "--allow-duplicate", "--retry-unknown", "--skip-invalid"];

/// Checks every command of alimsg that this output suggests.
pub fn check(arguments: &[String], stdout: &str, stderr: &str) {
    let mut commands = Vec::new();
    for line in stdout.lines() {
        if let Ok(json @ Value::Object(_)) = serde_json::from_str::<Value>(line) {
            for field in ["/error/next", "/data/next", "/data/send"] {
                match json.pointer(field) {
                    Some(Value::Array(next)) => commands.extend(next.iter().filter_map(text)),
                    Some(command) => commands.extend(text(command)),
                    None => {}
                }
            }
        }
        commands.extend(line.strip_prefix("send\t").map(ToString::to_string));
    }
    for line in stdout.lines() {
        if let Ok(json @ Value::Object(_)) = serde_json::from_str::<Value>(line) {
            let hint = json.pointer("/error/hint").and_then(Value::as_str).unwrap_or_default();
            assert_leaves_the_decision(hint);
        }
    }
    stderr
        .lines()
        .filter_map(|line| line.strip_prefix("hint: "))
        .for_each(assert_leaves_the_decision);
    let next = stderr.lines().filter_map(|line| line.strip_prefix("next: "));
    commands.extend(next.map(ToString::to_string));
    for command in commands.iter().filter(|command| command.starts_with("alimsg ")) {
        let words = shell_words::split(command).expect(command);
        let mut flags = words.iter().take_while(|word| *word != "--");
        let gives_consent = flags.any(|word| CONSENT.contains(&word.as_str()));
        assert!(!gives_consent, "{command} acts without the user");
        if words.iter().any(|word| word == "--help") {
            continue;
        }
        for flag in FLAGS.iter().filter(|flag| has(arguments, flag)) {
            assert!(has(&words, flag), "{command} lacks {flag} of {arguments:?}");
        }
        assert_parses(&words[1..]);
    }
}

/// Asserts that a hint with a flag that gives consent names who decides.
fn assert_leaves_the_decision(hint: &str) {
    let gives_consent = CONSENT.iter().any(|flag| hint.contains(flag));
    let names_decider = ["the user", "a person", "a terminal", "you have to type"]
        .iter()
        .any(|who| hint.contains(who));
    assert!(!gives_consent || names_decider, "this hint acts without the user: {hint}");
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToString::to_string)
}

/// Whether the words have a flag, with its value in the same or in the next word.
fn has(words: &[String], flag: &str) -> bool {
    let (flag, value) = flag.split_once('=').map_or((flag, None), |(f, v)| (f, Some(v)));
    words.iter().enumerate().any(|(at, word)| match word.split_once('=') {
        Some((name, given)) => name == flag && value.is_none_or(|value| value == given),
        None => {
            word == flag && value.is_none_or(|value| words.get(at + 1).is_some_and(|w| w == value))
        }
    })
}

/// Asserts that the command line has only flags and values that exist: with `--help` after them, the
/// program parses them all, and runs nothing.
#[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
fn assert_parses(words: &[String]) {
    static CHECKED: Mutex<Option<HashSet<Vec<String>>>> = Mutex::new(None);
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let is_new = CHECKED
        .lock()
        .expect("the checked commands")
        .get_or_insert_default()
        .insert(words.to_vec());
    if !is_new {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_alimsg"))
        .env_clear()
        .args(&words[..end])
        .arg("--help")
        .stdin(Stdio::null())
        .output()
        .expect("alimsg runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`alimsg {}`: {stderr}", shell_words::join(words));
}
