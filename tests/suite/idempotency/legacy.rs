//! Keys stored by version 0.1.0 still prevent a second message.

use rusqlite::{Connection, params};
use serde_json::json;

use crate::idempotency::{SMS, sent};
use crate::support::World;

/// A world with keys in the format of version 0.1.0: key, state and result.
fn world(rows: &[(&str, &str, Option<&str>)]) -> World {
    let world = World::new();
    let folder = world.path("state/sandbox/ledger");
    std::fs::create_dir_all(&folder).expect("a folder");
    let store = Connection::open(folder.join("keys.sqlite3")).expect("a database");
    store.pragma_update(None, "journal_mode", "WAL").expect("a mode");
    store
        .execute_batch(
            "CREATE TABLE sends (
                key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, tracking TEXT NOT NULL,
                generated INTEGER NOT NULL, state TEXT NOT NULL, lease TEXT NOT NULL,
                since TEXT NOT NULL, result TEXT
            ) STRICT;
            PRAGMA user_version = 1;",
        )
        .expect("a table");
    for (key, state, result) in rows {
        store
            .execute(
                "INSERT INTO sends VALUES (?1, 'x', 't-1', 1, ?2, 'gone', ?3, ?4)",
                params![key, state, "2026-01-01T00:00:00Z", result],
            )
            .expect("a row");
    }
    world
}

const RESULT: &str = r#"{"data":{"status":"accepted","biz_id":"b-1","out_id":"t-1",
    "request_id":"r","to":["13800001000"],"replayed":false},"raw":{}}"#;

fn with_key(key: &str) -> Vec<&str> {
    [&SMS[..11], &["--idempotency-key", key]].concat()
}

#[test]
fn an_accepted_key_replays_with_a_warning_about_unknown_parameters() {
    let world = world(&[("a", "accepted", Some(RESULT))]);
    for _ in 0..2 {
        let ran = world.run(&with_key("a"));
        let json = ran.json();
        assert_eq!((ran.exit(), &json["data"]["replayed"]), (0, &json!(true)), "{ran:#?}");
        assert_eq!(json["data"]["biz_id"], "b-1");
        assert!(
            json["warnings"][0].to_string().contains("cannot check whether the key"),
            "{json:#}"
        );
    }
    assert_eq!(sent(&world), 0);
}

#[test]
fn an_unresolved_key_exits_with_7_until_it_is_resolved() {
    let world = world(&[("open", "open", None), ("calling", "calling", None)]);
    for key in ["open", "calling"] {
        assert_eq!(world.run(&with_key(key)).exit(), 7, "{key}");
    }
    let list = world.run(&["--sandbox", "keys", "list", "--json"]).json();
    assert_eq!(list["data"]["keys"].as_array().map(Vec::len), Some(2), "{list:#}");
    let line = ["--sandbox", "keys", "resolve", "open", "--as", "sent", "--yes"];
    world.run(&line).exits(0);
    assert_eq!(world.run(&with_key("open")).json()["data"]["replayed"], true);
    let line = ["--sandbox", "keys", "resolve", "calling", "--as", "not-sent"];
    let mut terminal = world.terminal(&line);
    terminal.answer("Type the key to confirm", "calling");
    terminal.wait().exits(0);
    assert_eq!(sent(&world), 0);
    assert_eq!(world.run(&with_key("calling")).json()["data"]["replayed"], false);
    assert_eq!(sent(&world), 1);
}

#[test]
fn a_stale_reservation_and_a_new_key_can_be_used() {
    let world = world(&[("reserved", "reserved", None)]);
    for key in ["reserved", "new"] {
        assert_eq!(world.run(&with_key(key)).json()["data"]["replayed"], false, "{key}");
    }
    assert_eq!(sent(&world), 2);
}

#[test]
fn an_unreadable_store_of_0_1_0_exits_with_7_for_every_new_key() {
    let world = World::new();
    std::fs::create_dir_all(world.path("state/sandbox/ledger")).expect("a folder");
    world.file("state/sandbox/ledger/keys.sqlite3", "this is not a database");
    for _ in 0..2 {
        let ran = world.run(&SMS).exits(7);
        assert_eq!(ran.json()["error"]["outcome"], "unknown");
    }
    let mut terminal = world.terminal(&["--sandbox", "keys", "repair"]);
    terminal.answer("to confirm", "repair");
    terminal.wait().exits(0);
    world.run(&SMS).exits(0);
    assert_eq!(sent(&world), 1);
}

#[cfg(debug_assertions)]
#[test]
fn a_kill_during_the_upgrade_of_a_store_of_version_1_loses_no_key() {
    let world = World::new();
    assert_eq!(world.run(&SMS).exit(), 0);
    let store = world.path("state/sandbox/store.sqlite3");
    let downgrade = "DROP TABLE batches; DROP TABLE batch_calls; DROP TABLE batch_rows;
                     DROP TABLE spaces; DROP TABLE sends; DROP INDEX keys_by_time;
                     DROP INDEX messages_by_key;
                     DROP INDEX messages_by_time; PRAGMA user_version = 1;";
    Connection::open(&store).expect("the store").execute_batch(downgrade).expect("downgraded");
    let version = || -> i64 {
        let store = Connection::open(&store).expect("the store");
        store.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a version")
    };
    let mut command = world.alimsg(&SMS);
    command.env("ALIMSG_FAULT", "store: about to commit the upgrade=kill");
    assert_eq!(crate::support::Running::start(command).wait().signal(), Some(9));
    assert_eq!(version(), 1);
    let ran = world.run(&SMS);
    assert_eq!((ran.exit(), &ran.json()["data"]["replayed"]), (0, &json!(true)), "{ran:#?}");
    assert_eq!((version(), sent(&world)), (5, 1));
}
