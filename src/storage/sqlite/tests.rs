use std::path::Path;

use crate::storage::sqlite::*;
use crate::storage::{Identity, KeyState, Tracking};

fn open() -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(folder.path()).expect("a store");
    (folder, store)
}

fn new_key(lease: &str) -> NewKey {
    NewKey {
        identity: Identity { content: "c".into(), account: "a".into() },
        tracking: Tracking { id: format!("t-{lease}"), generated: true },
        lease: lease.into(),
        details: "{}".into(),
    }
}

const OWNER: Owner<'_> = Owner { key: "k", lease: "one" };

#[test]
fn an_unknown_state_is_treated_as_unresolved() {
    let (_folder, store) = open();
    store.reserve("k", &new_key("one")).expect("reserved");
    store.connection.execute("UPDATE keys SET state = 'future'", []).expect("changed");
    let Ok(Reserve::Used(record)) = store.reserve("k", &new_key("two")) else {
        panic!("it may have been sent")
    };
    assert_eq!((record.state, record.damaged), (KeyState::Unresolved, true));
}

/// Copies the database and its log, but not the shared memory, which a power failure destroys.
fn copy(from: &Path, to: &Path) {
    for name in ["store.sqlite3", "store.sqlite3-wal"] {
        std::fs::copy(from.join(name), to.join(name)).expect("copied");
    }
}

#[test]
fn the_files_contain_a_durable_change_before_the_store_is_closed() {
    let (folder, store) = open();
    store.reserve("k", &new_key("one")).expect("reserved");
    store.begin(OWNER, None, None).expect("begun");
    let after_power_failure = tempfile::tempdir().expect("a folder");
    copy(folder.path(), after_power_failure.path());
    let copied = Sqlite::open(after_power_failure.path()).expect("a store");
    let record = copied.key("k").expect("readable").expect("a record");
    assert_eq!(record.state, KeyState::Calling);
}

#[test]
fn the_log_stays_when_the_store_is_closed_and_has_a_limited_length() {
    let (folder, store) = open();
    drop(store);
    let log = folder.path().join("store.sqlite3-wal");
    let mut longest = 0;
    for number in 0..300 {
        let store = Sqlite::open(folder.path()).expect("the same store");
        let key = format!("k{number}");
        store.reserve(&key, &new_key("one")).expect("reserved");
        store.begin(Owner { key: &key, lease: "one" }, None, None).expect("begun");
        drop(store);
        longest = longest.max(log.metadata().expect("a log").len());
    }
    assert!((100_000..4_000_000).contains(&longest), "{longest}");
    let store = Sqlite::open(folder.path()).expect("the same store");
    assert_eq!(store.keys().expect("readable").len(), 300);
}

#[test]
fn a_long_log_is_copied_into_the_database_while_a_call_runs() {
    let (_folder, store) = open();
    let waiting = || -> i64 {
        let pages = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
        store.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], pages).expect("the log")
    };
    store.reserve("k", &new_key("one")).expect("reserved");
    store.prepare_finish(Duration::ZERO);
    assert!((1..LONG_LOG_PAGES).contains(&waiting()), "a short log stays");
    for number in 0..LONG_LOG_PAGES {
        store.reserve(&format!("k{number}"), &new_key("one")).expect("reserved");
    }
    assert!(waiting() >= LONG_LOG_PAGES);
    store.prepare_finish(Duration::ZERO);
    assert_eq!(waiting(), 0);
    let keys = store.keys().expect("readable").len();
    assert_eq!(i64::try_from(keys), Ok(LONG_LOG_PAGES + 1));
}

#[test]
fn old_records_are_deleted_during_a_call_without_waiting_for_other_processes() {
    let (folder, store) = open();
    let add = "INSERT INTO messages VALUES ('old', 'f', 'accepted', NULL, 0)";
    store.connection.execute(add, []).expect("an old message");
    let messages = || -> i64 {
        let query = "SELECT count(*) FROM messages";
        store.connection.query_row(query, [], |row| row.get(0)).expect("a number")
    };
    let other = Sqlite::open(folder.path()).expect("the same store");
    let changing = Transaction::new_unchecked(&other.connection, TransactionBehavior::Immediate)
        .expect("a transaction");
    let since = std::time::Instant::now();
    store.prepare_finish(Duration::ZERO);
    assert!(since.elapsed() < PATIENCE / 2, "it waited");
    assert_eq!(messages(), 1);
    drop(changing);
    store.prepare_finish(Duration::ZERO);
    assert_eq!(messages(), 0);
    let patience = store.connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0));
    let patience: u32 = patience.expect("milliseconds");
    assert_eq!(Duration::from_millis(patience.into()), PATIENCE, "other changes wait again");
}

