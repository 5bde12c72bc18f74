//! Batches: input, plan, commands, kills, faults, signals and concurrent runs.

mod commands;
mod continued;
mod crashes;
mod faults;
mod input;
mod kills;
mod repetition;
mod retries;
mod sandboxed;
mod signals;
mod snapshots;
mod terminal;
mod whatsapp;
mod workers;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Ran, World};

/// Each row of [`rows`] has its own values, so a call has up to 100 of them.
pub const ROWS_PER_CALL: usize = 100;

/// The batch with the rows of [`rows`]; valid in the sandbox as well.
pub const BATCH: [&str; 9] =
    ["sms", "batch", "rows.csv", "-s", "Acme", "-t", "SMS_100002", "--yes", "--json"];

/// Writes `rows.csv` with this number of rows.
pub fn rows(world: &World, count: usize) {
    world.file("rows.csv", &text(count));
}

/// A CSV file with this number of rows.
pub fn text(count: usize) -> String {
    let lines = (0..count).map(|row| format!("{},name {row},{row}\n", phone(row)));
    format!("phone,name,order\n{}", lines.collect::<String>())
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
    number_in(&result["data"], name)
}

/// A number in the data of a result.
#[track_caller]
pub fn number_in(data: &Value, name: &str) -> usize {
    let number = data[name].as_u64().unwrap_or_else(|| panic!("no {name}: {data:#}"));
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
    recipients_of(&world.sent())
}

/// The numbers of these calls. Asserts that none of them got two messages.
#[track_caller]
pub fn recipients_of(calls: &[Value]) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for sent in calls {
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

/// A batch call of the stand-in.
pub const CALL: &str = "dysmsapi send-batch-sms";

/// A world with this number of calls to send.
pub fn world(calls: usize) -> World {
    let world = World::new();
    rows(&world, calls * ROWS_PER_CALL);
    world
}

/// The numbers of all rows of [`world`].
pub fn all(calls: usize) -> BTreeSet<String> {
    (0..calls * ROWS_PER_CALL).map(phone).collect()
}

/// A script in which the calls of a batch wait until they are released.
pub fn held() -> Value {
    json!([{ "match": ["dysmsapi", "send-batch-sms"], "held": true, "grandchild": true }])
}

/// A script in which the calls of a batch do not end.
pub fn hanging() -> Value {
    json!([{ "match": ["dysmsapi", "send-batch-sms"], "delay_ms": 120_000, "grandchild": true }])
}

/// A script in which the first number of the first sent call has a receipt.
#[track_caller]
pub fn receipt(sent: &[Value]) -> Value {
    let out_id = &sent[0]["flags"]["out-id"];
    assert!(out_id.is_string(), "{sent:#?}");
    let row = json!({
        "OutId": out_id, "PhoneNum": phone(0), "SendStatus": 3, "SendDate": "{china_time}",
        "TemplateCode": "SMS_100002", "Content": "text",
    });
    let list = json!({ "SmsSendDetailDTO": [row] });
    let reply = json!({ "Code": "OK", "TotalCount": 1, "SmsSendDetailDTOs": list });
    json!([{ "match": ["dysmsapi", "query-send-details"], "stdout": reply.to_string() }])
}

/// Waits until this number of calls has reached the service.
#[track_caller]
pub fn wait_for_sent(world: &World, calls: usize) {
    world.wait_until("calls are sent", || world.sent().len() >= calls);
}

/// Asserts that every call ran with ai-mode on, from its start to its end.
#[track_caller]
pub fn assert_on_during_calls(world: &World) {
    for call in world.processes() {
        let is_call = call.words().first().is_some_and(|word| word == "dysmsapi");
        if !is_call || call.requested_ai_mode() {
            continue;
        }
        assert!(call.ai_mode_enabled(), "{call:#?}");
        if let Some(end) = &call.end {
            assert_eq!(end.ai_mode["enabled"], true, "{call:#?}");
        }
    }
}

/// Runs the command again and asserts that all rows are accepted or unknown, none of them twice.
#[track_caller]
pub fn complete(world: &World, calls: usize, context: &str) -> Value {
    world.script(json!([]));
    let ran = world.run(&BATCH);
    let done = result(&ran);
    let unknown = number(&done, "unknown");
    assert_eq!(ran.exit(), if unknown == 0 { 0 } else { 7 }, "{context}: {ran:#?}");
    let total = number(&done, "accepted") + unknown + number(&done, "failed");
    assert_eq!(total, calls * ROWS_PER_CALL, "{context}: {done:#}");
    let sent = recipients(world);
    let id = done["data"]["id"].as_str().expect("an ID");
    let unknown = exported(world, &[], id, "--unknown");
    for row in all(calls) {
        assert!(sent.contains(&row) || unknown.contains(&row), "{context}: {row} was lost");
    }
    world.assert_clean();
    assert_on_during_calls(world);
    done
}
