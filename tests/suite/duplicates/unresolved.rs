//! A message with an unknown outcome is not sent again until its outcome is known.

use serde_json::json;

use crate::duplicates::{assert_refused, assert_unresolved, hello, lost};
use crate::support::messages::{SMS, and, with};
use crate::support::{Ran, World};

/// An SMS in the sandbox. Its number decides: 9003 sends and loses the reply, 9004 loses the request.
fn sandboxed<'a>(number: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    and(&with(&SMS, "-p", number), &[&["--sandbox", "--json"], more].concat())
}

fn look_up(world: &World, words: &[&str]) -> Ran {
    world.run_with_env(words, &[("ALIMSG_LOOK_UP", "2")])
}

#[test]
fn a_message_with_an_unknown_outcome_is_not_sent_again() {
    let world = World::with_script(lost("cams send-chatapp-message"));
    let first = world.run(&hello(&[])).exits(7);
    // The first answer already names the command that resolves it.
    let next = first.json()["error"]["next"].to_string();
    assert!(next.contains("keys resolve --as not-sent send-"), "{next}");
    let key = assert_unresolved(&world.run(&hello(&[])));
    assert!(next.contains(&key), "{next} {key}");
    // Without a terminal, no flag sends it again.
    for more in [
        &["--allow-duplicate"][..],
        &["--allow-duplicate", "--no-input"],
        &["--idempotency-key=k"],
        &["--idempotency-key=k", "--allow-duplicate"],
        &["--ephemeral-state"],
    ] {
        let ran = world.run(&hello(more));
        assert_eq!(ran.exit(), 7, "{more:?} {ran:#?}");
    }
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn at_a_terminal_a_second_message_must_be_confirmed_in_words() {
    let world = World::with_script(lost("cams send-chatapp-message"));
    let text = ["--text=Hello", "--allow-duplicate"];
    world.run(&hello(&[])).exits(7);
    for (typed, exit, sent) in [("yes", 9, 1), ("", 9, 1), ("send again", 0, 2)] {
        let mut terminal = world.terminal(&and(&crate::support::messages::TEXT, &text));
        terminal.expect("may have been sent to *********1000");
        terminal.expect("Type \"send again\"");
        // Control-D ends the input.
        terminal.write(if typed.is_empty() { "\u{4}" } else { typed });
        if !typed.is_empty() {
            terminal.write("\r");
        }
        terminal.wait().exits(exit);
        assert_eq!(world.sent().len(), sent, "{typed}");
    }
    // The second, accepted message does not hide the unresolved one.
    assert_unresolved(&world.run(&hello(&[])));
    world.assert_clean();
}

#[test]
fn an_unknown_outcome_does_not_expire() {
    let world = World::with_script(lost("dysmsapi send-sms"));
    let message = and(&SMS, &["--json"]);
    world.run(&message).exits(7);
    let path = world.path("state/store.sqlite3");
    let age = |table: &str| format!("UPDATE {table} SET at = at - 400 * 86400000");
    let connection = rusqlite::Connection::open(path).expect("the store");
    connection.execute(&age("messages"), []).expect("aged");
    drop(connection);
    // Other messages prune old ones.
    world.run(&and(&with(&SMS, "-p", "13800001001"), &["--json"])).exits(0);
    assert_unresolved(&world.run(&message));
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn an_accepted_message_expires_after_five_minutes_and_is_forgotten_after_a_day() {
    let world = World::new();
    let message = and(&SMS, &["--json"]);
    world.run(&message).exits(0);
    let change = |sql: &str| {
        let connection = rusqlite::Connection::open(world.path("state/store.sqlite3"));
        connection.expect("the store").execute(sql, []).expect("changed")
    };
    change("UPDATE messages SET at = at - 240000");
    assert_refused(&world.run(&message));
    change("UPDATE messages SET at = at - 60000");
    world.run(&message).exits(0);
    assert_eq!(world.sent().len(), 2);
    change("UPDATE messages SET at = at - 90000000");
    world.run(&message).exits(0);
    assert_eq!(change("DELETE FROM messages"), 1, "the others were forgotten");
}

#[test]
fn a_receipt_settles_the_earlier_message_and_nothing_is_sent() {
    let world = World::new();
    let message = sandboxed("13800009003", &[]);
    world.run(&message).exits(7);
    // Neither the run that finds the receipt nor the next one sends.
    assert_refused(&look_up(&world, &message));
    assert_refused(&world.run(&message));
    assert_eq!(world.sandbox_messages().len(), 1);
    let list = world.run(&["--sandbox", "keys", "list", "--state", "unresolved", "--json"]);
    assert_eq!(list.json()["data"]["keys"], json!([]));
}

#[test]
fn a_late_receipt_starts_the_five_minutes_again() {
    let world = World::new();
    let message = sandboxed("13800009003", &[]);
    world.run(&message).exits(7);
    let connection = rusqlite::Connection::open(world.path("state/sandbox/store.sqlite3"));
    connection
        .expect("the store")
        .execute("UPDATE messages SET at = at - 600000", [])
        .expect("aged");
    // A script that repeats the command until it works does not send twice.
    for _ in 0..2 {
        assert_refused(&look_up(&world, &message));
    }
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn without_a_receipt_it_stays_unknown() {
    let world = World::new();
    let message = sandboxed("13800009004", &[]);
    world.run(&message).exits(7);
    for _ in 0..2 {
        let ran = look_up(&world, &message);
        assert_unresolved(&ran);
        assert!(ran.json()["error"]["message"].to_string().contains("no receipt"), "{ran:#?}");
    }
    assert!(world.sandbox_messages().is_empty());
}

#[test]
fn an_unresolved_message_without_a_key_is_listed_and_resolved_by_a_person() {
    let world = World::with_script(lost("dysmsapi send-sms"));
    let message = and(&SMS, &["--json"]);
    world.run(&message).exits(7);
    let key = assert_unresolved(&world.run(&message));
    let list = world.run(&["keys", "list", "--json"]).json();
    let listed = &list["data"]["keys"][0];
    assert_eq!((&listed["key"], &listed["state"]), (&json!(key), &json!("unresolved")));
    assert_eq!(listed["to"], json!(["*******1000"]));
    let resolve = |outcome| ["keys", "resolve", "--as", outcome, &key, "--yes"];
    // Only a person at a terminal can free it.
    world.run(&resolve("not-sent")).exits(2);
    assert_unresolved(&world.run(&message));
    let mut terminal = world.terminal(&resolve("not-sent"));
    terminal.answer("Type the key to confirm", &key);
    terminal.wait().exits(0);
    world.run(&message).exits(0);
    assert_eq!(world.sent().len(), 2);
    // Resolved as sent, it prevents an equal one for five minutes.
    let other = and(&with(&SMS, "-p", "13800001001"), &["--json"]);
    world.script(lost("dysmsapi send-sms"));
    world.run(&other).exits(7);
    let key = assert_unresolved(&world.run(&other));
    world.run(&["keys", "resolve", "--as", "sent", &key, "--yes"]).exits(0);
    assert_refused(&world.run(&other));
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn one_unresolved_recipient_prevents_a_message_to_several() {
    let world = World::with_script(lost("dysmsapi send-sms"));
    let to = |numbers: &str| world.run(&and(&with(&SMS, "-p", numbers), &["--json"]));
    to("13800001000").exits(7);
    to("13800001001").exits(0);
    let ran = to("13800001002,13800001001,13800001000");
    assert_unresolved(&ran);
    let message = ran.json()["error"]["message"].to_string();
    assert!(message.contains("*******1000") && !message.contains("1001"), "{message}");
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn an_unresolved_key_prevents_an_equal_message_without_a_key() {
    let world = World::with_script(lost("dysmsapi send-sms"));
    let key = and(&SMS, &["--json", "--idempotency-key=order-42"]);
    world.run(&key).exits(7);
    let plain = world.run(&and(&SMS, &["--json"]));
    let error = plain.json()["error"].clone();
    assert_eq!((plain.exit(), &error["outcome"]), (7, &json!("unknown")), "{plain:#?}");
    assert!(error["next"].to_string().contains("keys resolve --as sent order-42"), "{error}");
    world.run(&["keys", "resolve", "--as", "sent", "order-42", "--yes"]).exits(0);
    assert_refused(&world.run(&and(&SMS, &["--json"])));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn another_account_does_not_look_for_the_receipt() {
    let world = World::new();
    let message = sandboxed("13800009003", &[]);
    world.run(&message).exits(7);
    let other = sandboxed("13800009003", &["--region=cn-beijing"]);
    let ran = look_up(&world, &other);
    assert_unresolved(&ran);
    let reason = ran.json()["error"]["message"].to_string();
    assert!(reason.contains("another profile, region or credentials"), "{reason}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn the_store_has_no_number_of_a_sent_message() {
    let world = World::new();
    world.run(&SMS).exits(0);
    for entry in std::fs::read_dir(world.path("state")).expect("the state folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("store.") {
            let bytes = std::fs::read(&path).expect("readable");
            let found = bytes.windows(11).any(|part| part == b"13800001000");
            assert!(!found, "{}", path.display());
        }
    }
}
