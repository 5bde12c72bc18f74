//! Create: the call, and input that is refused.

use serde_json::{Value, json};

use super::{answer, refused};
use crate::support::World;

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
    let arguments = world.call();
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
fn json_and_toml_files_make_the_same_call_and_flags_win() {
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
    let calls = world.calls();
    assert_eq!(calls[0], calls[1]);

    for (name, content, problems) in [
        ("a.toml", "name = ", "is not a template in TOML: "),
        ("a.json", "[1]", "expected an object"),
        ("b.json", r#"{"nmae": "x"}"#, "unknown field `nmae`"),
        ("c.json", r#"{"body": 5}"#, "invalid type: integer, expected a string at line 1"),
        ("d.json", r#"{"components": []}"#, "`components` is empty"),
        ("e.json", r#"{"buttons": "x"}"#, "expected a sequence"),
        ("f.json", r#"{"buttons": [5]}"#, "expected a button such as"),
        ("g.json", r#"{"components": [5]}"#, "expected a map"),
        ("h.json", r#"{"components": [{}], "body": "x"}"#, "cannot be combined with"),
    ] {
        let file = world.file(name, content);
        let ran = world.run(&["templates", "create", "--file", &file, "--yes", "--json"]);
        assert_eq!(ran.exit(), 2, "{ran:?}");
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(problems), "{message}");
    }
    // An error names the place and quotes nothing of the file.
    for (name, content, said) in [
        (
            "f.toml",
            "name = \"a\"\nbody = 'psst",
            "f.toml is not a template in TOML: syntax error at line 2, column 13",
        ),
        ("g.toml", "ok = 1\npsst psst", "line 2, column 6"),
        ("h.toml", "psst = 1\npsst = 2", "line 2, column 1"),
        (
            "i.toml",
            "body = [\"psst\"]",
            "invalid type: sequence, expected a string at line 1, column 8",
        ),
        ("j.json", "{\"body\": \"psst\", }", "line 1"),
        ("l.json", r#"{"components": "psst"}"#, "invalid type: string, expected a sequence"),
        ("m.toml", "components = \"psst\"", "invalid type: string, expected a sequence"),
        ("n.toml", "[example]\npsst = 5", "expected a string at line 2, column 8"),
        (
            "k.json",
            r#"{"body": {"psst": 1}}"#,
            "invalid type: map, expected a string at line 1, column ",
        ),
    ] {
        let file = world.file(name, content);
        let ran = world.run(&["templates", "create", "--file", &file, "--yes", "--json"]);
        assert_eq!(ran.exit(), 2, "{ran:?}");
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(said) && !message.contains("psst"), "{message}");
    }
    assert!(refused(&["templates", "create", "--file", "/nowhere/t.json"]).contains("be read"));
}

#[test]
fn wrong_input_is_refused_before_any_process_starts() {
    let missing = refused(&["templates", "create", "--name", "a"]);
    for flag in ["--category", "--language", "--body"] {
        assert!(missing.contains(flag), "{missing}");
    }
    for (arguments, problems) in [
        (&["--name", "Order", "--body", "x"][..], "a to z"),
        (&["--name", "a", "--body", "Hello {{1}}"], "write $(1)"),
        (&["--name", "a", "--body", "x", "--footer", "$(b)"], "the footer cannot have variables"),
        (&["--name", "a", "--body", "x", "--button", "link=x"], "invalid --button"),
        (
            &["--name", "a", "--body", "x", "--content", "y"],
            "--content is not supported with --channel whatsapp",
        ),
        (&["--name", "a", "--body", "x", "--example", "b=c"], "no variable for the examples b"),
    ] {
        let message = refused(&[CREATE, arguments].concat());
        assert!(message.contains(problems), "{message}");
    }
    let renamed = ["templates", "update", "c1", "--language", "en", "--body", "x", "--name", "y"];
    assert!(refused(&renamed).contains("cannot be changed"));
}

#[test]
fn without_a_code_in_the_reply_the_status_is_unknown() {
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
        assert!(json["warnings"].to_string().contains("no template code"), "{json}");
    }
    world.assert_clean();
}

#[test]
fn a_viber_category_is_in_lower_case() {
    let world = World::new();
    let create = ["templates", "create", "--channel", "viber", "--category", "Text_Image"];
    let parts = ["--body", "Hi", "--header-media", "image=https://x.example/a.png"];
    let frame = ["--name", "Any Name", "--language", "en", "--yes"];
    let ran = world.run(&[&create[..], &parts, &frame].concat());
    assert_eq!(ran.exit(), 0, "{ran:?}");
    assert_eq!(
        world.call()[2..6],
        ["--name=Any Name", "--category=text_image", "--biz-language=en", "--template-type=VIBER",]
    );
    let footer = [&create[..], &parts, &["--name", "a", "--language", "en", "--footer", "x"]];
    let problems = refused(&footer.concat());
    assert!(
        problems.contains("unknown component type \\\"FOOTER\\\": expected HEADER, BODY, BUTTONS"),
        "{problems}"
    );
    world.assert_clean();
}

#[test]
fn a_carousel_is_submitted_unchanged_or_refused() {
    let world = World::new();
    let card = json!({"CardComponents": [
        {"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a.png"},
        {"Type": "BODY", "Text": "Only $(price)"},
        {"Type": "BUTTONS", "Buttons": [{"Type": "QUICK_REPLY", "Text": "Buy"}]},
    ]});
    let definition = |cards: usize| {
        let components = json!([
            {"Type": "BODY", "Text": "Look"}, {"Type": "CAROUSEL", "Cards": vec![&card; cards]},
        ]);
        let fields = json!({"name": "shop", "category": "MARKETING", "language": "en",
                            "components": components, "example": {"price": "1"}});
        (world.file(&format!("{cards}.json"), &fields.to_string()), components)
    };
    let (file, components) = definition(2);
    let ran = world.run(&["templates", "create", "--file", &file, "--yes"]);
    assert_eq!(ran.exit(), 0, "{ran:?}");
    let given = world.call()[6].strip_prefix("--components=").map(str::to_owned);
    let given: Value = serde_json::from_str(&given.expect("components")).expect("JSON");
    assert_eq!(given, components);
    for (cards, problem) in [(1, "too few cards"), (11, "too many cards")] {
        let problems = refused(&["templates", "create", "--file", &definition(cards).0]);
        assert!(problems.contains(problem), "{problems}");
    }
    world.assert_clean();
}

#[test]
fn a_terminal_asks_for_missing_values() {
    let world = World::new();
    let mut terminal = world.terminal(&["templates", "create", "--body", "Hello"]);
    terminal.expect("Name of the template");
    terminal.write("Order Ready\r");
    terminal.expect("write \"order_ready\"");
    terminal.write("order_ready\r");
    terminal.expect("Category");
    terminal.write("utility\r");
    terminal.expect("Language");
    terminal.write("en-US\r");
    terminal.expect("as \"en_US\"");
    terminal.write("en_US\r");
    terminal.expect("Type \"yes\" to");
    terminal.write("no\r");
    assert_eq!(terminal.wait().exit(), 9);

    let mut terminal = world.terminal(&[CREATE, &["--name", "a"]].concat());
    terminal.expect("Text of the body");
    terminal.write("Hello\r");
    terminal.expect("Type \"yes\" to");
    terminal.write("yes\r");
    assert_eq!(terminal.wait().exit(), 0);
    let components = r#"--components=[{"Type":"BODY","Text":"Hello"}]"#;
    assert_eq!(world.call()[6], components);
    world.assert_clean();
}

#[test]
fn an_authentication_template_does_not_ask_for_a_body() {
    let create = ["templates", "create", "--name", "code", "--category", "AUTHENTICATION"];
    let message = refused(&[&create[..], &["--language", "en"]].concat());
    assert!(message.contains("from a file") && !message.contains("--body"), "{message}");
}

#[test]
fn after_a_lost_reply_the_next_command_lists_the_name_that_was_created() {
    let world = World::new();
    world.script(json!([{ "match": ["cams", "create-chatapp-template"], "stdout": "{" }]));
    let create = ["templates", "create", "--channel", "viber", "--category", "text"];
    let given = ["--name", "Spring sale", "--language", "en", "--body", "Hi", "--yes", "--json"];
    let ran = world.run(&[&create[..], &given].concat());
    assert_eq!(ran.exit(), 7, "{ran:?}");
    assert_eq!(
        ran.json()["error"]["next"],
        json!(["alimsg templates list --channel viber --name 'Spring sale'"])
    );
    assert_eq!(world.calls().len(), 1);
    world.assert_clean();
}
