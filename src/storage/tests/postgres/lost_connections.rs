//! Connections that are lost, servers that are away or do not answer, and runs that ended.

use std::thread;
use std::time::Duration;

use crate::storage::batches::{CallEnd, CallState, Counts, Start};
use crate::storage::tests::batches::{call, create, queued};
use crate::storage::tests::keys::{message, new_key};
use crate::storage::tests::postgres::{TestSchema, disconnect_all};
use crate::storage::tests::proxy::Proxy;
use crate::storage::tests::server::{self, Server};
use crate::storage::{Begin, Error, Fix, KeyState, Owner, Reserve, SendEnd, Store as _};

#[test]
fn a_lost_connection_is_made_again_and_leases_stay() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let (store, other) = (schema.open(), schema.open());
    let lease = store.lease().expect("a lease");
    store.reserve("k", &new_key(lease.name())).expect("reserved");
    disconnect_all(&server);
    let owner = Owner { key: "k", lease: lease.name() };
    assert!(matches!(store.begin(owner, None, None), Ok(Begin::Go)));
    assert!(other.is_alive(lease.name()));
    assert!(matches!(other.reserve("k", &new_key("two")), Ok(Reserve::Busy)));
    let name = lease.name().to_string();
    drop(lease);
    assert!(!other.is_alive(&name));
}

#[test]
fn an_operation_whose_commit_had_no_reply_is_done_once() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    let proxy = Proxy::start(&server.socket_folder());
    let store = schema.open_through(&proxy);
    let batches = store.batches();
    let lease = store.lease().expect("a lease");
    let owner = Owner { key: "k", lease: lease.name() };
    let lose = || proxy.lose_next_reply();
    let lost = || assert!(proxy.has_lost(), "a reply was lost");

    lose();
    let reserved = store.reserve("k", &new_key(lease.name()));
    assert!(matches!(reserved, Ok(Reserve::Reserved)), "{reserved:?}");
    lost();
    lose();
    let begun = store.begin(owner, None, Some(&message()));
    assert!(matches!(begun, Ok(Begin::Go)), "{begun:?}");
    lost();
    lose();
    store.finish(owner, SendEnd::NotSent).expect("recorded");
    lost();
    assert!(store.key("k").expect("readable").is_none());
    // The same without a reservation.
    lose();
    let begun = store.begin(owner, Some(&new_key(lease.name())), Some(&message()));
    assert!(matches!(begun, Ok(Begin::Go)), "{begun:?}");
    lost();
    lose();
    store.finish(owner, SendEnd::Accepted { result: None }).expect("recorded");
    lost();
    assert!(store.key("k").expect("readable").is_none());

    lose();
    let id = create(&store);
    lost();
    lose();
    let starts = batches.start(&id, "w", &[call(0..10), call(5..20), call(20..30)]);
    let starts = starts.expect("recorded");
    lost();
    assert!(matches!(starts[0], Start::Recorded(_)), "{starts:?}");
    assert_eq!(starts[1], Start::Taken((5..10).collect()));
    assert!(matches!(starts[2], Start::Recorded(_)), "{starts:?}");
    lose();
    batches.enqueue(&id, &[queued(40..50), queued(50..60)]).expect("queued");
    lost();
    lose();
    let claimed = batches.claim(&id, "w", 1).expect("claimed");
    lost();
    assert_eq!((claimed.len(), claimed[0].rows[0]), (1, 40));
    lose();
    batches.finish(&id, &[(claimed[0].id, CallEnd::NotSent)]).expect("recorded");
    lost();
    let Start::Recorded(first) = starts[0] else { panic!("{starts:?}") };
    let unknown = CallEnd::Unknown { result: "{}".into() };
    batches.finish(&id, &[(first, unknown)]).expect("recorded");
    lose();
    assert!(batches.supersede(&id, first).expect("superseded"));
    lost();
    let counts = batches.batch(&id).expect("readable").expect("a batch").counts;
    assert_eq!(counts, Counts { queued: 20, started: 10, ..Counts::default() });
}

#[test]
fn a_restart_or_crash_of_the_server_loses_nothing() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    let id = create(&store);
    let batches = store.batches();
    let worker = batches.worker().expect("a worker");
    let mut calls = Vec::new();
    for round in 0..4_u64 {
        let starts = batches.start(&id, worker.name(), &[call(round * 10..round * 10 + 10)]);
        let Ok([Start::Recorded(call)]) = starts.as_deref() else { panic!("{starts:?}") };
        calls.push(*call);
        if round % 2 == 0 {
            server.stop()
        } else {
            server.crash()
        }
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(500));
                server.start_again();
            });
            // The result of a running call is recorded when the database returns.
            let end = CallEnd::Accepted { result: "{}".into() };
            batches.finish(&id, &[(*call, end)]).expect("recorded");
        });
    }
    assert!(schema.open().batches().is_working(worker.name()).expect("readable"));
    let mut states = Vec::new();
    let mut visit = |call: crate::storage::batches::CallRecord| {
        states.push(call.state);
        Ok(())
    };
    let all = [CallState::Started, CallState::Accepted];
    schema.open().batches().calls(&id, &all, &mut visit).expect("readable");
    assert_eq!(states, [CallState::Accepted; 4]);
}

