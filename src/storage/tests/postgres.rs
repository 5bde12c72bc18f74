//! What is particular to PostgreSQL: lost connections, versions, passwords and TLS.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::storage::batches::{CallEnd, CallState, Counts, Start};
use crate::storage::postgres::Postgres;
use crate::storage::postgres::url::Url;
use crate::storage::tests::batches::{call, create, queued};
use crate::storage::tests::keys::{message, new_key};
use crate::storage::tests::proxy::Proxy;
use crate::storage::tests::server::{self, Server};
use crate::storage::{Begin, Error, Fix, KeyState, Owner, Reserve, SendEnd, Store as _};

/// A schema of its own in the database of a server.
pub struct TestSchema {
    url: String,
    name: &'static str,
    /// The state folder of the machine.
    folder: TempDir,
}

impl TestSchema {
    pub fn new(server: &Server) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::tempdir().expect("a folder");
        Self { url: server.url(), name: format!("alimsg_test_{number}").leak(), folder }
    }

    pub fn open(&self) -> Postgres {
        self.try_open(&self.url).expect("a store")
    }

    fn open_through(&self, proxy: &Proxy) -> Postgres {
        let url = format!("{}&host={}", self.url, proxy.folder().display());
        self.try_open(&url).expect("a store")
    }

    fn try_open(&self, url: &str) -> crate::storage::Result<Postgres> {
        let url = Url::parse(url, &|_| None).expect("a URL");
        Postgres::open(url, self.name, self.folder.path())
    }
}

/// Ends all other connections of alimsg to the server.
fn disconnect_all(server: &Server) {
    let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'alimsg'";
    server.connect().batch_execute(query).expect("ended");
}

#[test]
fn concurrent_first_runs_create_the_tables_once() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    let ids: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| schema.open().id().to_string())).collect();
        runs.into_iter().map(|run| run.join().expect("ended")).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn tables_of_a_later_version_are_refused_also_by_a_running_process() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    let query = format!("UPDATE {}.store SET version = 99", schema.name);
    server.connect().batch_execute(&query).expect("changed");
    let is_later = |error| matches!(error, Some(Error::Unreadable(_, Fix::Upgrade)));
    assert!(is_later(schema.try_open(&schema.url).err()));
    disconnect_all(&server);
    assert!(is_later(store.keys().err()), "after it has connected again");
}

#[test]
fn a_commit_is_on_disk_before_the_call_starts_whatever_the_default_is() {
    let Some(server) = Server::start(&["synchronous_commit=off", "log_statement=all"]) else {
        return;
    };
    let schema = TestSchema::new(&server);
    assert_eq!(schema.open().setting("synchronous_commit"), "on");
    assert_eq!(schema.open().setting("statement_timeout"), "30s");
    let stronger = "ALTER ROLE postgres SET synchronous_commit = remote_apply";
    server.connect().batch_execute(stronger).expect("changed");
    assert_eq!(schema.open().setting("synchronous_commit"), "remote_apply");
}

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
fn a_call_that_outlives_its_run_is_seen_on_the_same_machine() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    let (store, other) = (schema.open(), schema.open());
    let lease = store.lease().expect("a lease");
    let inherited = lease.file().expect("a file").try_clone().expect("inherited");
    let name = lease.name().to_string();
    // The run is killed: nothing removes the file, and the server ends its connection.
    std::mem::forget(lease);
    drop(store);
    disconnect_all(server);
    assert!(other.is_alive(&name));
    drop(inherited);
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
fn tables_of_version_1_are_upgraded_and_an_unresolved_message_gets_a_key() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    schema.open();
    let version_1 = format!(
        "SET search_path = {}; DROP TABLE spaces; UPDATE store SET version = 1;
         INSERT INTO messages VALUES ('u', 'f', 'unresolved', NULL, 1000),
                                     ('a', 'g', 'accepted', NULL, 1000);",
        schema.name
    );
    server.connect().batch_execute(&version_1).expect("downgraded");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| drop(schema.open()));
        }
    });
    let store = schema.open();
    let record = store.key("send-u").expect("readable").expect("a record");
    assert_eq!(record.state, KeyState::Unresolved);
    assert_eq!(store.earlier(&message()).expect("readable")[0].key.as_deref(), Some("send-u"));
    assert_eq!(store.keys().expect("readable").len(), 1);
    assert_eq!(store.space("s").expect("readable"), None);
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

