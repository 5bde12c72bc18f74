//! Keys with an unknown outcome: no command sends with them, and a person can resolve them.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::idempotency::{SMS, sent, sms_to};
use crate::support::messages::{self, with};
use crate::support::{Ran, World};

/// Sends a message whose reply is lost, without a receipt lookup.
fn unresolved(world: &World) -> Ran {
    world.run(&sms_to("13800009004")).exits(7)
}

fn sandbox<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["--sandbox"], words].concat()
}

#[track_caller]
fn error_of(ran: &Ran) -> Value {
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let error = ran.json()["error"].clone();
    assert_eq!(error["outcome"], "unknown", "{error}");
    error
}

/// Asserts that the error suggests nothing that would send again.
#[track_caller]
fn assert_suggests_no_second_message(error: &Value) {
    let text = error.to_string();
    for forbidden in ["another key", "other key", "own key", "ALIMSG_STATE_DIR", "allow-duplicate"]
    {
        assert!(!text.contains(forbidden), "{forbidden}: {text}");
    }
}

#[test]
fn a_whatsapp_message_without_a_space_is_found_by_a_later_run() {
    let world = World::new();
    let words = with(&messages::TEMPLATE, "--to", "8613800009003");
    let message = |look_up: &str| {
        let key = ["--sandbox", "--json", "--idempotency-key=k"];
        world.run_with_env(&[&words[..], &key].concat(), &[("ALIMSG_LOOK_UP", look_up)])
    };
    error_of(&message("0"));
    let again = error_of(&message("0"));
    let text = again.to_string();
    assert!(!text.contains("no receipt"), "there was no lookup: {text}");
    assert!(again["hint"].as_str().expect("a hint").contains("--look-up 20"), "{again}");
    assert!(text.contains("alimsg keys resolve --as sent k"), "{text}");
    assert_suggests_no_second_message(&again);
    let found = message("3").exits(0);
    let json = found.json();
    assert_eq!(
        (&json["data"]["status"], &json["data"]["replayed"]),
        (&"sent".into(), &true.into())
    );
    assert_eq!(sent(&world), 1);
}

#[test]
fn an_unresolved_key_exits_with_7_with_any_parameters() {
    let world = World::new();
    unresolved(&world);
    let mut other_account = sms_to("13800009004");
    other_account.push("--region=cn-beijing");
    let mut own_id = sms_to("13800009004");
    own_id.push("--out-id=mine");
    for line in [sms_to("13800009004"), SMS.to_vec(), other_account, own_id] {
        let error = error_of(&world.run(&line));
        assert_suggests_no_second_message(&error);
        let next = error["next"].to_string();
        assert!(next.contains("alimsg keys resolve --as sent order-42 --sandbox"), "{next}");
        assert!(next.contains("alimsg sms status -p 13800009004"), "{next}");
    }
    assert_eq!(sent(&world), 0);
}

#[test]
fn the_first_error_names_the_commands_that_resolve_the_key() {
    let world = World::new();
    let error = unresolved(&world).json()["error"].clone();
    let next = error["next"].to_string();
    for outcome in ["sent", "not-sent"] {
        assert!(next.contains(&format!("alimsg keys resolve --as {outcome} order-42")), "{next}");
    }
    assert_suggests_no_second_message(&error);
}

#[test]
fn keys_are_listed_and_shown_with_masked_numbers_and_no_text() {
    let world = World::new();
    assert!(world.run(&sandbox(&["keys", "list"])).stdout.is_empty());
    assert!(!world.path("state/sandbox/store.sqlite3").exists(), "a list creates nothing");
    unresolved(&world);
    let with_key = |key: &'static str| [&SMS[..11], &[key]].concat();
    world.run(&with_key("--idempotency-key=order-43")).exits(0);
    let list = world.run(&sandbox(&["keys", "list", "--json"]));
    let keys = list.json()["data"]["keys"].clone();
    let states: Vec<_> = keys.as_array().expect("keys").iter().map(|key| &key["state"]).collect();
    assert_eq!(states, ["accepted", "unresolved"], "{keys:#}");
    assert_eq!(keys[0]["to"], json!(["*******1000"]));
    assert_eq!((&keys[1]["key"], &keys[1]["to"][0]), (&"order-42".into(), &"*******9004".into()));
    let only = world.run(&sandbox(&["keys", "list", "--state", "unresolved", "--json"]));
    assert_eq!(only.json()["data"]["keys"].as_array().map(Vec::len), Some(1));
    let show = world.run(&sandbox(&["keys", "show", "order-42", "--json"]));
    let data = show.json()["data"].clone();
    assert_eq!((&data["channel"], &data["recipients"]), (&"sms".into(), &1.into()));
    assert!(data["next"].to_string().contains("keys resolve --as sent order-42"), "{data:#}");
    world.run(&sandbox(&["keys", "show", "nothing", "--json"])).exits(2);
    // Text output works as well.
    for words in [&["keys", "list"][..], &["keys", "show", "order-42"]] {
        world.run(&sandbox(words)).exits(0);
    }
}

