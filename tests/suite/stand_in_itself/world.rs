//! The world around the stand-in: what is not clean, and its terminal.

use std::process::Command;

use serde_json::json;

use super::{aliyun, switched_on};
use crate::support::{Running, Terminal, World};

#[test]
#[should_panic(expected = "ai-mode was left on")]
fn a_world_with_ai_mode_on_is_not_clean() {
    switched_on().assert_clean();
}

#[test]
#[should_panic(expected = "promises were broken")]
fn a_world_with_a_broken_promise_is_not_clean() {
    let world = World::new();
    aliyun(&world, &["configure", "get"]);
    world.assert_clean();
}

#[test]
#[should_panic(expected = "processes were left behind")]
fn a_world_with_a_process_left_is_not_clean() {
    let world = World::new();
    world.script(json!([{ "delay_ms": 30_000 }]));
    let _left = Running::start(world.aliyun(&["version"]));
    world.wait_until("it is noted", || !world.processes().is_empty());
    world.assert_clean();
}

#[test]
fn a_terminal_shows_and_takes_text() {
    let world = World::new();
    let mut terminal = Terminal::start(world.aliyun(&["version"]));
    terminal.expect("3.4.11");
    assert_eq!(terminal.wait().exit(), 0);
    assert_eq!(world.processes()[0].stdin, "terminal");

    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"printf '\033[1mna\033[0mme? '; read x; echo "hello $x"; exit 3"#]);
    let mut terminal = Terminal::start(shell);
    terminal.expect("name? ");
    terminal.write("world\n");
    terminal.expect("hello world");
    assert_eq!(terminal.wait().exit(), 3);
}
