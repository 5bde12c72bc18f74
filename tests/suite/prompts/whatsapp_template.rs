//! `whatsapp send template` in the sandbox: code and language from the approved templates, then
//! each variable, then the plan and `yes`.

use rustix::process::Signal;

use crate::support::messages::{SOME_TEMPLATE, with};
use crate::support::{Terminal, World};

fn start(world: &World, more: &[&str]) -> Terminal {
    world.terminal(&[&["--sandbox"], &SOME_TEMPLATE[..], more].concat())
}

#[track_caller]
fn assert_sent(world: &World, terminal: Terminal, language: &str, text: &str) {
    terminal.wait().exits(0);
    let messages = world.sandbox_messages();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    assert_eq!(messages[0]["language"], language);
    assert!(messages[0]["text"].as_str().is_some_and(|sent| sent.contains(text)), "{messages:#?}");
    world.assert_off_in_sandbox();
}

#[test]
fn prompts_ask_for_code_language_and_variables() {
    let world = World::new();
    let mut terminal = start(&world, &[]);
    terminal.expect("Template (type to search");
    // Name, code, language and category; a code once for each of its languages.
    terminal.expect("1. order_update · 100000000000001 · en · UTILITY");
    terminal.expect("order_update · 100000000000001 · zh_CN · UTILITY");
    terminal.expect("hello · 100000000000002 · en · MARKETING");
    world.assert_off_in_sandbox();
    for unsendable in ["spring_sale", "prize", "viber_hello"] {
        assert!(!terminal.output().contains(unsendable), "{unsendable}: {}", terminal.output());
    }
    terminal.pick("", "", "zh");
    terminal.expect("Text of the template 100000000000001:");
    terminal.expect("text  $(name)，您的订单 $(order) 已发货。");
    // An empty answer repeats the question.
    terminal.answer("$(name) in body: ", "");
    terminal.answer("$(name) in body: ", "Alice");
    world.assert_off_in_sandbox();
    terminal.answer("$(order) in body: ", "42");
    terminal.expect("100000000000001 (zh_CN)");
    terminal.expect("Alice，您的订单 42 已发货。");
    terminal.expect("Type \"yes\" to send");
    world.assert_off_in_sandbox();
    terminal.write("yes\r");
    assert_sent(&world, terminal, "zh_CN", "Alice，您的订单 42 已发货。");
}

#[test]
fn a_given_language_filters_the_list() {
    let world = World::new();
    let mut terminal = start(&world, &["--language", "en"]);
    terminal.pick("Template", "hello · 100000000000002 · en · MARKETING", "hello");
    terminal.expect("Type \"yes\" to send");
    assert!(!terminal.output().contains("zh_CN"), "{}", terminal.output());
    terminal.write("yes\r");
    assert_sent(&world, terminal, "en", "Hello from Acme!");
}

#[test]
fn for_a_given_code_the_user_picks_the_language() {
    let world = World::new();
    let code = ["--template-code", "100000000000001", "--param", "name=Al", "--param", "order=7"];
    let mut terminal = start(&world, &code);
    terminal.expect("Language (type to search");
    terminal.expect("order_update · 100000000000001 · en · UTILITY");
    terminal.pick("order_update · 100000000000001 · zh_CN", "UTILITY", "zh");
    // Both values are there.
    terminal.expect("Type \"yes\" to send");
    assert!(!terminal.output().contains("hello"), "{}", terminal.output());
    assert!(!terminal.output().contains("Text of the template"), "{}", terminal.output());
    terminal.write("yes\r");
    assert_sent(&world, terminal, "zh_CN", "Al，您的订单 7 已发货。");
}

#[test]
fn the_list_for_viber_has_only_viber_templates() {
    let world = World::new();
    let viber = with(&SOME_TEMPLATE, "--from", "30001");
    let mut terminal =
        world.terminal(&[&["--sandbox"], &viber[..], &["--channel-type", "viber"]].concat());
    terminal.pick("Template", "viber_hello · 100000000000005 · en", "viber");
    terminal.answer("$(name) in body: ", "Alice");
    assert!(!terminal.output().contains("order_update"), "{}", terminal.output());
    terminal.answer("promotion or transaction: ", "transaction");
    terminal.expect("Hello Alice, this is Acme on Viber.");
    terminal.answer("to send", "yes");
    assert_sent(&world, terminal, "en", "Hello Alice, this is Acme on Viber.");
}

#[test]
fn without_approved_templates_the_user_types_the_code() {
    let world = World::new();
    let mut terminal = start(&world, &["--language", "fr"]);
    terminal.expect("there are no approved templates in fr");
    terminal.expect("Template code: ");
    world.assert_off_in_sandbox();
    // The end of input.
    terminal.write("\u{4}");
    let ran = terminal.wait().exits(9);
    assert!(ran.stdout.contains("nothing was sent"), "{ran:#?}");
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn prompts_skip_given_variables() {
    let world = World::new();
    let mut terminal = start(&world, &["--param", "order=42"]);
    terminal.pick("Template", "3. hello", "zh");
    terminal.answer("$(name) in body: ", "Alice");
    terminal.expect("Alice，您的订单 42 已发货。");
    terminal.expect("Type \"yes\" to send");
    assert!(!terminal.output().contains("$(order) in"), "{}", terminal.output());
}

/// A terminal that shows the list, or the question after it.
fn at(world: &World, stage: &str) -> Terminal {
    let mut terminal = start(world, &[]);
    if stage == "Template" {
        terminal.expect("3. hello");
    } else {
        terminal.pick("Template", "3. hello", "zh");
        terminal.expect(stage);
    }
    terminal
}

#[test]
fn a_signal_ends_every_question_and_nothing_is_sent() {
    let world = World::new();
    for (signal, stage) in [
        (Signal::INT, "Template"),
        (Signal::TERM, "Template"),
        (Signal::INT, "$(name) in body: "),
        (Signal::HUP, "$(name) in body: "),
    ] {
        let terminal = at(&world, stage);
        if stage == "Template" {
            // The list reads keys only a moment after it is shown.
            std::thread::sleep(std::time::Duration::from_millis(150));
        }
        terminal.signal(signal);
        let ran = terminal.wait();
        assert_eq!(ran.signal(), Some(signal.as_raw()), "{stage}: {ran:#?}");
        world.assert_off_in_sandbox();
    }
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn escape_and_end_of_input_cancel() {
    let world = World::new();
    for (stage, key) in [("Template", "\u{1b}"), ("$(name) in body: ", "\u{4}")] {
        let mut terminal = at(&world, stage);
        terminal.write(key);
        let ran = terminal.wait().exits(9);
        assert!(ran.stdout.contains("nothing was sent"), "{stage}: {ran:#?}");
        world.assert_off_in_sandbox();
    }
    assert!(world.sandbox_messages().is_empty());
}