#[test]
fn a_store_of_version_1_is_upgraded_and_keeps_its_keys() {
    let (folder, store) = open();
    let digest = store.digest("471147");
    store.reserve("k", &new_key("one")).expect("reserved");
    store.begin(OWNER, None, None).expect("begun");
    let downgrade = "DROP TABLE batches; DROP TABLE batch_calls; DROP TABLE batch_rows;
                     DROP TABLE spaces; DROP TABLE sends; DROP INDEX keys_by_time;
                     DROP INDEX messages_by_key; DROP INDEX messages_by_time; PRAGMA user_version = 1;";
    store.connection.execute_batch(downgrade).expect("downgraded");
    drop(store);
    let upgraded = Sqlite::open(folder.path()).expect("upgraded");
    assert_eq!(upgraded.digest("471147"), digest);
    let record = upgraded.key("k").expect("readable").expect("a record");
    assert_eq!(record.state, KeyState::Calling);
    assert!(Batches::batches(&upgraded).expect("readable").is_empty());
    drop(upgraded);
    let later = Sqlite::open(folder.path()).expect("the same store");
    later.connection.pragma_update(None, "user_version", 6).expect("changed");
    drop(later);
    assert!(matches!(Sqlite::open(folder.path()), Err(Error::Unreadable(_, Fix::Upgrade))));
}

#[test]
fn an_unresolved_message_of_version_2_gets_a_key_and_still_prevents_an_equal_one() {
    let (folder, store) = open();
    store.connection.execute_batch(VERSION_4).expect("downgraded");
    let version_2 = "DROP TABLE spaces; DROP TABLE sends; DROP INDEX keys_by_time;
                     DROP INDEX messages_by_key; PRAGMA user_version = 2;
                     INSERT INTO messages VALUES ('u', 'f', 'calling', NULL, 1000);
                     INSERT INTO messages VALUES ('a', 'f', 'accepted', NULL, 1000);";
    store.connection.execute_batch(version_2).expect("downgraded");
    drop(store);
    let store = Sqlite::open(folder.path()).expect("upgraded");
    let record = store.key("send-u").expect("readable").expect("a record");
    assert_eq!(record.state, KeyState::Unresolved);
    assert_eq!(record.since, Some(Timestamp::from_millisecond(1000).expect("a time")));
    let message = crate::storage::tests::keys::message();
    let earlier = store.earlier(&message).expect("readable");
    assert_eq!(earlier.len(), 1);
    assert_eq!((earlier[0].accepted, earlier[0].key.as_deref()), (false, Some("send-u")));
    assert!(store.settle_as_not_sent(&record).expect("resolved"));
    assert!(store.earlier(&message).expect("readable").is_empty(), "the other one is old");
}

#[test]
fn a_store_of_version_3_gets_the_table_of_sends() {
    let (folder, store) = open();
    store.remember_space("s", "cams-1").expect("recorded");
    store.connection.execute_batch(VERSION_4).expect("downgraded");
    let version_3 = "DROP TABLE sends; DROP INDEX keys_by_time; PRAGMA user_version = 3;";
    store.connection.execute_batch(version_3).expect("downgraded");
    drop(store);
    let store = Sqlite::open(folder.path()).expect("upgraded");
    assert_eq!(store.space("s").expect("readable").as_deref(), Some("cams-1"));
    assert_eq!(store.sends().usage(&[std::time::Duration::from_secs(1)]).expect("readable"), [0]);
}

/// What version 5 has changed, undone.
const VERSION_4: &str = "ALTER TABLE batch_rows RENAME TO new_rows;
    CREATE TABLE batch_rows (batch INTEGER NOT NULL, row INTEGER NOT NULL, call INTEGER NOT NULL,
                             PRIMARY KEY (batch, row)) STRICT, WITHOUT ROWID;
    INSERT INTO batch_rows SELECT id >> 40, id & 0xffffffffff, call FROM new_rows;
    DROP TABLE new_rows; PRAGMA user_version = 4;";

