//! Create: the call, and input that is refused.

use serde_json::{Value, json};

use super::{answer, refused};
use crate::support::World;
use crate::support::messages::SOME_TEMPLATE;

const CREATE: &[&str] = &["templates", "create", "--category", "UTILITY", "--language", "en"];

#[test]
fn a_new_template_is_reviewed_under_the_code_of_the_reply() {
    let reply = json!({"Code": "OK", "Data": {"TemplateCode": "c9"}, "RequestId": "r"});
    let world = World::with_script(json!([answer("create-chatapp-template", reply)]));
    let ran = world.run(&[CREATE, &["--name=a", "--body=Hello", "--yes", "--json"]].concat());
    let data = &ran.exits(0).json()["data"];
    assert_eq!((&data["code"], &data["status"]), (&json!("c9"), &json!("reviewing")));
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
        world.run(&[&["templates", "create", "--file", file, "--yes"], more].concat()).exits(0);
    }
    let calls = world.calls();
    assert_eq!(calls[0], calls[1]);

    for (name, content, problems) in [
        ("a.toml", "name = ", "is not a template in TOML: "),
        ("a.json", "[1]", "expected an object"),
        ("b.json", r#"{"nmae": "x"}"#, "unknown field `nmae`"),
        ("c.json", r#"{"body": 5}"#, "body: invalid type: integer, expected a string at line 1"),
        ("d.json", r#"{"components": []}"#, "`components` is empty"),
        ("e.json", r#"{"buttons": "x"}"#, "expected a sequence"),
        ("f.json", r#"{"buttons": [5]}"#, "expected a button such as"),
        (
            "g.json",
            r#"{"components": [5]}"#,
            "components[0]: invalid type: integer, expected a map",
        ),
        (
            "i.json",
            r#"{"message_send_ttl_seconds": "9"}"#,
            "message_send_ttl_seconds: invalid type",
        ),
        ("j.json", r#"{"body": "x"} more"#, "trailing characters"),
        ("h.json", r#"{"components": [{}], "body": "x"}"#, "cannot be combined with"),
    ] {
        let file = world.file(name, content);
        let ran = world.run(&["templates", "create", "--file", &file, "--yes", "--json"]).exits(2);
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(problems), "{message}");
    }
    // An error names the place and quotes nothing of the file.
    for (name, content, expected) in [
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
        (
            "n.toml",
            "[example]\npsst = 5",
            "example: invalid type: integer, expected a string at line 2, column 8",
        ),
        (
            "k.json",
            r#"{"body": {"psst": 1}}"#,
            "invalid type: map, expected a string at line 1, column ",
        ),
    ] {
        let file = world.file(name, content);
        let ran = world.run(&["templates", "create", "--file", &file, "--yes", "--json"]).exits(2);
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(expected) && !message.contains("psst"), "{message}");
    }
    assert!(refused(&["templates", "create", "--file", "/nowhere/t.json"]).contains("be read"));
}

/// A template as in Meta's documentation.
const OF_META: &str = r#"{
    "name": "seasonal_promotion", "language": "en_US", "category": "marketing",
    "parameter_format": "POSITIONAL", "allow_category_change": true,
    "message_send_ttl_seconds": 43200,
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Our {{1}} is on!",
         "example": {"header_text": ["Summer Sale"]}},
        {"type": "BODY", "text": "Shop now through {{1}} and use code {{2}}.",
         "example": {"body_text": [["the end of August", "25OFF"]]}},
        {"type": "FOOTER", "text": "Use the buttons below"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Unsubscribe from All"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "15550051310"}]}]}"#;

#[test]
fn a_template_of_metas_documentation_works_unchanged() {
    let expected = json!([
        {"Type": "HEADER", "Format": "TEXT", "Text": "Our $(header_1) is on!"},
        {"Type": "BODY", "Text": "Shop now through $(1) and use code $(2)."},
        {"Type": "FOOTER", "Text": "Use the buttons below"},
        {"Type": "BUTTONS", "Buttons": [
            {"Type": "QUICK_REPLY", "Text": "Unsubscribe from All"},
            {"Type": "PHONE_NUMBER", "Text": "Call", "PhoneNumber": "15550051310"}]},
    ]);
    let reply = json!({"Code": "OK", "Data": {"TemplateCode": "c9"}});
    let world = World::answering("cams create-chatapp-template", &[reply]);
    let file = world.file("meta.json", OF_META);
    let ran = world.run(&["templates", "create", "--file", &file, "--yes", "--json"]).exits(0);
    assert_eq!(ran.json()["warnings"], json!([]));
    let call = world.call();
    let value = |flag: &str| {
        let word = call.iter().find_map(|word| word.strip_prefix(flag));
        word.unwrap_or_else(|| panic!("{flag} in {call:?}")).to_owned()
    };
    let components: Value = serde_json::from_str(&value("--components=")).expect("JSON");
    assert_eq!(components, expected);
    assert_eq!(value("--message-send-ttl-seconds="), "43200");
    assert_eq!(value("--allow-category-change="), "true");
    assert_eq!(value("--category="), "MARKETING");
    for example in ["header_1=Summer Sale", "1=the end of August", "2=25OFF"] {
        assert!(call.iter().any(|word| word == example), "{example} in {call:?}");
    }

    let reply = json!({"Code": "OK", "Data": {"TemplateCode": "c1", "Name": "seasonal_promotion",
        "Category": "MARKETING", "Components": [{"Type": "BODY", "Text": "old"}]}});
    let world = World::with_script(json!([answer("get-chatapp-template-detail", reply)]));
    let file = world.file("meta.json", OF_META);
    let ran = world.run(&["templates", "update", "c1", "--file", &file, "--yes", "--json"]);
    let warnings = ran.exits(0).json()["warnings"].to_string();
    assert!(warnings.contains("allow_category_change"), "{warnings}");
    let call = world.calls().pop().expect("a call");
    assert!(call.iter().any(|word| word == "--message-send-ttl-seconds=43200"), "{call:?}");
    assert!(call.iter().any(|word| word.contains("Shop now through $(1)")), "{call:?}");
}

#[test]
fn wrong_input_is_refused_before_any_process_starts() {
    let missing = refused(&["templates", "create", "--name", "a"]);
    for flag in ["--category", "--language", "--body"] {
        assert!(missing.contains(flag), "{missing}");
    }
    for (arguments, problems) in [
        (&["--name", "Order", "--body", "x"][..], "a to z"),
        (&["--name", "a", "--body", "Hello {{1"], "without a name or an end"),
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
    let sms = ["templates", "create", "--channel=sms", "--template-type=notification"];
    let sms = [&sms[..], &["--name=a", "--content=x", "--yes", "--json"]].concat();
    let world = World::new();
    let ok = json!({"Code": "OK"}).to_string();
    world.script(json!([
        { "match": ["cams", "create-chatapp-template"], "stdout": ok },
        { "match": ["dysmsapi", "create-sms-template"], "stdout": ok },
    ]));
    for arguments in [&[CREATE, &body].concat()[..], &sms] {
        let ran = world.run(arguments).exits(0);
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
fn a_viber_template_has_no_footer() {
    let problems = refused(
        &[
            &["templates", "create", "--channel=viber", "--category=Text_Image", "--body=Hi"][..],
            &["--header-media=image=https://x.example/a.png"],
            &["--name=a", "--language=en", "--footer=x"],
        ]
        .concat(),
    );
    assert!(
        problems.contains("unknown component type \\\"FOOTER\\\": expected HEADER, BODY, BUTTONS"),
        "{problems}"
    );
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
    world.run(&["templates", "create", "--file", &file, "--yes"]).exits(0);
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
    terminal.answer("Name of the template", "Order Ready");
    terminal.answer("write \"order_ready\"", "order_ready");
    terminal.answer("Category", "utility");
    terminal.answer("Language", "en-US");
    terminal.answer("as \"en_US\"", "en_US");
    terminal.answer("Type \"yes\" to", "no");
    terminal.wait().exits(9);

    let mut terminal = world.terminal(&[CREATE, &["--name", "a"]].concat());
    terminal.answer("Text of the body", "Hello");
    terminal.answer("Type \"yes\" to", "yes");
    terminal.wait().exits(0);
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
    let world = World::with_script(
        json!([{ "match": ["cams", "create-chatapp-template"], "stdout": "{" }]),
    );
    let create = ["templates", "create", "--channel", "viber", "--category", "text"];
    let given = ["--name", "Spring sale", "--language", "en", "--body", "Hi", "--yes", "--json"];
    let ran = world.run(&[&create[..], &given].concat()).exits(7);
    assert_eq!(
        ran.json()["error"]["next"],
        json!(["alimsg templates list --channel viber --name 'Spring sale'"])
    );
    assert_eq!(world.calls().len(), 1);
    world.assert_clean();
}

#[test]
fn wait_shows_the_result_of_the_review() {
    let world = World::new();
    let create = |name: &str, body: &str| {
        let words = [
            "--sandbox",
            "--json",
            "templates",
            "create",
            "--category",
            "UTILITY",
            "--language",
            "en",
            "--name",
            name,
            "--body",
            body,
            "--wait=30",
            "--yes",
        ];
        world.run(&words).exits(0).json()
    };
    let json = create("order_ready", "Your order is ready.");
    assert_eq!(
        (&json["data"]["status"], &json["data"]["reason"]),
        (&json!("approved"), &json!(null))
    );
    let json = create("order_prize", "You won a prize.");
    assert_eq!(json["data"]["status"], "rejected", "{json:#}");
    assert!(json["data"]["reason"].is_string(), "{json:#}");
    assert!(json["warnings"].to_string().contains("rejected"), "{json:#}");
    let words = "--sandbox --json templates create --channel sms --name Ready --content Hello \
                 --template-type notification --remark x --wait=30 --yes";
    let json = world.run_line(words).exits(0).json();
    assert_eq!(json["data"]["status"], "approved", "{json:#}");
}

#[test]
fn a_template_can_be_selected_by_its_name() {
    let world = World::new();
    let list = world.run_line("--sandbox --json templates list --language en").json();
    let first = &list["data"]["templates"][0];
    let name = first["name"].as_str().expect("a name");
    let show = ["--sandbox", "--json", "templates", "show", "--language", "en"];
    let shown = world.run(&[&show[..], &["--template-name", name]].concat()).exits(0).json();
    assert_eq!(shown["data"]["code"], first["code"], "{shown:#}");
    let named = ["--template-name", name, "--language", "en", "--param", "name=Al"];
    let send = [&SOME_TEMPLATE[..], &named, &["--param", "order=1", "--yes", "--json"]].concat();
    world.run(&send).exits(0);
    let call = world.calls().pop().expect("a call");
    assert_eq!(crate::support::flag(&call, "template-name"), Some(name));
    assert_eq!(crate::support::flag(&call, "template-code"), None);
    let both = ["--template-code", "1", "--yes"];
    world.run(&[&send[..], &both].concat()).exits(2);
}
