//! `templates --channel sms`: list, show, preview, create, update, delete.

use crate::support::{World, reply_to};
use serde_json::{Value, json};

const SMS: [&str; 2] = ["--channel", "sms"];

fn templates<'a>(words: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["templates"], words, &SMS, more].concat()
}

/// A world whose service returns this reply to every call.
fn answering(reply: &Value) -> World {
    World::with_script(json!([reply_to("dysmsapi", reply)]))
}

/// Runs a command in the sandbox of this world.
#[track_caller]
fn sandboxed(world: &World, words: &[&str], more: &[&str]) -> Value {
    let ran = world.run(&[&["--sandbox", "--json"][..], &templates(words, more)].concat()).exits(0);
    ran.json()
}

#[test]
fn both_type_numberings_of_the_list_are_understood() {
    let world = answering(&json!({"Code": "OK", "TotalCount": 4, "SmsTemplateList": [
        {"TemplateCode": "SMS_1", "TemplateName": "one", "TemplateType": 2,
         "AuditStatus": "AUDIT_STATE_INIT", "TemplateContent": "a ${b}"},
        {"TemplateCode": "SMS_2", "TemplateType": 0, "OuterTemplateType": 1,
         "AuditStatus": "AUDIT_STATE_PASS"},
        {"TemplateCode": "SMS_3", "OuterTemplateType": "3", "AuditStatus": "AUDIT_SATE_CANCEL"},
        {"TemplateCode": ["odd"], "TemplateType": {}},
    ]}));
    let ran = world.run(&templates(&["list"], &["--json"])).exits(0);
    world.assert_clean();
    let rows: Vec<String> = ran.json()["data"]["templates"]
        .as_array()
        .expect("templates")
        .iter()
        .map(|one| format!("{} {} {}", one["code"], one["status"], one["type"]).replace('"', ""))
        .collect();
    let expected = [
        "SMS_2 approved notification",
        "SMS_1 reviewing verification",
        "SMS_3 cancelled international",
        " unknown null",
    ];
    assert_eq!(rows, expected);
    assert_eq!(ran.json()["data"]["templates"][1]["text"], "a ${b}");
}

#[test]
fn the_sandbox_lists_by_state_and_name() {
    let world = World::new();
    let codes = |more: &[&str]| -> Vec<String> {
        let json = sandboxed(&world, &["list"], more);
        let listed = json["data"]["templates"].as_array().expect("templates").clone();
        assert_eq!(json["data"]["total"], listed.len());
        listed.iter().map(|one| one["code"].as_str().expect("code").to_string()).collect()
    };
    assert_eq!(codes(&["--audit-status", "approved"]).len(), 4);
    assert_eq!(codes(&["--audit-status", "AUDIT_STATE_NOT_PASS"]), ["SMS_100005"]);
    assert_eq!(codes(&["--name", "Sign-in"]), ["SMS_100001", "SMS_100006"]);
    assert!(codes(&["--audit-status", "suspended"]).is_empty());
    let all = codes(&["--all"]);
    assert_eq!(all[4..], ["SMS_100004", "SMS_100005"]);
}

