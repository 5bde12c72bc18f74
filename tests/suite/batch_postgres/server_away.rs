//! The server of the store is away while calls run.

use std::time::Duration;

use rustix::process::Signal;

use crate::batch_postgres::{BATCH, Machines, assert_all_known, number, result};
use crate::postgres::server::{self, Server};

#[test]
fn a_result_is_recorded_when_the_server_returns() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "away");
    machines.rows(300);
    machines.delay(1_000);
    let id = machines.enqueue();
    let worker = machines.start(1, &["batches", "work", &id, "--json", "--jobs", "2"]);
    machines.wait_for_sent(2);
    server.crash();
    std::thread::sleep(Duration::from_secs(2));
    server.start_again();
    let done = assert_all_known(&worker.wait());
    assert_eq!(number(&done, "accepted"), 300, "{done:#}");
    assert_eq!(machines.recipients().len(), 300);

    machines.rows(201);
    let run = machines.start(2, &[&BATCH[..], &["--jobs", "1"]].concat());
    machines.wait_for_sent(4);
    server.stop();
    std::thread::sleep(Duration::from_secs(2));
    server.start_again();
    let done = assert_all_known(&run.wait());
    assert_eq!(number(&done, "accepted"), 201, "{done:#}");
    machines.assert_clean();
}

#[test]
fn without_the_server_the_calls_stay_on_record_and_are_later_unknown() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "gone");
    machines.rows(200);
    machines.delay(500);
    let id = machines.enqueue();
    let work = ["batches", "work", &id, "--json", "--jobs", "1"];
    let worker = machines.start(1, &work);
    machines.wait_for_sent(1);
    let mut admin = server.connect();
    let socket = server.socket_folder();
    let socket = std::fs::read_dir(&socket).expect("a folder").flatten().map(|file| file.path());
    let socket = socket.filter(|path| !path.to_string_lossy().ends_with(".lock"));
    let socket = socket.last().expect("a socket");
    let moved = socket.with_file_name("moved");
    std::fs::rename(&socket, &moved).expect("renamed");
    let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'alimsg'";
    admin.batch_execute(query).expect("ended");
    let calls = || machines.worlds[1].processes();
    let is_call = |argv: &[String]| argv.iter().any(|word| word == "send-batch-sms");
    machines.worlds[1].wait_until("the call ended", || {
        calls().iter().any(|call| is_call(&call.argv) && call.ended())
    });
    std::thread::sleep(Duration::from_millis(300));
    worker.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    worker.signal(Signal::INT);
    let ran = worker.wait();
    assert!(ran.signal() == Some(2) || [3, 7].contains(&ran.exit()), "{ran:#?}");
    let message = result(&ran)["error"]["message"].to_string();
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
    machines.delay(0);
    let ran = machines.run(2, &work);
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let done = result(&ran)["data"].take();
    assert_eq!((number(&done, "unknown"), number(&done, "accepted")), (100, 100), "{ran:#?}");
    assert_eq!(machines.recipients().len(), 200);
    machines.assert_clean();
}

#[test]
fn a_claim_whose_commit_had_no_reply_is_worked_on() {
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
