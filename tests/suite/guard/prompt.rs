//! The confirmation prompt before a message is sent.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::{Ran, Terminal, World};

/// The message without `--yes` and `--json`.
fn without_consent<'a>(message: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let own = message.iter().filter(|word| !matches!(**word, "--yes" | "--json"));
    own.chain(more).copied().collect()
}

/// A run that waits at the confirmation prompt. No template is fetched for its message.
fn at_the_prompt(world: &World) -> Terminal {
    let mut terminal = world.terminal(&without_consent(&WHATSAPP, &[]));
    terminal.expect("Type \"yes\" to send");
    terminal
}

#[track_caller]
fn assert_nothing_happened(world: &World) {
    assert!(world.sent().is_empty(), "{:#?}", world.sent());
    assert_eq!(world.ai_mode(), None, "{:?}", world.commands());
    world.assert_clean();
}

fn answered(answer: &str) -> (World, Ran) {
    let world = World::new();
    let mut terminal = at_the_prompt(&world);
    terminal.write(answer);
    let ran = terminal.wait();
    (world, ran)
}

#[test]
fn every_answer_but_yes_exits_with_9_and_sends_nothing() {
    for answer in ["no\r", "\r", "y\r", "YES\r", "yes please\r", "\u{4}"] {
        let (world, ran) = answered(answer);
        assert_eq!(ran.exit(), 9, "{answer:?}: {ran:#?}");
        assert!(ran.stdout.contains("nothing was sent"), "{answer:?}: {ran:#?}");
        assert_nothing_happened(&world);
    }
}

#[test]
fn the_answer_yes_sends() {
    let (world, ran) = answered("yes\r");
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(world.sent().len(), 1);
    assert_on_during_calls(&world);
    world.assert_clean();
}

#[test]
fn ai_mode_is_off_during_the_prompt() {
    let world = World::new();
    assert_accepted(&world.run(&WHATSAPP));
    let before = world.processes().len();
    let mut terminal = at_the_prompt(&world);
    assert_eq!(world.ai_mode(), Some(false));
    assert_eq!(commands_after(&world, before), [""; 0]);
    terminal.write("yes\r");
    assert_eq!(terminal.wait().exit(), 0);
    let warm = ["ai-mode enable", "cams send-chatapp-message", "ai-mode disable"];
    assert_eq!(commands_after(&world, before), warm);
    world.assert_clean();
}

#[test]
fn the_plan_shows_the_account_and_every_parameter() {
    let world = World::new();
    let more = ["--param", "name=Alice", "-o", "order-7", "--sms-up-extend-code", "90999"];
    let mut terminal = world.terminal(&without_consent(&SMS, &more));
    terminal.expect("Type \"yes\" to send");
    let seen = terminal.output();
    for part in [
        "13800001000",
        "Acme",
        "SMS_1",
        "Alice",
        "order-7",
        "90999",
        "profile default (AK:***abc), region cn-hangzhou",
    ] {
        assert!(seen.contains(part), "{part} is not in {seen}");
    }
    drop(terminal);
    world.wait_for_quiet();

    let more = ["--cust-space-id", "space-1", "--task-id", "task-7", "--fall-back-id", "fall-1"];
    let mut terminal = world.terminal(&without_consent(&WHATSAPP, &more));
    terminal.expect("Type \"yes\" to send");
    let seen = terminal.output();
    for part in ["8613800000001", "8613800001000", "Hello", "space-1", "task-7", "fall-1"] {
        assert!(seen.contains(part), "{part} is not in {seen}");
    }
    terminal.write("no\r");
    assert_eq!(terminal.wait().exit(), 9);
    assert!(world.sent().is_empty());
    world.assert_clean();
}

#[test]
fn unused_exported_keys_are_reported_before_the_prompt() {
    let world = World::new();
    let mut command = world.alimsg(&without_consent(&WHATSAPP, &[]));
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-exported")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not-a-real-secret");
    let mut terminal = Terminal::start(command);
    terminal.expect("profile default sends and pays");
    terminal.expect("Type \"yes\" to send");
    terminal.write("no\r");
    assert_eq!(terminal.wait().exit(), 9);
    assert_nothing_happened(&world);
}

