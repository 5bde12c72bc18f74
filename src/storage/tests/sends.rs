use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::storage::batches::{CallEnd, NewCall, Start};
use crate::storage::sends::{CountLimit, NewSend, Reached, SendFilter, SendOutcome};
use crate::storage::tests::batches::{call, create, queued};
use crate::storage::tests::keys::{message, new_key};
use crate::storage::tests::stores;
use crate::storage::{Begin, KeyState, NewMessage, Owner, Reserve, SendEnd, Store};

const HOUR: Duration = Duration::from_secs(3600);

fn total(max: u64) -> CountLimit {
    CountLimit { max, window: HOUR, per_recipient: false }
}

fn per_recipient(max: u64) -> CountLimit {
    CountLimit { max, window: HOUR, per_recipient: true }
}

fn send(recipients: &[i64], limits: &[CountLimit]) -> NewSend {
    NewSend {
        recipients: recipients.to_vec(),
        record: Some("{}".into()),
        limits: limits.to_vec(),
        keep: Duration::ZERO,
    }
}

const fn owner(key: &str) -> Owner<'_> {
    Owner { key, lease: "dead" }
}

fn begin(store: &dyn Store, key: &str, send: NewSend) -> Begin {
    let message = NewMessage { fingerprints: vec![key.into()], send: Some(send), ..message() };
    store.begin(owner(key), Some(&new_key("dead")), Some(&message)).expect("a reply")
}

