use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use crate::storage::Store;
use crate::storage::batches::{NewCall, RowIndex, Start};
use crate::storage::tests::batches::{accepted, call, create, get, queued, recorded};
use crate::storage::tests::stores;

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
        // The reserved time passes while the test runs.
        let is_about = |wait: Duration, seconds: u64| {
            wait <= Duration::from_secs(seconds)
                && wait + Duration::from_secs(5) > Duration::from_secs(seconds)
        };
        assert!(is_about(second, 10) && is_about(third, 15), "{second:?} {third:?}");
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
                                    Start::Recorded(_) => mine.append(&mut rows),
                                    Start::Limited(reached) => panic!("{reached:?}"),
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
