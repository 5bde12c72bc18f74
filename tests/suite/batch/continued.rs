//! Runs that continue a batch with other options: dry runs, exclusions, channel instances, and
//! several runs that queue it.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::sandboxed::{OPTIONS, Sandboxed, count, refused, result, rows};
use crate::batch::{BATCH, number, sandbox_recipients};
use crate::support::messages::{TEMPLATE, and};
use crate::support::{Ran, Running, World};

const CHAT: [&str; 12] = [
    "whatsapp",
    "batch",
    "rows.csv",
    "--from",
    "8613800000001",
    "--template-code",
    "100000000000001",
    "--language",
    "en",
    "--yes",
    "--look-up",
    "1",
];

/// The numbers in the send calls of a dry run.
fn planned(ran: &Ran) -> String {
    let calls = ran.planned_calls().into_iter().map(|call| call.join(" "));
    calls.filter(|call| call.contains("phone-number")).collect()
}

#[test]
fn a_dry_run_leaves_out_the_rows_on_record() {
    let world = Sandboxed::with("rows.csv", rows(4));
    world.batch("rows.csv", &["--name=d", "--limit=2"]).exits(0);
    let words = [&["sms", "batch", "rows.csv", "--name=d", "--dry-run"], &OPTIONS[..]].concat();
    for words in [&words[..], &["batches", "resume", "d", "--dry-run"]] {
        let ran = world.run(words).exits(0);
        assert!(ran.stderr.contains("skips 2 rows on record"), "{ran:#?}");
        assert!(ran.stderr.contains("messages   2"), "{ran:#?}");
        let planned = planned(&ran);
        for row in 0..4 {
            let number = format!("1380001000{row}");
            assert_eq!(planned.contains(&number), row >= 2, "{planned}");
        }
    }
    world.batch("rows.csv", &["--name=d"]).exits(0);
    let ran = world.run(&words).exits(0);
    assert!(planned(&ran).is_empty() && ran.stderr.contains("nothing to send"), "{ran:#?}");
    assert_eq!(world.sent_to().len(), 4);
}

#[test]
fn a_batch_ends_although_more_numbers_are_excluded_and_resume_excludes_them_too() {
    let world = Sandboxed::with("rows.csv", rows(4));
    world.batch("rows.csv", &["--name=e", "--limit=1"]).exits(0);
    // The first one has got its message.
    world.write("unsubscribed.txt", "13800010000\n+86 138 0001 0002\n");
    let words = ["--name=e", "--exclude=unsubscribed.txt", "--limit=1"];
    let limited = result(&world.batch("rows.csv", &words).exits(0));
    assert_eq!(["total", "accepted", "remaining"].map(|name| count(&limited, name)), [3, 2, 1]);
    let resumed = result(&world.run(&["batches", "resume", "e", "--yes"]).exits(0));
    assert_eq!(["total", "accepted", "remaining"].map(|name| count(&resumed, name)), [3, 3, 0]);
    assert_eq!(resumed["data"]["status"], "finished");
    assert!(!world.sent_to().contains(&"13800010002".to_string()), "{:?}", world.sent_to());
    // Without the exclusion, its row is part of the batch again.
    let all = result(&world.batch("rows.csv", &["--name=e"]).exits(0));
    assert_eq!(["total", "accepted"].map(|name| count(&all, name)), [4, 4]);
    assert_eq!(world.sent_to().len(), 4);
}