#[test]
fn wrong_input_starts_nothing() {
    let good = ["create", "--name", "a", "--content", "b", "--template-type", "notification"];
    for (words, more, part) in [
        (&["list"][..], &["--language", "en"][..], "--language"),
        (&["list"], &["--page-size", "51"], "50"),
        (&["list"], &["--audit-status", "done"], "done"),
        (&["show", "SMS_1"], &["--language", "en"], "--language"),
        (&["stats", "SMS_1"], &[], "alimsg sms stats"),
        (&["delete", "SMS_1"], &["--cust-space-id", "x", "--yes"], "--cust-space-id"),
        (&["delete", "SMS_1"], &[], "--yes"),
        (&good, &[], "--yes"),
        (&good, &["--yes", "--body", "x"], "--content"),
        (&["create"], &["--yes", "--template-type", "international"], "--intl-type"),
        (
            &["create", "--name", "a", "--content", "${b", "--template-type", "1"],
            &["--yes"],
            "without a name or an end",
        ),
        (&["create", "--name", "a", "--content", "b", "--template-type", "6"], &["--yes"], "\"6\""),
        (&["update", "SMS_1"], &["--yes"], "nothing to update"),
        (&["preview", "SMS_1"], &["--template-param", "{\"a\":1}"], "not a string"),
    ] {
        let world = World::new();
        let ran = world.run(&templates(words, &[more, &["--json"]].concat()));
        assert_eq!(ran.exit(), 2, "{words:?} {more:?}: {ran:#?}");
        let error = ran.json()["error"].to_string().replace("\\\"", "\"");
        assert!(error.contains(part), "{words:?} {more:?}: {error}");
        assert!(world.processes().is_empty());
    }
}

#[test]
fn show_lists_text_variables_and_the_command_that_sends() {
    let reply = json!({"Code": "OK", "TemplateCode": "SMS_1", "TemplateName": "n",
        "TemplateContent": "Hi ${name}, ${order}, ${name}", "TemplateStatus": "2",
        "TemplateType": "0", "AuditInfo": {"RejectInfo": "no"}});
    let world = answering(&reply);
    let ran = world.run(&templates(&["show", "SMS_1"], &["--json", "--raw"])).exits(0);
    world.assert_clean();
    let json = ran.json();
    let data = &json["data"];
    let body = json!([{"type": "BODY", "text": "Hi ${name}, ${order}, ${name}"}]);
    assert_eq!(data["components"], body);
    assert_eq!(
        data["variables"],
        json!([{"name": "name", "where": "text"}, {"name": "order", "where": "text"}])
    );
    assert_eq!((&data["status"], &data["reason"]), (&json!("rejected"), &json!("no")));
    assert_eq!(data["type"], "verification");
    assert_eq!(
        data["send"],
        "alimsg sms send --phone-numbers NUMBER --sign-name SIGNATURE --template-code SMS_1 \
         --param 'name=VALUE' --param 'order=VALUE'"
    );
    assert_eq!(json["raw"], json!([reply]));
}

#[test]
fn a_reply_without_a_template_is_a_failure() {
    for reply in [json!({"Code": "OK"}), json!({"Code": "OK", "Data": {"a": 1}})] {
        for words in [["show", "SMS_1"], ["preview", "SMS_1"]] {
            let world = answering(&reply);
            let ran = world.run(&templates(&words, &["--json"])).exits(6);
            assert!(ran.stdout.contains("templates list --channel sms --all"), "{}", ran.stdout);
            world.assert_clean();
        }
    }
}

