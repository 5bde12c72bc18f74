use std::thread;

use jiff::{SignedDuration, Timestamp};

use crate::storage::tests::keys::new_key;
use crate::storage::tests::stores;
use crate::storage::{Begin, KeyState, NewMessage, Owner, SendEnd, Store};

/// A message to recipients with these fingerprints.
fn to(fingerprints: &[&str]) -> NewMessage {
    NewMessage {
        fingerprints: fingerprints.iter().map(ToString::to_string).collect(),
        ..crate::storage::tests::keys::message()
    }
}

const fn owner(key: &str) -> Owner<'_> {
    Owner { key, lease: "dead" }
}

fn begin(store: &dyn Store, key: &str, message: &NewMessage) -> Begin {
    store.begin(owner(key), Some(&new_key("dead")), Some(message)).expect("a reply")
}

/// The recipients with an equal message that prevents a new one, and whether it was accepted.
fn found(store: &dyn Store, message: &NewMessage) -> Vec<(usize, bool)> {
    let earlier = store.earlier(message).expect("readable");
    earlier.iter().map(|earlier| (earlier.recipient, earlier.accepted)).collect()
}

#[test]
fn a_message_to_several_recipients_is_found_for_each_of_them() {
    for test in stores() {
        let store = test.open();
        assert!(matches!(begin(&*store, "one", &to(&["a", "b"])), Begin::Go));
        let end = SendEnd::Accepted { result: None, service: None };
        store.finish(owner("one"), end).expect("recorded");
        assert!(store.key("one").expect("readable").is_none(), "no later run uses its key");
        assert!(matches!(begin(&*store, "two", &to(&["c"])), Begin::Go));
        assert_eq!(found(&*store, &to(&["x", "b", "c", "a"])), [(1, true), (2, false), (3, true)]);
        let Begin::Duplicate(earlier) = begin(&*store, "three", &to(&["x", "b"])) else {
            panic!("one of them received it")
        };
        assert_eq!(earlier.len(), 1);
        assert!(matches!(begin(&*store, "three", &to(&["x"])), Begin::Go), "nothing was recorded");
    }
}

#[test]
fn an_accepted_message_expires_and_an_unresolved_one_does_not() {
    for test in stores() {
        let store = test.open();
        begin(&*store, "one", &to(&["a"]));
        begin(&*store, "two", &to(&["b"]));
        store
            .finish(owner("one"), SendEnd::Accepted { result: None, service: None })
            .expect("recorded");
        store.finish(owner("two"), SendEnd::Unresolved { details: Some("{}") }).expect("recorded");
        let record = store.key("two").expect("readable").expect("a record");
        assert_eq!((record.state, record.details.as_deref()), (KeyState::Unresolved, Some("{}")));
        thread::sleep(std::time::Duration::from_millis(20));
        let both = to(&["a", "b"]);
        for (refuse_since, wanted) in [
            (Some(Timestamp::now() - SignedDuration::from_mins(1)), &[(0, true), (1, false)][..]),
            (Some(Timestamp::now()), &[(1, false)]),
            (None, &[(1, false)]),
        ] {
            let message =
                NewMessage { refuse_since, fingerprints: both.fingerprints.clone(), ..to(&[]) };
            assert_eq!(found(&*store, &message), wanted);
        }
        let confirmed = NewMessage { confirmed: vec!["two".into()], refuse_since: None, ..both };
        assert_eq!(found(&*store, &confirmed), []);
        // A receipt is found: from now on, the message was just sent.
        store.settle_as_sent(&record, "{}").expect("settled");
        assert_eq!(found(&*store, &to(&["b"])), [(0, true)]);
    }
}

#[test]
fn a_message_that_was_not_sent_is_forgotten() {
    for test in stores() {
        let store = test.open();
        begin(&*store, "one", &to(&["a", "b"]));
        store.finish(owner("one"), SendEnd::NotSent).expect("recorded");
        assert!(store.key("one").expect("readable").is_none());
        assert!(matches!(begin(&*store, "two", &to(&["b"])), Begin::Go));
    }
}

#[test]
fn exactly_one_of_many_concurrent_equal_messages_goes() {
    for test in stores() {
        test.open();
        let recipients: Vec<String> = (0..100).map(|number| format!("f{number}")).collect();
        let gone: usize = thread::scope(|scope| {
            let run = |number: usize| {
                let (test, recipients) = (&test, &recipients);
                scope.spawn(move || {
                    let store = test.open();
                    // Each run has its recipients in another order.
                    let mut recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
                    recipients.rotate_left(number * 13);
                    let begun = begin(&*store, &format!("k{number}"), &to(&recipients));
                    usize::from(matches!(begun, Begin::Go))
                })
            };
            let runs: Vec<_> = (0..8).map(run).collect();
            runs.into_iter().map(|run| run.join().expect("ended")).sum()
        });
        assert_eq!(gone, 1);
    }
}

#[test]
fn the_space_of_a_sender_is_remembered() {
    for test in stores() {
        let store = test.open();
        assert_eq!(store.space("s").expect("readable"), None);
        for space in ["cams-1", "cams-2"] {
            store.remember_space("s", space).expect("recorded");
            assert_eq!(test.open().space("s").expect("readable").as_deref(), Some(space));
        }
        store.clear().expect("cleared");
        assert_eq!(store.space("s").expect("readable"), None);
    }
}
