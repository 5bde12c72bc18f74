//! The server of the store is away while calls run.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::batch_postgres::{BATCH, Machines, assert_all_known, number, result};
use crate::postgres::server::{self, Server};
use crate::support::Running;
use crate::support::messages::{SMS, and};

/// Queues two calls. The worker on machine 1 waits for the end of its first one, until the call is
/// released.
fn worker_in_a_call(machines: &Machines) -> (String, Running) {
    machines.rows(200);
    machines.hold(1);
    let id = machines.enqueue();
    let worker = machines.start(1, &["batches", "work", &id, "--json", "--jobs", "1"]);
    machines.wait_for_sent(1);
    (id, worker)
}

#[test]
fn a_result_is_recorded_when_the_server_returns() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "away");
    machines.rows(300);
    machines.hold(1);
    let id = machines.enqueue();
    let worker = machines.start(1, &["batches", "work", &id, "--json", "--jobs", "2"]);
    machines.wait_for_sent(2);
    server.crash();
    machines.release(1, 2);
    server.start_again();
    let done = assert_all_known(&worker.wait());
    assert_eq!(number(&done, "accepted"), 300, "{done:#}");
    assert_eq!(machines.recipients().len(), 300);

    machines.rows(201);
    machines.hold(2);
    let run = machines.start(2, &[&BATCH[..], &["--jobs", "1"]].concat());
    machines.wait_for_sent(4);
    server.stop();
    machines.release(2, 1);
    server.start_again();
    let done = assert_all_known(&run.wait());
    assert_eq!(number(&done, "accepted"), 201, "{done:#}");
    machines.assert_clean();
}

/// Each kind of run with a server that accepts connections and does not answer: a worker whose call
/// ends, sends with and without a key, another worker, and a list.
#[test]
fn a_server_that_does_not_answer_hangs_no_run() {
    let Some(server) = Server::start(&[]) else { return };
    let mut machines = Machines::new(&server, "frozen");
    machines.url.push_str("&connect_timeout=1");
    let (id, worker) = worker_in_a_call(&machines);
    server.freeze();
    machines.release(1, 1);
    let work = ["batches", "work", &id, "--json", "--jobs", "1"];
    let runs = [
        (2, and(&SMS, &["--json", "--idempotency-key", "order-1"]), 7, "unknown"),
        (3, and(&SMS, &["--json"]), 3, "not_sent"),
        (4, work.to_vec(), 3, "not_sent"),
        (2, and(&BATCH, &["--name", "other"]), 3, "not_sent"),
        (3, vec!["keys", "list", "--json"], 3, "not_sent"),
    ];
    let runs = runs.map(|(machine, words, exit, outcome)| {
        (machines.start(machine, &words), words.join(" "), exit, outcome)
    });
    for (run, words, exit, outcome) in runs {
        let ran = run.wait();
        let error = result(&ran)["error"].take();
        assert_eq!((ran.exit(), &error["outcome"]), (exit, &json!(outcome)), "{words}: {ran:#?}");
        assert!(error["message"].to_string().contains("does not answer"), "{words}: {ran:#?}");
    }
    assert_eq!(machines.sent().len(), 1);
    server.thaw();
    let done = assert_all_known(&worker.wait());
    assert_eq!(number(&done, "accepted"), 200, "{done:#}");
    assert_eq!(machines.recipients().len(), 200);
    machines.assert_clean();
}

#[test]
#[ignore = "takes two minutes: the limits of the store are not shortened"]
fn a_long_pause_of_the_server_loses_no_result() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "long_pause");
    let (_, worker) = worker_in_a_call(&machines);
    machines.hold(2);
    let send = machines.start(2, &and(&SMS, &["--json", "--idempotency-key", "order-1"]));
    machines.wait_for_sent(2);
    server.freeze();
    machines.release(1, 1);
    machines.release(2, 1);
    std::thread::sleep(Duration::from_secs(75));
    server.thaw();
    let done = assert_all_known(&worker.wait());
    assert_eq!(number(&done, "accepted"), 200, "{done:#}");
    let ran = send.wait();
    assert!([0, 7].contains(&ran.exit()), "{ran:#?}");
    assert_eq!(machines.recipients().len(), 201);
    machines.assert_clean();
}

