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

fn message(key: Option<&str>) -> NewMessage {
    let hour_ago = Timestamp::now() - jiff::SignedDuration::from_hours(1);
    NewMessage {
        id: uuid::Uuid::now_v7().to_string(),
        fingerprint: "f".into(),
        key: key.map(String::from),
        refuse_since: Some(hour_ago),
    }
}

const OWNER: Owner<'_> = Owner { key: "k", lease: "one" };

#[test]
fn a_digest_is_stable_in_a_store_and_differs_between_stores() {
    let (folder, store) = open();
    let digest = store.digest("471147");
    drop(store);
    let reopened = Sqlite::open(folder.path()).expect("the same store");
    assert_eq!(reopened.digest("471147"), digest);
    assert_ne!(open().1.digest("471147"), digest);
}

#[test]
fn a_reserved_key_is_busy_until_its_run_ends() {
    let (folder, store) = open();
    let other = Sqlite::open(folder.path()).expect("the same store");
    let lease = store.lease().expect("a lease");
    let name = lease.name().to_string();
    assert!(matches!(store.reserve("k", &new_key(&name)), Ok(Reserve::Reserved)));
    assert!(matches!(other.reserve("k", &new_key("two")), Ok(Reserve::Busy)));
    // The first run has ended without starting its call.
    drop(lease);
    assert!(matches!(other.reserve("k", &new_key("two")), Ok(Reserve::Reserved)));
    let owner = Owner { key: "k", lease: &name };
    assert!(matches!(store.begin(Some(owner), None), Err(Error::TakenOver)));
    store.release(owner).expect("nothing to do");
    assert!(other.key("k").expect("readable").is_some(), "it is the other run's");
}

#[test]
fn the_key_and_the_message_have_the_state_of_the_call() {
    let (_folder, store) = open();
    let state = || store.key("k").expect("readable").map(|record| record.state);
    store.reserve("k", &new_key("one")).expect("reserved");
    let first = message(Some("k"));
    assert!(matches!(store.begin(Some(OWNER), Some(&first)), Ok(Begin::Go)));
    assert_eq!(state(), Some(KeyState::Calling));
    let Ok(Begin::Duplicate(earlier)) = store.begin(None, Some(&message(None))) else {
        panic!("an equal message is being sent")
    };
    assert!(!earlier.accepted);
    store.finish(Some(OWNER), Some(&first.id), SendEnd::Unresolved).expect("recorded");
    assert_eq!(state(), Some(KeyState::Unresolved));
    let record = store.key("k").expect("readable").expect("a record");
    assert!(store.settle_as_not_sent(&record).expect("resolved"));
    assert_eq!(state(), None);
    assert!(matches!(store.begin(None, Some(&message(None))), Ok(Begin::Go)));
}

#[test]
fn a_proof_restores_a_removed_record_but_does_not_overwrite_another_send() {
    let (_folder, store) = open();
    store.reserve("k", &new_key("one")).expect("reserved");
    store.begin(Some(OWNER), None).expect("begun");
    let record = store.key("k").expect("readable").expect("a record");
    store.settle_as_not_sent(&record).expect("resolved");
    store.settle_as_sent(&record, "{}").expect("a receipt was found after all");
    let settled = store.key("k").expect("readable").expect("a record");
    assert_eq!((settled.state, settled.details), (KeyState::Accepted, None));
    let other = KeyRecord { tracking: Tracking { id: "x".into(), generated: true }, ..record };
    assert!(matches!(store.settle_as_sent(&other, "{}"), Err(Error::TakenOver)));
}

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
    store.begin(Some(OWNER), None).expect("begun");
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
    for number in 0..600 {
        let store = Sqlite::open(folder.path()).expect("the same store");
        let key = format!("k{number}");
        store.reserve(&key, &new_key("one")).expect("reserved");
        store.begin(Some(Owner { key: &key, lease: "one" }), None).expect("begun");
        drop(store);
        longest = longest.max(log.metadata().expect("a log").len());
    }
    assert!((100_000..8_000_000).contains(&longest), "{longest}");
    let store = Sqlite::open(folder.path()).expect("the same store");
    assert_eq!(store.keys().expect("readable").len(), 600);
}
