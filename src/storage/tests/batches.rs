use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use crate::storage::batches::{
    Batch, Batches, CallEnd, CallRecord, CallState, Cancelled, Counts, Created, NewBatch, NewCall,
    RowIndex, Start,
};
use crate::storage::tests::stores;
use crate::storage::{Error, Store};

pub fn new_batch(identity: &str) -> NewBatch {
    NewBatch {
        identity: identity.into(),
        name: None,
        command: "sms batch".into(),
        account: "{}".into(),
        source: Some("/data/customers.csv".into()),
        content: "hash".into(),
        definition: r#"{"template":"SMS_1"}"#.into(),
        rows: 100,
        enqueued: false,
    }
}

pub fn call(rows: impl IntoIterator<Item = RowIndex>) -> NewCall {
    NewCall {
        rows: rows.into_iter().collect(),
        tracking_id: uuid::Uuid::now_v7().to_string(),
        generated: true,
        details: "{}".into(),
        payload: None,
    }
}

fn queued(rows: impl IntoIterator<Item = RowIndex>) -> NewCall {
    NewCall { payload: Some("the variables".into()), ..call(rows) }
}

/// Creates a batch; returns its ID.
pub fn create(store: &dyn Store) -> String {
    match store.batches().create(&new_batch("i")).expect("created") {
        Created::New(batch) => batch.id,
        Created::Existing(batch) => panic!("{batch:?} is new"),
    }
}

fn get(batches: &dyn Batches, id: &str) -> Batch {
    batches.batch(id).expect("readable").expect("a batch")
}

fn started(batches: &dyn Batches, id: &str, rows: impl IntoIterator<Item = RowIndex>) -> i64 {
    match batches.start(id, "w", &[call(rows)]).expect("recorded")[..] {
        [Start::Started(call)] => call,
        ref other => panic!("{other:?}"),
    }
}

fn recorded(batches: &dyn Batches, id: &str) -> Vec<RowIndex> {
    let mut rows = Vec::new();
    batches.recorded_rows(id, &mut |row| rows.push(row)).expect("readable");
    rows
}

const ALL: [CallState; 6] = [
    CallState::Queued,
    CallState::Started,
    CallState::Accepted,
    CallState::Failed,
    CallState::Unknown,
    CallState::Superseded,
];

fn calls(batches: &dyn Batches, id: &str, states: &[CallState]) -> Vec<CallRecord> {
    let mut calls = Vec::new();
    let visit = &mut |call| {
        calls.push(call);
        Ok(())
    };
    batches.calls(id, states, visit).expect("readable");
    calls
}

fn state(batches: &dyn Batches, id: &str, call: i64) -> Option<CallState> {
    calls(batches, id, &ALL).into_iter().find(|record| record.id == call).map(|call| call.state)
}

fn accepted() -> CallEnd {
    CallEnd::Accepted { result: r#"{"biz_id":"1"}"#.into() }
}

fn failed() -> CallEnd {
    CallEnd::Failed { result: "{}".into() }
}

fn unknown() -> CallEnd {
    CallEnd::Unknown { result: "{}".into() }
}

#[test]
fn a_batch_exists_once_for_each_identity() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let named = NewBatch { name: Some("june".into()), ..new_batch("i") };
        let Ok(Created::New(batch)) = store.batches().create(&named) else { panic!("it is new") };
        let Ok(Created::Existing(same)) = other.batches().create(&named) else {
            panic!("it exists")
        };
        assert_eq!((&batch.id, batch.rows, batch.enqueued), (&same.id, 100, false));
        assert_eq!(batch.definition, named.definition);
        assert_eq!(batch.source, named.source);
        assert_eq!(batch.cancelled_at, None);
        let second = other.batches().create(&new_batch("j")).expect("created");
        assert!(matches!(second, Created::New(_)));
        assert_eq!(get(store.batches(), "june").id, batch.id);
        assert_eq!(get(store.batches(), &batch.id).name.as_deref(), Some("june"));
        assert!(store.batches().batch("other").expect("readable").is_none());
        let all = store.batches().batches().expect("readable");
        assert_eq!((all.len(), &all[1].id), (2, &batch.id));
    }
}