#[test]
fn without_the_server_the_calls_stay_on_record_and_are_later_unknown() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "gone");
    let (id, worker) = worker_in_a_call(&machines);
    let mut admin = server.connect();
    let (socket, moved) = hide_socket(&server);
    let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'alimsg'";
    admin.batch_execute(query).expect("ended");
    machines.release(1, 1);
    std::thread::sleep(Duration::from_millis(300));
    worker.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    worker.signal(Signal::INT);
    let ran = worker.wait();
    assert_eq!(ran.signal(), Some(Signal::INT.as_raw()), "{ran:#?}");
    let error = result(&ran)["error"].take();
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("unknown_outcome"), &json!("unknown")));
    let message = error["message"].to_string();
    assert!(message.contains("record") && message.contains("PostgreSQL"), "{ran:#?}");
    assert!(
        ran.stdout.contains("could not be recorded")
            || ran.stderr.contains("could not be recorded"),
        "{ran:#?}"
    );
    // The user interrupted twice: nothing waits any longer.
    assert_eq!(machines.recipients().len(), 100);

    std::fs::rename(&moved, &socket).expect("renamed");
    let started = machines.recorded(&server, "alimsg", &["started"]);
    assert_eq!(started, machines.recipients());
    let ran = machines.run(2, &["batches", "work", &id, "--json", "--jobs", "1"]);
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let done = result(&ran)["data"].take();
    assert_eq!((number(&done, "unknown"), number(&done, "accepted")), (100, 100), "{ran:#?}");
    assert_eq!(machines.recipients().len(), 200);
    machines.assert_clean();
}

#[test]
fn a_claim_whose_commit_had_no_reply_goes_back_to_the_queue() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "doubtful_claim");
    machines.rows(200);
    let id = machines.enqueue();
    let mut admin = server.connect();
    let mut standby = |setting: &str| {
        admin.batch_execute(&format!("ALTER SYSTEM {setting}")).expect("changed");
        admin.batch_execute("SELECT pg_reload_conf()").expect("reloaded");
    };
    // A commit is on disk, but waits for a standby that does not exist.
    standby("SET synchronous_standby_names = 'missing'");
    machines.worlds[0].wait_until("the server has read the setting", || {
        let row = server.connect().query_one("SHOW synchronous_standby_names", &[]);
        row.expect("a setting").get::<_, String>(0) == "missing"
    });
    // The process that makes checkpoints applies the setting.
    server.connect().batch_execute("CHECKPOINT").expect("done");
    let worker = machines.start(1, &["batches", "work", &id, "--json", "--jobs", "1"]);
    let waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let mut other = server.connect();
    let mut is_waiting = || {
        let row = other.query_one(&format!("SELECT count(*) {waiting}"), &[]).expect("a count");
        row.get::<_, i64>(0) > 0
    };
    machines.worlds[0].wait_until("a claim waits", &mut is_waiting);
    let (socket, moved) = hide_socket(&server);
    other.batch_execute(&format!("SELECT pg_terminate_backend(pid) {waiting}")).expect("ended");
    standby("RESET synchronous_standby_names");
    // Longer than the store waits for the server.
    std::thread::sleep(Duration::from_secs(13));
    std::fs::rename(&moved, &socket).expect("renamed");
    let done = assert_all_known(&worker.wait());
    assert_eq!(number(&done, "accepted"), 200, "{done:#}");
    assert_eq!(machines.recipients().len(), 200);
    machines.assert_clean();
}

/// Moves the socket away, so that new connections fail; returns both paths.
fn hide_socket(server: &Server) -> (PathBuf, PathBuf) {
    let files = std::fs::read_dir(server.socket_folder()).expect("a folder").flatten();
    let mut files = files.map(|file| file.path());
    let socket = files.find(|path| path.extension().is_some_and(|port| port != "lock"));
    let socket = socket.expect("a socket");
    let moved = socket.with_file_name("moved");
    std::fs::rename(&socket, &moved).expect("renamed");
    (socket, moved)
}

#[test]
fn lost_connections_of_a_worker_lose_no_row() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "lost_claims");
    machines.single_rows(60);
    machines.delay(50);
    let id = machines.enqueue();
    let worker = machines.start(1, &["batches", "work", &id, "--json", "--jobs", "2"]);
    machines.wait_for_sent(1);
    let mut admin = server.connect();
    let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'alimsg' AND datname = 'lost_claims'";
    for _ in 0..25 {
        admin.batch_execute(query).expect("ended");
        std::thread::sleep(Duration::from_millis(37));
    }
    let done = assert_all_known(&worker.wait());
    assert_eq!(number(&done, "accepted"), 60, "{done:#}");
    assert_eq!(machines.recipients().len(), 60);
    machines.assert_clean();
}
