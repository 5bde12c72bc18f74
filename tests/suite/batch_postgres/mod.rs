//! Batches in a PostgreSQL store that several machines share.

mod kills;
mod refused;
mod server_away;
mod workers;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

pub use crate::batch::{BATCH, ROWS_PER_CALL, number_in as number, phone, result};
use crate::batch::{recipients_of, sandbox_recipients, text};
use crate::postgres::server::Server;
use crate::support::{Invocation, Ran, Running, World};

/// How many machines there are.
const MACHINES: usize = 5;

/// Several machines with one account and one database. Each has its own home, state folder and
/// stand-in.
struct Machines {
    worlds: Vec<World>,
    url: String,
    database: String,
}

impl Machines {
    /// With a database of their own on this server.
    fn new(server: &Server, database: &str) -> Self {
        server.connect().batch_execute(&format!("CREATE DATABASE {database}")).expect("created");
        let url = server.url().replace("/postgres?", &format!("/{database}?"));
        let worlds = (0..MACHINES).map(|_| World::new()).collect();
        Self { worlds, url, database: database.to_owned() }
    }

    /// Writes `rows.csv` with this number of rows on all machines.
    fn rows(&self, count: usize) {
        self.file(&text(count));
    }

    /// Rows with different values of `out_id`, which cannot share a call.
    fn single_rows(&self, count: usize) {
        let lines = (0..count).map(|row| format!("{},name {row},{row},id-{row}\n", phone(row)));
        self.file(&format!("phone,name,order,out_id\n{}", lines.collect::<String>()));
    }

    fn file(&self, content: &str) {
        for world in &self.worlds {
            world.file("rows.csv", content);
        }
    }

    /// Makes the calls of a batch wait for this number of milliseconds.
    fn delay(&self, delay: u64) {
        for world in &self.worlds {
            world.script(json!([
                { "match": ["dysmsapi", "send-batch-sms"], "delay_ms": delay },
                { "match": ["dysmsapi", "send-sms"], "delay_ms": delay },
            ]));
        }
    }

    /// Makes the calls of this machine wait until [`Self::release`].
    fn hold(&self, machine: usize) {
        self.worlds[machine].script(json!([
            { "match": ["dysmsapi", "send-batch-sms"], "held": true },
            { "match": ["dysmsapi", "send-sms"], "held": true },
        ]));
    }

    /// Releases the calls of this machine and waits until this number of them has ended.
    #[track_caller]
    fn release(&self, machine: usize, calls: usize) {
        let world = &self.worlds[machine];
        world.release();
        world.wait_until("the calls have ended", || {
            let is_send = |call: &&Invocation| call.ended() && call.command().contains(" send-");
            world.processes().iter().filter(is_send).count() >= calls
        });
    }

    fn command(&self, machine: usize, words: &[&str]) -> Command {
        let mut command = self.worlds[machine].alimsg(words);
        command.env("ALIMSG_STORE", &self.url);
        command
    }

    fn start(&self, machine: usize, words: &[&str]) -> Running {
        Running::start(self.command(machine, words))
    }

    fn run(&self, machine: usize, words: &[&str]) -> Ran {
        self.start(machine, words).wait()
    }

    /// The calls that reached the service, of all machines.
    fn sent(&self) -> Vec<Value> {
        self.worlds.iter().flat_map(World::sent).collect()
    }

    /// Waits until this number of calls has reached the service.
    #[track_caller]
    fn wait_for_sent(&self, calls: usize) {
        self.worlds[0].wait_until("calls are sent", || self.sent().len() >= calls);
    }

    fn wait_for_quiet(&self) {
        self.worlds.iter().for_each(World::wait_for_quiet);
    }

    /// Queues `rows.csv`; returns the ID of the batch.
    #[track_caller]
    fn enqueue(&self) -> String {
        let ran = self.run(0, &[&BATCH[..], &["--enqueue"]].concat()).exits(0);
        assert_eq!(self.sent().len(), 0, "{ran:#?}");
        ran.json()["data"]["id"].as_str().expect("an ID").to_owned()
    }

    /// The recipients by the own count of the sandbox of each machine. Asserts that none of them
    /// got two messages.
    #[track_caller]
    fn recipients_in_sandbox(&self) -> BTreeSet<String> {
        let mut numbers = BTreeSet::new();
        for world in &self.worlds {
            for number in sandbox_recipients(world, "on one machine") {
                assert!(numbers.insert(number.clone()), "sent twice to {number}");
            }
        }
        numbers
    }

    /// The numbers that the stand-in sent to. Asserts that none of them got two messages.
    #[track_caller]
    fn recipients(&self) -> BTreeSet<String> {
        recipients_of(&self.sent())
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
        let mut counts = (0..MACHINES).map(|machine| {
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

    /// Asserts that ai-mode is off on all machines, and that no stand-in saw a violation.
    #[track_caller]
    fn assert_clean(&self) {
        for world in &self.worlds {
            world.assert_clean();
        }
    }
}

/// The numbers of all rows.
fn all(rows: usize) -> BTreeSet<String> {
    (0..rows).map(phone).collect()
}

/// The result of a worker or a run. Running calls of other machines do not count as unknown.
#[track_caller]
fn assert_all_known(ran: &Ran) -> Value {
    let data = result(ran)["data"].take();
    assert_eq!(number(&data, "unknown") + number(&data, "failed"), 0, "{ran:#?}");
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    data
}