fn limited(begin: Begin) -> Reached {
    match begin {
        Begin::Limited(reached) => reached,
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_count_from_their_start_until_they_are_proven_not_to_be_sent() {
    for test in stores() {
        let store = test.open();
        let limits = [total(3)];
        assert!(matches!(begin(&*store, "one", send(&[1, 2], &limits)), Begin::Go));
        let reached = limited(begin(&*store, "two", send(&[3, 4], &limits)));
        assert_eq!((reached.used, reached.room, reached.limit), (2, 1, 0));
        let wait = reached.wait.expect("it will be within the limit");
        assert!(wait <= HOUR && wait > HOUR / 2, "{wait:?}");
        assert!(store.key("two").expect("readable").is_none(), "nothing was recorded");
        assert!(matches!(begin(&*store, "two", send(&[3], &limits)), Begin::Go));
        let more = limited(begin(&*store, "x", send(&[1, 2, 3, 4], &limits)));
        assert_eq!((more.wait, more.room), (None, 0), "it never will be");
        store.finish(owner("two"), SendEnd::Unresolved { details: None }).expect("recorded");
        limited(begin(&*store, "three", send(&[3], &limits)));
        let unresolved = store.key("two").expect("readable").expect("a record");
        assert!(store.settle_as_not_sent(&unresolved).expect("settled"));
        assert!(matches!(begin(&*store, "three", send(&[3], &limits)), Begin::Go));
        store.finish(owner("three"), SendEnd::NotSent).expect("recorded");
        let accepted = SendEnd::Accepted { result: None, service: Some("{}") };
        store.finish(owner("one"), accepted).expect("recorded");
        assert_eq!(store.sends().usage(&[HOUR, Duration::ZERO]).expect("readable"), [2, 0]);
        let list = store.sends().list(&SendFilter::default()).expect("readable");
        let outcomes: Vec<SendOutcome> = list.iter().map(|send| send.outcome).collect();
        use SendOutcome::{Accepted, NotSent};
        assert_eq!(outcomes, [NotSent, NotSent, Accepted], "the latest first");
        store.clear().expect("cleared");
        assert_eq!(store.sends().usage(&[HOUR]).expect("readable"), [0]);
    }
}

#[test]
fn a_limit_per_recipient_counts_the_messages_to_each_of_them() {
    for test in stores() {
        let store = test.open();
        let limits = [total(100), per_recipient(2)];
        for key in ["one", "two"] {
            assert!(matches!(begin(&*store, key, send(&[7, -8], &limits)), Begin::Go));
        }
        assert!(matches!(begin(&*store, "three", send(&[9], &limits)), Begin::Go));
        let reached = limited(begin(&*store, "four", send(&[9, -8, 1, 7], &limits)));
        assert_eq!((reached.limit, reached.used, reached.room), (1, 2, 2));
        assert_eq!(reached.recipients, [1, 3]);
        assert!(reached.wait.is_some_and(|wait| wait <= HOUR && wait > HOUR / 2));
        let peeked = store.sends().reached(&send(&[7], &limits)).expect("readable");
        assert_eq!(peeked.expect("reached").recipients, [0]);
        assert_eq!(store.sends().reached(&send(&[9], &limits)).expect("readable"), None);
        let to = |recipient| {
            let filter = SendFilter { recipient: Some(recipient), ..SendFilter::default() };
            store.sends().list(&filter).expect("readable").len()
        };
        assert_eq!((to(7), to(9), to(5)), (2, 1, 0));
    }
}

#[test]
fn concurrent_runs_never_exceed_a_limit() {
    for test in stores() {
        test.open();
        let id = create(&*test.open());
        let gone: usize = thread::scope(|scope| {
            let run = |number: usize| {
                let (test, id) = (&test, &id);
                scope.spawn(move || {
                    let store = test.open();
                    let send = send(&[1], &[total(3)]);
                    if number.is_multiple_of(2) {
                        let begun = begin(&*store, &format!("k{number}"), send);
                        return usize::from(matches!(begun, Begin::Go));
                    }
                    let new = NewCall { send: Some(send), ..call([number as u64]) };
                    let starts = store.batches().start(id, "w", &[new]).expect("recorded");
                    usize::from(matches!(starts[0], Start::Recorded(_)))
                })
            };
            let runs: Vec<_> = (0..8).map(run).collect();
            runs.into_iter().map(|run| run.join().expect("ended")).sum()
        });
        assert_eq!(gone, 3);
    }
}

#[test]
fn calls_of_a_batch_count_and_those_over_a_limit_are_not_started() {
    for test in stores() {
        let store = test.open();
        let (batches, id) = (store.batches(), create(&*store));
        let new = |rows: std::ops::Range<u64>| {
            let recipients: Vec<i64> = rows.clone().map(u64::cast_signed).collect();
            NewCall { send: Some(send(&recipients, &[total(4)])), ..call(rows) }
        };
        let starts = batches.start(&id, "w", &[new(0..3), new(3..6)]).expect("recorded");
        let [Start::Recorded(first), Start::Limited(reached)] = &starts[..] else {
            panic!("{starts:?}")
        };
        assert_eq!((reached.used, reached.room), (3, 1));
        assert_eq!(batches.batch(&id).expect("readable").expect("a batch").counts.started, 3);
        // The rows are free, and so is the place of a call that was not sent.
        batches.finish(&id, &[(*first, CallEnd::NotSent)]).expect("recorded");
        let starts = batches.start(&id, "w", &[new(3..6)]).expect("recorded");
        let [Start::Recorded(second)] = starts[..] else { panic!("{starts:?}") };
        batches
            .finish(&id, &[(second, CallEnd::Failed { result: "{}".into() })])
            .expect("recorded");
        assert_eq!(store.sends().usage(&[HOUR]).expect("readable"), [0]);
        // A late end does not free a place again.
        let starts = batches.start(&id, "w", &[new(6..8)]).expect("recorded");
        let [Start::Recorded(third)] = starts[..] else { panic!("{starts:?}") };
        let accepted = CallEnd::Accepted { result: r#"{"receipt_id":"1"}"#.into() };
        batches.finish(&id, &[(third, accepted)]).expect("recorded");
        batches.finish(&id, &[(third, CallEnd::NotSent)]).expect("ignored");
        assert_eq!(store.sends().usage(&[HOUR]).expect("readable"), [2]);
        let list = store.sends().list(&SendFilter::default()).expect("readable");
        assert_eq!((list.len(), list[0].call), (2, Some(third)));
        assert_eq!(list[0].result.as_deref(), Some(r#"{"receipt_id":"1"}"#));
    }
}

#[test]
fn queued_calls_over_a_limit_stay_in_the_queue() {
    for test in stores() {
        let store = test.open();
        let (batches, id) = (store.batches(), create(&*store));
        batches.enqueue(&id, &[queued(0..2), queued(2..4)]).expect("queued");
        let claim = |max: u64| {
            let send_of = |call: &crate::storage::batches::CallRecord| {
                Some(send(&vec![1; call.rows.len()], &[total(max)]))
            };
            batches.claim_within_limits(&id, "w", 5, &send_of).expect("a reply")
        };
        let claimed = claim(3);
        assert_eq!(claimed.calls.len(), 1);
        assert_eq!(claimed.limited.map(|reached| (reached.used, reached.room)), Some((2, 1)));
        let counts = batches.batch(&id).expect("readable").expect("a batch").counts;
        assert_eq!((counts.started, counts.queued), (2, 2));
        let none = claim(3);
        assert!(none.calls.is_empty() && none.limited.is_some());
        assert_eq!(claim(4).calls.len(), 1);
        assert_eq!(store.sends().usage(&[HOUR]).expect("readable"), [4]);
    }
}

#[test]
fn pruned_keys_still_send_nothing_again() {
    for test in stores() {
        let store = test.open();
        store.reserve("order 42", &new_key("dead")).expect("reserved");
        let message = NewMessage { send: Some(send(&[1], &[])), ..message() };
        store.begin(owner("order 42"), None, Some(&message)).expect("begun");
        let end = SendEnd::Accepted { result: Some(r#"{"data":{"to":["1"]}}"#), service: None };
        store.finish(owner("order 42"), end).expect("recorded");
        store.reserve("open", &new_key("dead")).expect("reserved");
        store.begin(owner("open"), None, None).expect("begun");
        let before = Timestamp::now() - SignedDuration::from_hours(1);
        assert_eq!(store.sends().prune(before).expect("pruned"), (0, 0));
        let after = Timestamp::now() + SignedDuration::from_hours(1);
        assert_eq!(store.sends().prune(after).expect("pruned"), (1, 1));
        assert_eq!(store.sends().prune(after).expect("pruned"), (0, 0), "once");
        assert!(store.sends().list(&SendFilter::default()).expect("readable").is_empty());
        let record = store.key("order 42").expect("readable").expect("a record");
        assert_eq!((record.key.as_str(), record.state), ("order 42", KeyState::Accepted));
        assert!(!record.damaged && record.identity.is_some(), "{record:?}");
        let again = store.reserve("order 42", &new_key("other")).expect("a reply");
        assert!(matches!(again, Reserve::Used(_)), "{again:?}");
        let names: Vec<String> =
            store.keys().expect("readable").into_iter().map(|key| key.key).collect();
        assert!(names.iter().any(|name| name == "open"), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("order 42")), "{names:?}");
    }
}
