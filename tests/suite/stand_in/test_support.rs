//! The test environment itself: `assert_clean` and the pseudo-terminal.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::{aliyun, with_ai_mode};
use crate::support::{Running, Terminal, World};

#[test]
#[should_panic(expected = "ai-mode is still on")]
fn assert_clean_fails_with_ai_mode_on() {
    with_ai_mode().assert_clean();
}

#[test]
#[should_panic(expected = "violations: ")]
fn assert_clean_fails_after_a_violation() {
    let world = World::new();
    aliyun(&world, &["configure", "get"]);
    world.assert_clean();
}

#[test]
#[should_panic(expected = "processes are still running")]
fn assert_clean_fails_with_a_running_process() {
    let world = World::with_script(json!([{ "held": true }]));
    let _running = Running::start(world.aliyun(&["version"]));
    world.wait_until("the process is recorded", || !world.processes().is_empty());
    world.assert_clean_within(Duration::from_millis(100));
}

#[test]
fn a_terminal_prints_output_and_accepts_input() {
    let world = World::new();
    let mut terminal = Terminal::start(world.aliyun(&["version"]));
    terminal.expect("3.4.11");
    terminal.wait().exits(0);
    assert_eq!(world.processes()[0].stdin, "terminal");

    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"printf '\033[1mna\033[0mme? '; read x; echo "hello $x"; exit 3"#]);
    let mut terminal = Terminal::start(shell);
    terminal.expect("name? ");
    terminal.write("world\n");
    terminal.expect("hello world");
    terminal.wait().exits(3);
}
