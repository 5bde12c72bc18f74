//! `whatsapp media upload`: the file is uploaded, and the storage's keys stay secret.

mod send_file;

use std::fs;
use std::path::Path;

use crate::support::{Ran, World, flag, reply_to};
use serde_json::{Value, json};

const KEY_ID: &str = "STS.Kq7temporary";
const KEY_SECRET: &str = "s3cr3t/of+the=storage";
const TOKEN: &str = "CAISt0kenOfTheStorage";
const UPLOAD: &[&str] = &["whatsapp", "media", "upload", "photo.png", "--cust-space-id", "s1"];

/// A world with a picture, and a service that returns temporary keys.
fn world(more: &[Value]) -> World {
    let world = World::new();
    fs::write(world.path("photo.png"), b"\x89PNG\r\n\x1a\nand so on").expect("a picture");
    let authorization = json!({"Code": "OK", "RequestId": "r-1", "Data": {
        "AccessKeyId": KEY_ID, "AccessKeySecret": KEY_SECRET, "SecurityToken": TOKEN,
        "BucketName": "bucket", "Dir": "media/1", "EndPoint": "oss.example.com", "Expire": 1,
    }});
    let mut rules = vec![reply_to("cams get-chatapp-upload-authorization", &authorization)];
    rules.extend_from_slice(more);
    world.script(Value::from(rules));
    world
}

/// No output, command line or file of alimsg contains a secret.
#[track_caller]
fn assert_secret(world: &World, ran: &Ran) {
    let mut places = vec![ran.stdout.clone(), ran.stderr.clone()];
    places.extend(world.processes().iter().map(|process| process.argv.join(" ")));
    collect(&world.path("state"), &mut places);
    for place in places {
        for secret in [KEY_ID, KEY_SECRET, TOKEN] {
            assert!(!place.contains(secret), "{secret} in {place}");
        }
    }
    // Only the upload process gets them.
    for process in world.processes() {
        let has = process.env.values().any(|value| value == KEY_SECRET);
        assert_eq!(has, process.words()[0] == "oss", "{:?}", process.argv);
    }
}