#[test]
fn a_row_with_a_call_is_not_started_again() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let id = create(&*store);
        let first = started(store.batches(), &id, 0..10);
        let calls_now = [call(10..20), call([5, 20, 21, 9]), call([20, 21]), call([21, 22])];
        let mut ordered = calls_now.to_vec();
        ordered[1].rows.sort_unstable();
        let starts = other.batches().start(&id, "v", &ordered).expect("recorded");
        assert!(matches!(starts[0], Start::Started(call) if call > first), "{starts:?}");
        assert_eq!(starts[1], Start::Taken(vec![5, 9]));
        assert!(matches!(starts[2], Start::Started(_)), "a refused call takes no row: {starts:?}");
        assert_eq!(starts[3], Start::Taken(vec![21]), "in the same transaction");
        assert_eq!(recorded(store.batches(), &id), (0..22).collect::<Vec<_>>());
        assert_eq!(calls(store.batches(), &id, &ALL).len(), 3);
        assert_eq!(get(store.batches(), &id).counts, Counts { started: 22, ..Counts::default() });
    }
}

#[test]
fn rows_that_are_not_ascending_are_an_error_and_nothing_is_recorded() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let calls_now = [call([1, 2]), call([4, 3])];
        store.batches().start(&id, "w", &calls_now).expect_err("not ascending");
        store.batches().start(&id, "w", &[call([7, 7])]).expect_err("a repetition");
        store.batches().start("other", "w", &[call([1])]).expect_err("not on record");
        assert!(recorded(store.batches(), &id).is_empty());
        assert!(calls(store.batches(), &id, &ALL).is_empty());
    }
}

#[test]
fn a_call_on_record_has_all_its_fields() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let new = NewCall { details: r#"{"phones":["1"]}"#.into(), ..call([1, 2, 3, 900]) };
        let Start::Started(call) = store.batches().start(&id, "w", &[new.clone()]).expect("ok")[0]
        else {
            panic!("its rows are free")
        };
        store.batches().finish(&id, &[(call, accepted())]).expect("recorded");
        let record = calls(store.batches(), &id, &[CallState::Accepted]).remove(0);
        assert_eq!((record.id, record.rows), (call, new.rows));
        assert_eq!((record.tracking_id, record.generated), (new.tracking_id, true));
        assert_eq!((record.details, record.payload), (new.details, None));
        assert_eq!(record.worker.as_deref(), Some("w"));
        assert_eq!(record.result.as_deref(), Some(r#"{"biz_id":"1"}"#));
        assert!(record.started_at.is_some());
        assert!(calls(store.batches(), &id, &[CallState::Failed]).is_empty());
    }
}

#[test]
fn the_first_result_stays_but_a_proof_replaces_unknown() {
    let cases = [
        (vec![accepted(), failed(), unknown(), CallEnd::NotSent], Some(CallState::Accepted)),
        (vec![failed(), accepted(), CallEnd::NotSent], Some(CallState::Failed)),
        (vec![unknown(), unknown()], Some(CallState::Unknown)),
        (vec![unknown(), accepted(), unknown()], Some(CallState::Accepted)),
        (vec![unknown(), failed()], Some(CallState::Failed)),
        (vec![unknown(), CallEnd::NotSent, accepted()], None),
        (vec![CallEnd::NotSent, CallEnd::NotSent], None),
    ];
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let mut first = 0;
        for (ends, last) in &cases {
            let call = started(store.batches(), &id, first..first + 5);
            for end in ends {
                store.batches().finish(&id, &[(call, end.clone())]).expect("recorded");
            }
            assert_eq!(state(store.batches(), &id, call), *last, "{ends:?}");
            let rows = recorded(store.batches(), &id).into_iter().filter(|row| *row >= first);
            assert_eq!(rows.count(), if last.is_some() { 5 } else { 0 }, "{ends:?}");
            first += 5;
        }
        let counts = Counts { accepted: 10, failed: 10, unknown: 5, ..Counts::default() };
        assert_eq!(get(store.batches(), &id).counts, counts);
    }
}

