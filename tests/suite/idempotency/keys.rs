//! Idempotency keys.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::json;

use crate::idempotency::{SMS, sent, sms_to};
use crate::support::messages::{self, and};
use crate::support::{World, reply_to};

#[test]
fn the_same_key_sends_once_and_the_second_run_starts_no_process() {
    let world = World::new();
    let message = and(&messages::SMS, &["--json", "--raw", "--idempotency-key=order-42"]);
    let first = world.run(&message).exits(0);
    let processes = world.processes().len();
    let second = world.run(&message).exits(0);
    assert_eq!(world.sent().len(), 1);
    assert_eq!(world.processes().len(), processes, "{:?}", world.commands());
    let (first, second) = (first.json(), second.json());
    assert_eq!(first["data"]["replayed"], false);
    assert_eq!(second["data"]["replayed"], true);
    for field in ["status", "biz_id", "out_id", "request_id", "to"] {
        assert_eq!(first["data"][field], second["data"][field], "{field}");
    }
    assert_eq!(first["raw"], second["raw"]);
    world.assert_clean();
}

#[test]
fn a_whatsapp_message_with_the_same_key_sends_once() {
    let world = World::new();
    let message = |text| {
        let more = ["--sandbox", "--json", "--idempotency-key=k", "--text", text];
        world.run(&and(&messages::TEXT, &more))
    };
    let first = message("Hello");
    assert_eq!(first.json()["data"]["replayed"], false, "{first:#?}");
    let second = message("Hello");
    assert_eq!(second.json()["data"]["replayed"], true, "{second:#?}");
    assert_eq!(second.json()["data"]["message_id"], first.json()["data"]["message_id"]);
    message("Hello again").exits(2);
    assert_eq!(sent(&world), 1);
}

#[test]
fn the_same_key_with_other_parameters_is_an_error_and_starts_nothing() {
    let world = World::new();
    world.run(&SMS).exits(0);
    let other = world.run(&sms_to("13800001001")).exits(2);
    let json = other.json();
    assert_eq!(json["error"]["kind"], "usage");
    assert_eq!(json["error"]["outcome"], "not_sent");
    assert_eq!(sent(&world), 1);
}

#[test]
fn the_same_key_with_another_account_is_an_error_and_starts_nothing() {
    let world = World::new();
    let message: Vec<&str> = SMS.into_iter().filter(|word| *word != "--sandbox").collect();
    world.run(&message).exits(0);
    let processes = world.processes().len();
    for sender in ["--credentials=env", "--profile=other", "--region=cn-beijing"] {
        let other = world.run(&[&message[..], &[sender]].concat());
        assert_eq!(other.exit(), 2, "{sender}: {other:#?}");
        assert_eq!(other.json()["error"]["outcome"], "not_sent", "{sender}");
    }
    assert_eq!((world.sent().len(), world.processes().len()), (1, processes));
    world.assert_clean();
}

#[test]
fn a_users_tracking_id_is_part_of_the_fingerprint_and_a_generated_one_is_not() {
    for (first, second, is_same) in [
        (Some("one"), Some("one"), true),
        (Some("one"), None, true),
        (None, None, true),
        (Some("one"), Some("two"), false),
        (None, Some("two"), false),
    ] {
        let world = World::new();
        let with_id = |id: Option<&'static str>| {
            let mut words = SMS.to_vec();
            words.extend(id.into_iter().flat_map(|id| ["--out-id", id]));
            world.run(&words)
        };
        let sent_with = with_id(first).json()["data"]["out_id"].clone();
        let again = with_id(second);
        let json = again.json();
        if is_same {
            assert_eq!(json["data"]["replayed"], true, "{first:?} {second:?}: {json:#}");
            assert_eq!(json["data"]["out_id"], sent_with, "{first:?} {second:?}");
        } else {
            assert_eq!(again.exit(), 2, "{first:?} {second:?}: {json:#}");
            assert_eq!(json["error"]["outcome"], "not_sent");
            let message = json["error"]["message"].as_str().expect("a message");
            assert!(message.contains(sent_with.as_str().expect("an ID")), "{message}");
        }
        assert_eq!(sent(&world), 1);
    }
}

