//! `alimsg outbox`: every send is recorded, and found by the number of its recipient.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::batch::{BATCH, held, number_in, phone, receipt, rows, wait_for_sent};
use crate::support::messages::{SMS, TEMPLATE, TEXT, and, with};
use crate::support::{Ran, World};

/// The sends that `outbox list` shows with these flags.
#[track_caller]
fn list(world: &World, flags: &[&str]) -> Vec<Value> {
    let ran = world.run(&and(&and(&["outbox", "list", "--json"], flags), &[])).exits(0);
    let data = ran.json()["data"].take();
    let sends = data["sends"].as_array().expect("sends").clone();
    assert_eq!(data["total"], sends.len(), "{data:#}");
    sends
}

/// All that the state folder contains, as text.
fn state(world: &World) -> String {
    let files = ["store.sqlite3", "store.sqlite3-wal"].map(|file| world.path("state").join(file));
    let bytes: Vec<u8> = files.iter().filter_map(|file| fs::read(file).ok()).flatten().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn every_send_is_found_by_its_number_in_every_notation() {
    let world = World::new();
    assert!(list(&world, &[]).is_empty());
    let two = ["sms", "send", "-p", "13800001000,13800001001", "-s", "Acme", "-t", "SMS_100003"];
    let two = and(&two, &["--yes", "--out-id", "order-7", "--idempotency-key", "secret-key"]);
    world.run(&two).exits(0);
    world.run(&and(&TEXT, &["--text", "Confidential words", "--task-id", "t-1"])).exits(0);
    // Replayed: nothing was sent.
    world.run(&two).exits(0);
    for number in ["13800001000", "+86 138-0000-1000", "008613800001000", "8613800001000"] {
        let sends = list(&world, &["--to", number]);
        let shown: Vec<_> = sends.iter().map(|send| &send["channel"]).collect();
        assert_eq!(shown, ["whatsapp", "sms"], "{number}: {sends:#?}");
    }
    let sends = list(&world, &["--to", "13800001001"]);
    assert_eq!(sends.len(), 1);
    let send = &sends[0];
    for (field, value) in [
        ("command", json!("sms send")),
        ("sender", json!("Acme")),
        ("template", json!("SMS_100003")),
        ("to", json!(["*******1000", "*******1001"])),
        ("recipients", json!(2)),
        ("outcome", json!("accepted")),
        ("tracking_id", json!("order-7")),
        ("receipt", json!(null)),
    ] {
        assert_eq!(send[field], value, "{send:#}");
    }
    assert!(list(&world, &["--to", "13800001002"]).is_empty());
    assert!(list(&world, &["--until", "yesterday"]).is_empty());
    let id = send["id"].to_string();
    let shown = world.run(&["outbox", "show", &id, "--json"]).exits(0).json()["data"].take();
    assert_eq!(shown["key"], "secret-key");
    assert!(shown["result"]["receipt_id"].is_string(), "{shown:#}");
    assert_eq!(
        (&shown["content"], &shown["account"]["credentials"]),
        (&json!(null), &json!("auto"))
    );
    world.run(&["outbox", "show", "99"]).exits(2);
    world.run(&["outbox", "list", "--to", "Alice"]).exits(2);
    let exported = world.run(&["outbox", "export"]).exits(0);
    assert_eq!(exported.json_lines().len(), 2);
    // The text is not stored.
    assert!(!state(&world).contains("Confidential"), "a text is on record");
    world.assert_clean();
}

#[test]
fn the_outcome_is_that_of_the_send() {
    let world = World::new();
    let outcome = |world: &World| list(world, &[])[0]["outcome"].clone();
    let rejected = json!([{ "match": ["dysmsapi"], "times": 1, "sent": false,
        "stdout": "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"too many\"}" }]);
    world.script(rejected);
    world.run(&SMS).exits(6);
    assert_eq!(outcome(&world), "not_sent");
    world.script(json!([{ "match": ["dysmsapi"], "times": 1, "exit": 1,
        "stderr": "Error: context deadline exceeded (Client.Timeout exceeded)" }]));
    world.run(&SMS).exits(7);
    assert_eq!(outcome(&world), "unknown");
    let key = world.run(&["keys", "list", "--json"]).json()["data"]["keys"][0]["key"].clone();
    let key = key.as_str().expect("a key").to_string();
    world.run(&["keys", "resolve", "--as", "sent", &key, "--yes"]).exits(0);
    assert_eq!(outcome(&world), "accepted");
    world.script(json!([{ "match": ["cams"], "times": 1, "held": true }]));
    let running = world.start(&and(&TEXT, &["--text", "Hi"]));
    world.wait_for_command("cams send-chatapp-message");
    assert_eq!(outcome(&world), "started");
    running.signal(Signal::KILL);
    running.wait();
    world.release();
    world.wait_for_quiet();
    assert_eq!(outcome(&world), "unknown", "the run was killed");
}

#[test]
fn calls_of_a_batch_are_listed_with_their_recipients() {
    for enqueue in [false, true] {
        let world = World::new();
        rows(&world, 30);
        if enqueue {
            world.run(&and(&BATCH, &["--enqueue", "--name", "news"])).exits(0);
            assert!(list(&world, &[]).is_empty(), "nothing was sent yet");
            world.run(&["batches", "work", "news"]).exits(0);
        } else {
            world.run(&BATCH).exits(0);
        }
        let sends = list(&world, &["--to", &phone(29)]);
        let [send] = &sends[..] else { panic!("{sends:#?}") };
        let shown = (&send["command"], &send["recipients"], &send["outcome"]);
        assert_eq!(shown, (&json!("sms batch"), &json!(30), &json!("accepted")), "{send:#}");
        assert_eq!(send["to"].as_array().map(Vec::len), Some(20));
        let batches = world.run(&["batches", "list", "--json"]).json()["data"].take();
        assert_eq!(send["batch"], batches["batches"][0]["id"]);
        assert!(list(&world, &["--to", &phone(30)]).is_empty());
    }
}

/// The outcome of the only send, and the batch that it belongs to.
#[track_caller]
fn only(world: &World) -> (String, Value) {
    let sends = list(world, &[]);
    let [send] = &sends[..] else { panic!("{sends:#?}") };
    let batch = send["batch"].as_str().expect("a batch");
    let shown = world.run(&["batches", "show", batch, "--json"]).exits(0).json()["data"].take();
    (send["outcome"].as_str().expect("an outcome").to_string(), shown)
}

#[test]
fn a_batch_call_of_a_killed_run_is_unknown_until_the_batch_is_settled() {
    let number = phone(0);
    let check = ["outbox", "check", "--to", &number];
    let again = and(&BATCH, &["--look-up", "5"]);
    let resume = ["batches", "resume", "killed", "--yes", "--look-up", "5"];
    for (words, has_receipt) in
        [(&check[..], true), (&again, true), (&resume, true), (&check, false), (&resume, false)]
    {
        let world = World::new();
        rows(&world, 20);
        world.script(held());
        let running = world.start(&and(&BATCH, &["--name", "killed"]));
        wait_for_sent(&world, 1);
        assert_eq!(only(&world).0, "started");
        running.signal(Signal::KILL);
        running.wait();
        world.release();
        world.wait_for_quiet();
        assert_eq!(only(&world).0, "unknown", "the run was killed");
        world.script(if has_receipt { receipt(&world.sent()) } else { json!([]) });
        let named = and(words, if words[0] == "sms" { &["--name", "killed"] } else { &[] });
        let exit = if has_receipt || words[0] == "outbox" { 0 } else { 7 };
        world.run(&named).exits(exit);
        let (outcome, batch) = only(&world);
        assert_eq!(outcome, if has_receipt { "accepted" } else { "unknown" }, "{words:?}");
        let accepted = number_in(&batch, "accepted");
        assert_eq!(accepted, if has_receipt { 20 } else { 0 }, "{words:?}: {batch:#}");
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    }
}

#[test]
fn for_a_batch_call_a_receipt_with_an_id_that_the_user_chose_proves_nothing() {
    for (header, id, outcome) in [(",out_id", ",order-7", "unknown"), ("", "", "accepted")] {
        let world = World::new();
        world.file("rows.csv", &format!("phone,name{header}\n{},Ada{id}\n", phone(0)));
        world.script(
            json!([{ "match": ["dysmsapi"], "exit": 1, "stderr": "Error: unexpected EOF\n" }]),
        );
        world.run(&BATCH).exits(7);
        world.script(receipt(&world.sent()));
        world.run(&["outbox", "check", "--to", &phone(0)]).exits(0);
        let (checked, batch) = only(&world);
        assert_eq!(checked, outcome, "{batch:#}");
        assert_eq!(number_in(&batch, outcome), 1, "{batch:#}");
        assert_eq!(world.sent().len(), 1);
    }
}

#[test]
fn the_configuration_records_texts_or_nothing() {
    let world = World::new();
    world.configure("[outbox]\ntexts = true\n");
    world.run(&and(&TEXT, &["--text", "These words"])).exits(0);
    let ran = world.run(&["outbox", "show", "1", "--json"]).exits(0);
    assert!(ran.json()["data"]["content"]["--content"].to_string().contains("These words"));
    assert!(!ran.stdout.contains("8613800001000"), "{ran:#?}");
    world.configure("[outbox]\nenabled = false\n");
    world.run(&SMS).exits(0);
    let ran = world.run(&["outbox", "list", "--json"]).exits(0).json();
    assert_eq!(ran["data"]["total"], 1);
    assert!(ran["warnings"].to_string().contains("disabled"), "{ran:#}");
    world.configure("[outbox]\nkeep = \"1d\"\n");
    world.run(&SMS).exits(2);
}

#[test]
fn pruned_keys_replay_without_their_result() {
    let world = World::new();
    let with_key = and(&SMS, &["--json", "--idempotency-key", "order 42"]);
    world.run(&with_key).exits(0);
    world.run(&and(&TEXT, &["--text", "Hi"])).exits(0);
    let store = crate::batch::store(&world);
    store
        .execute_batch(
            "UPDATE sends SET at = at - 91 * 86400000 WHERE key = 'order 42';
             UPDATE keys SET since = '2020-01-01T00:00:00Z';",
        )
        .expect("made older");
    drop(store);
    world.run(&["outbox", "prune"]).exits(2);
    world.run(&["outbox", "prune", "--keep", "1d", "--yes"]).exits(2);
    let pruned = world.run(&["outbox", "prune", "--yes", "--json"]).exits(0).json();
    assert_eq!((&pruned["data"]["sends"], &pruned["data"]["keys"]), (&json!(1), &json!(1)));
    assert_eq!(list(&world, &[]).len(), 1);
    let replayed = world.run(&with_key).exits(0).json();
    assert_eq!(replayed["data"]["replayed"], true, "{replayed:#}");
    assert_eq!(replayed["data"]["status"], "accepted");
    world.run(&and(&with_key, &["--param=n=1"])).exits(2);
    assert_eq!(world.sent().len(), 2);
    // Without the command, the next send deletes old entries.
    let store = crate::batch::store(&world);
    store.execute("UPDATE sends SET at = at - 91 * 86400000", []).expect("made older");
    drop(store);
    world.run(&and(&SMS, &["--param=n=2"])).exits(0);
    assert_eq!(list(&world, &[]).len(), 1);
}

#[test]
fn receipts_of_open_sends_are_fetched() {
    let world = World::new();
    let run = |words: &[&str]| -> Ran { world.run(&and(&["--sandbox"], words)) };
    // A number whose receipts never become final.
    let template = with(&TEMPLATE, "--to", "8613800009014");
    run(&with(&SMS, "-p", "13800009014")).exits(0);
    run(&and(&template, &["--cust-space-id", "cams-sandbox"])).exits(0);
    let check = |more: &[&str]| {
        let data = run(&and(&["outbox", "check", "--json"], more)).exits(0).json()["data"].take();
        let sends = data["sends"].as_array().expect("sends");
        assert!(sends.iter().all(|send| send["receipt"].is_string()), "{data:#}");
        (data["total"].clone(), data["not_checked"].clone())
    };
    assert_eq!(check(&[]), (json!(2), json!(0)));
    // Without the record of the last sends, the number and the channel instance have to be given.
    fs::remove_file(world.path("state/sandbox/recent_sends.jsonl")).expect("removed");
    assert_eq!(check(&[]), (json!(0), json!(2)));
    let to = ["--to", "13800009014"];
    assert_eq!(check(&to), (json!(1), json!(1)));
    assert_eq!(check(&and(&to, &["--cust-space-id", "cams-sandbox"])), (json!(2), json!(0)));
    world.assert_off_in_sandbox();
}

/// In the sandbox, the reply to this number is lost although the message is sent.
const LOST_REPLY: &str = "13800009003";
/// The request to this number is lost, so that nothing is sent.
const LOST_REQUEST: &str = "13800009004";

#[test]
fn a_receipt_settles_a_key_and_its_message() {
    for key in [&["--idempotency-key=order-42"][..], &[]] {
        let world = World::new();
        let send = and(&and(&["--sandbox", "--json"], &SMS), key);
        let send = with(&send, "-p", LOST_REPLY);
        world.run(&send).exits(7);
        // The key has the number as well.
        fs::remove_file(world.path("state/sandbox/recent_sends.jsonl")).expect("removed");
        let checked = world.run(&["--sandbox", "outbox", "check", "--json"]).exits(0).json();
        assert_eq!(checked["data"]["sends"][0]["outcome"], "accepted", "{checked:#}");
        let keys = world.run(&["--sandbox", "keys", "list", "--json"]).json()["data"].take();
        assert_eq!(keys["keys"][0]["state"], "accepted", "{keys:#}");
        if key.is_empty() {
            let error = world.run(&send).exits(2).json()["error"].take();
            assert!(error["message"].to_string().contains("was sent"), "{error:#}");
        } else {
            let replayed = world.run(&send).exits(0).json()["data"].take();
            assert_eq!(replayed["replayed"], true, "{replayed:#}");
            assert_eq!(replayed["to"], json!([LOST_REPLY]));
        }
        assert_eq!(world.sandbox_messages().len(), 1);
        world.assert_off_in_sandbox();
    }
}

#[test]
fn without_proof_a_key_stays_unresolved() {
    // Another message may have an ID that the user chose.
    for (number, own_id) in [(LOST_REQUEST, &[][..]), (LOST_REPLY, &["--out-id=order-7"])] {
        let world = World::new();
        let send = and(&and(&["--sandbox", "--json"], &SMS), &["--idempotency-key=k"]);
        let send = and(&with(&send, "-p", number), own_id);
        world.run(&send).exits(7);
        let checked = world.run(&["--sandbox", "outbox", "check", "--json"]).exits(0).json();
        assert_eq!(checked["data"]["sends"][0]["outcome"], "unknown", "{checked:#}");
        let error = world.run(&send).exits(7).json()["error"].take();
        assert_eq!(error["outcome"], "unknown", "{error:#}");
    }
}

#[test]
fn a_receipt_of_another_account_is_not_looked_up_for_a_key() {
    let world = World::new();
    let send = and(&and(&["--sandbox", "--json"], &SMS), &["--idempotency-key=k"]);
    world.run(&with(&send, "-p", LOST_REPLY)).exits(7);
    let other = ["--sandbox", "--region=cn-beijing", "outbox", "check", "--json"];
    let checked = world.run(&other).exits(0).json();
    assert_eq!(checked["data"]["sends"][0]["outcome"], "unknown", "{checked:#}");
}
