//! What is particular to PostgreSQL: lost connections, versions, passwords and TLS.

mod lost_connections;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::storage::postgres::Postgres;
use crate::storage::postgres::url::Url;
use crate::storage::records::forgotten_key;
use crate::storage::tests::keys::{message, new_key};
use crate::storage::tests::proxy::Proxy;
use crate::storage::tests::server::{self, Server};
use crate::storage::{Error, Fix, KeyState, Owner, Reserve, SendEnd, Store as _};

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
fn tables_of_version_1_are_upgraded_and_an_unresolved_message_gets_a_key() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    schema.open();
    let version_1 = format!(
        "SET search_path = {}; DROP TABLE spaces; DROP TABLE sends; DROP INDEX keys_by_time;
         UPDATE store SET version = 1;
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
fn a_key_that_becomes_a_hash_during_a_reservation_is_not_reserved() {
    let Some(server) = server::shared() else { return };
    let schema = TestSchema::new(server);
    let store = schema.open();
    let owner = Owner { key: "k", lease: "dead" };
    store.reserve("k", &new_key("dead")).expect("reserved");
    store.begin(owner, None, None).expect("begun");
    let end = SendEnd::Accepted { result: Some("{}"), service: None };
    store.finish(owner, end).expect("recorded");
    let hashed = forgotten_key(&store.digest("k"));
    let mut other = server.connect();
    let replace = format!(
        "SET search_path = {}; BEGIN; UPDATE keys SET key = '{hashed}' WHERE key = 'k'",
        schema.name
    );
    other.batch_execute(&replace).expect("not committed yet");
    let replacing: i32 = other.query_one("SELECT pg_backend_pid()", &[]).expect("a row").get(0);
    let reserved = thread::scope(|scope| {
        let reservation = scope.spawn(|| schema.open().reserve("k", &new_key("two")));
        let waiting = "SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))";
        let mut observer = server.connect();
        let deadline = Instant::now() + Duration::from_secs(20);
        while observer.query(waiting, &[&replacing]).expect("readable").is_empty() {
            assert!(Instant::now() < deadline, "the reservation does not wait");
            thread::sleep(Duration::from_millis(10));
        }
        other.batch_execute("COMMIT").expect("replaced");
        reservation.join().expect("ended")
    });
    assert!(matches!(reserved, Ok(Reserve::Used(_))), "{reserved:?}");
    assert_eq!(store.keys().expect("readable").len(), 1, "the reservation is removed");
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
    let (_reserved, port) = server::reserve_port();
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
