//! Show, preview and stats: the calls, and replies of any form.

use serde_json::{Value, json};

use super::{answer, detail, refused};
use crate::support::{World, flag};

#[test]
fn malformed_replies_never_panic() {
    let world = World::new();
    for reply in [
        json!({"Code": "OK"}),
        json!({"Code": "OK", "ListTemplate": null, "Total": null}),
        json!({"Code": "OK", "ListTemplate": "none", "Data": 5}),
        json!({"Code": "OK", "ListTemplate": [null, 1, "x", []], "Total": -1}),
        json!({"Code": "OK", "Data": {"List": {}}}),
    ] {
        world.script(json!([answer("list-chatapp-template", reply.clone())]));
        let json = world.run(&["templates", "list", "--all", "--json"]).json();
        assert_eq!(json["data"]["templates"], json!([]), "{reply}");
    }
    for data in [json!(null), json!([]), json!("x"), json!({}), json!({"Components": [1, null]})] {
        let reply = json!({"Code": "OK", "Data": data});
        world.script(json!([
            answer("get-chatapp-template-detail", reply.clone()),
            answer(
                "get-chatapp-template-metric",
                json!({"Code": "OK", "Data": [1, {"Start": "x"}]})
            ),
        ]));
        let ran = world.run_line("templates show c1 --language en --json --raw");
        let expected = if data.is_object() { 0 } else { 6 };
        assert_eq!(ran.exit(), expected, "{reply} {ran:?}");
        assert_eq!(ran.json()["raw"], json!([reply]));
    }
    let ran = world.run(&["templates", "stats", "c1", "--json"]);
    assert_eq!(ran.json()["data"]["days"][0]["sent"], Value::Null);
    world.assert_clean();
}

#[test]
fn show_lists_variables_and_the_command_that_sends() {
    let world = World::new();
    let components = json!([
        {"Type": "HEADER", "Format": "TEXT", "Text": "Hi $(name)"},
        {"Type": "BODY", "Text": "$(name), order {{1}}"},
    ]);
    world.script(json!([detail("paused", components.clone())]));
    let ran = world.run_line("templates show c1 --language en --json");
    let data = &ran.json()["data"];
    assert_eq!(data["status"], "suspended");
    assert_eq!(data["components"], components);
    assert_eq!(
        data["variables"],
        json!([{"name": "name", "where": "header, body"}, {"name": "1", "where": "body"}])
    );
    let send = data["send"].as_str().expect("a command");
    assert!(send.contains("--template-code c1 --language en --param 'name=VALUE'"), "{send}");
    assert!(refused(&["templates", "show", "c1"]).contains("--language"));
}

