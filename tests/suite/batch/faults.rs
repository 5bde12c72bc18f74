//! Errors that stop a batch, and a store that fails.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::batch::*;
use crate::support::World;
use crate::support::messages::and;

/// An error of one call and the expected exit code.
fn stop_conditions() -> Vec<(&'static str, Value, i32)> {
    let sdk = |status: u16, code: &str| {
        let text =
            format!("Error: SDKError:\n   StatusCode: {status}\n   Code: {code}\n   Message: no\n");
        json!({ "exit": 1, "stderr": text })
    };
    let reply = |code: &str| {
        let reply = json!({ "Code": code, "Message": "no", "RequestId": "R-12345678" });
        json!({ "stdout": reply.to_string() })
    };
    let refused = "Error: dial tcp 203.0.113.7:443: connect: connection refused\n";
    vec![
        ("permission", sdk(403, "Forbidden.RAM"), 5),
        ("balance", reply("isv.AMOUNT_NOT_ENOUGH"), 6),
        ("credentials", sdk(404, "InvalidAccessKeyId.NotFound"), 4),
        ("connection refused", json!({ "exit": 1, "stderr": refused }), 3),
    ]
}

#[test]
fn an_error_of_the_account_stops_the_batch_and_frees_its_rows() {
    let check = |name: &str, error: &Value, exit: i32, queue: bool| {
        let world = world(3);
        let mut rule = json!({ "match": ["dysmsapi", "send-batch-sms"], "sent": false });
        rule.as_object_mut().expect("a rule").extend(error.as_object().expect("fields").clone());
        let mut words = and(&BATCH, &["--jobs", "1"]);
        let mut id = String::new();
        if queue {
            let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
            queued["data"]["id"].as_str().expect("an ID").clone_into(&mut id);
            words = vec!["batches", "work", &id, "--json", "--jobs", "1"];
        }
        world.script(json!([rule]));
        let ran = world.run(&words);
        let text = format!("{name} queue {queue}: {ran:#?}");
        assert_eq!(ran.exit(), exit, "{text}");
        let done = result(&ran);
        assert_eq!(done["error"]["outcome"], "not_sent", "{text}");
        assert_eq!(number(&done, "remaining"), 3 * ROWS_PER_CALL, "{text}");
        let attempts = world.count(CALL);
        let most = if name == "connection refused" { 12 } else { 1 };
        assert!(attempts <= most, "{attempts} calls: {text}");
        assert!(world.sent().is_empty(), "{text}");
        world.assert_clean();
        // After some calls were accepted, the outcome says so.
        world.script(json!([{ "match": ["dysmsapi", "send-batch-sms"], "times": 1 }, rule]));
        let ran = world.run(&words);
        let done = result(&ran);
        assert_eq!(ran.exit(), 8, "{name}: {ran:#?}");
        assert_eq!(done["error"]["outcome"], "sent", "{done:#}");
        assert_eq!(number(&done, "accepted"), ROWS_PER_CALL, "{done:#}");
        world.script(json!([]));
        let ran = world.run(&words).exits(0);
        assert_eq!(number(&result(&ran), "accepted"), 3 * ROWS_PER_CALL, "{ran:#?}");
        assert_eq!(recipients(&world), all(3));
        world.assert_clean();
    };
    let check = &check;
    thread::scope(|scope| {
        for (name, error, exit) in stop_conditions() {
            scope.spawn(move || check(name, &error, exit, false));
        }
    });
    let (name, error, exit) = stop_conditions().swap_remove(0);
    check(name, &error, exit, true);
}