#[test]
fn the_rows_of_a_call_that_was_not_sent_can_be_sent_by_another_call() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let first = started(store.batches(), &id, 0..10);
        store.batches().finish(&id, &[(first, CallEnd::NotSent)]).expect("recorded");
        let second = started(store.batches(), &id, 0..10);
        // A late or repeated record about the first call has no effect on the second one.
        store.batches().finish(&id, &[(first, CallEnd::NotSent)]).expect("ignored");
        assert_ne!(first, second);
        assert_eq!(state(store.batches(), &id, second), Some(CallState::Started));
        assert_eq!(recorded(store.batches(), &id).len(), 10);
    }
}

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
        let error = store.batches().enqueue(&id, &[queued(20..30), queued(9..12)]);
        assert!(matches!(error, Err(Error::NotWritten(_))), "{error:?}");
        assert_eq!(recorded(store.batches(), &id).len(), 10, "nothing of it was recorded");
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
        batches.enqueue(&id, &[new.clone()]).expect("queued");
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
fn only_an_unknown_call_can_be_superseded_and_its_rows_are_free_then() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let id = create(&*store);
        let call = started(batches, &id, 0..10);
        assert!(!batches.supersede(&id, call).expect("unchanged"), "it may still run");
        batches.finish(&id, &[(call, unknown())]).expect("recorded");
        assert!(batches.supersede(&id, call).expect("superseded"));
        assert!(!batches.supersede(&id, call).expect("unchanged"), "only once");
        assert_eq!(get(batches, &id).counts, Counts::default());
        let again = started(batches, &id, 0..8);
        // A receipt shows that the first call was sent: its other rows are not sent again.
        batches.finish(&id, &[(call, accepted())]).expect("recorded");
        assert_eq!(state(batches, &id, again), Some(CallState::Started));
        let counts = Counts { started: 8, accepted: 2, ..Counts::default() };
        assert_eq!(get(batches, &id).counts, counts);
        let starts = batches.start(&id, "w", &[super::batches::call([8])]).expect("recorded");
        assert_eq!(starts, [Start::Taken(vec![8])]);
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
        assert!(is_cancelled(batches.enqueue(&id, &[queued([6])])));
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
fn a_worker_is_alive_until_its_lease_is_dropped() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let worker = store.batches().worker().expect("a lease");
        let name = worker.name().to_string();
        assert!(other.batches().is_working(&name).expect("readable"));
        drop(worker);
        assert!(!other.batches().is_working(&name).expect("readable"));
        assert!(!other.batches().is_working("w").expect("readable"));
    }
}

#[test]
fn all_workers_share_one_rate() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let id = create(&*store);
        let reserve = |store: &dyn Store, messages, rate| {
            store.batches().reserve_rate(&id, messages, rate).expect("reserved")
        };
        assert_eq!(reserve(&*store, 1000, 100.0), Duration::ZERO);
        let second = reserve(&*other, 500, 100.0);
        let third = reserve(&*store, 1, 100.0);
        let seconds = |duration: Duration, expected: u64| {
            (expected.saturating_sub(5)..=expected).contains(&duration.as_secs().div_ceil(1))
                || duration.as_secs() + 1 == expected
        };
        assert!(seconds(second, 10) && seconds(third, 15), "{second:?} {third:?}");
        assert_eq!(reserve(&*store, 1, 0.0), Duration::ZERO);
        assert_eq!(reserve(&*store, 1, f64::NAN), Duration::ZERO);
    }
}

