//! A list or template that cannot be fetched, or only in part, does not prevent the send.

use rustix::process::Signal;
use serde_json::json;

use super::fetches::*;
use crate::support::{Invocation, World, reply_to};

#[test]
fn an_invalid_message_starts_no_process() {
    let world = World::new();
    world.terminal(&with(&SMS, &["-o", ""])).wait().exits(2);
    world.terminal(&with(&chat(), &["--template-code", "", "--language", "en"])).wait().exits(2);
    assert!(world.commands().is_empty(), "{:?}", world.commands());
}

#[test]
fn a_template_that_cannot_be_fetched_is_sent_without_prompts_for_variables() {
    let world = World::with_script(json!([refused(DETAIL), reply_to(SMS_DETAIL, &json!([]))]));
    for (message, note) in [
        (chat_of_code(&[]), "cannot fetch the template c1 (en): "),
        (with(&SMS, &[]), "cannot fetch the template SMS_1: "),
    ] {
        let mut terminal = world.terminal(&message);
        terminal.expect(note);
        confirm(terminal);
    }
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();

    // Without the text, its variables are unknown.
    world.forget_messages();
    let strange = json!({ "TemplateCode": "c1", "Components": "strange" });
    world.script(json!([
        reply_to(DETAIL, &json!({ "Code": "OK", "Data": strange })),
        reply_to(
            SMS_DETAIL,
            &json!({ "Code": "OK", "TemplateCode": "SMS_1", "TemplateStatus": 1 })
        ),
    ]));
    for message in [chat_of_code(&[]), with(&SMS, &[])] {
        let mut terminal = world.terminal(&message);
        terminal.expect("does not return the text of the template");
        confirm(terminal);
    }
    assert_eq!(world.sent().len(), 4);
    world.assert_clean();
}

#[test]
fn if_a_list_cannot_be_fetched_the_user_types_the_value() {
    let world = World::with_script(json!([refused(LIST), detail()]));
    let mut terminal = world.terminal(&chat());
    terminal.expect("cannot fetch the approved templates: ");
    terminal.expect("Forbidden.RAM");
    terminal.expect("Template code: ");
    assert_eq!(world.ai_mode(), Some(false));
    terminal.write("c1\r");
    terminal.answer("Language: ", "en");
    // The template of a typed code is fetched, like that of a given one.
    terminal.answer("$(name) in header, body: ", "Alice");
    terminal.answer("$(1) in body: ", "7");
    confirm(terminal);
    assert_eq!(calls(&world).last().and_then(|call| call.flag("template-code")), Some("c1"));
    world.assert_clean();

    let world = World::with_script(json!([
        refused("dysmsapi query-sms-sign-list"),
        reply_to(
            "dysmsapi query-sms-template-list",
            &json!({ "Code": "OK", "TotalCount": 0,
            "SmsTemplateList": [] })
        ),
        sms_detail(),
    ]));
    let mut terminal = world.terminal(&SMS[..4]);
    terminal.expect("cannot fetch the approved signatures: ");
    terminal.answer("Signature: ", "Acme");
    terminal.expect("there are no approved templates");
    terminal.answer("Template code: ", "SMS_1");
    terminal.answer("${name} in text: ", "Alice");
    terminal.answer("${order} in text: ", "7");
    confirm(terminal);
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
        world.script(json!([reply_to("dysmsapi query-sms-template-list", &reply)]));
        let given = ["-s", "Acme", "--param", "order=7", "--param", "x=1"];
        let mut terminal = world.terminal(&with(&SMS[..4], &given));
        terminal.expect("1. SMS_1 · ready");
        terminal.write("ready");
        terminal.answer("> 1.", "");
        if !text.is_empty() {
            terminal.expect("they are ignored: x");
            terminal.answer("${name} in text: ", "Al");
        }
        confirm(terminal);
        assert_eq!(sent_flag(&world, "template-param"), sent);
        world.assert_clean();
    }
}

#[test]
fn after_a_signal_during_a_fetch_there_is_no_prompt() {
    let world = World::new();
    let mut list =
        reply_to(LIST, &json!({ "Code": "OK", "ListTemplate": [entry(1, "en", "pass")] }));
    list["held"] = json!(true);
    world.script(json!([list]));
    let terminal = world.terminal(&chat());
    let running = || calls(&world).iter().any(Invocation::is_running);
    world.wait_until("the list is being read", running);
    terminal.signal(Signal::TERM);
    world.release();
    let ran = terminal.wait();
    assert_eq!(ran.signal(), Some(15), "{ran:#?}");
    assert!(!ran.stdout.contains("name-1"), "{ran:#?}");
    assert!(world.sent().is_empty());
    world.assert_clean();
}