#[test]
fn workers_process_each_call_once_while_the_server_crashes() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    let id = create(&store);
    let new: Vec<_> = (0..400_u64).map(|row| queued([row])).collect();
    store.batches().enqueue(&id, &new).expect("queued");
    let claimed: Vec<i64> = thread::scope(|scope| {
        let work = || {
            let store = schema.open();
            let worker = store.batches().worker().expect("a lease");
            let mut claimed = Vec::new();
            loop {
                let calls = store.batches().claim(&id, worker.name(), 2).expect("claimed");
                if calls.is_empty() {
                    return claimed;
                }
                thread::sleep(Duration::from_millis(20));
                let end = CallEnd::Accepted { result: "{}".into() };
                let ends: Vec<_> = calls.iter().map(|call| (call.id, end.clone())).collect();
                store.batches().finish(&id, &ends).expect("recorded");
                claimed.extend(calls.iter().map(|call| call.id));
            }
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for _ in 0..2 {
            thread::sleep(Duration::from_millis(400));
            server.crash();
            server.start_again();
        }
        workers.into_iter().flat_map(|worker| worker.join().expect("ended")).collect()
    });
    let mut once = claimed.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((claimed.len(), once.len()), (400, 400));
    let counts = store.batches().batch(&id).expect("readable").expect("a batch").counts;
    assert_eq!(counts, Counts { accepted: 400, ..Counts::default() });
}

#[test]
fn after_a_restart_of_the_server_a_run_from_before_counts_as_alive_for_a_while() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    let lease = store.lease().expect("a lease");
    store.reserve("k", &new_key(lease.name())).expect("reserved");
    store.begin(Owner { key: "k", lease: lease.name() }, None, None).expect("begun");
    server.crash();
    server.start_again();
    // The run has not used its connection since.
    let other = schema.open();
    assert!(matches!(other.reserve("k", &new_key("two")), Ok(Reserve::Busy)));
    assert_eq!(other.key("k").expect("readable").map(|key| key.state), Some(KeyState::Calling));
}

#[test]
fn a_server_that_is_away_is_an_error_to_retry() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    server.stop();
    let error = store.keys().expect_err("the server is away");
    assert!(matches!(error, Error::Unreadable(_, Fix::Retry)), "{error:?}");
    let error = schema.try_open(&schema.url).err();
    assert!(matches!(error, Some(Error::Unreadable(_, Fix::Retry))), "{error:?}");
}

#[test]
fn a_standby_is_an_error_to_retry_and_records_nothing() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    store.reserve("k", &new_key("one")).expect("reserved");
    server.stop();
    server.add_file("standby.signal", b"");
    server.start_again();
    let error = store.begin(Owner { key: "k", lease: "one" }, None, None).expect_err("a standby");
    let Error::Unreadable(cause, Fix::Retry) = &error else { panic!("{error:?}") };
    assert!(cause.to_string().contains("standby"), "{error:?}");
}

#[test]
fn after_a_restart_of_the_server_a_killed_run_of_this_machine_counts_as_ended() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    let lease = store.lease().expect("a lease");
    let name = lease.name().to_string();
    let path = schema.folder.path().join("leases").join(&name);
    assert!(path.exists());
    // A killed run leaves its file, without the lock.
    let copy = std::fs::read(&path).expect("readable");
    drop(lease);
    std::fs::write(&path, copy).expect("written");
    server.crash();
    server.start_again();
    let other = schema.open();
    for _ in 0..2 {
        assert!(!other.is_alive(&name));
    }
    // A run of another machine may be connecting again.
    std::fs::remove_file(&path).expect("removed");
    assert!(other.is_alive(&name));
}

#[test]
fn a_server_that_accepts_data_but_does_not_answer_is_an_error_to_retry() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    let proxy = Proxy::start(&server.socket_folder());
    let store = schema.open_through(&proxy);
    store.set_reply_timeout(Duration::from_secs(1));
    store.keys().expect("readable");
    proxy.freeze();
    let error = store.keys().expect_err("no reply");
    assert!(matches!(error, Error::Unreadable(_, Fix::Retry)), "{error:?}");
    let url = format!("{}&host={}&connect_timeout=1", schema.url, proxy.folder().display());
    let error = schema.try_open(&url).err();
    assert!(matches!(error, Some(Error::Unreadable(_, Fix::Retry))), "{error:?}");
    proxy.thaw();
    store.keys().expect("readable");
}

#[test]
fn an_operation_whose_commit_was_not_answered_is_done_once() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    let proxy = Proxy::start(&server.socket_folder());
    let store = schema.open_through(&proxy);
    let id = create(&store);
    store.set_reply_timeout(Duration::from_secs(1));
    store.keys().expect("readable");
    proxy.freeze_at_next_commit();
    let starts = thread::scope(|scope| {
        scope.spawn(|| {
            while !proxy.is_frozen() {
                thread::sleep(Duration::from_millis(20));
            }
            thread::sleep(Duration::from_millis(1_500));
            proxy.thaw();
        });
        store.batches().start(&id, "w", &[call(0..10)])
    });
    assert!(matches!(starts.as_deref(), Ok([Start::Recorded(_)])), "{starts:?}");
    let counts = store.batches().batch(&id).expect("readable").expect("a batch").counts;
    assert_eq!(counts, Counts { started: 10, ..Counts::default() });
}
