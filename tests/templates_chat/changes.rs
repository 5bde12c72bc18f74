//! Creating, changing and deleting: nothing without consent, nothing that cannot pass.

use serde_json::{Value, json};

use super::support::World;
use super::{answer, call, calls, detail, refused};

const CREATE: &[&str] = &["templates", "create", "--category", "UTILITY", "--language", "en"];

#[test]
fn flags_become_components_and_examples() {
    let world = World::new();
    let reply = json!({"Code": "OK", "Data": {"TemplateCode": "c9"}, "RequestId": "r"});
    world.script(json!([answer("create-chatapp-template", reply)]));
    let ran = world.run(
        &[
            CREATE,
            &[
                "--name",
                "order_ready",
                "--header",
                "Your order",
                "--body",
                "Hello $(name)",
                "--footer",
                "Acme",
                "--button",
                "url=Track=https://example.com/$(id)",
                "--button",
                "reply=OK",
                "--example",
                "name=Alice",
                "--example",
                "id=1",
                "--yes",
                "--json",
            ],
        ]
        .concat(),
    );
    assert_eq!(ran.exit(), 0, "{ran:?}");
    let arguments = call(&world);
    let components = json!([
        {"Type": "HEADER", "Format": "TEXT", "Text": "Your order"},
        {"Type": "BODY", "Text": "Hello $(name)"},
        {"Type": "FOOTER", "Text": "Acme"},
        {"Type": "BUTTONS", "Buttons": [
            {"Type": "URL", "Text": "Track", "Url": "https://example.com/$(id)",
             "UrlType": "dynamic"},
            {"Type": "QUICK_REPLY", "Text": "OK"},
        ]},
    ]);
    let given = arguments[6].strip_prefix("--components=").expect("components");
    assert_eq!(serde_json::from_str::<Value>(given).expect("JSON"), components);
    assert_eq!(
        arguments[..6],
        [
            "cams",
            "create-chatapp-template",
            "--name=order_ready",
            "--category=UTILITY",
            "--biz-language=en",
            "--template-type=WHATSAPP",
        ]
    );
    assert_eq!(arguments[7..], ["--example", "name=Alice", "id=1"]);
    assert_eq!(ran.json()["data"]["code"], "c9");
    assert_eq!(ran.json()["data"]["status"], "reviewing");
    world.assert_clean();
}

