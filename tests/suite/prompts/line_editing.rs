//! Prompts support line editing, and ignore other control keys.

use rustix::process::Signal;

use super::with;
use crate::support::{Terminal, World};

const LEFT: &str = "\u{1b}[D";
const UP: &str = "\u{1b}[A";
const HOME: &str = "\u{1b}[H";
const BELL: &str = "\u{7}";
const BACKSPACE: &str = "\u{7f}";

/// A prompt for a variable.
fn at_a_variable(world: &World) -> Terminal {
    let given = ["-s", "Acme", "-t", "SMS_100002", "--param", "order=42"];
    let mut terminal = world.terminal(&with(&given));
    terminal.expect("${name} in text: ");
    terminal
}

#[test]
fn a_line_can_be_edited_and_control_keys_are_ignored() {
    let world = World::new();
    let mut terminal = at_a_variable(&world);
    // "ic", then l before the i, A at the beginning, and an e at the end.
    terminal.write(&format!("icx{BACKSPACE}{UP}{BELL}{LEFT}{LEFT}l{HOME}A\u{5}e\r"));
    terminal.expect("Hello Alice, your order 42");
    terminal.answer("to send", "yes");
    terminal.wait().exits(0);
    let messages = world.sandbox_messages();
    assert_eq!(messages[0]["text"], "【Acme】Hello Alice, your order 42 is on its way.");
}

#[test]
fn ctrl_c_ends_the_run_and_restores_the_terminal() {
    let world = World::new();
    let mut terminal = at_a_variable(&world);
    world.wait_until("the line is edited", || !terminal.is_in_normal_mode());
    terminal.write("Ali\u{3}");
    world.wait_until("the mode is restored", || terminal.is_in_normal_mode());
    let ran = terminal.wait();
    assert_eq!(ran.signal(), Some(2), "{ran:#?}");
    assert!(world.sandbox_messages().is_empty());
    world.assert_off_in_sandbox();
}

#[test]
fn a_signal_restores_the_terminal() {
    let world = World::new();
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let mut terminal = at_a_variable(&world);
        world.wait_until("the line is edited", || !terminal.is_in_normal_mode());
        terminal.write("Ali");
        terminal.expect("Ali");
        terminal.signal(signal);
        world.wait_until("the mode is restored", || terminal.is_in_normal_mode());
        let ran = terminal.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{ran:#?}");
    }
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn a_pasted_text_never_answers_the_next_question() {
    let world = World::new();
    let mut terminal = at_a_variable(&world);
    // A terminal marks the beginning and the end of a pasted text.
    terminal.write("\u{1b}[200~Alice\ryes\ryes\r\u{1b}[201~\r");
    terminal.expect("Type \"yes\" to send");
    terminal.write("\u{4}");
    terminal.wait().exits(9);
    assert!(world.sandbox_messages().is_empty());
}