#[test]
fn a_cancelled_queue_keeps_no_variables() {
    let world = World::new();
    crate::batch::rows(&world, 3);
    let queued = world.run(&[&BATCH[..], &["--enqueue", "--name=q"]].concat()).exits(0).json();
    let payloads = || {
        let query = "SELECT count(payload) FROM batch_calls";
        let store: Connection = crate::batch::store(&world);
        store.query_row(query, [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    assert_eq!((number(&queued, "remaining"), payloads()), (3, 1));
    world.run(&["batches", "cancel", "q", "--yes"]).exits(0);
    assert_eq!(payloads(), 0);
    let shown = world.run(&["batches", "show", "q", "--json"]).exits(0).json();
    assert_eq!((number(&shown, "remaining"), number(&shown, "failed")), (3, 0));
}

#[test]
fn the_same_rows_queued_at_the_same_time_are_one_batch() {
    let world = World::bare();
    crate::batch::rows(&world, 12_000);
    let queue = [&["--sandbox"], &BATCH[..], &["--enqueue"]].concat();
    let running: Vec<Running> = (0..3).map(|_| world.start(&queue)).collect();
    let ids: Vec<Value> = running
        .into_iter()
        .map(|running| result(&running.wait().exits(0))["data"]["id"].take())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let id = ids[0].as_str().expect("an ID");
    let shown = world.run(&["--sandbox", "batches", "show", id, "--json"]).exits(0).json();
    assert_eq!(number(&shown, "remaining"), 12_000);
    world.run(&["--sandbox", "batches", "work", id, "--json"]).exits(0);
    assert_eq!(sandbox_recipients(&world, "queued three times").len(), 12_000);
}

#[test]
fn the_channel_instance_of_an_earlier_message_is_used_for_receipts() {
    let world = Sandboxed::with("rows.csv", "phone,name,order\n8613800009003,Al,1\n");
    world.run(&and(&TEMPLATE, &["--cust-space-id", "cams-sandbox"])).exits(0);
    world.run(&[&CHAT[..], &["--name=r"]].concat());
    let ran = world.run(&["batches", "resume", "r", "--yes", "--look-up=10"]).exits(0);
    assert_eq!(count(&result(&ran), "accepted"), 1, "{ran:#?}");
    world.run(&["batches", "show", "r", "--receipts"]).exits(0);
}

#[test]
fn a_channel_instance_can_be_named_later() {
    let world = Sandboxed::with("rows.csv", "phone,name,order\n8613800009003,Al,1\n");
    let ran = world.run(&[&CHAT[..], &["--name=c"]].concat()).exits(7);
    assert_eq!(count(&result(&ran), "unknown"), 1, "{ran:#?}");
    let ran = world.run(&["batches", "resume", "c", "--yes", "--look-up=1"]).exits(7);
    let warning = result(&ran)["warnings"][0].take();
    assert!(warning.as_str().unwrap().contains("--cust-space-id"), "{ran:#?}");
    let error = refused(world.run(&["batches", "show", "c", "--receipts"]));
    assert!(error["hint"].as_str().unwrap().contains("--cust-space-id"), "{error:#}");
    let words = ["batches", "resume", "c", "--yes", "--look-up=10", "--cust-space-id=cams-sandbox"];
    let resumed = result(&world.run(&words).exits(0));
    assert_eq!((count(&resumed, "accepted"), count(&resumed, "calls")), (1, 0));
    let words = ["batches", "show", "c", "--receipts", "--cust-space-id=cams-sandbox"];
    let shown = result(&world.run(&words).exits(0));
    assert!(shown["data"]["receipts"].is_object(), "{shown:#}");
    // It is on record now.
    world.run(&["batches", "show", "c", "--receipts"]).exits(0);
    assert_eq!(world.sent_to().len(), 1);
}

#[test]
fn receipts_are_searched_on_all_pages_since_the_start_of_the_batch() {
    let world = World::new();
    world.file("rows.csv", "phone,name,order\n8613800001000,Al,1\n");
    let words = [&CHAT[..], &["--cust-space-id=s1", "--name=p", "--json"]].concat();
    let before = jiff::Timestamp::now().as_millisecond();
    world.run(&words).exits(0);
    let id = world.sent()[0]["flags"]["task-id"].as_str().expect("an ID").to_owned();
    let message = |id: &str| {
        let now = jiff::Timestamp::now().as_millisecond();
        json!({
            "UniqueMessageId": id, "MessageId": id, "EventAction": "DOWN", "SendTime": now,
            "BusinessNumber": "8613800000001", "UserNumber": "8613800001000",
            "MessageStatus": "success", "ChannelType": "whatsapp",
        })
    };
    let page = |index: usize, rows: Vec<Value>| {
        json!({
            "match": ["cams", "list-chatapp-message"],
            "contains": [format!("Index={index}")],
            "stdout": json!({ "Code": "OK", "Data": rows }).to_string(),
        })
    };
    let others = (0..50).map(|other| message(&format!("other-{other}"))).collect();
    world.script(json!([page(1, others), page(2, vec![message(&id)])]));
    let shown = world.run(&["batches", "show", "p", "--receipts", "--json"]).exits(0).json();
    let pages = world.processes().into_iter().filter(|call| !call.plugin);
    let pages: Vec<_> = pages.filter(|call| call.command().contains("list-chatapp")).collect();
    assert_eq!(pages.len(), 2, "{shown:#}");
    for page in pages {
        let since = page.argv.iter().find_map(|word| word.strip_prefix("--start-time="));
        let since: i64 = since.expect("a time").parse().expect("milliseconds");
        assert!((before - 600_000..=before).contains(&since), "{since} {before}");
    }
}

#[test]
fn reasons_of_failed_messages_are_shown_as_text() {
    let world = Sandboxed::with("rows.csv", "phone,name,order\n13800009012,Bo,2\n");
    world.batch("rows.csv", &["--name=r"]).exits(0);
    let words = ["--sandbox", "batches", "show", "r", "--receipts"];
    world.world.wait_until("the receipt has arrived", || {
        world.world.run(&words).exits(0).stderr.contains("1 × ")
    });
}