fn collect(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, texts);
        } else if let Ok(bytes) = fs::read(&path) {
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

#[test]
fn an_upload_in_call_mode_requests_ai_mode_in_every_call() {
    let world = world(&[]);
    let ran = world.run(&[UPLOAD, &["--json", "-v", "--ai-mode", "call"]].concat());
    assert_eq!(ran.exit(), 0, "{ran:?}");
    assert_eq!(world.uploads().len(), 1);
    let seen = world.processes();
    let calls: Vec<_> =
        seen.iter().filter(|seen| ["cams", "oss"].contains(&seen.words()[0].as_str())).collect();
    assert!(calls.len() > 1 && calls.iter().all(|seen| seen.requested_ai_mode()), "{calls:#?}");
    assert!(!world.commands().iter().any(|name| name == "ai-mode enable"));
    assert_secret(&world, &ran);
    world.assert_clean();
}

#[test]
fn a_file_is_uploaded_with_temporary_keys_and_its_link_is_printed() {
    let world = world(&[]);
    let ran = world.run(&[UPLOAD, &["--json", "-v", "--raw"]].concat()).exits(0);
    let json = ran.json();
    let key = json["data"]["key"].as_str().expect("a key");
    assert!(key.starts_with("media/1/") && key.ends_with(".png"), "{key}");
    assert_eq!(json["data"]["link"], format!("https://bucket.oss.example.com/{key}"));
    assert_eq!((&json["data"]["kind"], &json["data"]["size"]), (&json!("image"), &json!(17)));
    assert_eq!(json["raw"][0]["authorization"]["Data"]["AccessKeySecret"], "***");
    let processes = world.processes();
    let copy = processes.iter().find(|process| process.argv[0] == "oss").expect("an upload");
    let file = world.path("photo.png").canonicalize().expect("a path").display().to_string();
    assert_eq!(copy.argv[..2], ["oss", "cp"]);
    assert!(file.ends_with(copy.argv[2].trim_start_matches("/private")), "{:?}", copy.argv);
    assert_eq!(
        copy.argv[3..],
        [&format!("oss://bucket/{key}"), "--endpoint", "https://oss.example.com", "-f"]
    );
    assert_eq!(copy.env["ALIBABA_CLOUD_ACCESS_KEY_ID"], KEY_ID);
    assert_eq!(copy.env["ALIBABA_CLOUD_SECURITY_TOKEN"], TOKEN);
    assert_eq!(copy.env["ALIBABA_CLOUD_IGNORE_PROFILE"], "TRUE");
    assert_eq!(world.uploads().len(), 1);
    assert_secret(&world, &ran);
    world.assert_clean();
}

#[test]
fn in_a_pipe_only_the_link_is_printed() {
    let world = world(&[]);
    let ran = world.run(UPLOAD).exits(0);
    let link = ran.stdout.strip_suffix('\n').expect("one line");
    assert!(link.starts_with("https://bucket.oss.example.com/media/1/"), "{link}");
    assert!(link.ends_with(".png") && !link.contains(char::is_whitespace), "{link}");
    let shown = world.terminal(UPLOAD).wait().exits(0).stdout;
    assert!(shown.contains("link") && shown.contains("image/png"), "{shown}");
}

#[test]
fn the_current_folder_stays_unchanged() {
    let world = world(&[]);
    let files = || {
        let mut names: Vec<_> = fs::read_dir(world.path("."))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .filter(|name| name != "state")
            .collect();
        names.sort();
        names
    };
    let before = files();
    world.run(UPLOAD).exits(0);
    assert_eq!(world.uploads().len(), 1);
    assert_eq!(files(), before);
}

#[test]
fn a_bar_shows_the_progress_of_a_large_file() {
    let line =
        "\rTotal num: 1, size: 17. Dealed num: 0, OK size: 8, Progress: 50.000%, Speed: 1KB/s";
    let world = world(&[json!({"match": ["oss"], "early_stdout": line, "delay_ms": 1500})]);
    let mut terminal = world.terminal(UPLOAD);
    terminal.expect("uploading photo.png [");
    terminal.expect("> ");
    terminal.expect("8 B/17 B");
    terminal.wait().exits(0);
    assert_eq!(world.uploads().len(), 1);
    // A pipe gets no bar.
    let ran = world.run(UPLOAD);
    assert!(ran.stderr.contains("uploading") && !ran.stderr.contains("17 B"), "{ran:?}");
}

#[test]
fn output_and_duration_of_an_upload_are_limited() {
    let flood = 64 * 1024 * 1024;
    let much = world(&[json!({"match": ["oss"], "flood_stdout_bytes": flood})]);
    assert_eq!(much.run(UPLOAD).exit(), 0, "much output alone is not a failure");
    let line = "\rTotal num: 1, Progress: 1.000%, Speed: 1KB/s".repeat(10_000);
    let long = world(&[json!({"match": ["oss"], "early_stdout": line, "delay_ms": 120_000})]);
    let ran = long.run(&[UPLOAD, &["--timeout", "1", "--json"]].concat()).exits(3);
    assert!(ran.json()["error"]["hint"].to_string().contains("--timeout"), "{ran:?}");
    long.assert_clean();
}

#[test]
fn presign_prints_a_link_of_the_service() {
    let presigned = json!({"Code": "OK", "Data": {"Url": "https://bucket.example/k?Expires=1"}});
    let world = world(&[reply_to("cams generate-presigned-url", &presigned)]);
    let ran = world.run(&[UPLOAD, &["--presign", "--json"]].concat());
    let json = ran.json();
    assert_eq!(json["data"]["link"], "https://bucket.example/k?Expires=1");
    assert_eq!(flag(&world.calls()[1], "file-path"), json["data"]["key"].as_str());
    assert_secret(&world, &ran);
}

#[test]
fn a_failed_presign_still_prints_the_plain_link() {
    let denied = json!({"Code": "Forbidden", "Message": "no"});
    for reply in [denied, json!({"Code": "OK", "Data": {}})] {
        let world = world(&[reply_to("cams generate-presigned-url", &reply)]);
        let ran = world.run(&[UPLOAD, &["--presign", "--json"]].concat());
        let error = &ran.json()["error"];
        assert!(error["message"].to_string().contains("the file is uploaded"), "{error}");
        let link = "https://bucket.oss.example.com/media/1/";
        assert!(error["hint"].to_string().contains(link), "{error}");
        assert_secret(&world, &ran);
    }
}

#[test]
fn a_failed_upload_shows_its_cause_without_the_keys() {
    let stderr = format!("ERROR: InvalidAccessKeyId {KEY_ID} {KEY_SECRET} {TOKEN}");
    let world = world(&[json!({"match": ["oss"], "stderr": stderr, "exit": 1})]);
    for more in [&["--json", "-v"][..], &["-v"]] {
        let ran = world.run(&[UPLOAD, more].concat()).exits(3);
        let output = format!("{}{}", ran.stdout, ran.stderr);
        assert!(output.contains("InvalidAccessKeyId"), "{output}");
        assert_secret(&world, &ran);
    }
    world.assert_clean();
}

#[test]
fn an_error_of_the_upload_shows_no_key_in_any_form() {
    let encoded = |text: &str| text.replace('/', "%2f").replace('+', "%2B").replace('=', "%3D");
    let twice = encoded(KEY_SECRET).replace('%', "%25");
    let escaped = KEY_SECRET.replace('/', "\\/").replace('+', "\\u002b");
    for secret in [KEY_SECRET, &encoded(KEY_SECRET), &twice, &escaped, KEY_ID, TOKEN] {
        for stderr in [
            format!("ERROR: the key {secret} is wrong\n"),
            format!("ERROR: Put \"https://bucket.oss.example.com/k?t={secret}&x=1\": EOF\n"),
            format!("ERROR: <Error><StringToSign>PUT\n\n{secret}</StringToSign></Error>\n"),
        ] {
            let world = world(&[json!({ "match": ["oss"], "exit": 1, "stderr": stderr })]);
            let ran = world.run(&[UPLOAD, &["--json", "-v"]].concat()).exits(3);
            let output = format!("{}{}", ran.stdout, ran.stderr);
            assert!(output.contains("***") && !output.contains("s3cr3t"), "{output}");
            assert!(!output.contains(secret), "{output}");
            assert_secret(&world, &ran);
        }
    }
}

#[test]
fn a_reply_without_keys_uploads_nothing() {
    for reply in [
        json!({"Code": "OK"}),
        json!({"Code": "OK", "Data": []}),
        json!({"Code": "OK", "Data": {"AccessKeyId": KEY_ID, "AccessKeySecret": KEY_SECRET}}),
        json!({"Code": "Denied", "Message": "no", "Data": {"AccessKeySecret": KEY_SECRET}}),
        json!({"Code": "OK", "Data": {
            "AccessKeyId": KEY_ID, "AccessKeySecret": KEY_SECRET, "SecurityToken": TOKEN,
            "BucketName": "a b", "Dir": "d", "EndPoint": "--config",
        }}),
    ] {
        let world = world(&[]);
        world.script(json!([reply_to("cams get-chatapp-upload-authorization", &reply)]));
        let ran = world.run(&[UPLOAD, &["--json"]].concat()).exits(6);
        assert!(world.uploads().is_empty());
        let output = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!output.contains(KEY_SECRET) && !output.contains(KEY_ID), "{output}");
        world.assert_clean();
    }
}

