//! A store in PostgreSQL, which several machines share: alimsg as processes, against a real server.

#[path = "../postgres/server.rs"]
pub mod server;

use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::support::messages::{SMS, TEXT, and};
use crate::support::{Ran, Running, World};
use server::Server;

/// Two machines with one account: each has its own state folder.
struct Machines {
    world: World,
    url: String,
}

impl Machines {
    /// With a database of their own on this server.
    fn new(server: &Server, database: &str) -> Self {
        server.connect().batch_execute(&format!("CREATE DATABASE {database}")).expect("created");
        let url = server.url().replace("/postgres?", &format!("/{database}?"));
        Self { world: World::new(), url }
    }

    fn command(&self, machine: usize, words: &[&str]) -> Command {
        let mut command = self.world.alimsg(words);
        command
            .env("ALIMSG_STATE_DIR", self.world.path(&format!("state{machine}")))
            .env("ALIMSG_STORE", &self.url);
        command
    }

    fn start(&self, machine: usize, words: &[&str]) -> Running {
        Running::start(self.command(machine, words))
    }

    fn run(&self, machine: usize, words: &[&str]) -> Ran {
        self.start(machine, words).wait()
    }
}

fn with_key(key: &'static str) -> Vec<&'static str> {
    and(&SMS, &["--json", "--idempotency-key", key])
}

#[test]
fn two_machines_share_the_counts_of_a_limit_and_the_outbox() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "shared_limits");
    machines.world.configure("[limits]\nper_day = 3\n");
    // The first run creates the tables.
    assert_eq!(machines.run(1, &and(&SMS, &["--param=n=0"])).exit(), 0);
    let sms = and(&SMS, &["--json", "--param=n=x{n}"]);
    let runs: Vec<Running> = (0..6).map(|run| machines.start(1 + run % 2, &sms)).collect();
    let ended: Vec<Ran> = runs.into_iter().map(Running::wait).collect();
    let accepted = ended.iter().filter(|ran| ran.exit() == 0).count();
    assert_eq!(accepted, 2, "{ended:#?}");
    let refused = ended.iter().find(|ran| ran.exit() == 2).expect("a refusal").json();
    assert_eq!(refused["error"]["rule"], "per_day", "{refused:#}");
    assert_eq!(machines.world.sent().len(), 3);
    let list = machines.run(2, &["outbox", "list", "--to", "+8613800001000", "--json"]);
    assert_eq!(list.json()["data"]["total"], 3, "{list:#?}");
    let limits = machines.run(2, &["limits", "--json"]).json();
    assert_eq!(limits["data"]["limits"][0]["remaining"], 0, "{limits:#}");
    let pruned = machines.run(1, &["outbox", "prune", "--yes", "--json"]).json();
    assert_eq!(pruned["data"]["sends"], 0, "{pruned:#}");
    machines.world.assert_clean();
}

#[test]
fn two_machines_with_one_key_send_once() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "two_machines");
    let first = machines.run(1, &with_key("order-1"));
    assert_eq!(first.exit(), 0, "{first:#?}");
    let second = machines.run(2, &with_key("order-1"));
    assert_eq!(second.exit(), 0, "{second:#?}");
    assert_eq!(second.json()["data"]["replayed"], true, "{second:#?}");
    assert_eq!(machines.world.sent().len(), 1);
    // The duplicate check without a key is shared, too.
    let text = and(&TEXT, &["--text", "hello", "--json"]);
    assert_eq!(machines.run(1, &text).exit(), 0);
    let duplicate = machines.run(2, &text);
    assert_eq!(duplicate.exit(), 2, "{duplicate:#?}");
    assert_eq!(machines.world.sent().len(), 2);
    // An unknown outcome is shared as well, until one machine resolves it.
    let lost = json!([{ "match": ["dysmsapi"], "times": 1, "exit": 1,
        "stderr": "Error: context deadline exceeded (Client.Timeout exceeded)" }]);
    machines.world.script(lost);
    let sms = and(&SMS, &["--json", "--param=n=1"]);
    assert_eq!(machines.run(1, &sms).exit(), 7);
    let unknown = machines.run(2, &sms);
    assert_eq!(unknown.exit(), 7, "{unknown:#?}");
    let next = unknown.json()["error"]["next"].clone();
    let mut next = next.as_array().expect("commands").iter().filter_map(|next| next.as_str());
    let resolve = next.find(|next| next.contains("--as sent")).expect("a command");
    let words = shell_words::split(resolve).expect("words");
    let words: Vec<&str> = words[1..6].iter().map(String::as_str).chain(["--yes"]).collect();
    assert_eq!(machines.run(2, &words).exit(), 0, "{words:?}");
    assert_eq!(machines.run(1, &sms).exit(), 2);
    assert_eq!(machines.world.sent().len(), 3);
    let list = machines.run(2, &["keys", "list", "--json"]);
    assert_eq!(list.json()["data"]["keys"][1]["state"], "accepted", "{list:#?}");
    let show = machines.run(1, &["keys", "show", "order-1", "--json"]);
    assert_eq!(show.exit(), 0, "{show:#?}");
    let intact = machines.run(1, &["keys", "repair", "--json"]);
    assert_eq!(intact.json()["data"]["status"], "intact", "{intact:#?}");
    machines.world.assert_clean();
}

