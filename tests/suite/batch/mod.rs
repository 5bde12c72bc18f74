//! Batches: random kills, faults, signals and concurrent runs.

mod faults;
mod kills;
mod retries;
mod workers;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Ran, World};

/// Each row of [`rows`] has its own values, so a call has up to 100 of them.
pub const ROWS_PER_CALL: usize = 100;

/// The batch with the rows of [`rows`]; valid in the sandbox as well.
pub const BATCH: [&str; 9] =
    ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_100002", "--yes", "--json"];

/// Writes `rows.csv` with this number of rows.
pub fn rows(world: &World, count: usize) {
    let lines = (0..count).map(|row| format!("{},name {row},{row}\n", phone(row)));
    let lines: String = lines.collect();
    world.file("rows.csv", &format!("phone,name,order\n{lines}"));
}

/// The number of a row. It is not one of the special numbers of the sandbox.
pub fn phone(row: usize) -> String {
    format!("139{row:05}111")
}

/// The last line of the output: the result.
#[track_caller]
pub fn result(ran: &Ran) -> Value {
    ran.json_lines().pop().unwrap_or_else(|| panic!("no result: {ran:#?}"))
}

/// A number in the result of a batch command.
#[track_caller]
pub fn number(result: &Value, name: &str) -> usize {
    let number = result["data"][name].as_u64();
    let number = number.unwrap_or_else(|| panic!("no {name}: {result:#}"));
    usize::try_from(number).expect("a number")
}

/// The recipients by the sandbox's own count. Asserts that none of them got two messages.
#[track_caller]
pub fn sandbox_recipients(world: &World, context: &str) -> BTreeSet<String> {
    let ran = world.run(&["sandbox", "messages", "--count", "--json"]).exits(0);
    let result = ran.json();
    assert_eq!(number(&result, "repeated"), 0, "sent twice: {context}");
    assert_eq!(number(&result, "total"), number(&result, "recipients"), "sent twice: {context}");
    let counts = result["data"]["counts"].as_array().expect("counts").iter();
    counts.map(|count| count["to"].as_str().expect("a number").to_owned()).collect()
}

/// The numbers of the rows with this state, such as `--unknown`.
#[track_caller]
pub fn exported(world: &World, globals: &[&str], batch: &str, state: &str) -> BTreeSet<String> {
    let words = [globals, &["batches", "export", batch, state]].concat();
    let ran = world.run(&words).exits(0);
    let phones = ran.stdout.lines().skip(1);
    phones.map(|line| line.split(',').next().expect("a column").to_owned()).collect()
}

/// The numbers that the stand-in sent to. Asserts that none of them got two messages.
#[track_caller]
pub fn recipients(world: &World) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for sent in world.sent() {
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

/// A connection to the store of this world.
pub fn store(world: &World) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(world.path("state/store.sqlite3"));
    let connection = connection.expect("the store");
    connection.busy_timeout(Duration::from_secs(10)).expect("a timeout");
    connection
}
