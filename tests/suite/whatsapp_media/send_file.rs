//! `whatsapp send … --file`: the file is uploaded and sent with its link.

use std::fs;

use super::{assert_secret, world};
use crate::support::{flag, reply_to};
use serde_json::{Value, json};

/// A message with a file.
const SEND: &[&str] = &[
    "whatsapp",
    "send",
    "image",
    "--from",
    "8613800000001",
    "--to",
    "8613800001000",
    "--file",
    "photo.png",
    "--cust-space-id",
    "s1",
    "--allow-duplicate",
    "--json",
];

#[test]
fn a_file_is_uploaded_and_sent_with_its_link() {
    let world = world(&[]);
    let ran = world.run(&[SEND, &["--caption", "Yours", "--yes", "-v"]].concat()).exits(0);
    let names = ["get-chatapp-upload-authorization", "send-chatapp-message"];
    assert_eq!(world.call_names(), names);
    let target = world.uploads()[0]["to"].as_str().expect("a target").to_string();
    let key = target.strip_prefix("oss://bucket/").expect("the bucket");
    let sent = world.sent();
    let content = sent[0]["flags"]["content"].as_str().expect("a content");
    let content: Value = serde_json::from_str(content).expect("JSON");
    let link = format!("https://bucket.oss.example.com/{key}");
    assert_eq!(content, json!({"link": link, "caption": "Yours"}));
    assert_secret(&world, &ran);
    world.assert_clean();
}

#[test]
fn a_failed_upload_proves_that_nothing_was_sent() {
    for (rule, exit) in [
        (
            json!({"match": ["oss"], "exit": 1, "stderr": "Error: oss: AccessDenied\n", "times": 1}),
            3,
        ),
        (json!({"match": ["oss"], "kill_self": 9, "times": 1}), 3),
    ] {
        let world = world(std::slice::from_ref(&rule));
        let send = [SEND, &["--yes", "--idempotency-key", "order-7"]].concat();
        let error = world.run(&send).exits(exit).json()["error"].clone();
        assert_eq!(error["outcome"], "not_sent", "{rule}: {error:#}");
        assert!(world.sent().is_empty());
        // The key is free again, and another file does not have it.
        world.run(&send).exits(0);
        assert_eq!(world.run(&send).exits(0).json()["data"]["replayed"], true);
        fs::write(world.path("photo.png"), b"\x89PNG\r\n\x1a\nanother").expect("a picture");
        world.run(&send).exits(2);
        assert_eq!((world.sent().len(), world.uploads().len()), (1, 1));
        world.assert_clean();
    }
}

#[test]
fn without_confirmation_the_file_is_not_uploaded() {
    let world = world(&[]);
    let mut terminal = world.terminal(&SEND[..SEND.len() - 1]);
    terminal.expect("photo.png (image/png, 17 bytes)");
    terminal.answer("Type \"yes\" to", "no");
    terminal.wait().exits(9);
    world.run(SEND).exits(2);
    assert!(world.uploads().is_empty() && world.calls().is_empty());

    let planned = world.run(&[SEND, &["--dry-run"]].concat()).exits(0);
    let names = ["get-chatapp-upload-authorization", "cp", "send-chatapp-message"];
    assert_eq!(planned.planned_names(), names);
    world.assert_clean();
}

#[test]
fn a_file_must_have_the_kind_of_its_message() {
    let world = world(&[]);
    fs::write(world.path("a.pdf"), b"%PDF-1.4\n").expect("a document");
    for (kind, file, expected) in [
        ("video", "photo.png", "send image --file"),
        ("image", "a.pdf", "send document --file"),
        ("image", "none.png", "path"),
    ] {
        let words = [&SEND[..2], &[kind], &SEND[3..8], &[file], &SEND[9..], &["--yes"]].concat();
        let hint = world.run(&words).exits(2).json()["error"]["hint"].to_string();
        assert!(hint.contains(expected), "{hint}");
    }
    let words = [&SEND[..2], &["document"], &SEND[3..8], &["a.pdf"], &SEND[9..], &["--yes"]];
    world.run(&words.concat()).exits(0);
    assert!(world.sent()[0]["flags"]["content"].to_string().contains(r#"fileName\":\"a.pdf"#));
}

/// The reply with these channel instances.
fn instances(ids: &[&str]) -> Value {
    let row = |id: &&str| json!({"CustSpaceId": id, "ChannelType": "WHATSAPP"});
    let rows: Vec<Value> = ids.iter().map(row).collect();
    reply_to("cams list-instance", &json!({"Code": "OK", "Data": rows}))
}

#[test]
fn a_file_is_uploaded_to_the_only_channel_instance_of_the_account() {
    let words = [&SEND[..9], &["--json", "--allow-duplicate"]].concat();
    let send = [&words[..], &["--yes"]].concat();
    let names = ["list-instance", "get-chatapp-upload-authorization", "send-chatapp-message"];
    let world = world(&[instances(&["s1"])]);
    // Without consent, and in a dry run, nothing starts.
    world.run(&words).exits(2);
    let planned = world.run(&[&words[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!(planned.planned_names(), [names[0], names[1], "cp", names[2]]);
    for call in planned.json()["commands"].as_array().expect("commands") {
        let has_placeholder = call["argv"].to_string().contains("SPACE");
        assert!(call["when"].is_string() || !has_placeholder, "{call:#}");
    }
    assert!(world.commands().is_empty());
    world.run(&send).exits(0);
    assert_eq!(world.call_names(), names);
    assert_eq!(flag(&world.calls()[1], "cust-space-id"), Some("s1"));
    // It is remembered for this sender, so a later run does not list the instances.
    world.run(&send).exits(0);
    assert_eq!(world.call_names()[3..], names[1..]);
    let planned = world.run(&[&send[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!(planned.planned_names(), [names[1], "cp", names[2]]);
    assert!(planned.stdout.contains("--cust-space-id=s1"), "{planned:#?}");
    world.assert_clean();
}

#[test]
fn a_channel_instance_that_cannot_be_found_is_missing_and_nothing_is_sent() {
    let denied = json!({"Code": "NoPermission", "Message": "not authorized"});
    for (rule, warnings) in [
        (instances(&["s1", "s2"]), 0),
        (instances(&[]), 0),
        (reply_to("cams list-instance", &denied), 1),
    ] {
        let world = world(std::slice::from_ref(&rule));
        let ran = world.run(&[&SEND[..9], &["--json", "--yes"]].concat()).exits(2);
        let json = ran.json();
        let error = &json["error"];
        assert_eq!(error["missing"], json!(["--cust-space-id"]), "{rule}: {ran:#?}");
        assert_eq!(error["outcome"], "not_sent");
        assert_eq!(error["next"], json!(["alimsg whatsapp accounts list"]));
        assert!(error["message"].to_string().contains("--cust-space-id"), "{error:#}");
        assert_eq!(json["warnings"].as_array().map_or(0, Vec::len), warnings, "{ran:#?}");
        assert_eq!(world.call_names(), ["list-instance"]);
        // A value that cannot be sent is refused before anything starts.
        let long = "x".repeat(2000);
        let words = [&SEND[..9], &["--caption", &long, "--yes"]].concat();
        world.run(&words).exits(2);
        assert_eq!(world.call_names().len(), 1);
        world.assert_clean();
    }
}
