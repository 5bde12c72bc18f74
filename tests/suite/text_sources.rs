//! Texts in files and on stdin, and values that are checked before anything is sent.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::messages::{SMS, TEXT, and};

/// The content of the one message that was sent.
fn content(world: &World) -> Value {
    let sent = world.sent();
    assert_eq!(sent.len(), 1, "{sent:#?}");
    let content = sent[0]["flags"]["content"].as_str().expect("content");
    serde_json::from_str(content).expect("JSON")
}

fn message<'a>(kind: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let to = ["--from", "8613800000001", "--to", "8613800001000", "--yes", "--json"];
    [&["whatsapp", "send", kind][..], &to, more].concat()
}

#[test]
fn texts_come_from_files_and_stdin() {
    let link = "--link=https://example.com/a.jpg";
    for (kind, words, expected) in [
        ("text", &["--text=@two.txt"][..], json!({ "text": "one\ntwo" })),
        ("text", &["--text=-"], json!({ "text": "from stdin" })),
        ("text", &["--text=@@two.txt"], json!({ "text": "@two.txt" })),
        (
            "image",
            &[link, "--caption=@two.txt"],
            json!({ "link": "https://example.com/a.jpg", "caption": "one\ntwo" }),
        ),
        ("raw", &["--message-type=text", "--content=-"], json!({ "text": "in JSON" })),
    ] {
        let world = World::new();
        world.file("two.txt", "one\ntwo\n");
        let stdin = if kind == "raw" { r#"{"text":"in JSON"}"# } else { "from stdin\n" };
        world.run_with_stdin(&message(kind, words), stdin).exits(0);
        assert_eq!(content(&world), expected, "{words:?}");
    }
    // Every part of a message can be a file; the variables of a template as well.
    let world = World::new();
    world.file("two.txt", "one\ntwo\n");
    world.file("values.json", r#"{"code":"1234"}"#);
    let buttons = ["--body=@two.txt", "--footer=@@acme", "--button", "yes=Yes"];
    world.run(&message("buttons", &buttons)).exits(0);
    let sent = content(&world);
    assert_eq!(sent["body"]["text"], "one\ntwo", "{sent:#}");
    assert_eq!(sent["footer"]["text"], "@acme");
    let world = World::new();
    world.file("values.json", r#"{"code":"1234"}"#);
    world.run(&and(&SMS, &["--template-param", "@values.json"])).exits(0);
    assert_eq!(world.sent()[0]["flags"]["template-param"], r#"{"code":"1234"}"#);
}

#[test]
fn the_value_of_a_variable_is_never_a_file() {
    let world = World::new();
    world.file("two.txt", "one\ntwo\n");
    world.run(&and(&SMS, &["--param", "code=@two.txt"])).exits(0);
    assert_eq!(world.sent()[0]["flags"]["template-param"], r#"{"code":"@two.txt"}"#);
}

#[test]
fn a_source_that_cannot_be_read_sends_nothing() {
    for (words, problem) in [
        (&["--text", "@nowhere.txt"][..], "nowhere.txt cannot be read"),
        (&["--text", "@"], "cannot be read"),
        (&["--text", "-", "--fall-back-content", "-"], "another flag has read it"),
        (&["--text", "Hello", "--fall-back-rule", "later"], "undelivered, sentFailed"),
    ] {
        let world = World::new();
        let ran = world.run_with_stdin(&and(&TEXT, &[words, &["--json"]].concat()), "text");
        let error = ran.exits(2).json()["error"].clone();
        assert!(error.to_string().contains(problem), "{error:#}");
        assert!(world.processes().is_empty());
    }
}

#[test]
fn values_that_the_service_usually_rejects_are_a_warning() {
    let warnings = |more: &[&str]| {
        let world = World::new();
        let message = ["sms", "send", "-p", "13800001000", "-t", "SMS_1", "--yes", "--json"];
        let ran = world.run(&and(&message, more)).exits(0);
        assert_eq!(world.sent().len(), 1);
        ran.json()["warnings"].to_string()
    };
    assert_eq!(warnings(&["-s", "Acme", "--param", "code=1234"]), "[]");
    assert!(warnings(&["-s", "【Acme】"]).contains("write --sign-name Acme"));
    for link in ["https://example.com/x", "see WWW.example.com"] {
        let found = warnings(&["-s", "Acme", "--param", &format!("link={link}")]);
        assert!(found.contains("the variable link has a link"), "{found}");
    }
}