#[test]
fn many_concurrent_runs_with_one_key_send_once() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "many_runs");
    machines.world.script(json!([{ "match": ["dysmsapi"], "delay_ms": 200 }]));
    let runs: Vec<Running> =
        (0..32).map(|run| machines.start(run % 4, &with_key("order-2"))).collect();
    for run in runs {
        let ran = run.wait();
        assert_eq!(ran.exit(), 0, "{ran:#?}");
    }
    assert_eq!(machines.world.sent().len(), 1);
    machines.world.assert_clean();
}

#[test]
fn concurrent_equal_messages_without_a_key_are_sent_once() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "equal_runs");
    machines.world.script(json!([{ "match": ["dysmsapi"], "delay_ms": 200 }]));
    let sms = and(&SMS, &["--json"]);
    let runs: Vec<Running> = (0..16).map(|run| machines.start(run % 4, &sms)).collect();
    let mut exits: Vec<i32> = runs.into_iter().map(|run| run.wait().exit()).collect();
    exits.sort_unstable();
    assert_eq!(exits, [[0].as_slice(), &[2; 15]].concat());
    assert_eq!(machines.world.sent().len(), 1);
    machines.world.assert_clean();
}

#[test]
fn a_call_of_a_killed_run_is_not_sent_again_by_another_machine() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "killed_run");
    machines.world.script(json!([{ "match": ["dysmsapi"], "delay_ms": 1500 }]));
    let run = machines.start(1, &with_key("order-3"));
    machines.world.wait_until("the call runs", || !machines.world.sent().is_empty());
    run.signal(Signal::KILL);
    run.wait();
    let other = machines.run(2, &with_key("order-3"));
    assert_eq!(other.exit(), 7, "{other:#?}");
    assert_eq!(other.json()["error"]["outcome"], "unknown", "{other:#?}");
    assert_eq!(machines.world.sent().len(), 1);
    let words = ["keys", "resolve", "--as", "sent", "order-3", "--yes", "--json"];
    let resolved = machines.run(2, &words);
    assert_eq!(resolved.exit(), 0, "{resolved:#?}");
    let replayed = machines.run(1, &with_key("order-3"));
    assert_eq!(replayed.exit(), 0, "{replayed:#?}");
    assert_eq!(machines.world.sent().len(), 1);
    machines.world.wait_for_quiet();
}

#[test]
fn a_result_is_recorded_when_the_database_returns() {
    let Some(server) = Server::start(&[]) else { return };
    let machines = Machines::new(&server, "restart");
    machines.world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let run = machines.start(1, &with_key("order-4"));
    machines.world.wait_until("the call runs", || !machines.world.sent().is_empty());
    server.crash();
    machines.world.release();
    machines.world.wait_until("the call has ended", || {
        let calls = machines.world.processes();
        calls.iter().any(|call| call.command() == "dysmsapi send-sms" && call.ended())
    });
    server.start_again();
    let ran = run.wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
    let again = machines.run(2, &with_key("order-4"));
    assert_eq!(again.json()["data"]["replayed"], true, "{again:#?}");
    assert_eq!(machines.world.sent().len(), 1);
    // While the database is away, nothing is sent.
    server.stop();
    let away = machines.run(1, &with_key("order-5"));
    assert_eq!(away.exit(), 7, "{away:#?}");
    assert_eq!(away.json()["error"]["retryable"], true, "{away:#?}");
    assert_eq!(machines.world.sent().len(), 1);
    machines.world.assert_clean();
}

