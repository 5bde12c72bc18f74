//! The calls that prompts make for their lists and variables: when, and with which flags.

use serde_json::{Value, json};

use crate::support::messages::SOME_TEMPLATE;
use crate::support::{Invocation, Terminal, World, reply_to};

pub const SMS: [&str; 8] = ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_1"];

/// A template that is still to be picked, in a channel instance.
pub fn chat() -> Vec<&'static str> {
    with(&SOME_TEMPLATE, &["--cust-space-id", "space-1"])
}

pub fn with<'a>(message: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [message, more].concat()
}

pub fn chat_of_code<'a>(more: &[&'a str]) -> Vec<&'a str> {
    with(&with(&chat(), &["--template-code", "c1", "--language", "en"]), more)
}

/// The calls of products, in their order.
pub fn calls(world: &World) -> Vec<Invocation> {
    let all = world.processes().into_iter().filter(|invocation| !invocation.plugin);
    all.filter(|invocation| matches!(invocation.argv[0].as_str(), "cams" | "dysmsapi")).collect()
}

fn names(world: &World) -> Vec<String> {
    calls(world).into_iter().map(|invocation| invocation.argv[1].clone()).collect()
}

pub fn refused(call: &str) -> Value {
    let reply = json!({ "Code": "Forbidden.RAM", "Message": "no", "RequestId": "r-9" });
    reply_to(call, &reply)
}

pub const LIST: &str = "cams list-chatapp-template";
pub const DETAIL: &str = "cams get-chatapp-template-detail";
pub const SMS_DETAIL: &str = "dysmsapi get-sms-template";

pub fn detail() -> Value {
    let components = json!([
        { "Type": "HEADER", "Format": "TEXT", "Text": "For $(name)" },
        { "Type": "BODY", "Text": "Dear $(name), order {{1}} is ready." },
    ]);
    let data = json!({ "TemplateCode": "c1", "AuditStatus": "pass", "Category": "UTILITY",
        "Components": components });
    reply_to(DETAIL, &json!({ "Code": "OK", "Data": data }))
}

pub fn sms_detail() -> Value {
    reply_to(
        SMS_DETAIL,
        &json!({ "Code": "OK", "TemplateCode": "SMS_1", "TemplateStatus": 1,
        "TemplateType": 1, "TemplateContent": "Dear ${name}, order ${order} is ready." }),
    )
}

pub fn entry(number: usize, language: &str, status: &str) -> Value {
    json!({ "TemplateCode": format!("c{number}"), "TemplateName": format!("name-{number}"),
        "Language": language, "Category": "UTILITY", "AuditStatus": status })
}

/// The value in the map of a call's flag.
#[track_caller]
pub fn sent_flag(world: &World, flag: &str) -> Value {
    let sent = world.sent();
    assert_eq!(sent.len(), 1, "{sent:#?}");
    sent[0]["flags"][flag].clone()
}

pub fn confirm(mut terminal: Terminal) {
    terminal.answer("to send", "yes");
    terminal.wait().exits(0);
}

#[test]
fn all_pages_are_listed_and_the_picked_template_is_sent() {
    let world = World::new();
    let page = |index: &str, from: usize, to: usize| {
        let mut entries: Vec<Value> = (from..=to).map(|n| entry(n, "en", "pass")).collect();
        // The service should not list it, since it cannot be sent.
        entries.insert(0, entry(900, "en", "auditing"));
        let list = json!({ "Code": "OK", "Total": 104, "ListTemplate": entries });
        let mut rule = reply_to(LIST, &list);
        rule["contains"] = json!([index]);
        rule
    };
    world.script(json!([page("Index=1", 1, 99), page("Index=2", 100, 102), detail(),]));
    let mut terminal = world.terminal(&with(&chat(), &["--language", "en"]));
    terminal.expect("1. name-1 · c1 · en · UTILITY");
    assert_eq!(world.ai_mode(), Some(false));
    terminal.write("name-101");
    terminal.answer("> 101. name-101 · c101 · en", "");
    terminal.expect("text  *For $(name)*");
    terminal.expect("$(name) in header, body: ");
    assert_eq!(world.ai_mode(), Some(false));
    terminal.write("Al ice=\r");
    terminal.answer("$(1) in body: ", "-7");
    terminal.expect("Dear Al ice=, order -7 is ready.");
    assert!(!terminal.output().contains("name-900"), "{}", terminal.output());
    confirm(terminal);
    let calls = calls(&world);
    let list = "list-chatapp-template";
    let expected = [list, list, "get-chatapp-template-detail", "send-chatapp-message"];
    assert_eq!(names(&world), expected);
    for (call, page) in calls.iter().zip(["Index=1", "Index=2"]) {
        assert_eq!(call.flag("audit-status"), Some("pass"));
        assert_eq!(call.flag("biz-language"), Some("en"));
        assert!(call.argv.contains(&page.to_string()), "{:?}", call.argv);
    }
    assert!(calls.iter().all(|call| call.flag("cust-space-id") == Some("space-1")));
    assert_eq!(calls[3].flag("template-code"), Some("c101"));
    assert_eq!(calls[3].flag("biz-language"), Some("en"));
    for value in ["name=Al ice=", "1=-7"] {
        assert!(calls[3].argv.contains(&value.to_string()), "{:?}", calls[3].argv);
    }
    assert_eq!(world.count("ai-mode enable"), 3, "the list, the template and the send");
    world.assert_clean();
}

