//! Figures for a release build: `cargo test --release --lib storage::tests::speed -- --ignored`.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::storage::batches::{CallEnd, CallState, NewCall, Start};
use crate::storage::tests::batches::{call, create};
use crate::storage::tests::{TestStore, stores};

/// Records the start and the end of this many rows, 100 calls with 100 rows at once.
fn record(test: &TestStore, rows: u64) -> (String, Duration) {
    let store = test.open();
    let id = create(&*store);
    let start = Instant::now();
    for first in (0..rows).step_by(10_000) {
        let calls: Vec<NewCall> =
            (0..100).map(|at| call(first + at * 100..first + at * 100 + 100)).collect();
        let starts = store.batches().start(&id, "w", &calls).expect("recorded");
        let ends: Vec<(i64, CallEnd)> = starts
            .iter()
            .map(|start| match start {
                Start::Recorded(id) => (*id, CallEnd::Accepted { result: "{}".into() }),
                other => panic!("{other:?}"),
            })
            .collect();
        store.batches().finish(&id, &ends).expect("recorded");
    }
    (id, start.elapsed())
}

#[test]
#[ignore = "measures"]
fn recording_and_resuming_a_million_rows_is_linear_and_fast() {
    for test in stores() {
        let small = record(&stores().remove(0), 10_000).1 * 100;
        let (id, large) = record(&test, 1_000_000);
        let opening = Instant::now();
        let store = test.open();
        let opened = opening.elapsed();
        let resuming = Instant::now();
        let mut rows = 0_u64;
        store.batches().recorded_rows(&id, &mut |_| rows += 1).expect("readable");
        let mut calls = 0;
        let visit = &mut |_| {
            calls += 1;
            Ok(())
        };
        store.batches().calls(&id, &[CallState::Accepted], visit).expect("readable");
        let counts = store.batches().batch(&id).expect("readable").expect("a batch").counts;
        let resumed = resuming.elapsed();
        assert_eq!((rows, calls, counts.accepted), (1_000_000, 10_000, 1_000_000));
        let per_second = 1.0e6 / large.as_secs_f64();
        let growth = large.as_secs_f64() / small.as_secs_f64();
        let figures = format!(
            "{per_second:.0} rows/s, growth {growth:.2}, opened in {opened:?}, resumed in {resumed:?}"
        );
        writeln!(std::io::stderr(), "{figures}").expect("written");
        let is_fast = per_second > 150_000.0 && resumed < Duration::from_secs(5);
        assert!(is_fast && growth < 2.0, "{figures}");
    }
}