#[test]
fn the_url_and_the_password_are_not_passed_on_printed_or_recorded() {
    let Some(server) = server::shared() else { return };
    let mut machines = Machines::new(server, "secret_url");
    machines.url = machines.url.replace("user=postgres", "user=postgres&password=geheim");
    let mut command = machines.command(1, &and(&with_key("order-6"), &["-v"]));
    command.env("PGPASSWORD", "geheim");
    let ran = Running::start(command).wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"), "{ran:#?}");
    for process in machines.world.processes() {
        assert!(!process.env.contains_key("ALIMSG_STORE"), "{process:#?}");
        assert!(!format!("{process:?}").contains("geheim"), "{process:#?}");
    }
    machines.url = "postgres://ann:geheim@127.0.0.1:1/db?connect_timeout=1".to_string();
    let ran = machines.run(1, &and(&with_key("order-7"), &["-v"]));
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"), "{ran:#?}");
    // Suggested commands lead to the same store, without the password.
    let mut command = machines.command(1, &with_key("order-7"));
    command.env_remove("ALIMSG_STORE").args(["--store", &machines.url]);
    let ran = Running::start(command).wait();
    let next = ran.json()["error"]["next"].to_string();
    assert!(next.contains("--store"), "{ran:#?}");
    assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"), "{ran:#?}");
    for file in std::fs::read_dir(machines.world.path("state1")).expect("a folder").flatten() {
        let content = std::fs::read(file.path()).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains("geheim"), "{}", file.path().display());
    }
    machines.world.wait_for_quiet();
}

#[test]
fn an_invalid_url_is_refused_before_anything_runs() {
    let world = World::new();
    for url in ["mysql://u:geheim@h/db", "postgres://u:geheim@h:x/db", "geheim"] {
        let ran = world.run(&and(&with_key("order-8"), &["--store", url]));
        assert_eq!(ran.exit(), 2, "{ran:#?}");
        assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"), "{ran:#?}");
    }
    assert!(world.processes().is_empty());
    assert!(!world.path("state/store.sqlite3").exists());
}

#[test]
fn another_store_is_a_warning_and_a_deleted_one_is_an_error() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "switched");
    let mut command = machines.command(1, &with_key("order-9"));
    command.env_remove("ALIMSG_STORE");
    let ran = Running::start(command).wait();
    assert_eq!((ran.exit(), &ran.json()["warnings"]), (0, &json!([])), "{ran:#?}");
    let list = machines.run(1, &["keys", "list", "--json"]);
    let warnings = list.json()["warnings"].to_string();
    assert!(warnings.contains("not known here"), "{list:#?}");
    assert!(list.json()["data"]["keys"].as_array().is_some_and(Vec::is_empty), "{list:#?}");
    let mut other = with_key("order-10");
    other[3] = "13800001002";
    let sent = machines.run(1, &other);
    assert_eq!((sent.exit(), &sent.json()["warnings"]), (0, &json!([])), "{sent:#?}");

    let mut admin = server.connect();
    admin.batch_execute("DROP DATABASE switched WITH (FORCE)").expect("deleted");
    admin.batch_execute("CREATE DATABASE switched").expect("created");
    let refused = machines.run(1, &other);
    assert_eq!(refused.exit(), 7, "{refused:#?}");
    let message = refused.json()["error"]["message"].to_string();
    assert!(message.contains("store.last"), "{refused:#?}");
    let repair = machines.run(1, &["keys", "repair", "--json"]);
    assert_ne!(repair.exit(), 0, "{repair:#?}");
    assert_eq!(machines.world.sent().len(), 2);
    machines.world.wait_for_quiet();
}

#[test]
fn the_sandbox_has_its_own_tables() {
    let Some(server) = server::shared() else { return };
    let machines = Machines::new(server, "sandbox");
    let in_sandbox = machines.run(1, &and(&with_key("order-11"), &["--sandbox"]));
    assert_eq!(in_sandbox.exit(), 0, "{in_sandbox:#?}");
    let list = machines.run(2, &["keys", "list", "--json", "--sandbox"]);
    assert_eq!(list.json()["data"]["keys"].as_array().map(Vec::len), Some(1), "{list:#?}");
    let list = machines.run(2, &["keys", "list", "--json"]);
    assert_eq!(list.json()["data"]["keys"].as_array().map(Vec::len), Some(0), "{list:#?}");
    let sent = machines.run(2, &with_key("order-11"));
    assert_eq!(sent.json()["data"]["replayed"], false, "{sent:#?}");
    assert_eq!(machines.world.sent().len(), 1);
    let reset = machines.run(1, &["sandbox", "reset", "--json"]);
    assert_eq!(reset.exit(), 0, "{reset:#?}");
    let list = machines.run(2, &["keys", "list", "--json", "--sandbox"]);
    assert_eq!(list.json()["data"]["keys"].as_array().map(Vec::len), Some(0), "{list:#?}");
    let list = machines.run(2, &["keys", "list", "--json"]);
    assert_eq!(list.json()["data"]["keys"].as_array().map(Vec::len), Some(1), "{list:#?}");
    machines.world.wait_for_quiet();
}
