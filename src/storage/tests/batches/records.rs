use crate::storage::batches::{
    Batch, CallEnd, CallState, Counts, Created, NewBatch, NewCall, Start,
};
use crate::storage::tests::batches::{
    ALL, accepted, call, calls, create, create_with, failed, get, new_batch, recorded, started,
    state, unknown,
};
use crate::storage::tests::stores;

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
        assert!(matches!(starts[0], Start::Recorded(call) if call > first), "{starts:?}");
        assert_eq!(starts[1], Start::Taken(vec![5, 9]));
        assert!(matches!(starts[2], Start::Recorded(_)), "a refused call takes no row: {starts:?}");
        assert_eq!(starts[3], Start::Taken(vec![21]), "in the same transaction");
        assert_eq!(recorded(store.batches(), &id), (0..22).collect::<Vec<_>>());
        assert_eq!(calls(store.batches(), &id, &ALL).len(), 3);
        assert_eq!(get(store.batches(), &id).counts, Counts { started: 22, ..Counts::default() });
    }
}

#[test]
fn ends_are_recorded_before_the_calls_that_start_with_them() {
    for test in stores() {
        let (store, other) = (test.open(), test.open());
        let id = create(&*store);
        let first = started(store.batches(), &id, 0..10);
        let second = started(store.batches(), &id, 10..20);
        let ends = [(first, accepted()), (second, CallEnd::NotSent)];
        let start = |calls: &[NewCall]| store.batches().finish_and_start(&id, &ends, "w", calls);
        let starts = start(&[call(10..15), call(5..7)]).expect("recorded");
        assert!(matches!(starts[0], Start::Recorded(_)), "its rows are free again: {starts:?}");
        assert_eq!(starts[1], Start::Taken(vec![5, 6]));
        let other = other.batches();
        assert_eq!(state(other, &id, first), Some(CallState::Accepted));
        assert_eq!(state(other, &id, second), None);
        assert_eq!(recorded(other, &id), (0..15).collect::<Vec<_>>());
        // A repeated end changes nothing.
        assert!(matches!(start(&[call(15..20)]).expect("recorded")[0], Start::Recorded(_)));
        assert_eq!(
            get(other, &id).counts,
            Counts { started: 10, accepted: 10, ..Counts::default() }
        );

        let third = started(other, &id, 20..25);
        other.cancel(&id).expect("cancelled");
        let ends = [(third, accepted())];
        store.batches().finish_and_start(&id, &ends, "w", &[call([30])]).expect_err("cancelled");
        assert_eq!(state(other, &id, third), Some(CallState::Started));
        assert_eq!(recorded(other, &id), (0..25).collect::<Vec<_>>());
    }
}

#[test]
fn rows_of_large_calls_are_on_record_with_their_own_batch() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let (first, second) = (create_with(&*store, "i"), create_with(&*store, "j"));
        // With and without a gap, and after rows of another batch.
        let [_, middle, _] =
            [0..250, 250..500, 700..850].map(|rows| started(batches, &first, rows));
        started(batches, &second, 0..150);
        started(batches, &second, 150..400);
        let late = started(batches, &first, 500..700);
        let after = started(batches, &second, 400..550);
        let starts = batches.start(&second, "w", &[call(500..700), call(550..750)]).expect("ok");
        assert_eq!(starts[0], Start::Taken((500..550).collect()));
        assert!(matches!(starts[1], Start::Recorded(_)), "{starts:?}");

        assert_eq!(recorded(batches, &first), (0..850).collect::<Vec<_>>());
        assert_eq!(recorded(batches, &second), (0..750).collect::<Vec<_>>());
        for (id, call, rows) in
            [(&first, late, 500..700), (&second, after, 400..550), (&first, middle, 250..500)]
        {
            batches.finish(id, &[(call, CallEnd::NotSent)]).expect("recorded");
            assert!(!recorded(batches, id).iter().any(|row| rows.contains(row)), "{rows:?}");
        }
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
        let Start::Recorded(call) =
            store.batches().start(&id, "w", std::slice::from_ref(&new)).expect("ok")[0]
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
fn only_an_unknown_call_can_be_superseded_and_its_rows_are_free_then() {
    for test in stores() {
        let store = test.open();
        let batches = store.batches();
        let id = create(&*store);
        let first = started(batches, &id, 0..10);
        assert!(!batches.supersede(&id, first).expect("unchanged"), "it may still run");
        batches.finish(&id, &[(first, unknown())]).expect("recorded");
        assert!(batches.supersede(&id, first).expect("superseded"));
        assert!(!batches.supersede(&id, first).expect("unchanged"), "only once");
        assert_eq!(get(batches, &id).counts, Counts::default());
        let again = started(batches, &id, 0..8);
        // A receipt shows that the first call was sent: its other rows are not sent again.
        batches.finish(&id, &[(first, accepted())]).expect("recorded");
        assert_eq!(state(batches, &id, again), Some(CallState::Started));
        let counts = Counts { started: 8, accepted: 2, ..Counts::default() };
        assert_eq!(get(batches, &id).counts, counts);
        let starts = batches.start(&id, "w", &[call([8])]).expect("recorded");
        assert_eq!(starts, [Start::Taken(vec![8])]);
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

#[test]
fn the_rows_and_the_definition_of_a_batch_can_be_amended() {
    for test in stores() {
        let store = test.open();
        let id = create(&*store);
        let first = get(store.batches(), &id);
        assert!(store.batches().amend(&first, 7, "{}").expect("changed"));
        let batch = get(store.batches(), &id);
        assert_eq!((batch.rows, batch.definition.as_str()), (7, "{}"));
        // Another run has changed it since: nothing is overwritten.
        assert!(!store.batches().amend(&first, 8, "[]").expect("compared"));
        let rows = Batch { rows: 6, ..batch.clone() };
        assert!(!store.batches().amend(&rows, 8, "[]").expect("compared"));
        let batch = get(store.batches(), &id);
        assert_eq!((batch.rows, batch.definition.as_str()), (7, "{}"));
        let other = Batch { id: "other".into(), ..batch };
        store.batches().amend(&other, 7, "{}").expect_err("not on record");
    }
}
