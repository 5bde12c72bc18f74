//! Update and delete: confirmation first, and an update keeps the parts that are not given.

use serde_json::{Value, json};

use super::{answer, detail, refused};
use crate::support::World;

#[test]
fn without_a_terminal_and_yes_nothing_is_changed() {
    let world = World::new();
    let create = ["--category=UTILITY", "--language=en", "--name=a", "--body=x"];
    for arguments in [
        &[&["templates", "create"], &create[..]].concat()[..],
        &["templates", "update", "c1", "--language", "en", "--body", "x"],
        &["templates", "delete", "c1", "--language", "en"],
    ] {
        world.run(&[arguments, &["--json"]].concat()).exits(2);
        world.run(&[arguments, &["--dry-run"]].concat()).exits(0);
    }
    assert!(world.commands().is_empty());
}

#[test]
fn an_update_shows_the_old_text_before_the_question() {
    let world = World::with_script(json!([detail(
        "pass",
        json!([{"Type": "BODY", "Text": "the old text"}])
    )]));
    let mut terminal = world.terminal(&[
        "templates",
        "update",
        "c1",
        "--language",
        "en",
        "--body",
        "the new text",
    ]);
    for shown in ["the old text", "the new text", "Type \"yes\" to"] {
        terminal.expect(shown);
    }
    // ai-mode is off while the user thinks.
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    terminal.write("yes\r");
    terminal.wait().exits(0);
    assert_eq!(world.call_names(), ["get-chatapp-template-detail", "modify-chatapp-template"]);
    world.assert_clean();
}

#[test]
fn deleting_takes_the_name_of_the_template_and_no_other_word() {
    for (typed, exit) in [("order_update", 0), ("yes", 9)] {
        let world = World::new();
        let header = json!({"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a"});
        world.script(json!([detail("pass", json!([header]))]));
        let mut terminal = world.terminal(&["templates", "delete", "c1", "--language", "en"]);
        terminal.expect("image https://x.example/a");
        terminal.expect("Type the name");
        terminal.write(&format!("{typed}\r"));
        let ran = terminal.wait();
        assert_eq!(ran.exit(), exit, "{ran:?}");
        let deleted = world.calls().iter().any(|call| call[1] == "delete-chatapp-template");
        assert_eq!(deleted, exit == 0);
        world.assert_clean();
    }
}