#[test]
fn a_replay_with_wait_only_reads_receipts() {
    let world = World::new();
    let message: Vec<&str> = SMS.into_iter().filter(|word| *word != "--sandbox").collect();
    let waiting = [&message[..], &["--wait=20"]].concat();
    let first = world.run(&message);
    let id = |name: &str| first.json()["data"][name].as_str().expect("an ID").to_owned();
    let answer = |rows: serde_json::Value| {
        json!([reply_to(
            "dysmsapi query-send-details",
            &json!({
            "Code": "OK", "TotalCount": "1",
            "SmsSendDetailDTOs": { "SmsSendDetailDTO": rows } })
        )])
    };
    world.script(answer(json!([
        { "PhoneNum": "13800001000", "SendStatus": 3, "OutId": id("out_id") },
    ])));
    let second = world.run(&waiting);
    let json = second.json();
    assert_eq!((second.exit(), &json["data"]["replayed"]), (0, &json!(true)), "{second:#?}");
    assert_eq!(json["data"]["receipts"][0]["status"], "delivered", "{json:#}");
    let query =
        world.processes().into_iter().find(|call| call.command() == "dysmsapi query-send-details");
    assert_eq!(query.expect("a receipt query").flag("biz-id"), Some(id("biz_id").as_str()));

    // A failed lookup is a warning, since the message was sent.
    world.script(json!([reply_to(
        "dysmsapi query-send-details",
        &json!({ "Code": "isp.RAM_PERMISSION_DENY", "Message": "no" })
    )]));
    let third = world.run(&waiting).exits(0);
    let json = third.json();
    assert_eq!(json["data"]["receipts"][0]["out_id"], id("out_id"));
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json:#}");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn a_rejected_message_frees_its_key() {
    let world = World::new();
    world.run(&sms_to("13800009001")).exits(6);
    let other = world.run(&SMS).exits(0);
    assert_eq!(other.json()["data"]["replayed"], false);
    assert_eq!(sent(&world), 1);
}

#[test]
fn twenty_concurrent_runs_send_one_message_and_all_report_it() {
    let world = World::new();
    let runs: Vec<_> = (0..20).map(|_| world.start(&SMS)).collect();
    let mut ids = Vec::new();
    let mut replayed = 0;
    for run in runs {
        let ran = run.wait().exits(0);
        let data = ran.json()["data"].clone();
        replayed += usize::from(data["replayed"] == json!(true));
        ids.push(data["biz_id"].clone());
    }
    assert_eq!(sent(&world), 1);
    assert_eq!(replayed, 19);
    assert!(ids[0].is_string() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn the_store_is_private_and_contains_no_message_text() {
    let world = World::new();
    let words = crate::support::messages::with(&sms_to("13800009004"), "-t", "SMS_100001");
    world.run(&[&words[..], &["--param", "code=471147"]].concat()).exits(7);
    let folder = world.path("state/sandbox");
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("store")) {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            let bytes = std::fs::read(&path).expect("a file");
            assert!(!bytes.windows(6).any(|part| part == b"471147"), "{}", path.display());
        }
    }
    // The sandbox has its own store.
    assert!(!world.path("state/store.sqlite3").exists());
}

#[test]
fn a_fingerprint_depends_on_the_secret_of_its_store() {
    let digests: Vec<String> = (0..2)
        .map(|_| {
            let world = World::new();
            world.run(&SMS).exits(0);
            let store = rusqlite::Connection::open(world.path("state/sandbox/store.sqlite3"));
            let store = store.expect("the store");
            store.query_row("SELECT content FROM keys", [], |row| row.get(0)).expect("a digest")
        })
        .collect();
    assert_eq!(digests[0].len(), 64);
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn a_message_without_a_key_leaves_no_key() {
    let world = World::new();
    for more in [&[][..], &["--allow-duplicate"]] {
        world.run(&[&SMS[..11], more].concat()).exits(0);
    }
    assert_eq!(sent(&world), 2);
    let list = world.run(&["--sandbox", "keys", "list", "--json"]);
    assert_eq!(list.json()["data"]["keys"], json!([]));
}

#[test]
fn a_dry_run_does_not_use_the_key() {
    let world = World::new();
    let mut dry = SMS.to_vec();
    dry.push("--dry-run");
    world.run(&dry).exits(0);
    assert_eq!(world.run(&SMS).json()["data"]["replayed"], false);
}

#[test]
fn an_invalid_key_is_refused() {
    let world = World::new();
    for invalid in ["", "  ", "a\nb", &"x".repeat(256)] {
        let key = format!("--idempotency-key={invalid}");
        let mut words = SMS[..11].to_vec();
        words.push(&key);
        assert_eq!(world.run(&words).exit(), 2, "{invalid:?}");
    }
    assert_eq!(sent(&world), 0);
}

#[test]
fn a_kill_while_ai_mode_is_switched_off_loses_no_result() {
    let world = World::with_script(json!([{
        "match": ["configure", "ai-mode", "disable"], "times": 1, "held": true,
    }]));
    let message = and(&messages::SMS, &["--json", "--idempotency-key=order-42"]);
    let running = world.start(&message);
    world.wait_for_command("ai-mode disable");
    let show = ["keys", "show", "order-42", "--json"];
    world.wait_until("the result is recorded", || {
        world.run(&show).json()["data"]["state"] == "accepted"
    });
    running.signal(Signal::KILL);
    running.wait();
    world.release();
    let again = world.run(&message).exits(0);
    assert_eq!(again.json()["data"]["replayed"], true, "{again:#?}");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}