#[test]
fn preview_renders_and_lists_missing_and_superfluous_values() {
    let world = World::new();
    let more = ["--param", "name=Alice", "--template-param", r#"{"colour":"red"}"#];
    let json = sandboxed(&world, &["preview", "SMS_100002"], &more);
    assert_eq!(json["data"]["text"], "Hello Alice, your order ${order} is on its way.");
    assert_eq!(json["data"]["missing"], json!(["order"]));
    assert_eq!(json["data"]["superfluous"], json!(["colour"]));
    let ran = world.run_line("--sandbox --json templates preview SMS_9 --channel sms");
    assert_eq!((ran.exit(), &ran.json()["error"]["code"]), (6, &json!("TemplateNotFound")));
}

const DEFINITION: [&str; 14] = [
    "--name",
    "Order shipped",
    "--content",
    "Hello ${name}",
    "--template-type",
    "notification",
    "--remark",
    "for customers",
    "--related-sign-name",
    "Acme",
    "--template-rule",
    r#"{"name":"others"}"#,
    "--apply-scene-content",
    "https://example.com",
];

#[test]
fn create_update_and_delete_make_exactly_one_call_each() {
    let created = json!({"Code": "OK", "TemplateCode": "SMS_1"});
    for (words, more, call, (field, expected)) in [
        (&["create"][..], &DEFINITION[..], "create-sms-template", ("status", json!("reviewing"))),
        (&["update", "SMS_1"], &DEFINITION, "update-sms-template", ("code", json!("SMS_1"))),
        (&["delete", "SMS_1"], &[], "delete-sms-template", ("deleted", json!(true))),
    ] {
        let world =
            World::answering("dysmsapi create-sms-template", std::slice::from_ref(&created));
        let ran = world.run(&templates(words, &[more, &["--yes", "--json"]].concat())).exits(0);
        assert_eq!(ran.json()["data"][field], expected);
        assert_eq!(world.call_names(), [call]);
        world.assert_clean();
    }
}

#[test]
fn a_flag_wins_over_the_field_of_a_file() {
    let world = World::new();
    let toml = "name = \"a\"\ncontent = \"${b}\"\ntemplate_type = 3\nintl_type = 2\n\
                template_rule = { b = \"others\" }\n";
    let path = world.file("template.toml", toml);
    let more = ["--file", &path, "--name", "c", "--dry-run"];
    let ran = world.run(&templates(&["create"], &more)).exits(0);
    for part in ["--template-name=c", "--template-type=3", "--intl-type=2", r#"{"b":"others"}"#] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(world.processes().is_empty());
    let path = world.file("wrong.json", r#"{"body": "x"}"#);
    world.run(&templates(&["create"], &["--file", &path])).exits(2);
}

#[test]
fn the_sandbox_reviews_submitted_templates() {
    let world = World::new();
    let submit = |words: &[&str], content: &str| {
        let more = ["--name", "n", "--content", content, "--template-type", "promotion", "--yes"];
        let json = sandboxed(&world, words, &more);
        json["data"]["code"].as_str().expect("code").to_string()
    };
    let state = |code: &str| sandboxed(&world, &["show", code], &[])["data"]["status"].clone();
    let bad = submit(&["create"], "You are a winner, ${name}");
    let good = submit(&["create"], "Sale for ${name}");
    assert_ne!(good, bad);
    world.wait_until("the review has ended", || state(&good) != "reviewing");
    assert_eq!((state(&good), state(&bad)), (json!("approved"), json!("rejected")));
    let shown = sandboxed(&world, &["show", &bad], &[]);
    assert!(shown["data"]["reason"].as_str().is_some_and(|why| why.contains("winner")));

    // A rejected template can be updated, an approved one cannot.
    assert_eq!(submit(&["update", &bad], "Hello ${name}"), bad);
    let more = ["--name", "n", "--content", "c", "--template-type", "1", "--yes"];
    let words = [&["--sandbox", "--json"][..], &templates(&["update", &good], &more)].concat();
    world.run(&words).exits(6);

    sandboxed(&world, &["delete", &good], &["--yes"]);
    let words = [&["--sandbox", "--json"][..], &templates(&["show", &good], &[])].concat();
    world.run(&words).exits(6);
    world.assert_clean();
}

#[test]
fn a_terminal_shows_the_plan_and_needs_a_yes() {
    for (answer, count) in [("yes\r", 1), ("no\r", 0)] {
        let world = World::new();
        let mut terminal = world.terminal(&templates(&["create"], &DEFINITION));
        terminal.expect("to create the template");
        for part in ["Order shipped", "notification", "Hello ${name}", "for customers", "Acme"] {
            assert!(terminal.output().contains(part), "{part}: {}", terminal.output());
        }
        assert!(world.calls().is_empty());
        terminal.write(answer);
        let ran = terminal.wait();
        assert_eq!(ran.exit(), if count == 1 { 0 } else { 9 }, "{ran:#?}");
        assert_eq!(world.calls().len(), count);
        world.assert_clean();
    }
}

#[test]
fn deleting_at_a_terminal_takes_the_name() {
    let reply = json!({"Code": "OK", "TemplateName": "Spring sale", "TemplateContent": "Sale!"});
    for (typed, deleted) in [("Spring sale\r", true), ("yes\r", false)] {
        let world = answering(&reply);
        let mut terminal = world.terminal(&templates(&["delete", "SMS_1"], &[]));
        terminal.expect("Type the name");
        assert_ne!(world.ai_mode(), Some(true));
        terminal.write(typed);
        assert_eq!(terminal.wait().exit(), if deleted { 0 } else { 9 });
        let last = world.calls().pop().expect("a call");
        assert_eq!(last[1] == "delete-sms-template", deleted, "{last:?}");
        world.assert_clean();
    }
}

#[test]
fn the_channel_follows_from_the_code() {
    let world = World::new();
    let run = |line: &str| world.run_line(&format!("--sandbox --json {line}"));
    let shown = run("templates show SMS_100002").exits(0).json();
    assert_eq!(shown["data"]["code"], "SMS_100002", "{shown:#}");
    run("templates show SMS_100003 --channel-type sms").exits(0);
    run("templates preview SMS_100002 --param name=Al --param order=1").exits(0);
    run("templates delete SMS_100002 --yes").exits(0);
    let refused = run("templates stats SMS_100003").exits(2).json();
    let next = refused["error"]["next"].to_string();
    assert!(next.contains("sms stats"), "{refused:#}");
    let explicit = run("templates show SMS_100003 --channel whatsapp").exits(2).json();
    assert_eq!(explicit["error"]["missing"], serde_json::json!(["--language"]));
    // One spelling for each flag, with the others as aliases.
    run("templates list --channel-type sms --status approved").exits(0);
    run("sms signs list --status approved").exits(0);
    run("sms qualifications list --status approved").exits(0);
    run("sms stats --since yesterday --until today").exits(0);
    run("templates stats 100000000000002 --since monday --until today").exits(0);
    run("whatsapp accounts list --channel-type whatsapp").exits(0);
}

#[test]
fn an_update_takes_what_is_not_given_from_the_template() {
    let old = json!({
        "Code": "OK", "TemplateCode": "SMS_1", "TemplateName": "Shipped", "TemplateStatus": "2",
        "TemplateContent": "Hello ${name}", "TemplateType": "1", "RelatedSignName": "Acme",
        "Remark": "for customers",
    });
    let world = World::with_script(json!([reply_to("dysmsapi get-sms-template", &old)]));
    let line = "templates update SMS_1 --content 'Dear ${name}' --yes --json";
    world.run_line(line).exits(0);
    let call = world.calls().pop().expect("a call");
    for (flag, value) in [
        ("template-name", "Shipped"),
        ("template-content", "Dear ${name}"),
        ("template-type", "1"),
        ("related-sign-name", "Acme"),
        ("remark", "for customers"),
    ] {
        assert_eq!(crate::support::flag(&call, flag), Some(value), "{call:?}");
    }
    let world = World::new();
    let ran = world.run_line(&format!("{line} --dry-run"));
    assert_eq!(ran.planned_names(), ["get-sms-template", "update-sms-template"]);
    let call = ran.planned_calls().remove(1);
    for (flag, value) in [
        ("template-code", "SMS_1"),
        ("template-name", "NAME"),
        ("template-content", "Dear ${name}"),
    ] {
        assert_eq!(crate::support::flag(&call, flag), Some(value), "{call:?}");
    }
    // It is a comment, because NAME is not known yet.
    let text = world.run_line("templates update SMS_1 --content 'Dear ${name}' --dry-run").stdout;
    let line = text.lines().find(|line| line.contains("update-sms-template")).expect("the call");
    assert!(line.starts_with("# (with the name"), "{line}");
    assert!(world.commands().is_empty());
}