#[test]
fn an_update_keeps_the_parts_that_are_not_given_and_lists_removed_ones() {
    let old = json!([
        {"Type": "HEADER", "Format": "TEXT", "Text": "Your order"},
        {"Type": "BODY", "Text": "the old text"},
        {"Type": "FOOTER", "Text": "Acme"},
        {"Type": "BUTTONS", "Buttons": [{"Type": "QUICK_REPLY", "Text": "OK"}]},
    ]);
    let world = World::with_script(json!([detail("pass", old.clone())]));
    let update = ["templates", "update", "c1", "--language", "en"];
    // With --yes as well: the user would not see that a part is lost.
    world.run(&[&update[..], &["--body", "the new text", "--yes"]].concat()).exits(0);
    let mut expected = old;
    expected[1]["Text"] = json!("the new text");
    assert_eq!(components(&world.calls()[1]), expected);

    let path = world.file("t.json", r#"{"components": [{"Type": "BODY", "Text": "alone"}]}"#);
    let mut terminal = world.terminal(&[&update[..], &["--file", &path]].concat());
    for shown in ["\"the old text\" → \"alone\"", "\"Your order\" → removed"] {
        terminal.expect(shown);
    }
    terminal.answer("Type \"yes\" to", "yes");
    terminal.wait().exits(0);
    assert_eq!(components(&world.calls()[3]), json!([{"Type": "BODY", "Text": "alone"}]));
    world.assert_clean();
}

#[test]
fn an_update_fails_if_the_old_parts_cannot_be_read() {
    for strange in [Value::Null, json!([]), json!("?"), json!([1])] {
        let world = World::with_script(json!([detail("pass", strange)]));
        world.run_line("templates update c1 --language en --body x --yes --json").exits(6);
        assert_eq!(world.call()[1], "get-chatapp-template-detail");
        world.assert_clean();
    }
}

#[track_caller]
fn components(call: &[String]) -> Value {
    assert_eq!(call[1], "modify-chatapp-template");
    let flag = "--components=";
    let text = call.iter().find_map(|word| word.strip_prefix(flag)).unwrap_or_default();
    let components = serde_json::from_str(text);
    assert!(components.is_ok(), "{call:?}");
    components.unwrap_or_default()
}

#[test]
fn an_update_of_an_example_or_the_category_alone_keeps_everything_else() {
    let reply = json!({ "Code": "OK", "Data": {
        "TemplateCode": "c1", "Name": "order_update", "AuditStatus": "fail",
        "Category": "MARKETING", "MessageSendTtlSeconds": 120, "ProductSetId": "p1",
        "Example": {"b": "2"},
        "Components": [{"Type": "BODY", "Text": "$(a) $(b)"},
                       {"Type": "LIMITED_TIME_OFFER", "Text": "Ends", "hasExpiration": true}],
    }});
    let update = ["templates", "update", "c1", "--language", "en", "--yes"];
    let kept = [
        r#"--components=[{"Type":"BODY","Text":"$(a) $(b)"},{"Type":"LIMITED_TIME_OFFER","Text":"Ends","HasExpiration":true}]"#,
        "--message-send-ttl-seconds=120",
        "--product-set-id=p1",
    ];
    for (given, expected) in [
        (&["--example", "a=1"][..], &["--example", "a=1", "b=2"][..]),
        (&["--category", "marketing"], &["--category=MARKETING", "--example", "b=2"]),
    ] {
        let world =
            World::with_script(json!([answer("get-chatapp-template-detail", reply.clone())]));
        world.run(&[&update[..], given].concat()).exits(0);
        let modified = world.calls().remove(1);
        for word in kept.iter().chain(expected) {
            assert!(modified.iter().any(|given| given == word), "{word} in {modified:?}");
        }
        world.assert_clean();
    }
    assert!(refused(&update[..5]).contains("nothing to update"));
    let language = refused(&["templates", "update", "c1", "--body", "x"]);
    assert!(language.contains("--language"), "{language}");
}

#[test]
fn an_update_has_to_fit_the_category_of_the_old_template() {
    let world = World::new();
    let reply = json!({"Code": "OK", "Data": {"Name": "hello", "Category": "text",
                       "Components": [{"Type": "BODY", "Text": "x"}]}});
    world.script(json!([answer("get-chatapp-template-detail", reply)]));
    let update = ["templates", "update", "c1", "--channel", "viber", "--language", "en"];
    let image = ["--header-media", "image=https://x.example/a.png", "--yes", "--json"];
    let ran = world.run(&[&update[..], &image].concat()).exits(2);
    let message = ran.json()["error"]["message"].to_string();
    assert!(message.contains("its category is text_image, not text"), "{message}");
    assert_eq!(world.calls().len(), 1);
    world.run(&[&update[..], &image, &["--category", "TEXT_IMAGE"]].concat()).exits(0);
    assert!(world.calls()[2].contains(&"--category=text_image".to_string()));
    world.assert_clean();
}

#[test]
fn an_update_changes_neither_the_name_nor_the_texts_that_whatsapp_writes() {
    let world = World::new();
    let reply = json!({"Code": "OK", "Data": {"Name": "code", "Category": "AUTHENTICATION",
                       "Components": [{"Type": "BODY", "Text": "123 is your code."}]}});
    world.script(json!([answer("get-chatapp-template-detail", reply)]));
    let update = ["templates", "update", "c1", "--language", "en", "--yes", "--json"];
    let file = world.file("t.json", r#"{"name": "another", "category": "AUTHENTICATION"}"#);
    for (more, expected) in [
        (["--body", "My own text"], "writes the body of an AUTHENTICATION template itself"),
        (["--file", &file], "name of a template cannot be changed"),
    ] {
        let ran = world.run(&[&update[..], &more].concat()).exits(2);
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(expected), "{message}");
    }
    assert!(world.calls().iter().all(|call| call[1] == "get-chatapp-template-detail"));
    world.assert_clean();
}

#[test]
fn a_dry_run_of_an_update_notes_that_the_call_will_be_completed() {
    let update = ["templates", "update", "c1", "--language", "en", "--footer", "Bye"];
    let ran = World::new().run(&[&update[..], &["--dry-run", "--json"]].concat());
    let json = ran.json();
    let commands = json["commands"].as_array().expect("commands");
    let call = commands.iter().rfind(|command| command["phase"] == "call").expect("a call");
    assert!(call["when"].to_string().contains("completed with"), "{call}");
}

/// The list of a template in two languages, among others whose names contain its name.
fn listed() -> Value {
    let entry = |code: &str, name: &str, language: &str| {
        json!({"TemplateCode": code, "TemplateName": name, "Language": language,
            "AuditStatus": "pass"})
    };
    let list = json!([
        entry("c1", "order", "en"),
        entry("c2", "order_update", "en"),
        entry("c1", "order", "de"),
    ]);
    answer("list-chatapp-template", json!({"Code": "OK", "Total": 3, "ListTemplate": list}))
}

#[test]
fn a_template_is_deleted_by_name_in_all_languages() {
    let world = World::with_script(json!([listed()]));
    let mut terminal = world.terminal(&["templates", "delete", "--name", "order"]);
    terminal.expect("About to delete 2 templates");
    terminal.expect("c1 (en) · approved");
    terminal.expect("c1 (de) · approved");
    terminal.expect("Type the name to confirm");
    assert!(!terminal.output().contains("c2"), "{}", terminal.output());
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    terminal.write("order\r");
    terminal.wait().exits(0);
    let delete = "delete-chatapp-template";
    assert_eq!(world.call_names(), ["list-chatapp-template", delete, delete]);
    for (call, language) in world.calls()[1..].iter().zip(["en", "de"]) {
        assert!(call.contains(&format!("--biz-language={language}")), "{call:?}");
        assert!(call.contains(&"--template-code=c1".to_string()), "{call:?}");
    }
    world.assert_clean();

    let world = World::with_script(json!([listed()]));
    let mut terminal = world.terminal(&["templates", "delete", "--name", "order"]);
    terminal.answer("Type the name to confirm", "yes");
    terminal.wait().exits(9);
    assert_eq!(world.call_names(), ["list-chatapp-template"]);

    let ran = world.run(&["templates", "delete", "--name", "orde", "--yes", "--json"]).exits(6);
    assert_eq!(ran.json()["error"]["next"], json!(["alimsg templates list"]));
    refused(&["templates", "delete", "--name", "order", "--channel", "sms"]);
    refused(&["templates", "delete"]);
    refused(&["templates", "delete", "c1", "--name", "order"]);
}

#[test]
fn a_deletion_that_fails_after_another_reports_both() {
    for (second, exit, outcome) in [
        (json!({"Code": "Forbidden.RAM", "Message": "no"}).to_string(), 8, "sent"),
        ("{".to_string(), 7, "unknown"),
    ] {
        let world = World::new();
        let language = |language: &str, stdout: String| {
            json!({"match": ["cams", "delete-chatapp-template"], "stdout": stdout,
                "contains": [format!("--biz-language={language}")]})
        };
        let ok = json!({"Code": "OK", "RequestId": "r-1"}).to_string();
        world.script(json!([listed(), language("en", ok), language("de", second)]));
        let delete = ["templates", "delete", "--name", "order", "--yes"];
        let ran = world.run(&[&delete[..], &["--json"]].concat()).exits(exit);
        let json = ran.json();
        let error = &json["error"];
        assert_eq!((&json["ok"], &error["outcome"]), (&json!(false), &json!(outcome)), "{json:#}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("deleted 1 of 2 templates; c1 (de) failed: "), "{message}");
        assert_eq!(json["data"]["templates"][0]["language"], "en");
        assert_eq!(json["data"]["templates"].as_array().map(Vec::len), Some(1));
        let next = error["next"].to_string();
        assert!(next.contains("alimsg templates list --name order"), "{next}");
        world.assert_clean();
    }
}
