//! Batches in a PostgreSQL store that several machines share.

mod kills;
mod refused;
mod server_away;
mod workers;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::postgres::server::Server;
use crate::support::{Ran, Running, World};

/// Each row of [`Machines::rows`] has its own values, so a call has up to 100 of them.
const ROWS_PER_CALL: usize = 100;

const BATCH: [&str; 9] =
    ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_100002", "--yes", "--json"];

/// Several machines with one account and one database. Each has its own state folder and home.
struct Machines {
    world: World,
    url: String,
    database: String,
}

impl Machines {
    /// With a database of their own on this server.
    fn new(server: &Server, database: &str) -> Self {
        server.connect().batch_execute(&format!("CREATE DATABASE {database}")).expect("created");
        let url = server.url().replace("/postgres?", &format!("/{database}?"));
        Self { world: World::new(), url, database: database.to_owned() }
    }

    /// Writes `rows.csv` with this number of rows.
    fn rows(&self, count: usize) {
        let lines = (0..count).map(|row| format!("{},name {row},{row}\n", phone(row)));
        let lines: String = lines.collect();
        self.world.file("rows.csv", &format!("phone,name,order\n{lines}"));
    }

    /// Rows with different values of `out_id`, which cannot share a call.
    fn single_rows(&self, count: usize) {
        let lines = (0..count).map(|row| format!("{},name {row},{row},id-{row}\n", phone(row)));
        let lines: String = lines.collect();
        self.world.file("rows.csv", &format!("phone,name,order,out_id\n{lines}"));
    }

    /// Makes the calls of a batch wait for this number of milliseconds.
    fn delay(&self, delay: u64) {
        self.world.script(json!([
            { "match": ["dysmsapi", "send-batch-sms"], "delay_ms": delay },
            { "match": ["dysmsapi", "send-sms"], "delay_ms": delay },
        ]));
    }

    fn command(&self, machine: usize, words: &[&str]) -> Command {
        let home = self.world.path(&format!("home{machine}"));
        if !home.exists() {
            let original = self.world.path("home/.aliyun");
            fs::create_dir_all(home.join(".aliyun")).expect("a folder");
            for file in ["config.json", "plugins"] {
                std::os::unix::fs::symlink(original.join(file), home.join(".aliyun").join(file))
                    .expect("a link");
            }
        }
        let mut command = self.world.alimsg(words);
        command
            .env("HOME", home)
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

    /// Queues `rows.csv`; returns the ID of the batch.
    #[track_caller]
    fn enqueue(&self) -> String {
        let ran = self.run(0, &[&BATCH[..], &["--enqueue"]].concat()).exits(0);
        assert_eq!(self.world.sent().len(), 0, "{ran:#?}");
        ran.json()["data"]["id"].as_str().expect("an ID").to_owned()
    }

    /// The numbers that the stand-in sent to. Asserts that none of them got two messages.
    #[track_caller]
    fn recipients(&self) -> BTreeSet<String> {
        let mut numbers = BTreeSet::new();
        for sent in self.world.sent() {
            let flags = &sent["flags"];
            let list: Vec<String> = match flags["phone-number-json"].as_str() {
                Some(list) => serde_json::from_str(list).expect("a list of numbers"),
                None => {
                    let list = flags["phone-numbers"].as_str().expect("the numbers");
                    list.split(',').map(str::to_owned).collect()
                }
            };
            for number in list {
                assert!(numbers.insert(number.clone()), "sent twice to {number}: {sent:#}");
            }
        }
        numbers
    }

    fn connect(&self, server: &Server) -> postgres::Client {
        let url = server.url().replace("/postgres?", &format!("/{}?", self.database));
        postgres::Client::connect(&url, postgres::NoTls).expect("a connection")
    }

    /// The numbers of the rows whose call is in one of these states.
    fn recorded(&self, server: &Server, schema: &str, states: &[&str]) -> BTreeSet<String> {
        let query = format!(
            "SELECT r.row_index FROM {schema}.batch_rows r
             JOIN {schema}.batch_calls c ON c.id = r.call WHERE c.state = ANY($1)"
        );
        let rows = self.connect(server).query(&query, &[&states]).expect("rows");
        rows.iter()
            .map(|row| phone(usize::try_from(row.get::<_, i64>(0)).expect("an index")))
            .collect()
    }

    /// The counts that `batches show` reports, equal on all machines.
    #[track_caller]
    fn counts(&self, globals: &[&str], id: &str) -> Value {
        let show = [globals, &["batches", "show", id, "--json"]].concat();
        let mut counts = (0..5).map(|machine| {
            let ran = self.run(machine, &show).exits(0);
            ran.json()["data"].take()
        });
        let first = counts.next().expect("a machine");
        for other in counts {
            assert_eq!(first, other);
        }
        first
    }

    /// Asserts that no payload is left of a batch whose calls are settled.
    #[track_caller]
    fn assert_no_payloads(&self, server: &Server, schema: &str) {
        let query = format!(
            "SELECT count(*) FROM {schema}.batch_calls
             WHERE payload IS NOT NULL AND state IN ('accepted', 'failed')"
        );
        let row = self.connect(server).query_one(&query, &[]).expect("a count");
        assert_eq!(row.get::<_, i64>(0), 0);
    }

    /// Asserts that ai-mode is off on all machines, and that the stand-in saw no violation.
    #[track_caller]
    fn assert_clean(&self) {
        self.world.assert_clean();
        for machine in 0..5 {
            let path = self.world.path(&format!("home{machine}/.aliyun/ai-mode.json"));
            let Ok(text) = fs::read_to_string(path) else { continue };
            let state: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(state["enabled"], false, "machine {machine}");
        }
    }
}

/// The number of a row. It is not one of the special numbers of the sandbox.
fn phone(row: usize) -> String {
    format!("139{row:05}111")
}

/// The numbers of all rows.
fn all(rows: usize) -> BTreeSet<String> {
    (0..rows).map(phone).collect()
}

/// The last line of the output: the result.
#[track_caller]
fn result(ran: &Ran) -> Value {
    ran.json_lines().pop().unwrap_or_else(|| panic!("no result: {ran:#?}"))
}

/// A number in the result of a batch command.
#[track_caller]
fn number(data: &Value, name: &str) -> usize {
    let number = data[name].as_u64().unwrap_or_else(|| panic!("no {name}: {data:#}"));
    usize::try_from(number).expect("a number")
}

/// The result of a worker or a run. Running calls of other machines do not count as unknown.
#[track_caller]
fn assert_all_known(ran: &Ran) -> Value {
    let data = result(ran)["data"].take();
    assert_eq!(number(&data, "unknown") + number(&data, "failed"), 0, "{ran:#?}");
    if number(&data, "started") == 0 {
        assert_eq!(ran.exit(), 0, "{ran:#?}");
    }
    data
}