#[test]
fn a_key_resolved_as_sent_replays_and_sends_nothing() {
    let world = World::new();
    unresolved(&world);
    world.run(&sandbox(&["keys", "resolve", "order-42", "--as", "sent", "--json"])).exits(2);
    for _ in 0..2 {
        let line = sandbox(&["keys", "resolve", "order-42", "--as", "sent", "--json", "--yes"]);
        let ran = world.run(&line).exits(0);
        assert_eq!(ran.json()["data"]["state"], "accepted");
    }
    let again = world.run(&sms_to("13800009004"));
    let data = again.json()["data"].clone();
    assert_eq!((&data["status"], &data["replayed"]), (&"sent".into(), &true.into()), "{again:#?}");
    assert_eq!((&data["resolved_by"], &data["to"]), (&"hand".into(), &json!(["13800009004"])));
    assert_eq!(sent(&world), 0);
    let line = ["keys", "resolve", "order-42", "--as", "not-sent"];
    let mut terminal = world.terminal(&sandbox(&line));
    terminal.expect("was sent");
    terminal.wait().exits(7);
}

#[test]
fn only_a_person_at_a_terminal_can_resolve_a_key_as_not_sent() {
    let world = World::new();
    unresolved(&world);
    let line = sandbox(&["keys", "resolve", "order-42", "--as", "not-sent", "--yes"]);
    for more in [&[][..], &["--json"]] {
        world.run(&[&line[..], more].concat()).exits(2);
    }
    for (typed, exit) in [("yes", 9), ("order-4", 9), ("order-42", 0)] {
        world.run(&sms_to("13800009004")).exits(7);
        let mut terminal = world.terminal(&line);
        terminal.expect("Type the key to confirm");
        terminal.write(&format!("{typed}\r"));
        let ran = terminal.wait();
        assert_eq!(ran.exit(), exit, "{typed}: {ran:#?}");
    }
    assert_eq!(sent(&world), 0);
    let now = world.run(&SMS);
    assert_eq!((now.exit(), &now.json()["data"]["replayed"]), (0, &json!(false)), "{now:#?}");
    assert_eq!(sent(&world), 1);
}

#[test]
fn a_receipt_prevents_resolving_the_key_as_not_sent() {
    let world = World::new();
    world.run(&sms_to("13800009003")).exits(7);
    let line = sandbox(&["keys", "resolve", "order-42", "--as", "not-sent"]);
    let mut terminal = world.terminal(&line);
    terminal.expect("was sent");
    let ran = terminal.wait().exits(7);
    assert!(!ran.stdout.contains("Type the key"), "{ran:#?}");
    // The receipt has resolved the key.
    let again = world.run(&sms_to("13800009003"));
    assert_eq!((again.exit(), &again.json()["data"]["replayed"]), (0, &json!(true)), "{again:#?}");
    assert_eq!(sent(&world), 1);
}

#[test]
fn a_receipt_with_a_users_tracking_id_is_not_proof_but_keeps_the_key() {
    let world = World::new();
    let mut message = sms_to("13800009003");
    message.push("--out-id=mine");
    world.run(&message).exits(7);
    let mut terminal =
        world.terminal(&sandbox(&["keys", "resolve", "order-42", "--as", "not-sent"]));
    terminal.expect("may belong to another message");
    terminal.wait().exits(7);
    let show = world.run(&sandbox(&["keys", "show", "order-42", "--json"])).json();
    assert_eq!(show["data"]["state"], "unresolved", "{show:#}");
    let line = sandbox(&["keys", "resolve", "order-42", "--as", "sent", "--yes"]);
    world.run(&line).exits(0);
    assert_eq!(sent(&world), 1);
}

#[test]
fn a_key_cannot_be_resolved_while_its_call_runs() {
    let world = World::with_script(json!([{ "match": ["dysmsapi", "send-sms"], "held": true }]));
    let message: Vec<&str> = SMS.into_iter().filter(|word| *word != "--sandbox").collect();
    let running = world.start(&message);
    world.wait_for_command("dysmsapi send-sms");
    // The call outlives its run.
    running.signal(Signal::KILL);
    running.wait();
    for outcome in ["sent", "not-sent"] {
        let line = ["keys", "resolve", "order-42", "--as", outcome, "--yes"];
        let mut terminal = world.terminal(&line);
        terminal.expect("still sending");
        terminal.wait().exits(7);
    }
    world.release();
    world.wait_for_quiet();
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn the_hint_for_a_key_that_begins_with_a_dash_works() {
    let world = World::new();
    let line = [&sms_to("13800009004")[..11], &["--idempotency-key=-7"]].concat();
    let next = world.run(&line).json()["error"]["next"].clone();
    let next = next.as_array().expect("commands").iter().filter_map(Value::as_str);
    let resolve = next.filter(|next| next.contains("--as sent")).collect::<Vec<_>>();
    let words = shell_words::split(resolve[0]).expect("words");
    let words: Vec<&str> = words[1..].iter().map(String::as_str).chain(["--yes"]).collect();
    let ran = world.run(&words);
    assert_eq!(ran.exit(), 0, "{words:?} {ran:#?}");
}