#[test]
fn unsupported_files_are_not_uploaded() {
    let world = world(&[]);
    fs::write(world.path("fake.jpg"), b"\x89PNG\r\n\x1a\n").expect("a file");
    fs::write(world.path("empty.png"), b"").expect("a file");
    fs::write(world.path("tool.exe"), b"MZ").expect("a file");
    let big = fs::File::create(world.path("big.png")).expect("a file");
    std::io::Write::write_all(&mut &big, b"\x89PNG\r\n\x1a\n").expect("written");
    big.set_len(5 * 1024 * 1024 + 1).expect("a size");
    for (file, expected) in [
        ("fake.jpg", "does not match the file extension"),
        ("empty.png", "is empty"),
        ("tool.exe", "unsupported file type"),
        ("big.png", "5.1 MiB for an image, 5 MiB at most"),
        ("none.png", "cannot be read"),
        ("home", "not a file"),
    ] {
        let ran = world
            .run(&["whatsapp", "media", "upload", file, "--cust-space-id", "s1", "--json"])
            .exits(2);
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(expected), "{message}");
    }
    assert!(world.commands().is_empty());
}

#[test]
fn a_dry_run_shows_the_upload_between_the_calls() {
    let world = world(&[]);
    let ran = world.run(&[UPLOAD, &["--presign", "--dry-run", "--json"]].concat());
    let names = ["get-chatapp-upload-authorization", "cp", "generate-presigned-url"];
    assert_eq!(ran.planned_names(), names);
    assert!(world.commands().is_empty());
}

#[test]
fn the_sandbox_accepts_uploads_and_returns_links() {
    let world = world(&[]);
    for more in [&[][..], &["--presign"]] {
        let upload = [&["--sandbox", "--json"], &UPLOAD[..5], &["cams-sandbox"], more].concat();
        let ran = world.run(&upload).exits(0);
        assert!(ran.json()["data"]["link"].to_string().contains("https://sandbox-media."));
        assert!(!ran.stdout.contains("opens-nothing"), "{}", ran.stdout);
    }
    let log = fs::read_to_string(world.path("state/sandbox/uploads.jsonl")).expect("a log");
    assert_eq!(log.lines().count(), 2);
}

#[test]
fn a_terminal_shows_progress_and_then_the_link() {
    let world = world(&[json!({"match": ["oss"], "delay_ms": 300})]);
    let mut terminal = world.terminal(UPLOAD);
    terminal.expect("uploading photo.png");
    terminal.expect("https://bucket.oss.example.com/media/1/");
    terminal.wait().exits(0);
    world.assert_clean();
}

#[test]
fn a_link_to_an_earlier_upload_is_made_from_its_key() {
    let world = world(&[]);
    let upload = [&["--sandbox", "--json"], &UPLOAD[..5], &["cams-sandbox"]].concat();
    let key = world.run(&upload).exits(0).json()["data"]["key"].clone();
    let key = key.as_str().expect("a key");
    let link = ["--sandbox", "--json", "whatsapp", "media", "link"];
    let data = world.run(&[&link[..], &[key]].concat()).exits(0).json()["data"].clone();
    assert!(data["link"].as_str().is_some_and(|link| link.contains(key)), "{data}");
    assert_eq!((&data["presigned"], &data["key"]), (&json!(true), &json!(key)));
    for invalid in ["https://a.example/x", "/"] {
        world.run(&[&link[..], &[invalid]].concat()).exits(2);
    }
    world.run(&[&link[..], &["elsewhere/x.png"]].concat()).exits(6);
}