#[test]
fn json_and_toml_files_come_to_the_same_call_and_flags_win() {
    let world = World::new();
    let toml = world.file(
        "t.toml",
        "name = \"a_b\"\ncategory = \"utility\"\nlanguage = \"en\"\nbody = \"Hello $(who)\"\n\
         buttons = [\"reply=OK\"]\n[example]\nwho = \"Al\"\n",
    );
    let json = world.file(
        "t.json",
        r#"{"name": "a_b", "category": "UTILITY", "language": "de", "example": {"who": "Al"},
            "components": [{"Type": "BODY", "Text": "Hello $(who)"},
                           {"Type": "BUTTONS", "Buttons": [{"Type": "QUICK_REPLY", "Text": "OK"}]}]}"#,
    );
    for (file, more) in [(&toml, &[][..]), (&json, &["--language", "en"][..])] {
        let ran = world.run(&[&["templates", "create", "--file", file, "--yes"], more].concat());
        assert_eq!(ran.exit(), 0, "{ran:?}");
    }
    let calls = calls(&world);
    assert_eq!(calls[0], calls[1]);

    for (name, content, said) in [
        ("a.toml", "name = ", "not valid TOML"),
        ("a.json", "[1]", "not a JSON object"),
        ("b.json", r#"{"nmae": "x"}"#, "unknown field: nmae"),
        ("c.json", r#"{"body": 5}"#, "body is not a text"),
        ("d.json", r#"{"components": []}"#, "not a list of objects"),
        ("e.json", r#"{"buttons": "x"}"#, "not a list of texts"),
    ] {
        let file = world.file(name, content);
        let ran = world.run(&["templates", "create", "--file", &file, "--yes", "--json"]);
        assert_eq!(ran.exit(), 2, "{ran:?}");
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(said), "{message}");
    }
    assert!(refused(&["templates", "create", "--file", "/nowhere/t.json"]).contains("be read"));
}

#[test]
fn whatever_cannot_pass_is_refused_before_anything_starts() {
    let missing = refused(&["templates", "create", "--name", "a"]);
    for flag in ["--category", "--language", "--body"] {
        assert!(missing.contains(flag), "{missing}");
    }
    for (arguments, said) in [
        (&["--name", "Order", "--body", "x"][..], "a to z"),
        (&["--name", "a", "--body", "Hello {{1}}"], "write $(1)"),
        (&["--name", "a", "--body", "x", "--footer", "$(b)"], "the footer has a variable"),
        (&["--name", "a", "--body", "x", "--button", "link=x"], "no button"),
        (&["--name", "a", "--body", "x", "--content", "y"], "--content is not known"),
        (&["--name", "a", "--body", "x", "--example", "b=c"], "no variable: b"),
    ] {
        let message = refused(&[CREATE, arguments].concat());
        assert!(message.contains(said), "{message}");
    }
    let renamed = ["templates", "update", "c1", "--language", "en", "--body", "x", "--name", "y"];
    assert!(refused(&renamed).contains("cannot be changed"));
}

#[test]
fn nobody_to_ask_means_nothing_happens() {
    let world = World::new();
    for arguments in [
        &[
            "templates",
            "create",
            "--category",
            "UTILITY",
            "--language",
            "en",
            "--name",
            "a",
            "--body",
            "x",
        ][..],
        &["templates", "update", "c1", "--language", "en", "--body", "x"],
        &["templates", "delete", "c1", "--language", "en"],
    ] {
        let ran = world.run(&[arguments, &["--json"]].concat());
        assert_eq!(ran.exit(), 2, "{ran:?}");
        let ran = world.run(&[arguments, &["--dry-run"]].concat());
        assert_eq!(ran.exit(), 0, "{ran:?}");
    }
    assert!(world.commands().is_empty());
}

#[test]
fn an_update_shows_the_old_text_before_it_asks() {
    let world = World::new();
    world.script(json!([detail("pass", json!([{"Type": "BODY", "Text": "the old text"}]))]));
    let mut terminal = world.terminal(&[
        "templates",
        "update",
        "c1",
        "--language",
        "en",
        "--body",
        "the new text",
    ]);
    for shown in ["the old text", "the new text", "only \"yes\" goes on"] {
        terminal.expect(shown);
    }
    // Nobody thinks while ai-mode is on.
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    terminal.write("yes\r");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 0, "{ran:?}");
    let modified = &calls(&world)[1];
    assert_eq!(
        modified[..5],
        [
            "cams",
            "modify-chatapp-template",
            "--template-code=c1",
            "--biz-language=en",
            "--template-type=WHATSAPP",
        ]
    );
    world.assert_clean();
}

#[test]
fn a_template_is_deleted_by_its_name_and_by_no_other_word() {
    for (typed, exit) in [("order_update", 0), ("yes", 9)] {
        let world = World::new();
        world.script(json!([detail("pass", json!([{"Type": "BODY", "Text": "x"}]))]));
        let mut terminal = world.terminal(&["templates", "delete", "c1", "--language", "en"]);
        terminal.expect("Type the name");
        terminal.write(&format!("{typed}\r"));
        let ran = terminal.wait();
        assert_eq!(ran.exit(), exit, "{ran:?}");
        let deleted = calls(&world).iter().any(|call| call[1] == "delete-chatapp-template");
        assert_eq!(deleted, exit == 0);
        world.assert_clean();
    }
    let world = World::new();
    let ran = world.run(&["templates", "delete", "c1", "--language", "en", "--yes"]);
    assert_eq!(ran.exit(), 0, "{ran:?}");
    assert_eq!(
        call(&world),
        [
            "cams",
            "delete-chatapp-template",
            "--template-code=c1",
            "--biz-language=en",
            "--template-type=WHATSAPP",
        ]
    );
}

#[test]
fn an_update_keeps_the_parts_that_are_not_given_and_names_those_that_go() {
    let old = json!([
        {"Type": "HEADER", "Format": "TEXT", "Text": "Your order"},
        {"Type": "BODY", "Text": "the old text"},
        {"Type": "FOOTER", "Text": "Acme"},
        {"Type": "BUTTONS", "Buttons": [{"Type": "QUICK_REPLY", "Text": "OK"}]},
    ]);
    let world = World::new();
    world.script(json!([detail("pass", old.clone())]));
    let update = ["templates", "update", "c1", "--language", "en"];
    // With --yes, too: nobody would see that anything is gone.
    let ran = world.run(&[&update[..], &["--body", "the new text", "--yes"]].concat());
    assert_eq!(ran.exit(), 0, "{ran:?}");
    let mut expected = old;
    expected[1]["Text"] = json!("the new text");
    assert_eq!(components(&calls(&world)[1]), expected);

    let path = world.file("t.json", r#"{"components": [{"Type": "BODY", "Text": "alone"}]}"#);
    let mut terminal = world.terminal(&[&update[..], &["--file", &path]].concat());
    for shown in ["\"the old text\" → \"alone\"", "\"Your order\" → removed"] {
        terminal.expect(shown);
    }
    terminal.expect("only \"yes\" goes on");
    terminal.write("yes\r");
    assert_eq!(terminal.wait().exit(), 0);
    assert_eq!(components(&calls(&world)[3]), json!([{"Type": "BODY", "Text": "alone"}]));
    world.assert_clean();
}

#[test]
fn an_update_is_not_made_where_the_old_parts_cannot_be_read() {
    for strange in [Value::Null, json!([]), json!("?"), json!([1])] {
        let world = World::new();
        world.script(json!([detail("pass", strange)]));
        let ran = world.run(&[
            "templates",
            "update",
            "c1",
            "--language",
            "en",
            "--body",
            "x",
            "--yes",
            "--json",
        ]);
        assert_eq!(ran.exit(), 6, "{ran:?}");
        assert_eq!(call(&world)[1], "get-chatapp-template-detail");
        world.assert_clean();
    }
}

#[track_caller]
#[allow(clippy::expect_used, reason = "a test that cannot go on has to stop")]
fn components(call: &[String]) -> Value {
    assert_eq!(call[1], "modify-chatapp-template");
    let flag = "--components=";
    let text = call.iter().find_map(|word| word.strip_prefix(flag)).unwrap_or_default();
    let components = serde_json::from_str(text);
    assert!(components.is_ok(), "{call:?}");
    components.unwrap_or_default()
}

#[test]
fn a_template_that_is_not_named_is_not_said_to_be_reviewed() {
    let body = ["--name", "a", "--body", "x", "--yes", "--json"];
    let sms = [
        "templates",
        "create",
        "--channel",
        "sms",
        "--name",
        "a",
        "--content",
        "x",
        "--template-type",
        "notification",
        "--yes",
        "--json",
    ];
    let world = World::new();
    let ok = json!({"Code": "OK"}).to_string();
    world.script(json!([
        { "match": ["cams", "create-chatapp-template"], "stdout": ok },
        { "match": ["dysmsapi", "create-sms-template"], "stdout": ok },
    ]));
    for arguments in [&[CREATE, &body].concat()[..], &sms] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit(), 0, "{ran:?}");
        let json = ran.json();
        assert_eq!(
            (&json["data"]["code"], &json["data"]["status"]),
            (&Value::Null, &json!("unknown"))
        );
        assert!(json["warnings"].to_string().contains("named no template"), "{json}");
    }
    world.assert_clean();
}