#[test]
fn constant_throttling_of_a_queue_stops_the_worker() {
    let world = world(2);
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID");
    let throttled = "Error: SDKError:\n   StatusCode: 429\n   Code: Throttling.User\n   Message: Request was denied due to user flow control.\n";
    world.script(json!([{
        "match": ["dysmsapi", "send-batch-sms"], "sent": false, "exit": 1, "stderr": throttled,
    }]));
    let ran = world.run(&["batches", "work", id, "--json"]);
    let done = result(&ran);
    assert_eq!(done["error"]["outcome"], "not_sent", "{ran:#?}");
    assert_eq!(number(&done, "remaining"), 2 * ROWS_PER_CALL, "{done:#}");
    world.assert_clean();
    world.script(json!([]));
    world.run(&["batches", "work", id, "--json"]).exits(0);
    assert_eq!(recipients(&world), all(2));
}

/// Makes changes of the store fail from now on: "INSERT ON batch_calls".
fn break_store(world: &World, change: &str) {
    let trigger = format!(
        "CREATE TRIGGER broken BEFORE {change} BEGIN SELECT raise(ABORT, 'broken by a test'); END"
    );
    store(world).execute_batch(&trigger).expect("a trigger");
}

fn mend_store(world: &World) {
    store(world).execute_batch("DROP TRIGGER broken").expect("the trigger");
}

#[test]
fn no_call_starts_without_its_record() {
    let world = world(6);
    world.script(held());
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    break_store(&world, "INSERT ON batch_calls");
    world.release();
    let ran = running.wait();
    mend_store(&world);
    assert_eq!(world.sent().len(), 2, "{ran:#?}");
    let done = result(&ran);
    // What was sent is not reported as not sent.
    assert_eq!(done["error"]["outcome"], "sent", "{ran:#?}");
    assert_eq!(ran.exit(), 8, "{ran:#?}");
    assert_eq!(number(&done, "accepted"), 2 * ROWS_PER_CALL, "{done:#}");
    world.assert_clean();
    let done = complete(&world, 6, "after a failed record");
    assert_eq!(number(&done, "accepted"), 6 * ROWS_PER_CALL, "{done:#}");
}

#[test]
fn a_result_that_cannot_be_recorded_is_unknown() {
    let world = world(4);
    world.script(held());
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    break_store(&world, "UPDATE ON batch_calls");
    world.release();
    let ran = running.wait();
    mend_store(&world);
    assert_eq!(world.sent().len(), 2, "{ran:#?}");
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let lines = ran.json_lines();
    let done = lines.last().expect("a result");
    assert_eq!(done["error"]["outcome"], "unknown", "{ran:#?}");
    // A call is not reported as accepted before this is on record.
    assert!(lines.iter().all(|line| line["data"]["status"] != "accepted"), "{ran:#?}");
    world.assert_clean();
    let done = complete(&world, 4, "after a failed record");
    assert_eq!(number(&done, "unknown"), 2 * ROWS_PER_CALL, "{done:#}");
}

#[test]
fn a_failed_claim_leaves_queued_calls_claimable() {
    let world = world(3);
    let queued = world.run(&and(&BATCH, &["--enqueue"])).exits(0).json();
    let id = queued["data"]["id"].as_str().expect("an ID");
    break_store(&world, "UPDATE OF rate_at ON batches");
    // The first call is claimed, and then the time of its start cannot be reserved.
    let ran = world.run(&["batches", "work", id, "--json", "--rate", "1000"]);
    mend_store(&world);
    assert_ne!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(result(&ran)["error"]["outcome"], "not_sent", "{ran:#?}");
    assert!(world.sent().is_empty());
    let ran = world.run(&["batches", "work", id, "--json"]).exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 3 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(recipients(&world), all(3));
}

#[test]
fn a_locked_store_delays_a_batch() {
    let world = world(6);
    world.script(held());
    let running = world.start(&and(&BATCH, &["--jobs", "2"]));
    wait_for_sent(&world, 2);
    let store = store(&world);
    store.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    world.release();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(world.sent().len(), 2, "a call started without a record");
    store.execute_batch("ROLLBACK").expect("the end of the lock");
    drop(store);
    let ran = running.wait().exits(0);
    assert_eq!(number(&result(&ran), "accepted"), 6 * ROWS_PER_CALL, "{ran:#?}");
    assert_eq!(recipients(&world), all(6));
    world.assert_clean();
}