#[test]
fn a_signal_at_the_prompt_ends_the_run_and_sends_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let world = World::new();
        let terminal = at_the_prompt(&world);
        terminal.signal(signal);
        let ran = terminal.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{ran:#?}");
        assert_nothing_happened(&world);
    }
}

#[test]
fn a_signal_after_a_half_typed_answer_ends_the_run_and_sends_nothing() {
    let world = World::new();
    let mut terminal = at_the_prompt(&world);
    // The return key is not pressed yet.
    terminal.write("yes");
    terminal.expect("yes");
    terminal.signal(Signal::TERM);
    let ran = terminal.wait();
    assert_eq!(ran.signal(), Some(15), "{ran:#?}");
    assert_nothing_happened(&world);
}

#[test]
fn a_prompt_for_a_missing_value_ends_at_a_signal() {
    let world = World::new();
    let mut terminal = world.terminal(&["sms", "send", "-s", "Acme", "-t", "SMS_1"]);
    terminal.expect("Phone numbers");
    terminal.write("138\r");
    terminal.expect("is not a phone number");
    terminal.expect("Phone numbers");
    terminal.signal(Signal::INT);
    assert_eq!(terminal.wait().signal(), Some(2));
    assert!(world.processes().is_empty());
}

#[test]
fn a_signal_at_a_selection_list_ends_the_run_and_sends_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let world = World::new();
        let signs = json!({
            "Code": "OK", "RequestId": "A1B2C3D4", "TotalCount": 1,
            "SmsSignList": [{ "SignName": "Acme", "AuditStatus": "AUDIT_STATE_PASS" }],
        });
        world.script(json!([{
            "match": ["dysmsapi", "query-sms-sign-list"], "stdout": signs.to_string(),
        }]));
        let mut terminal = world.terminal(&["sms", "send", "-p", "13800001000", "-t", "SMS_1"]);
        terminal.expect("Acme");
        assert_ne!(world.ai_mode(), Some(true), "while a person thinks");
        terminal.signal(signal);
        let ran = terminal.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{ran:#?}");
        assert!(world.sent().is_empty());
        world.assert_clean();
    }
}

#[test]
fn a_prompt_on_an_invisible_stderr_sends_nothing() {
    let world = World::new();
    // stdin and stdout are a terminal, stderr is not.
    let mut terminal = Terminal::start(world.shell(r#"exec "$0" "$@" 2>errors"#, &{
        let mut words = without_consent(&WHATSAPP, &[]);
        words.push("--json");
        words
    }));
    terminal.write("yes\r");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 9, "{ran:#?}");
    let object = ran.stdout.find('{').map_or("", |at| &ran.stdout[at..]);
    let json: Value = serde_json::from_str(object).expect("JSON");
    assert_eq!(json["error"]["kind"], "cancelled", "{json:#}");
    assert_nothing_happened(&world);
}

#[test]
fn without_a_terminal_there_is_no_prompt_and_no_process() {
    let world = World::new();
    for more in [&["--json"][..], &["--json", "--no-input"]] {
        let ran = world.run_with_stdin(&without_consent(&SMS, more), "yes\n");
        assert_not_sent(&world, &ran, 2);
    }
    let mut terminal = world.terminal(&without_consent(&SMS, &["--no-input"]));
    terminal.write("yes\r");
    assert_eq!(terminal.wait().exit(), 2);
    assert!(world.processes().is_empty());
    assert_nothing_happened(&world);
}

#[test]
fn consent_is_never_read_from_the_environment() {
    let world = World::new();
    let mut command = world.alimsg(&without_consent(&SMS, &["--json"]));
    command.env("ALIMSG_YES", "1");
    assert_not_sent(&world, &run(command), 2);
    assert!(world.processes().is_empty());
}
