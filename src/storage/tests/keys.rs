use std::thread;

use jiff::{SignedDuration, Timestamp};

use crate::storage::tests::stores;
use crate::storage::{
    Begin, Error, Identity, KeyRecord, KeyState, NewKey, NewMessage, Owner, Reserve, SendEnd,
    Tracking,
};

pub fn new_key(lease: &str) -> NewKey {
    NewKey {
        identity: Identity { content: "c".into(), account: "a".into() },
        tracking: Tracking { id: format!("t-{lease}"), generated: true },
        lease: lease.into(),
        details: "{}".into(),
    }
}

/// A message to one recipient.
pub fn message() -> NewMessage {
    NewMessage {
        id: uuid::Uuid::now_v7().to_string(),
        fingerprints: vec!["f".into()],
        keep: std::time::Duration::ZERO,
        send: None,
        refuse_since: Some(Timestamp::now() - SignedDuration::from_hours(1)),
        confirmed: Vec::new(),
    }
}

/// The owner of the key `k` by a run that has ended.
const DEAD: Owner<'_> = Owner { key: "k", lease: "dead" };

#[test]
fn a_digest_is_stable_in_a_store_and_differs_between_stores() {
    for (store, other) in stores().iter().zip(stores()) {
        let digest = store.open().digest("471147");
        assert_eq!(store.open().digest("471147"), digest);
        assert_ne!(other.open().digest("471147"), digest);
    }
}

#[test]
fn a_lease_is_alive_until_it_is_dropped() {
    for store in stores() {
        let (one, other) = (store.open(), store.open());
        let (lease, second) = (one.lease().expect("a lease"), one.lease().expect("a lease"));
        assert_ne!(lease.name(), second.name());
        let name = lease.name().to_string();
        assert!(one.is_alive(&name) && other.is_alive(&name));
        drop(lease);
        assert!(!one.is_alive(&name) && !other.is_alive(&name));
        assert!(other.is_alive(second.name()));
        assert!(!one.is_alive("dead") && !one.is_alive(""));
    }
}

#[test]
fn a_reserved_key_is_busy_until_its_run_ends() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let lease = store.lease().expect("a lease");
        let name = lease.name().to_string();
        assert!(matches!(store.reserve("k", &new_key(&name)), Ok(Reserve::Reserved)));
        assert!(matches!(other.reserve("k", &new_key("two")), Ok(Reserve::Busy)));
        // The first run ends without starting its call.
        drop(lease);
        assert!(matches!(other.reserve("k", &new_key("two")), Ok(Reserve::Reserved)));
        let owner = Owner { key: "k", lease: &name };
        assert!(matches!(store.begin(owner, None, None), Err(Error::TakenOver)));
        store.release(owner).expect("nothing to do");
        assert!(other.key("k").expect("readable").is_some(), "it is the other run's");
        other.release(Owner { key: "k", lease: "two" }).expect("released");
        assert!(store.key("k").expect("readable").is_none());
    }
}

#[test]
fn exactly_one_of_many_concurrent_runs_gets_a_key() {
    for test in stores() {
        test.open();
        let reserved: usize = thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let store = test.open();
                        let lease = store.lease().expect("a lease");
                        let reserved = store.reserve("k", &new_key(lease.name())).expect("a reply");
                        let has_key = matches!(reserved, Reserve::Reserved);
                        if has_key {
                            let owner = Owner { key: "k", lease: lease.name() };
                            store.begin(owner, None, None).expect("begun");
                        }
                        usize::from(has_key)
                    })
                })
                .collect();
            runs.into_iter().map(|run| run.join().expect("ended")).sum()
        });
        assert_eq!(reserved, 1);
    }
}

#[test]
fn the_key_and_the_message_have_the_state_of_the_call() {
    for test in stores() {
        let store = test.open();
        let state = || store.key("k").expect("readable").map(|record| record.state);
        let lease = store.lease().expect("a lease");
        let name = lease.name().to_string();
        let owner = Owner { key: "k", lease: &name };
        store.reserve("k", &new_key(&name)).expect("reserved");
        assert!(matches!(store.begin(owner, None, Some(&message())), Ok(Begin::Go)));
        assert_eq!(state(), Some(KeyState::Calling));
        let other = Owner { key: "other", lease: "dead" };
        let begin = || store.begin(other, Some(&new_key("dead")), Some(&message()));
        let Ok(Begin::Duplicate(earlier)) = begin() else {
            panic!("an equal message is being sent")
        };
        assert!(!earlier[0].accepted);
        assert_eq!(earlier[0].key.as_deref(), Some("k"));
        store.finish(owner, SendEnd::Unresolved { details: None }).expect("recorded");
        assert_eq!(state(), Some(KeyState::Unresolved));
        let record = store.key("k").expect("readable").expect("a record");
        assert!(!store.settle_as_not_sent(&record).expect("its call may run"));
        drop(lease);
        assert!(store.settle_as_not_sent(&record).expect("resolved"));
        assert_eq!(state(), None);
        assert!(matches!(begin(), Ok(Begin::Go)));
    }
}

#[test]
fn an_accepted_key_is_used_for_good_and_its_result_is_kept() {
    for test in stores() {
        let store = test.open();
        store.reserve("k", &new_key("dead")).expect("reserved");
        store.begin(DEAD, None, None).expect("begun");
        let end = SendEnd::Accepted { result: Some(r#"{"data":{}}"#), service: None };
        store.finish(DEAD, end).expect("recorded");
        let Ok(Reserve::Used(record)) = test.open().reserve("k", &new_key("two")) else {
            panic!("the message was sent")
        };
        assert_eq!(record.state, KeyState::Accepted);
        assert_eq!(record.result.as_deref(), Some(r#"{"data":{}}"#));
        assert_eq!((record.details, record.damaged), (None, false));
        assert_eq!(store.keys().expect("readable").len(), 1);
        store.check().expect("intact");
        store.clear().expect("cleared");
        assert!(store.keys().expect("readable").is_empty());
    }
}

#[test]
fn a_proof_restores_a_removed_record_but_does_not_overwrite_another_send() {
    for test in stores() {
        let store = test.open();
        store.reserve("k", &new_key("dead")).expect("reserved");
        store.begin(DEAD, None, None).expect("begun");
        let record = store.key("k").expect("readable").expect("a record");
        store.settle_as_not_sent(&record).expect("resolved");
        store.settle_as_sent(&record, "{}").expect("a receipt was found after all");
        let settled = store.key("k").expect("readable").expect("a record");
        assert_eq!((settled.state, settled.details), (KeyState::Accepted, None));
        let other = KeyRecord { tracking: Tracking { id: "x".into(), generated: true }, ..record };
        assert!(matches!(store.settle_as_sent(&other, "{}"), Err(Error::TakenOver)));
    }
}
