//! What is missing on a terminal is asked for: signature and template from the approved ones, then
//! each variable, then the plan and `yes`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to stop, also outside of #[test]"
)]

mod chat;
mod reads;
mod unread;

use crate::support::{Terminal, World};
use rustix::process::Signal;
use serde_json::Value;

const NUMBER: [&str; 5] = ["--sandbox", "sms", "send", "-p", "13800001000"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [NUMBER.as_slice(), more].concat()
}

/// Picks the row that the word finds.
fn pick(terminal: &mut Terminal, question: &str, row: &str, word: &str) {
    terminal.expect(question);
    terminal.expect(row);
    terminal.write(word);
    terminal.expect(word);
    terminal.write("\r");
}

#[test]
fn prompts_ask_for_signature_template_and_variables() {
    let world = World::new();
    let mut terminal = world.terminal(&with(&[]));
    terminal.expect("Signature");
    terminal.expect("Acme Store");
    world.assert_off_in_sandbox();
    assert!(!terminal.seen().contains("Acme Beta"), "only approved ones: {}", terminal.seen());
    terminal.write("store");
    terminal.expect("store");
    terminal.write("\r");
    terminal.expect("Template");
    // Code, name, state and text.
    terminal.expect("SMS_100002 · Order shipped · approved · Hello ${name}");
    world.assert_off_in_sandbox();
    terminal.write("shipped");
    terminal.expect("shipped");
    terminal.write("\r");
    terminal.expect("${name} in text: ");
    terminal.write("Alice\r");
    terminal.expect("${order} in text: ");
    terminal.write("42\r");
    terminal.expect("【Acme Store】Hello Alice, your order 42 is on its way.");
    terminal.expect("to send");
    world.assert_off_in_sandbox();
    terminal.write("yes\r");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let messages = world.sandbox_messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["text"], "【Acme Store】Hello Alice, your order 42 is on its way.");
    world.assert_off_in_sandbox();
}

#[test]
fn after_a_rejected_template_the_list_is_offered_once() {
    let world = World::new();
    let mut terminal = world.terminal(&with(&["-s", "Acme", "-t", "SMS_999999"]));
    terminal.expect("to send");
    terminal.write("yes\r");
    terminal.expect("nothing was sent");
    pick(&mut terminal, "Template", "SMS_100003", "spring");
    terminal.expect("SMS_100003");
    terminal.expect("to send");
    terminal.write("yes\r");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn after_a_rejected_signature_the_list_is_offered_once() {
    let world = World::new();
    let mut terminal = world.terminal(&with(&["-s", "Nobody", "-t", "SMS_100003"]));
    terminal.expect("to send");
    terminal.write("yes\r");
    terminal.expect("nothing was sent");
    pick(&mut terminal, "Signature", "Acme Store", "store");
    terminal.expect("to send");
    terminal.write("no\r");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 9, "{ran:#?}");
    assert!(world.sandbox_messages().is_empty());
    world.assert_off_in_sandbox();
}

#[test]
fn a_declined_confirmation_frees_the_key() {
    let world = World::new();
    let message = with(&["-s", "Acme", "-t", "SMS_100003", "--idempotency-key", "k"]);
    let mut terminal = world.terminal(&message);
    terminal.expect("to send");
    terminal.write("no\r");
    assert_eq!(terminal.wait().exit(), 9);
    let ran = world.run(&[message.as_slice(), &["--yes", "--json"]].concat());
    assert_eq!(ran.json()["data"]["replayed"], false, "{ran:#?}");
    // Nothing is asked for a message that has been sent.
    let replay = world.terminal(&message).wait();
    assert_eq!(replay.exit(), 0, "{replay:#?}");
    assert!(!replay.stdout.contains("to send"), "{}", replay.stdout);
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn a_signal_ends_every_question_promptly() {
    let world = World::new();
    for (signal, stage) in [
        (Signal::INT, "Signature"),
        (Signal::TERM, "Signature"),
        (Signal::HUP, "Template"),
        (Signal::TERM, "${name} in text: "),
        (Signal::INT, "to send"),
    ] {
        let mut terminal = world.terminal(&with(&[]));
        for (question, answer) in [
            ("Signature", Some("store")),
            ("Template", Some("shipped")),
            ("${name} in text: ", None),
            ("${order} in text: ", None),
            ("to send", None),
        ] {
            terminal.expect(question);
            if question == stage {
                break;
            }
            if let Some(word) = answer {
                terminal.expect("1. ");
                terminal.write(word);
                terminal.expect(word);
                terminal.write("\r");
            } else {
                terminal.write("x\r");
            }
        }
        terminal.signal(signal);
        let ran = terminal.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{stage}: {ran:#?}");
        world.assert_off_in_sandbox();
    }
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn escape_or_return_alone_picks_no_entry() {
    let world = World::new();
    let mut terminal = world.terminal(&with(&["-t", "SMS_100003"]));
    terminal.expect("Signature");
    terminal.expect("Acme Store");
    // Nothing is picked in advance, so the return key has nothing to take.
    terminal.write("\r");
    terminal.write("\u{1b}");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 9, "{ran:#?}");
    assert!(!ran.stdout.contains("to send"), "{}", ran.stdout);
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn without_a_terminal_all_missing_flags_and_list_commands_are_named() {
    let world = World::new();
    let ran = world.run(&["--json", "sms", "send", "--yes"]);
    assert_eq!(ran.exit(), 2);
    let error = ran.json()["error"].clone();
    let missing = ["--phone-numbers", "--sign-name", "--template-code"];
    assert_eq!(error["missing"], serde_json::json!(missing));
    let next: Vec<&str> =
        error["next"].as_array().expect("commands").iter().filter_map(Value::as_str).collect();
    assert!(next[0].starts_with("alimsg sms signs list"), "{next:?}");
    assert!(next[1].starts_with("alimsg templates list --channel sms"), "{next:?}");
    assert!(world.processes().is_empty());
}
