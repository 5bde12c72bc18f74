use crate::storage::Error;
use crate::storage::batches::{CallEnd, CallState, Cancelled, Counts, NewCall, Start};
use crate::storage::tests::batches::{
    ALL, accepted, call, calls, create, failed, get, queued, recorded, state, unknown,
};
use crate::storage::tests::stores;

#[test]
fn queued_calls_are_claimed_once_and_in_order() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let id = create(&*store);
        assert!(store.batches().claim(&id, "w", 3).expect("readable").is_empty());
        let new: Vec<NewCall> = (0..5).map(|call| queued(call * 10..call * 10 + 10)).collect();
        store.batches().enqueue(&id, &new).expect("queued");
        assert_eq!(get(store.batches(), &id).counts.queued, 50);
        let first = store.batches().claim(&id, "w", 3).expect("claimed");
        let second = other.batches().claim(&id, "v", 3).expect("claimed");
        assert_eq!((first.len(), second.len()), (3, 2));
        for (claimed, new) in first.iter().chain(&second).zip(&new) {
            assert_eq!((&claimed.rows, &claimed.payload), (&new.rows, &new.payload));
            assert_eq!(claimed.state, CallState::Started);
        }
        assert_eq!(second[0].worker.as_deref(), Some("v"));
        assert!(store.batches().claim(&id, "w", 3).expect("readable").is_empty());
    }
}

#[test]
fn a_queued_row_is_not_queued_or_started_again() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        store.batches().enqueue(&id, &[queued(0..10)]).expect("queued");
        // Of two runs that queue the same rows, the second one queues what is left.
        let starts = store.batches().enqueue(&id, &[queued(20..30), queued(9..12)]);
        let starts = starts.expect("queued");
        assert!(matches!(starts[0], Start::Recorded(_)), "{starts:?}");
        assert_eq!(starts[1], Start::Taken(vec![9]));
        assert_eq!(recorded(store.batches(), &id).len(), 20);
        let starts = store.batches().start(&id, "w", &[call(9..12)]).expect("recorded");
        assert_eq!(starts, [Start::Taken(vec![9])]);
    }
}

#[test]
fn the_content_of_a_queued_call_is_deleted_once_it_is_settled() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let id = create(&*store);
        batches.enqueue(&id, &[queued([0]), queued([1]), queued([2])]).expect("queued");
        let ids: Vec<i64> =
            batches.claim(&id, "w", 3).expect("claimed").iter().map(|call| call.id).collect();
        let ends = [(ids[0], accepted()), (ids[1], failed()), (ids[2], unknown())];
        batches.finish(&id, &ends).expect("recorded");
        let payloads = |batches| {
            let calls = calls(batches, &id, &ALL).into_iter();
            calls.map(|call| (call.state, call.payload.is_some())).collect::<Vec<_>>()
        };
        let before = [(CallState::Accepted, false), (CallState::Failed, false)];
        assert_eq!(payloads(batches)[..2], before);
        assert_eq!(payloads(batches)[2], (CallState::Unknown, true));
        assert!(batches.supersede(&id, ids[2]).expect("superseded"));
        // A crash here must not lose the only copy.
        assert_eq!(payloads(batches)[2], (CallState::Superseded, true));
        batches.enqueue(&id, &[queued([2])]).expect("queued again");
        assert_eq!(
            payloads(batches)[2..],
            [(CallState::Superseded, false), (CallState::Queued, true)]
        );
    }
}

#[test]
fn a_queued_call_that_was_not_sent_is_queued_again_and_a_late_end_does_not_affect_it() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let id = create(&*store);
        let new = queued(0..10);
        batches.enqueue(&id, std::slice::from_ref(&new)).expect("queued");
        let first = batches.claim(&id, "w", 1).expect("claimed").remove(0);
        batches.finish(&id, &[(first.id, CallEnd::NotSent)]).expect("recorded");
        assert_eq!(get(batches, &id).counts, Counts { queued: 10, ..Counts::default() });
        let second = batches.claim(&id, "v", 1).expect("claimed").remove(0);
        assert_eq!((&second.rows, &second.payload), (&new.rows, &new.payload));
        // The first worker repeats its record after a lost connection.
        batches.finish(&id, &[(first.id, CallEnd::NotSent)]).expect("ignored");
        assert!(batches.claim(&id, "w", 1).expect("readable").is_empty());
        assert_eq!(state(batches, &id, second.id), Some(CallState::Started));
    }
}

#[test]
fn no_call_of_a_cancelled_batch_starts() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let batches = store.batches();
        let id = create(&*store);
        batches.enqueue(&id, &[queued([0]), queued([1])]).expect("queued");
        let running = batches.claim(&id, "w", 1).expect("claimed").remove(0);
        other.batches().cancel(&id).expect("cancelled");
        let cancelled_at = get(batches, &id).cancelled_at;
        assert!(cancelled_at.is_some());
        let is_cancelled =
            |result| matches!(result, Err(Error::NotWritten(error)) if error.is::<Cancelled>());
        assert!(is_cancelled(batches.start(&id, "w", &[call([5])]).map(drop)));
        assert!(is_cancelled(batches.enqueue(&id, &[queued([6])]).map(drop)));
        let payloads = calls(batches, &id, &ALL).into_iter().filter_map(|call| call.payload);
        assert_eq!(payloads.count(), 0, "the content of queued calls is deleted");
        assert!(batches.claim(&id, "w", 1).expect("readable").is_empty());
        // The call that was running is recorded.
        batches.finish(&id, &[(running.id, accepted())]).expect("recorded");
        let counts = Counts { queued: 1, accepted: 1, ..Counts::default() };
        assert_eq!(get(batches, &id).counts, counts);
        batches.cancel(&id).expect("nothing to do");
        assert_eq!(get(batches, &id).cancelled_at, cancelled_at);
        batches.cancel("other").expect_err("not on record");
    }
}

#[test]
fn a_call_of_a_cancelled_batch_that_was_not_sent_is_not_queued_again() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let id = create(&*store);
        batches.enqueue(&id, &[queued([0])]).expect("queued");
        let running = batches.claim(&id, "w", 1).expect("claimed").remove(0);
        batches.cancel(&id).expect("cancelled");
        batches.finish(&id, &[(running.id, CallEnd::NotSent)]).expect("recorded");
        assert_eq!(get(batches, &id).counts, Counts::default());
        assert!(calls(batches, &id, &ALL).is_empty());
    }
}