#[test]
fn the_rows_of_batches_in_a_store_of_version_4_keep_their_calls() {
    use crate::storage::batches::Start;
    use crate::storage::tests::batches::{call, create, create_with};

    for is_damaged in [false, true] {
        let (folder, store) = open();
        let ids = [create(&store), create_with(&store, "another")];
        for id in &ids {
            store.start(id, "w", &[call(3..10), call(20..25)]).expect("recorded");
        }
        store.connection.execute_batch(VERSION_4).expect("downgraded");
        drop(store);
        if is_damaged {
            repair(folder.path()).expect("repaired");
        }
        let store = Sqlite::open(folder.path()).expect("upgraded");
        for id in &ids {
            let mut rows = Vec::new();
            store.recorded_rows(id, &mut |row| rows.push(row)).expect("readable");
            assert_eq!(rows, (3..10).chain(20..25).collect::<Vec<_>>());
            let starts = store.start(id, "v", &[call(9..12)]).expect("readable");
            assert_eq!(starts, [Start::Taken(vec![9])]);
            let batch = store.batch(id).expect("readable").expect("a batch");
            assert!(batch.cancelled_at.is_none());
        }
    }
}

#[test]
fn a_repair_keeps_the_messages_of_the_duplicate_check() {
    let (folder, store) = open();
    let message = crate::storage::tests::keys::message();
    store.begin(OWNER, Some(&new_key("one")), Some(&message)).expect("begun");
    drop(store);
    repair(folder.path()).expect("repaired");
    let store = Sqlite::open(folder.path()).expect("the new store");
    assert_eq!(store.earlier(&message).expect("readable").len(), 1);
}

#[test]
fn a_repair_keeps_the_batches_and_cancels_them_if_rows_may_be_missing() {
    use crate::storage::tests::batches::{call, create};

    for is_complete in [true, false] {
        let (folder, store) = open();
        let id = create(&store);
        store.start(&id, "w", &[call(0..10)]).expect("recorded");
        if !is_complete {
            store.connection.execute_batch("DROP TABLE batch_rows").expect("damaged");
        }
        drop(store);
        repair(folder.path()).expect("repaired");
        let store = Sqlite::open(folder.path()).expect("the new store");
        let batch = store.batch(&id).expect("readable").expect("a batch");
        assert_eq!((batch.counts.started, batch.cancelled_at.is_none()), (10, is_complete));
        let mut rows = 0;
        store.recorded_rows(&id, &mut |_| rows += 1).expect("readable");
        assert_eq!(rows, if is_complete { 10 } else { 0 });
    }
}

#[test]
fn a_crash_during_the_start_of_calls_records_either_all_or_nothing() {
    use crate::storage::tests::batches::{call, create};

    let (folder, store) = open();
    let id = create(&store);
    let rows_after_crash = || {
        let crashed = tempfile::tempdir().expect("a folder");
        copy(folder.path(), crashed.path());
        let copied = Sqlite::open(crashed.path()).expect("a store");
        copied.check().expect("intact");
        let mut rows = Vec::new();
        copied.recorded_rows(&id, &mut |row| rows.push(row)).expect("readable");
        let batch = copied.batch(&id).expect("readable").expect("a batch");
        assert_eq!(batch.counts.started, rows.len() as u64);
        rows.len()
    };
    // The cache is so small that unfinished transactions reach the log.
    store.connection.pragma_update(None, "cache_size", 5).expect("changed");
    let calls: Vec<_> = (0..200).map(|at| call(at * 100..at * 100 + 100)).collect();
    let log = folder.path().join("store.sqlite3-wal");
    let length = || log.metadata().expect("a log").len();
    let before = length();
    let in_the_middle = store.change(true, |transaction| {
        for new in &calls {
            batches::add_call(transaction, &id, new)?;
        }
        assert!(length() > before, "a part of it is in the log");
        Ok(rows_after_crash())
    });
    assert_eq!(in_the_middle.expect("recorded"), 0);
    assert_eq!(rows_after_crash(), 20_000);
}