#[test]
fn concurrent_runs_start_each_row_once() {
    for test in stores() {
        let id = create(&*test.open());
        let rows: Vec<RowIndex> = thread::scope(|scope| {
            let runs: Vec<_> = (0..4)
                .map(|run| {
                    let (test, id) = (&test, &id);
                    scope.spawn(move || {
                        let store = test.open();
                        let mut mine = Vec::new();
                        // Each run wants all rows, in calls of different sizes.
                        let size = 7 + run;
                        for first in (0..500).step_by(size) {
                            let mut rows: Vec<RowIndex> =
                                (first as u64..(first + size).min(500) as u64).collect();
                            while !rows.is_empty() {
                                let start = store
                                    .batches()
                                    .start(id, "w", &[call(rows.iter().copied())])
                                    .expect("recorded");
                                match &start[0] {
                                    Start::Started(_) => mine.append(&mut rows),
                                    Start::Taken(taken) => rows.retain(|row| !taken.contains(row)),
                                }
                            }
                        }
                        mine
                    })
                })
                .collect();
            runs.into_iter().flat_map(|run| run.join().expect("ended")).collect()
        });
        assert_eq!(rows.len(), 500, "no row twice");
        assert_eq!(rows.into_iter().collect::<HashSet<_>>().len(), 500, "each row");
        assert_eq!(recorded(test.open().batches(), &id).len(), 500);
    }
}

#[test]
fn concurrent_workers_claim_different_calls() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let new: Vec<NewCall> = (0..200).map(|row| queued([row])).collect();
        store.batches().enqueue(&id, &new).expect("queued");
        let claimed: Vec<i64> = thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let store = test.open();
                        let mut claimed = Vec::new();
                        loop {
                            let calls = store.batches().claim(&id, "w", 3).expect("claimed");
                            if calls.is_empty() {
                                return claimed;
                            }
                            let ends: Vec<_> =
                                calls.iter().map(|call| (call.id, accepted())).collect();
                            store.batches().finish(&id, &ends).expect("recorded");
                            claimed.extend(calls.iter().map(|call| call.id));
                        }
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("ended")).collect()
        });
        assert_eq!(claimed.len(), 200);
        assert_eq!(claimed.into_iter().collect::<HashSet<_>>().len(), 200);
        assert_eq!(get(store.batches(), &id).counts.accepted, 200);
    }
}

#[test]
fn no_call_starts_after_a_concurrent_cancellation() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let started = thread::scope(|scope| {
            let run = scope.spawn(|| {
                let store = test.open();
                let start = |row| store.batches().start(&id, "w", &[call([row])]);
                (0..100_000).take_while(|row| start(*row).is_ok()).count()
            });
            thread::sleep(Duration::from_millis(50));
            store.batches().cancel(&id).expect("cancelled");
            let at_cancellation = recorded(store.batches(), &id).len();
            (run.join().expect("ended"), at_cancellation)
        });
        assert_eq!(started.0, started.1);
    }
}

#[test]
fn many_calls_are_visited_in_order_while_they_change() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let id = create(&*store);
        let new: Vec<NewCall> = (0..1300).map(|row| call([row])).collect();
        batches.start(&id, "w", &new).expect("recorded");
        let mut visited = Vec::new();
        batches
            .calls(&id, &[CallState::Started, CallState::Unknown], &mut |call| {
                visited.push(call.id);
                batches.finish(&id, &[(call.id, unknown())])?;
                if call.rows[0] % 2 == 0 {
                    batches.supersede(&id, call.id)?;
                }
                Ok(())
            })
            .expect("visited");
        assert_eq!(visited.len(), 1300);
        assert!(visited.is_sorted());
        assert_eq!(get(batches, &id).counts, Counts { unknown: 650, ..Counts::default() });
    }
}

#[test]
fn clearing_the_store_removes_its_batches() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        started(store.batches(), &id, 0..3);
        store.clear().expect("cleared");
        assert!(store.batches().batches().expect("readable").is_empty());
        create(&*store);
    }
}