#[test]
fn only_the_languages_of_the_code_are_offered() {
    let world = World::new();
    let entries = [entry(1, "en", "pass"), entry(1, "de", "pass"), entry(2, "fr", "pass")];
    world.script(json!([
        reply_to(LIST, &json!({ "Code": "OK", "Data": { "List": entries } })),
        detail(),
    ]));
    let code = ["--template-code", "c1", "--param", "x=1"];
    let mut terminal = world.terminal(&with(&chat(), &code));
    terminal.expect("Language");
    terminal.expect("2. name-1 · c1 · de");
    assert!(!terminal.output().contains("fr"), "{}", terminal.output());
    terminal.write("de");
    terminal.answer("> 2.", "");
    // `x` was given, which the template does not have.
    terminal.answer("$(name) in header, body: ", "Alice");
    terminal.answer("$(1) in body: ", "7");
    confirm(terminal);
    let expected = ["list-chatapp-template", "get-chatapp-template-detail", "send-chatapp-message"];
    assert_eq!(names(&world), expected);
    assert_eq!(calls(&world)[0].flag("code"), Some("c1"));
    assert_eq!(calls(&world)[2].flag("biz-language"), Some("de"));
    world.assert_clean();
}

#[test]
fn a_given_template_is_fetched_once_for_its_variables() {
    let world = World::with_script(json!([detail(), sms_detail()]));
    let mut terminal = world.terminal(&chat_of_code(&[]));
    for (question, value) in [("$(name) in header, body: ", "Alice\r"), ("$(1) in body: ", "7\r")] {
        terminal.expect(question);
        assert_eq!(world.ai_mode(), Some(false));
        terminal.write(value);
    }
    confirm(terminal);
    assert_eq!(names(&world), ["get-chatapp-template-detail", "send-chatapp-message"]);
    let read =
        world.commands().iter().position(|command| command == "cams get-chatapp-template-detail");
    let after = world.commands().split_off(read.expect("it was fetched") + 1);
    let send = ["ai-mode enable", "cams send-chatapp-message"];
    assert_eq!(after, [&["ai-mode disable"], &send[..], &["ai-mode disable"]].concat());
    world.assert_clean();

    let world = World::with_script(json!([sms_detail()]));
    let mut terminal = world.terminal(&with(&SMS, &[]));
    terminal.expect("Text of the template SMS_1:");
    terminal.expect("text  Dear ${name}, order ${order} is ready.");
    for (question, value) in [("${name} in text: ", "Alice\r"), ("${order} in text: ", "7\r")] {
        terminal.expect(question);
        assert_eq!(world.ai_mode(), Some(false));
        terminal.write(value);
    }
    terminal.expect("【Acme】Dear Alice, order 7 is ready.");
    confirm(terminal);
    assert_eq!(names(&world), ["get-sms-template", "send-sms"]);
    assert_eq!(sent_flag(&world, "template-param"), r#"{"name":"Alice","order":"7"}"#);
    world.assert_clean();
}

#[test]
fn verify_at_a_terminal_fetches_the_template_only_once() {
    let sign = reply_to("dysmsapi get-sms-sign", &json!({ "Code": "OK", "SignStatus": 1 }));
    let world = World::with_script(json!([detail(), sms_detail(), sign]));
    let values = ["--verify", "--param", "name=Alice", "--param"];
    let mut terminal = world.terminal(&chat_of_code(&with(&values, &["1=7"])));
    terminal.expect("Dear Alice, order 7 is ready.");
    confirm(terminal);
    let mut terminal = world.terminal(&with(&SMS, &with(&values, &["order=7"])));
    terminal.expect("【Acme】Dear Alice, order 7 is ready.");
    confirm(terminal);
    let chat = ["get-chatapp-template-detail", "send-chatapp-message"];
    assert_eq!(
        names(&world),
        [&chat[..], &["get-sms-template", "get-sms-sign", "send-sms"]].concat()
    );

    // What was fetched is checked.
    let unapproved = json!({ "Code": "OK", "TemplateCode": "SMS_1", "TemplateStatus": 2,
        "TemplateContent": "Dear ${name}, order ${order} is ready." });
    let world = World::with_script(json!([reply_to(SMS_DETAIL, &unapproved), sign]));
    let refused = world.terminal(&with(&SMS, &with(&values, &["order=7"]))).wait().exits(2);
    assert!(refused.stdout.contains("rejected"), "{refused:#?}");
    assert!(world.sent().is_empty());
}

#[test]
fn every_missing_variable_is_asked_for_and_the_plan_shows_text_and_type() {
    let world = World::with_script(json!([detail(), sms_detail()]));
    let mut terminal = world.terminal(&chat_of_code(&["--param", "1=7"]));
    terminal.answer("$(name) in header, body: ", "Alice");
    terminal.expect("UTILITY");
    terminal.expect("Dear Alice, order 7 is ready.");
    assert!(!terminal.output().contains("$(1) in body: "), "{}", terminal.output());
    confirm(terminal);

    let mut terminal = world.terminal(&with(&SMS, &["--param", "order=7"]));
    terminal.answer("${name} in text: ", "Alice");
    terminal.expect("notification");
    terminal.expect("【Acme】Dear Alice, order 7 is ready.");
    assert!(!terminal.output().contains("${order} in text: "), "{}", terminal.output());
    confirm(terminal);

    // The plan has the text of the template even if no variable is missing.
    let complete = ["--param", "name=Bob", "--param", "order=8"];
    let mut terminal = world.terminal(&with(&SMS, &complete));
    terminal.expect("【Acme】Dear Bob, order 8 is ready.");
    confirm(terminal);
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn with_yes_no_template_is_fetched() {
    for more in [&["--yes"][..], &["--param", "x=1", "--yes"]] {
        for (message, send) in
            [(chat_of_code(more), "send-chatapp-message"), (with(&SMS, more), "send-sms")]
        {
            let world = World::with_script(json!([detail(), sms_detail()]));
            world.terminal(&message).wait().exits(0);
            assert_eq!(names(&world), [send]);
        }
    }
}

#[test]
fn after_a_rejection_of_the_variables_the_missing_ones_are_named() {
    let script = |code: &str| {
        let rejected = json!({ "Code": code, "Message": "no", "RequestId": "r-1" });
        let sends = ["cams send-chatapp-message", "dysmsapi send-sms"];
        let [chat, sms] = sends.map(|call| reply_to(call, &rejected));
        json!([chat, sms, detail(), sms_detail()])
    };
    for (message, code, missing) in [
        (chat_of_code(&["--param", "1=7"]), "TemplateParamInvalid", json!(["name"])),
        (chat_of_code(&[]), "132000", json!(["name", "1"])),
        (with(&SMS, &["--param", "name=A"]), "isv.TEMPLATE_MISSING_PARAMETERS", json!(["order"])),
    ] {
        let world = World::with_script(script(code));
        let ran = world.run(&with(&message, &["--yes", "--json"])).exits(6);
        let error = &ran.json()["error"];
        assert_eq!(error["missing"], missing, "{error:#}");
        assert_eq!(error["outcome"], "not_sent");
        assert!(error["message"].as_str().is_some_and(|text| text.contains("missing: ")));
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    }
    // Without the right to read the template, the rejection stays as it is.
    let world = World::with_script(json!([
        reply_to("dysmsapi send-sms", &json!({ "Code": "isv.TEMPLATE_MISSING_PARAMETERS" })),
        refused(SMS_DETAIL),
    ]));
    let ran = world.run(&with(&SMS, &["--yes", "--json"])).exits(6);
    let error = &ran.json()["error"];
    assert_eq!(
        (&error["code"], &error["missing"]),
        (&json!("isv.TEMPLATE_MISSING_PARAMETERS"), &json!([]))
    );
}

#[test]
fn a_dry_run_at_a_terminal_starts_no_process_and_does_not_prompt() {
    let world = World::new();
    for (message, exit) in
        [(chat_of_code(&[]), 0), (with(&SMS, &[]), 0), (chat(), 2), (SMS[..4].to_vec(), 2)]
    {
        let ran = world.terminal(&with(&message, &["--dry-run"])).wait();
        assert_eq!(ran.exit(), exit, "{ran:#?}");
        assert_eq!(ran.stdout.contains("missing: "), exit == 2, "{ran:#?}");
    }
    assert!(world.commands().is_empty(), "{:?}", world.commands());
}

#[test]
fn each_warning_appears_once_in_the_json() {
    let world = World::with_script(json!([sms_detail()]));
    let mut command = world.alimsg(&with(&SMS, &["--json"]));
    command.envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-exported"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not-a-real-secret"),
    ]);
    let mut terminal = Terminal::start(command);
    for question in ["${name} in text: ", "${order} in text: "] {
        terminal.expect(question);
        terminal.write("x\r");
    }
    terminal.answer("to send", "yes");
    let ran = terminal.wait();
    let json = ran.stdout.find("{\r\n  \"schema\"").map(|at| ran.stdout[at..].to_string());
    let json: Value = serde_json::from_str(&json.unwrap_or_default()).expect("JSON");
    let about = |word: &&Value| word.as_str().is_some_and(|text| text.contains("profile default"));
    let warnings = json["warnings"].as_array().expect("warnings");
    assert_eq!(warnings.iter().filter(about).count(), 1, "{json:#}");
}
