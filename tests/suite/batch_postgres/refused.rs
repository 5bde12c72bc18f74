//! A store that cannot be used: clear errors, nothing is sent, and no password is printed.

use crate::batch_postgres::{BATCH, Machines};
use crate::postgres::server::{self, Server};
use crate::support::{Ran, Running};

const PASSWORDS: [&str; 2] = ["geheim", "r1chtig"];

#[track_caller]
fn assert_no_password(ran: &Ran) {
    // The arguments of the test itself contain the URL.
    let output = format!("{}{}", ran.stdout, ran.stderr);
    for password in PASSWORDS {
        assert!(!output.contains(password), "{output}");
    }
}

/// Runs batch commands with this store, in each format of the output.
#[track_caller]
fn assert_refused(machines: &Machines, url: &str, expected: &str) {
    let enqueue = [&BATCH[..], &["--enqueue"]].concat();
    let work = ["batches", "work", "k7m2q4rt", "--json"];
    let show = ["batches", "show", "k7m2q4rt", "--json"];
    for words in [&BATCH[..], &enqueue, &work, &show] {
        for extra in [&[][..], &["-v"], &["text"]] {
            let mut words: Vec<&str> = words.to_vec();
            match extra {
                ["text"] => words.retain(|word| *word != "--json"),
                extra => words.extend(extra),
            }
            let mut command = machines.command(1, &words);
            command.env_remove("ALIMSG_STORE").args(["--store", url]);
            let ran = Running::start(command).wait();
            assert_no_password(&ran);
            assert_eq!(ran.exit(), 3, "{ran:#?}");
            let text = if words.contains(&"--json") {
                let error = ran.json_lines().pop().expect("a result")["error"].take();
                assert_eq!(error["outcome"], "not_sent", "{ran:#?}");
                error["message"].to_string()
            } else {
                ran.stderr.clone()
            };
            assert!(text.contains(expected), "{expected}: {ran:#?}");
        }
    }
    assert!(machines.sent().is_empty());
}

#[test]
fn a_store_that_cannot_be_used_is_a_clear_error_without_the_password() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "refused");
    machines.rows(10);
    let mut admin = server.connect();
    admin.batch_execute("CREATE ROLE ann LOGIN PASSWORD 'r1chtig'").expect("created");
    let rules = "local all postgres trust\nlocal all ann scram-sha-256\n\
                 host all ann 127.0.0.1/32 scram-sha-256\n";
    server.add_file("pg_hba.conf", rules.as_bytes());
    let (_reserved, port) = server::reserve_port();
    for setting in ["listen_addresses = '127.0.0.1'", &format!("port = {port}")] {
        admin.batch_execute(&format!("ALTER SYSTEM SET {setting}")).expect("changed");
    }
    drop(admin);
    server.restart_on(port);
    let socket = server.socket_folder();
    let socket = format!("host={}&port={port}", socket.display());

    let url = format!("postgres://ann:geheim@/refused?{socket}");
    assert_refused(&machines, &url, "password authentication failed");
    let url = format!("postgres://ann:r1chtig@/nowhere?{socket}");
    assert_refused(&machines, &url, "does not exist");
    let url = format!("postgres://ann:r1chtig@127.0.0.1:{port}/refused?sslmode=require");
    assert_refused(&machines, &url, "TLS");
    machines.wait_for_quiet();
}

#[test]
fn a_crash_during_a_batch_does_not_print_the_password() {
    let Some(server) = server::shared() else { return };
    let mut machines = Machines::new(server, "crash_output");
    machines.rows(150);
    machines.url = machines.url.replace("user=postgres", "user=postgres&password=geheim");
    let points = ["batch: about to record the start", "batch: about to record results"];
    for point in points {
        let mut command = machines.command(1, &[&BATCH[..], &["-v", "--name", point]].concat());
        command.env("ALIMSG_FAULT", format!("{point}=panic"));
        let ran = Running::start(command).wait();
        assert_ne!(ran.exit(), 0, "{ran:#?}");
        assert_no_password(&ran);
        assert!(ran.stderr.contains("fault injected"), "{ran:#?}");
    }
    machines.wait_for_quiet();
}
