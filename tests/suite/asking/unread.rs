//! Questions about which the service does not tell, or not all: nothing keeps the message from being
//! sent that would not keep it without them.

use rustix::process::Signal;
use serde_json::json;

use super::reads::*;
use crate::support::{Invocation, World};

#[test]
fn an_invalid_message_starts_no_process() {
    let world = World::new();
    let ran = world.terminal(&with(&SMS, &["-o", ""])).wait();
    assert_eq!(ran.exit(), 2, "{ran:#?}");
    let ran = world.terminal(&with(&chat(), &["--template-code", "", "--language", "en"])).wait();
    assert_eq!(ran.exit(), 2, "{ran:#?}");
    assert!(world.commands().is_empty(), "{:?}", world.commands());
}

#[test]
fn a_template_that_cannot_be_fetched_is_sent_without_prompts_for_variables() {
    let world = World::new();
    world.script(json!([refused(DETAIL), rule(SMS_DETAIL, &json!([]))]));
    for (message, said) in [
        (chat_of_code(&[]), "cannot fetch the template c1 (en): "),
        (with(&SMS, &[]), "cannot fetch the template SMS_1: "),
    ] {
        let mut terminal = world.terminal(&message);
        terminal.expect(said);
        yes(terminal);
    }
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();

    // Nobody knows the variables of a text that is not told.
    let strange = json!({ "TemplateCode": "c1", "Components": "strange" });
    world.script(json!([
        rule(DETAIL, &json!({ "Code": "OK", "Data": strange })),
        rule(SMS_DETAIL, &json!({ "Code": "OK", "TemplateCode": "SMS_1", "TemplateStatus": 1 })),
    ]));
    for message in [chat_of_code(&[]), with(&SMS, &[])] {
        let mut terminal = world.terminal(&message);
        terminal.expect("does not return the text of the template");
        yes(terminal);
    }
    assert_eq!(world.sent().len(), 4);
    world.assert_clean();
}

#[test]
fn if_a_list_cannot_be_fetched_the_user_types_the_value() {
    let world = World::new();
    world.script(json!([refused(LIST), detail()]));
    let mut terminal = world.terminal(&chat());
    terminal.expect("cannot fetch the approved templates: ");
    terminal.expect("Forbidden.RAM");
    terminal.expect("Template code: ");
    assert_eq!(world.ai_mode(), Some(false));
    terminal.write("c1\r");
    terminal.expect("Language: ");
    terminal.write("en\r");
    // A code that is typed in is read like one that is given.
    terminal.expect("$(name) in header, body: ");
    terminal.write("Alice\r");
    terminal.expect("$(1) in body: ");
    terminal.write("7\r");
    yes(terminal);
    assert_eq!(calls(&world).last().and_then(|call| call.flag("template-code")), Some("c1"));
    world.assert_clean();

    let world = World::new();
    world.script(json!([
        refused(["dysmsapi", "query-sms-sign-list"]),
        rule(
            ["dysmsapi", "query-sms-template-list"],
            &json!({ "Code": "OK", "TotalCount": 0,
            "SmsTemplateList": [] })
        ),
        sms_detail(),
    ]));
    let mut terminal = world.terminal(&SMS[..4]);
    terminal.expect("cannot fetch the approved signatures: ");
    terminal.expect("Signature: ");
    terminal.write("Acme\r");
    terminal.expect("there are no approved templates");
    terminal.expect("Template code: ");
    terminal.write("SMS_1\r");
    terminal.expect("${name} in text: ");
    terminal.write("Alice\r");
    terminal.expect("${order} in text: ");
    terminal.write("7\r");
    yes(terminal);
    assert_eq!(sent_flag(&world, "sign-name"), "Acme");
    assert_eq!(sent_flag(&world, "template-code"), "SMS_1");
    world.assert_clean();
}

#[test]
fn values_are_dropped_only_if_the_text_has_no_such_variable() {
    for (text, sent) in [
        ("Order ${order} for ${name}", r#"{"order":"7","name":"Al"}"#),
        ("", r#"{"order":"7","x":"1"}"#),
    ] {
        let world = World::new();
        let listed = json!([{ "TemplateCode": "SMS_1", "TemplateName": "ready",
            "AuditStatus": "AUDIT_STATE_PASS", "TemplateContent": text }]);
        let reply = json!({ "Code": "OK", "TotalCount": 1, "SmsTemplateList": listed });
        world.script(json!([rule(["dysmsapi", "query-sms-template-list"], &reply)]));
        let given = ["-s", "Acme", "--param", "order=7", "--param", "x=1"];
        let mut terminal = world.terminal(&with(&SMS[..4], &given));
        terminal.expect("1. SMS_1 · ready");
        terminal.write("ready");
        terminal.expect("> 1.");
        terminal.write("\r");
        if !text.is_empty() {
            terminal.expect("they are ignored: x");
            terminal.expect("${name} in text: ");
            terminal.write("Al\r");
        }
        yes(terminal);
        assert_eq!(sent_flag(&world, "template-param"), sent);
        world.assert_clean();
    }
}

#[test]
fn after_a_signal_during_a_fetch_there_is_no_prompt() {
    let world = World::new();
    let mut list = rule(LIST, &json!({ "Code": "OK", "ListTemplate": [entry(1, "en", "pass")] }));
    list["delay_ms"] = json!(700);
    world.script(json!([list]));
    let terminal = world.terminal(&chat());
    let running = || calls(&world).iter().any(Invocation::is_running);
    world.wait_until("the list is being read", running);
    terminal.signal(Signal::TERM);
    let ran = terminal.wait();
    assert_eq!(ran.signal(), Some(15), "{ran:#?}");
    assert!(!ran.stdout.contains("name-1"), "{ran:#?}");
    assert!(world.sent().is_empty());
    world.assert_clean();
}