#[test]
fn preview_renders_and_lists_missing_and_superfluous_values() {
    let world = World::new();
    let components = json!([{"Type": "BODY", "Text": "Hello $(name), $(order)"}]);
    world.script(json!([detail("pass", components)]));
    let ran =
        world.run_line("templates preview c1 --language en --template-params name=Al x=1 --json");
    let data = &ran.json()["data"];
    assert_eq!(data["text"], "Hello Al, $(order)");
    assert_eq!((&data["missing"], &data["superfluous"]), (&json!(["order"]), &json!(["x"])));
    let preview = ["templates", "preview", "c1", "--language", "en"];
    let twice =
        refused(&[&preview[..], &["--param", "a=1", "--template-param", r#"{"a":"2"}"#]].concat());
    assert!(twice.contains("twice"), "{twice}");
}

#[test]
fn viber_shows_an_image_below_the_text() {
    let world = World::new();
    let components = json!([
        {"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a.png"},
        {"Type": "BODY", "Text": "Hello $(name)"},
    ]);
    world.script(json!([detail("pass", components)]));
    let preview = ["templates", "preview", "c1", "--language", "en", "--param", "name=Al"];
    for (channel, shown) in [
        ("viber", "Hello Al\n\n<image: https://x.example/a.png>"),
        ("whatsapp", "<image: https://x.example/a.png>\n\nHello Al"),
    ] {
        let ran = world.run(&[&preview[..], &["--channel", channel, "--json"]].concat());
        assert_eq!(ran.json()["data"]["text"], shown);
    }
    world.assert_clean();
}

#[test]
fn stats_ask_in_milliseconds_and_count_by_day() {
    let world = World::new();
    let day = 1_774_483_200_000_u64;
    let reply = json!({"Code": "OK", "Data": [
        {"TemplateCode": "c1", "Language": "en", "SentCount": 5, "DeliveredCount": "4",
         "ReadCount": 2, "Start": day, "End": day + 86_400_000,
         "Cliented": [{"Type": "url_button", "ButtonContent": "Track", "Count": 1}]},
        {"SentCount": 1},
    ]});
    world.script(json!([answer("get-chatapp-template-metric", reply)]));
    let ran = world.run_line(
        "templates stats c1 --start 2026-03-26T00:00:00Z --end 2026-03-27T00:00:00Z --json",
    );
    assert_eq!(flag(&world.call(), "start"), Some("1774483200000"));
    assert_eq!(flag(&world.call(), "end"), Some("1774569600000"));
    let data = &ran.json()["data"];
    assert_eq!((&data["total"], &data["total_delivered"]), (&json!(6), &json!(4)));
    assert_eq!(data["days"][0]["start"], "2026-03-26T00:00:00.000Z");
    assert_eq!(data["days"][0]["clicks"][0]["button"], "Track");
    assert!(refused(&["templates", "stats", "c1", "--last", "soon"]).contains("invalid period"));
    assert!(refused(&["templates", "stats", "c1", "--end", "2026-03-26"]).contains("--start"));
}

#[test]
fn ten_megabytes_before_the_reply_are_skipped() {
    let world = World::new();
    let mut rule = detail("pass", json!([{"Type": "BODY", "Text": "Hello $(a) {{1}}"}]));
    rule["flood_stdout_bytes"] = json!(10_000_000);
    world.script(json!([rule]));
    let ran = world.run_line("templates preview c1 --language en --param a=b --json");
    assert_eq!(ran.exit(), 0, "{}", ran.stderr);
    let data = &ran.json()["data"];
    assert_eq!((&data["text"], &data["missing"]), (&json!("Hello b {{1}}"), &json!(["1"])));
    world.assert_clean();
}

#[test]
fn an_unknown_template_is_reported_with_the_command_that_lists_it() {
    let world = World::new();
    let unknown = json!({"Code": "DetailError.TemplateNotExist", "Message": "none"});
    world.script(json!([
        answer("get-chatapp-template-detail", unknown.clone()),
        answer("get-chatapp-template-metric", unknown.clone()),
        answer("delete-chatapp-template", unknown),
    ]));
    let list = "alimsg templates list --channel viber --code c1";
    for command in [
        &["templates", "show", "c1", "--language", "en"][..],
        &["templates", "preview", "c1", "--language", "en"],
        &["templates", "update", "c1", "--language", "en", "--body", "x", "--yes"],
        &["templates", "delete", "c1", "--language", "en", "--yes"],
        &["templates", "stats", "c1"],
    ] {
        let ran = world.run(&[command, &["--channel", "viber", "--json"]].concat()).exits(6);
        assert_eq!(ran.json()["error"]["next"][0], list, "{command:?}");
    }
    let ran = world.run_line("templates show c1 --channel viber --json");
    assert_eq!(ran.json()["error"]["next"], json!([list]));
    world.assert_clean();
}

#[test]
fn components_with_any_field_names_are_shown_with_those_of_calls() {
    let world = World::new();
    let text = r#"[{"type": "BODY", "text": "Hi $(name)"},
                   {"type": "BUTTONS", "buttons": [
                       {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "861"}]}]"#;
    world.script(json!([detail("pass", json!(text))]));
    let ran = world.run_line("templates show c1 --language en --json");
    let data = &ran.json()["data"];
    assert_eq!(data["variables"], json!([{"name": "name", "where": "body"}]));
    let button = json!({"Type": "PHONE_NUMBER", "Text": "Call", "PhoneNumber": "861"});
    assert_eq!(data["components"][1]["Buttons"], json!([button]));
    world.assert_clean();
}

#[test]
fn a_malformed_list_is_not_shown_as_empty() {
    for (data, warns) in [(json!("x"), true), (json!([null, 1]), true), (json!([]), false)] {
        let world = World::new();
        let listed = |command: &str| answer(command, json!({"Code": "OK", "Data": data}));
        world.script(json!([listed("list-chatapp-template"), listed("list-chatapp-message")]));
        for line in [
            &["templates", "list"][..],
            &["whatsapp", "history", "--from", "8613800000001", "--cust-space-id", "s1"],
        ] {
            let json = world.run(&[line, &["--json"]].concat()).json();
            let warned = json["warnings"].to_string().contains("cannot be read completely");
            // `templates list` reads another field: entries of `Data` are not templates.
            let elsewhere = line[0] == "templates" && data.is_array();
            assert_eq!(warned, warns && !elsewhere, "{line:?} {data}: {json}");
        }
    }
}
