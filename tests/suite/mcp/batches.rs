//! Batches as tools: the consent to the content of a file, limits, resume, export and cancel.

use std::fs;

use serde_json::{Value, json};

use crate::batch::recipients;
use crate::limits::limited;
use crate::mcp::client::Client;
use crate::mcp::files::{assert_refused, batch, rows, server};
use crate::mcp::{message, with};
use crate::support::World;

const THREE: [&str; 3] = ["13800001000,Ann,1", "13800001001,Bob,2", "13800001002,Cat,3"];

/// The values of a plan by their names.
fn row(planned: &Value, name: &str) -> String {
    let rows = planned["data"]["plan"]["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["name"] == name);
    let row = row.unwrap_or_else(|| panic!("no {name}: {planned:#}"));
    row["value"].as_str().expect("a text").to_string()
}

#[test]
fn a_batch_is_sent_after_the_consent_to_its_plan() {
    let world = World::bare();
    let file = rows(&world, "a.csv", &THREE);
    let mut client = server(&world, None);
    let about = client.tools().into_iter().find(|tool| tool["name"] == "sms_batch");
    let about = about.expect("a tool")["description"].to_string();
    assert!(about.contains("batches_show") && about.contains("Do not call this tool again"));
    let planned = client.call("sms_batch", &batch("a.csv"));
    assert_eq!(planned["data"]["status"], "planned", "{planned:#}");
    assert_eq!(row(&planned, "messages"), "3");
    assert_eq!(row(&planned, "SHA-256").len(), 64);
    let recipients = ["13800001000", "13800001001", "13800001002"];
    assert_eq!(planned["data"]["plan"]["recipients"], json!(recipients), "{planned:#}");
    assert!(row(&planned, "example 1").contains("Hello Ann, your order 1"), "{planned:#}");
    assert!(row(&planned, "account").contains("sandbox"));
    assert_eq!(world.sandbox_messages().len(), 0);
    assert_eq!(client.call("batches_list", &json!({}))["data"]["total"], 0, "nothing is recorded");

    let token = planned["data"]["token"].clone();
    let sent = client.call("sms_batch", &with(batch("a.csv"), "token", token.clone()));
    assert_eq!(sent["data"]["accepted"], 3, "{sent:#}");
    let original = file.canonicalize().expect("a path");
    assert_eq!(sent["data"]["source"].as_str(), original.to_str(), "{sent:#}");
    assert_eq!(world.sandbox_messages().len(), 3);
    let used = client.call("sms_batch", &with(batch("a.csv"), "token", token));
    assert_eq!(used["error"]["outcome"], "not_sent", "{used:#}");
    let again = client.call("sms_batch", &batch("a.csv"));
    assert_eq!(again["data"]["accepted"], 3, "there is nothing to plan: {again:#}");
    assert!(again["data"]["token"].is_null(), "{again:#}");

    let id = sent["data"]["id"].as_str().expect("an ID");
    let shown = client.call("batches_show", &json!({ "batch": id }));
    assert_eq!(shown["data"]["accepted"], 3, "{shown:#}");
    // The record names the file of the folder, so that a person can continue.
    world.run(&["--sandbox", "batches", "resume", id, "--yes"]).exits(0);
    assert_eq!(world.sandbox_messages().len(), 3);
}

#[test]
fn a_file_that_changes_after_its_plan_is_not_sent() {
    let world = World::bare();
    let file = rows(&world, "a.csv", &THREE);
    let mut client = server(&world, None);
    let token = client.call("sms_batch", &batch("a.csv"))["data"]["token"].clone();
    rows(&world, "a.csv", &[THREE[0], THREE[1], "13800009999,Eve,3"]);
    let refused = client.call("sms_batch", &with(batch("a.csv"), "token", token));
    assert_refused(&refused, "a file has changed");
    // A file of numbers to exclude counts as well.
    fs::write(world.path("files/no.txt"), "13800001000\n").expect("a file");
    let inputs = with(batch("a.csv"), "exclude", "no.txt");
    let planned = client.call("sms_batch", &inputs);
    assert_eq!(row(&planned, "messages"), "2", "{planned:#}");
    fs::write(world.path("files/no.txt"), "13800001002\n").expect("a file");
    let inputs = with(inputs, "token", planned["data"]["token"].clone());
    assert_refused(&client.call("sms_batch", &inputs), "a file has changed");
    assert_eq!(world.sandbox_messages().len(), 0);
    drop(client);

    // While a person reads the question, the file changes: what the question is about is sent.
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    rows(&world, "a.csv", &THREE);
    let mut client = server(&world, Some(yes.clone()));
    let params = json!({ "name": "sms_batch", "arguments": batch("a.csv") });
    let call = client.begin("tools/call", &params);
    let question = client.question();
    fs::remove_file(&file).expect("removed");
    std::os::unix::fs::symlink("/etc/passwd", &file).expect("a link");
    client.answer(&question, &yes);
    let result = client.response(call);
    assert_eq!(result["structuredContent"]["data"]["accepted"], 3, "{result:#}");
    let texts: Vec<Value> =
        world.sandbox_messages().iter().map(|sent| sent["text"].clone()).collect();
    for name in ["Ann", "Bob", "Cat"] {
        assert!(texts.iter().any(|text| text.to_string().contains(name)), "{texts:?}");
    }
}

#[test]
fn invalid_rows_are_written_into_the_folder() {
    let world = World::bare();
    rows(&world, "a.csv", &[THREE[0], "x,Bob,2"]);
    let mut client = server(&world, None);
    let secret = world.file("outside.csv", "keep");
    let invalid = world.path("files/a.invalid.csv");
    std::os::unix::fs::symlink(&secret, &invalid).expect("a link");
    let refused = client.call("sms_batch", &batch("a.csv"));
    assert_eq!(refused["data"]["invalid"], 1, "{refused:#}");
    let path = invalid.parent().and_then(|path| path.canonicalize().ok()).expect("a folder");
    let path = path.join("a.invalid.csv");
    assert_eq!(refused["data"]["file"].as_str(), path.to_str(), "{refused:#}");
    assert!(fs::read_to_string(&path).expect("the rows").contains("x,Bob,2"));
    assert!(path.symlink_metadata().expect("a file").is_file());
    assert_eq!(fs::read_to_string(secret).expect("a file"), "keep");
    let planned = client.call("sms_batch", &with(batch("a.csv"), "skip_invalid", true));
    assert_eq!(row(&planned, "invalid rows"), "1 (skipped)", "{planned:#}");
    assert!(row(&planned, "line 3").contains("phone"), "{planned:#}");
    assert!(planned["warnings"].to_string().contains("a.invalid.csv"), "{planned:#}");
    assert!(!planned.to_string().contains(world.path("tmp").to_str().expect("a path")));
}

#[test]
fn limits_hold_for_batches() {
    let world = limited("max_recipients = 2\nper_day = 3");
    rows(&world, "a.csv", &THREE);
    rows(&world, "b.csv", &THREE[..2]);
    let mut client = server(&world, None);
    let assert_limit = |refused: &Value, rule: &str| {
        let error = &refused["error"];
        assert_eq!((&error["kind"], &error["rule"]), (&json!("limit"), &json!(rule)));
        assert!(refused["data"]["token"].is_null(), "{refused:#}");
    };
    assert_limit(&client.call("sms_batch", &batch("a.csv")), "max_recipients");
    let sent = client.confirm("sms_batch", &batch("b.csv"));
    assert_eq!(sent["data"]["accepted"], 2, "{sent:#}");
    let more = with(message(), "phone_numbers", json!(["13800005678", "13800005679"]));
    assert_limit(&client.call("sms_send", &more), "per_day");
}

#[test]
fn a_batch_of_whatsapp_is_sent_after_the_consent_to_its_plan() {
    let world = World::bare();
    rows(&world, "a.csv", &["8613800001000,Ann,1", "8613800001001,Bob,2"]);
    let mut client = server(&world, None);
    let inputs = json!({
        "file": "a.csv", "from": "8613800000001", "template_code": "100000000000001",
        "language": "en",
    });
    let planned = client.call("whatsapp_batch", &inputs);
    assert_eq!(row(&planned, "messages"), "2", "{planned:#}");
    let token = planned["data"]["token"].clone();
    let sent = client.call("whatsapp_batch", &with(inputs, "token", token));
    assert_eq!(sent["data"]["accepted"], 2, "{sent:#}");
    assert_eq!(world.sandbox_messages().len(), 2);
}

#[test]
fn a_batch_is_continued_exported_and_cancelled() {
    let world = World::bare();
    rows(&world, "a.csv", &THREE);
    let mut client = server(&world, None);
    let inputs = with(with(batch("a.csv"), "name", "news"), "limit", 1);
    assert_eq!(client.confirm("sms_batch", &inputs)["data"]["accepted"], 1);

    let alone = client.call("batches_resume", &json!({ "batch": "news" }));
    assert_refused(&alone, "the input of batch");
    let inputs = json!({ "batch": "news", "input": "a.csv" });
    let planned = client.call("batches_resume", &inputs);
    assert_eq!(row(&planned, "messages"), "2", "{planned:#}");
    let recipients = json!(["13800001001", "13800001002"]);
    assert_eq!(planned["data"]["plan"]["recipients"], recipients, "{planned:#}");
    assert!(row(&planned, "example 1").contains("Bob"));
    assert_eq!(row(&planned, "name"), "news");
    assert_eq!(world.sandbox_messages().len(), 1);
    rows(&world, "other.csv", &THREE[1..]);
    let other = json!({ "batch": "news", "input": "other.csv" });
    assert_refused(&client.call("batches_resume", &other), "the input is not that of batch");

    let inputs = json!({ "batch": "news", "input": "a.csv", "all": true, "to": "all.csv" });
    let exported = client.call("batches_export", &inputs);
    assert_eq!(exported["data"]["rows"], 3, "{exported:#}");
    assert!(exported["data"]["file"].to_string().contains("files/all.csv"), "{exported:#}");
    let text = fs::read_to_string(world.path("files/all.csv")).expect("the rows");
    assert!(text.contains("13800001001,Bob,2"), "{text}");
    assert_refused(&client.call("batches_export", &inputs), "not the path of a new file");

    let inputs = json!({ "batch": "news" });
    let planned = client.call("batches_cancel", &inputs);
    assert!(planned["data"]["token"].is_string(), "{planned:#}");
    let state = client.call("batches_show", &inputs);
    assert_eq!(state["data"]["status"], "open", "nothing was cancelled: {state:#}");
    let cancelled =
        client.call("batches_cancel", &with(inputs, "token", planned["data"]["token"].clone()));
    assert_eq!(cancelled["data"]["status"], "cancelled", "{cancelled:#}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn queued_calls_are_sent_after_consent() {
    let world = World::bare();
    rows(&world, "a.csv", &THREE);
    let mut client = server(&world, None);
    let inputs = with(with(batch("a.csv"), "name", "news"), "enqueue", true);
    let planned = client.call("sms_batch", &inputs);
    assert_eq!(planned["data"]["plan"]["title"], "About to queue 3 SMS:", "{planned:#}");
    let queued = client.confirm("sms_batch", &inputs);
    assert_eq!(queued["data"]["status"], "queued", "{queued:#}");
    let inputs = json!({ "batch": "news" });
    let planned = client.call("batches_resume", &inputs);
    assert_eq!(row(&planned, "messages"), "3", "{planned:#}");
    assert_eq!(world.sandbox_messages().len(), 0);
    let sent =
        client.call("batches_resume", &with(inputs, "token", planned["data"]["token"].clone()));
    assert_eq!(sent["data"]["accepted"], 3, "{sent:#}");
    assert_eq!(world.sandbox_messages().len(), 3);
}

#[test]
fn the_sandbox_and_the_record_have_tools() {
    let world = World::bare();
    let mut client = server(&world, None);
    let inputs = json!({ "from": "8613900000007", "to": "8613800000001", "text": "Where is it?" });
    let planned = client.call("sandbox_inbound", &inputs);
    assert!(planned["data"]["plan"].to_string().contains("Where is it?"), "{planned:#}");
    let history = json!({ "from": "8613800000001", "cust_space_id": "cams-sandbox" });
    assert!(!client.call("whatsapp_history", &history).to_string().contains("Where is it?"));
    let received = client.confirm("sandbox_inbound", &inputs);
    assert_eq!(received["data"]["from"], "8613900000007", "{received:#}");
    assert!(client.call("whatsapp_history", &history).to_string().contains("Where is it?"));
    let faults = client.confirm("sandbox_faults", &json!({ "throttle_every": 9 }));
    assert_eq!(faults["data"]["throttle_every"], 9, "{faults:#}");
    assert_eq!(client.confirm("sandbox_reset", &json!({}))["data"]["status"], "reset");

    assert_eq!(client.call("outbox_export", &json!({}))["data"]["total"], 0);
    let schema = client.call("schema", &json!({ "words": ["sms send"], "short": true }));
    assert_eq!(schema["ok"], true, "{schema:#}");
    assert_eq!(client.call("config_path", &json!({}))["ok"], true);
}

#[test]
fn a_person_is_warned_of_an_earlier_batch_with_the_same_rows() {
    let world = World::bare();
    rows(&world, "a.csv", &THREE);
    let decline = json!({ "action": "decline" });
    let mut client = server(&world, None);
    client.confirm("sms_batch", &batch("a.csv"));
    drop(client);
    let mut client = server(&world, Some(decline));
    client.call("sms_batch", &with(batch("a.csv"), "name", "again"));
    let question = &client.questions[0];
    assert!(question.contains("\nWarning: batch "), "{question}");
    assert!(question.contains("the same input"), "{question}");
    assert!(question.ends_with("\n13800001000\n13800001001\n13800001002"), "{question}");
    assert_eq!(world.sandbox_messages().len(), 3);
}

#[test]
fn a_batch_that_takes_long_shows_its_progress_and_ends_without_its_client() {
    let held = json!([{ "match": ["dysmsapi", "send-batch-sms"], "held": true }]);
    let world = World::with_script(held);
    rows(&world, "a.csv", &THREE);
    let folder = world.path("files");
    let flags = ["mcp", "--allow-send", "--files", folder.to_str().expect("a path")];
    let mut client = Client::start(&world, &flags, None);
    let inputs = with(batch("a.csv"), "name", "news");
    let token = client.call("sms_batch", &inputs)["data"]["token"].clone();
    let arguments = with(inputs.clone(), "token", token);
    client.begin("tools/call", &json!({ "name": "sms_batch", "arguments": arguments }));
    world.wait_for_command("dysmsapi send-batch-sms");
    let shown = client.call("batches_show", &json!({ "batch": "news" }));
    assert_eq!(shown["data"]["started"], 3, "{shown:#}");
    fs::remove_file(folder.join("a.csv")).expect("removed");
    world.release();
    assert!(client.close().success());
    world.wait_for_quiet();
    assert_eq!(recipients(&world).len(), 3);
    let left: Vec<_> = fs::read_dir(world.path("tmp")).expect("a folder").collect();
    assert!(left.is_empty(), "the copies are deleted: {left:?}");
    world.assert_clean();
}