#[test]
fn a_database_that_was_replaced_under_a_running_process_is_refused() {
    let Some(server) = Server::start(&[]) else { return };
    let schema = TestSchema::new(&server);
    let store = schema.open();
    let drop_all = format!("DROP SCHEMA {} CASCADE", schema.name);
    server.connect().batch_execute(&drop_all).expect("deleted");
    schema.open();
    disconnect_all(&server);
    let error = store.reserve("k", &new_key("one"));
    assert!(matches!(error, Err(Error::Unreadable(_, Fix::Database))), "{error:?}");
}

#[test]
fn passwords_and_certificates_are_checked_and_a_password_is_not_shown() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    if !server::certificates(folder.path()) {
        return server::report("SKIPPED: TLS with PostgreSQL (openssl is not installed)");
    }
    let mut admin = server.connect();
    admin
        .batch_execute(
            "CREATE ROLE ann LOGIN PASSWORD 'geheim'; GRANT CREATE ON DATABASE postgres TO ann",
        )
        .expect("created");
    server.add_file("server.crt", &std::fs::read(folder.path().join("server.crt")).expect("read"));
    server.add_file("server.key", &std::fs::read(folder.path().join("server.key")).expect("read"));
    let rules = "local all postgres trust\nhostssl all ann 127.0.0.1/32 scram-sha-256\n";
    server.add_file("pg_hba.conf", rules.as_bytes());
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("a port").port();
    drop(free);
    for setting in ["ssl = on", "listen_addresses = '127.0.0.1'", &format!("tcp_port = {port}")] {
        let setting = setting.replace("tcp_port", "port");
        admin.batch_execute(&format!("ALTER SYSTEM SET {setting}")).expect("changed");
    }
    drop(admin);
    server.restart_on(port);

    let schema = TestSchema::new(&server);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let open = |password: &str, host: &str, parameters: &str| {
        let url = format!("postgres://ann:{password}@{host}:{port}/postgres?{parameters}");
        schema.try_open(&url).map(|store| store.uses_tls())
    };
    let (ca, other) = (path("ca.crt"), path("other.crt"));
    for (host, parameters) in [
        ("localhost", "sslmode=prefer".to_string()),
        ("127.0.0.1", "sslmode=require".to_string()),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ca}")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={ca}")),
        // The certificate of the server itself.
        ("localhost", format!("sslmode=verify-full&sslrootcert={}", path("server.crt"))),
    ] {
        let is_encrypted = open("geheim", host, &parameters);
        assert!(matches!(is_encrypted, Ok(true)), "{host} {parameters}: {is_encrypted:?}");
    }
    for (password, host, parameters) in [
        ("falsch", "localhost", "sslmode=require".to_string()),
        ("geheim", "localhost", "sslmode=disable".to_string()),
        ("geheim", "localhost", format!("sslmode=verify-ca&sslrootcert={other}")),
        ("geheim", "localhost", format!("sslmode=require&sslrootcert={other}")),
        ("geheim", "127.0.0.1", format!("sslmode=verify-full&sslrootcert={ca}")),
        ("geheim", "localhost", "sslmode=verify-ca&sslrootcert=/missing".to_string()),
    ] {
        let error = open(password, host, &parameters).expect_err(&parameters);
        assert!(matches!(error, Error::Unreadable(_, Fix::Database)), "{parameters}: {error:?}");
        let text = format!("{error:?}");
        assert!(!text.contains("geheim") && !text.contains("falsch"), "{text}");
    }
    // The password file.
    let file = path("pgpass");
    std::fs::write(&file, format!("127.0.0.1:{port}:*:ann:geheim\n")).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, mode).expect("changed");
    let url = format!("postgres://ann@127.0.0.1:{port}/postgres?sslmode=require&passfile={file}");
    schema.try_open(&url).expect("a password");
}
