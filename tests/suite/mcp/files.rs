//! Tools read and write files in the folder of `--files`, and nowhere else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::mcp::client::Client;
use crate::mcp::with;
use crate::support::World;

/// A PNG file of one pixel.
pub const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\
    \x89\0\0\0\rIDATx\x9cc\xf8\xff\xff?\0\x05\xfe\x02\xfe\xa75\x81\x84\0\0\0\0IEND\xaeB`\x82";

/// A server in the sandbox with a folder for files, which may send and change.
pub fn server(world: &World, answer: Option<Value>) -> Client {
    let folder = world.path("files");
    fs::create_dir_all(&folder).expect("a folder");
    let folder = folder.to_str().expect("a path");
    let start = ["--sandbox", "--ai-mode", "call", "mcp", "--allow-send", "--allow-change"];
    Client::start(world, &[&start[..], &["--files", folder]].concat(), answer)
}

/// The inputs of a batch with the rows of this file.
pub fn batch(file: impl Into<Value>) -> Value {
    json!({ "file": file.into(), "sign_name": "Acme", "template_code": "SMS_100002" })
}

/// Writes the rows of a batch into the folder.
pub fn rows(world: &World, name: &str, rows: &[&str]) -> PathBuf {
    fs::create_dir_all(world.path("files")).expect("a folder");
    let path = world.path("files").join(name);
    fs::write(&path, format!("phone,name,order\n{}\n", rows.join("\n"))).expect("a file");
    path
}

#[track_caller]
pub fn assert_refused(result: &Value, part: &str) {
    assert_eq!(result["error"]["kind"], "usage", "{result:#}");
    assert_eq!(result["error"]["outcome"], "not_sent", "{result:#}");
    assert!(result["data"]["token"].is_null() && result.to_string().contains(part), "{result:#}");
}

#[test]
fn tools_and_inputs_for_files_exist_only_with_a_folder() {
    let world = World::bare();
    let allowed = ["--sandbox", "mcp", "--allow-send", "--allow-change"];
    let mut without = Client::start(&world, &allowed, None);
    let mut with_folder = server(&world, None);
    let (fewer, more) = (without.tools(), with_folder.tools());
    let find = |tools: &[Value], name: &str| {
        tools.iter().find(|tool| tool["name"] == name).map(|tool| tool["inputSchema"].clone())
    };
    for name in ["sms_batch", "whatsapp_batch", "whatsapp_media_upload", "batches_export"] {
        assert!(find(&fewer, name).is_none() && find(&more, name).is_some(), "{name}");
        let error = without.request("tools/call", &json!({ "name": name, "arguments": {} }));
        assert!(error.to_string().contains("without --files"), "{error:#}");
    }
    for (name, input) in [
        ("whatsapp_send_image", "file"),
        ("whatsapp_send_document", "file"),
        ("templates_create", "file"),
        ("batches_resume", "input"),
        ("batches_show", "input"),
    ] {
        let has = |tools| find(tools, name).expect(name)["properties"][input].is_object();
        assert!(!has(&fewer) && has(&more), "{name}");
    }
    let export = find(&more, "batches_export").expect("a tool");
    assert_eq!(export["required"], json!(["batch", "input", "to"]), "{export:#}");
    assert!(find(&more, "sms_batch").expect("a tool")["properties"]["retry_unknown"].is_null());
}

#[test]
fn a_command_for_people_is_refused_with_its_reason() {
    let world = World::bare();
    let mut client = server(&world, None);
    for (name, reason) in [
        ("keys_resolve", "only a person can use `alimsg keys resolve`, because a person has to"),
        ("outbox_prune", "deletes the record"),
        ("config_set", "fixed while the server runs"),
        ("skill_install", "instructions"),
        ("batches_work", "batches_resume"),
        ("mcp", "alimsg mcp"),
    ] {
        let error = client.request("tools/call", &json!({ "name": name, "arguments": {} }));
        let text = error["error"]["message"].as_str().expect("an error");
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let world = World::bare();
    let secret = world.file("secret.csv", "phone,name,order\n13800001000,geheim,1\n");
    let mut client = server(&world, None);
    let inside = world.path("files");
    fs::create_dir(world.path("outside")).expect("a folder");
    fs::write(world.path("outside/a.csv"), "phone,name,order\n13800001000,geheim,1\n")
        .expect("a file");
    symlink(&secret, inside.join("link.csv")).expect("a link");
    symlink("../secret.csv", inside.join("relative.csv")).expect("a link");
    symlink(world.path("outside"), inside.join("folder")).expect("a link");
    symlink("/proc/self/environ", inside.join("environ.csv")).expect("a link");
    rustix::fs::mkfifoat(rustix::fs::CWD, inside.join("fifo.csv"), 0o600.into()).expect("a FIFO");
    rows(&world, "good.csv", &["13800001000,Ann,1"]);
    for path in [
        secret.as_str(),
        "/nowhere/at/all",
        "/proc/self/environ",
        "/dev/stdin",
        "../secret.csv",
        "folder/../../secret.csv",
        "link.csv",
        "relative.csv",
        "folder/a.csv",
        "environ.csv",
        "fifo.csv",
        ".",
        "..",
        "",
        "missing.csv",
        "good.csv\u{0}",
    ] {
        let refused = client.call("sms_batch", &batch(path));
        assert_refused(&refused, "is not a regular file in");
        assert!(!refused.to_string().contains("geheim"), "{path}: {refused:#}");
        let refused = client.call("sms_batch", &with(batch("good.csv"), "exclude", path));
        assert_refused(&refused, "'exclude'");
    }
    for path in ["-", "@good.csv", &format!("@{secret}")] {
        assert_refused(&client.call("sms_batch", &batch(path)), "cannot refer to stdin");
    }
    let template = json!({ "channel": "sms", "file": secret });
    assert_refused(&client.call("templates_create", &template), "'file'");
    for path in ["good.csv", "folder/new.csv", "../new.csv", "/tmp/alimsg-new.csv", "link.csv", "-"]
    {
        let inputs = json!({ "batch": "x", "all": true, "input": "good.csv", "to": path });
        assert_refused(&client.call("batches_export", &inputs), "'to'");
    }
    let planned = client.call("sms_batch", &batch(inside.join("./good.csv").to_str()));
    assert!(planned["data"]["token"].is_string(), "an absolute path: {planned:#}");
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn a_folder_with_credentials_or_records_is_refused() {
    let world = World::bare();
    fs::create_dir_all(world.path("state/in")).expect("a folder");
    for folder in ["home", "state", "state/in", "tmp", "", "missing", "bin/aliyun"] {
        let path = world.path(folder);
        let ran = world.run(&["--sandbox", "mcp", "--files", path.to_str().expect("a path")]);
        assert!(ran.exits(2).stderr.contains("--files"), "{folder}");
    }
}

#[test]
fn a_link_in_the_folder_and_a_file_of_a_subfolder_are_read() {
    let world = World::bare();
    let mut client = server(&world, None);
    fs::create_dir(world.path("files/lists")).expect("a folder");
    rows(&world, "lists/a.csv", &["13800001000,Ann,1"]);
    symlink("lists/a.csv", world.path("files/link.csv")).expect("a link");
    for path in ["lists/a.csv", "lists/../link.csv"] {
        let planned = client.call("sms_batch", &batch(path));
        assert!(planned["data"]["token"].is_string(), "{planned:#}");
        let original = world.path("files/lists/a.csv").canonicalize().expect("a file");
        assert!(planned.to_string().contains(original.to_str().expect("a path")), "{planned:#}");
    }
}

#[test]
fn an_upload_takes_the_consent_to_the_content_of_its_file() {
    let world = World::bare();
    let mut client = server(&world, None);
    let photo = world.path("files/photo.png");
    fs::write(&photo, PNG).expect("a file");
    let inputs = json!({ "file": "photo.png", "cust_space_id": "cams-sandbox" });
    let planned = client.call("whatsapp_media_upload", &inputs);
    let plan = planned["data"]["plan"].to_string();
    assert!(plan.contains("SHA-256") && plan.contains("profile sandbox"), "{planned:#}");
    let used = with(inputs.clone(), "token", planned["data"]["token"].clone());
    fs::write(&photo, [PNG, b"more"].concat()).expect("a file");
    assert_refused(&client.call("whatsapp_media_upload", &used), "a file has changed");
    let uploaded = client.confirm("whatsapp_media_upload", &inputs);
    assert_eq!(uploaded["data"]["size"], PNG.len() + 4, "{uploaded:#}");
}

#[test]
fn a_message_is_sent_with_a_file_of_the_folder() {
    let world = World::bare();
    let mut client = server(&world, None);
    fs::write(world.path("files/photo.png"), PNG).expect("a file");
    let inputs = json!({
        "from": "8613800000001", "to": "8613800001000", "file": "photo.png",
        "cust_space_id": "cams-sandbox",
    });
    let sent = client.confirm("whatsapp_send_image", &inputs);
    assert_eq!(sent["data"]["status"], "accepted", "{sent:#}");
    assert_eq!(world.sandbox_messages().len(), 1);
    assert!(client.close().success());
    let left: Vec<_> = fs::read_dir(world.path("tmp")).expect("a folder").collect();
    assert!(left.is_empty(), "the copies are deleted: {left:?}");
}

#[test]
fn a_template_is_created_from_a_file_of_the_folder() {
    let world = World::bare();
    let mut client = server(&world, None);
    let template = "name = \"order_ready\"\ncategory = \"UTILITY\"\nlanguage = \"en\"\n\
                    body = \"Hello $(name)\"\nexample = { name = \"Alice\" }\n";
    fs::write(world.path("files/t.toml"), template).expect("a file");
    let created = client.confirm("templates_create", &json!({ "file": "t.toml" }));
    assert_eq!(created["ok"], true, "{created:#}");
    let listed = client.call("templates_list", &json!({ "channel": "whatsapp" }));
    assert!(listed.to_string().contains("order_ready"), "{listed:#}");
}

/// The calls share a copy, which is deleted with the last one.
#[test]
fn several_calls_read_the_same_file_at_once() {
    let world = World::bare();
    rows(&world, "a.csv", &["13800001000,Ann,1"]);
    let mut client = server(&world, None);
    let params = json!({ "name": "sms_batch", "arguments": batch("a.csv") });
    let calls = [(); 4].map(|()| client.begin("tools/call", &params));
    for call in calls {
        let result = client.response(call);
        assert!(result["structuredContent"]["data"]["token"].is_string(), "{result:#}");
    }
    let copies = fs::read_dir(world.path("tmp")).expect("a folder");
    let copies: Vec<_> = copies.map(|entry| entry.expect("an entry").path()).collect();
    let [copies] = &copies[..] else { panic!("{copies:?}") };
    assert_eq!(fs::read_dir(copies).expect("a folder").count(), 0);
}
