//! On a terminal, prompts ask for missing values: signature and template from the approved ones, then
//! each variable, then the plan and `yes`.

mod failed_fetches;
mod fetches;
mod whatsapp_template;

use crate::support::World;
use rustix::process::Signal;
use serde_json::Value;

const NUMBER: [&str; 5] = ["--sandbox", "sms", "send", "-p", "13800001000"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [NUMBER.as_slice(), more].concat()
}

#[test]
fn prompts_ask_for_signature_template_and_variables() {
    let world = World::new();
    let mut terminal = world.terminal(&with(&[]));
    terminal.pick("Signature", "Acme Store", "store");
    assert!(!terminal.output().contains("Acme Beta"), "only approved ones: {}", terminal.output());
    // Code, name, state and text.
    let row = "SMS_100002 · Order shipped · approved · Hello ${name}";
    terminal.expect("Template");
    world.assert_off_in_sandbox();
    terminal.pick("", row, "shipped");
    terminal.answer("${name} in text: ", "Alice");
    terminal.answer("${order} in text: ", "42");
    terminal.expect("【Acme Store】Hello Alice, your order 42 is on its way.");
    terminal.expect("Type \"yes\" to send");
    world.assert_off_in_sandbox();
    terminal.write("yes\r");
    terminal.wait().exits(0);
    let messages = world.sandbox_messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["text"], "【Acme Store】Hello Alice, your order 42 is on its way.");
    world.assert_off_in_sandbox();
}

#[test]
fn after_a_rejected_value_the_user_picks_another_one_and_confirms_again() {
    for (sign, template, question, row, text) in [
        ("Acme", "SMS_999999", "Template", "SMS_100003", "spring"),
        ("Nobody", "SMS_100003", "Signature", "Acme Store", "store"),
    ] {
        for (answer, exit, sent) in [("yes", 0, 1), ("no", 9, 0)] {
            let world = World::new();
            let mut terminal = world.terminal(&with(&["-s", sign, "-t", template]));
            terminal.answer("to send", "yes");
            terminal.expect("nothing was sent");
            terminal.pick(question, row, text);
            terminal.answer("to send", answer);
            terminal.wait().exits(exit);
            assert_eq!(world.sandbox_messages().len(), sent);
            world.assert_off_in_sandbox();
        }
    }
}

#[test]
fn signature_and_template_can_both_be_replaced_after_a_rejection() {
    let world = World::new();
    let rejected = ["-s", "Nobody", "-t", "SMS_999999", "--idempotency-key", "k"];
    let mut terminal = world.terminal(&with(&rejected));
    terminal.expect("cannot fetch the template SMS_999999");
    for (question, row, text) in
        [("Signature", "Acme Store", "store"), ("Template", "3. SMS_100003", "spring")]
    {
        terminal.answer("to send", "yes");
        terminal.expect("nothing was sent");
        terminal.pick(question, row, text);
    }
    terminal.answer("to send", "yes");
    terminal.wait().exits(0);
    assert_eq!(world.sandbox_messages().len(), 1);
    world.assert_off_in_sandbox();
}

#[test]
fn a_declined_confirmation_frees_the_key() {
    let world = World::new();
    let message = with(&["-s", "Acme", "-t", "SMS_100003", "--idempotency-key", "k"]);
    let mut terminal = world.terminal(&message);
    terminal.answer("to send", "no");
    terminal.wait().exits(9);
    let ran = world.run(&[message.as_slice(), &["--yes", "--json"]].concat());
    assert_eq!(ran.json()["data"]["replayed"], false, "{ran:#?}");
    // Nothing is asked for a message that has been sent.
    let replay = world.terminal(&message).wait().exits(0);
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
            match answer {
                Some(text) => terminal.pick("", "1. ", text),
                None => terminal.write("x\r"),
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
    let ran = terminal.wait().exits(9);
    assert!(!ran.stdout.contains("to send"), "{}", ran.stdout);
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn without_a_terminal_all_missing_flags_and_list_commands_are_named() {
    let world = World::new();
    let ran = world.run(&["--json", "sms", "send", "--yes"]).exits(2);
    let error = ran.json()["error"].clone();
    let missing = ["--phone-numbers", "--sign-name", "--template-code"];
    assert_eq!(error["missing"], serde_json::json!(missing));
    let next: Vec<&str> =
        error["next"].as_array().expect("commands").iter().filter_map(Value::as_str).collect();
    assert!(next[0].starts_with("alimsg sms signs list"), "{next:?}");
    assert!(next[1].starts_with("alimsg templates list --channel sms"), "{next:?}");
    assert!(world.processes().is_empty());
}
