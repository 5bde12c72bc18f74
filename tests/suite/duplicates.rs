//! The same message to the same recipient within five minutes goes out once, unless
//! `--allow-duplicate` is given; and never again while its outcome is unknown.

mod every_kind;
mod kills;
mod unresolved;

use std::os::unix::fs::PermissionsExt as _;

use crate::support::messages::{TEXT, and, with};
use crate::support::{Ran, World, assert_lists_messages_since, flag, reply_to};
use serde_json::{Value, json};

const SPACE: &str = "--cust-space-id=cams-x";

fn hello<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TEXT[..], &["--json", "--text=Hello"], more].concat()
}

/// Asserts that an equal message may have been sent, and returns its key.
#[track_caller]
fn assert_unresolved(ran: &Ran) -> String {
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let error = &ran.json()["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("unknown_outcome"), &json!("unknown")));
    for forbidden in ["allow-duplicate", "idempotency-key", "ALIMSG_STATE_DIR"] {
        assert!(!error.to_string().contains(forbidden), "{forbidden}: {error}");
    }
    let next: Vec<&str> =
        error["next"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(
        next.iter().any(|next| next.contains("whatsapp history") || next.contains("sms status")),
        "{error}"
    );
    let resolve = next.iter().find(|next| next.contains("keys resolve --as sent"));
    let words = shell_words::split(resolve.expect("a command")).expect("words");
    words[5].clone()
}

#[track_caller]
fn assert_refused(ran: &Ran) {
    assert_eq!(ran.exit(), 2, "{ran:#?}");
    let error = &ran.json()["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("usage"), &json!("not_sent")));
    assert!(error["hint"].as_str().expect("a hint").contains("--allow-duplicate"), "{error}");
    let next = error["next"].as_array().and_then(|next| next.last()).expect("a next step");
    let next = next.as_str().unwrap_or_default();
    assert!(next.contains("whatsapp history") || next.contains("sms status"), "{error}");
}

/// A rule: the reply of the first send is lost.
pub fn lost(command: &str) -> Value {
    json!([{
        "match": command.split(' ').collect::<Vec<_>>(), "times": 1, "exit": 1,
        "stderr": "Error: Post \"https://x/\": context deadline exceeded (Client.Timeout exceeded)",
    }])
}

#[test]
fn the_same_message_twice_in_a_row_is_refused_unless_duplicates_are_allowed() {
    let world = World::new();
    world.run(&hello(&[])).exits(0);
    let before = world.commands().len();
    assert_refused(&world.run(&hello(&[])));
    assert_eq!(world.commands().len(), before, "no process was started");
    world.run(&hello(&["--allow-duplicate"])).exits(0);
    assert_refused(&world.run(&hello(&[])));
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn a_key_replaces_the_check_except_against_an_unresolved_message() {
    let world = World::new();
    world.run(&hello(&["--idempotency-key=a"])).exits(0);
    assert_refused(&world.run(&hello(&[])));
    let again = world.run(&hello(&["--idempotency-key=a"]));
    assert_eq!(again.json()["data"]["replayed"], true, "{again:#?}");
    assert_eq!(world.sent().len(), 1);
    let other = world.run(&hello(&["--idempotency-key=b"])).exits(0);
    assert_eq!(other.json()["data"]["replayed"], false, "{other:#?}");
    assert_eq!(world.sent().len(), 2);
    world.script(lost("cams send-chatapp-message"));
    world.run(&[&TEXT[..], &["--json", "--text=Bye", "--look-up=0"]].concat()).exits(7);
    let bye = |key| [&TEXT[..], &["--json", "--text=Bye", "--look-up=0", key]].concat();
    for _ in 0..2 {
        assert_unresolved(&world.run(&bye("--idempotency-key=c")));
    }
    // The refusal has not used the key.
    assert!(!world.run(&["keys", "list", "--json"]).stdout.contains(r#""c""#));
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn another_text_customer_sender_or_kind_is_not_a_duplicate() {
    let world = World::new();
    world.run(&hello(&[])).exits(0);
    for line in [
        and(&TEXT, &["--text=Hello!"]),
        and(&with(&TEXT, "--to", "8613800001001"), &["--text=Hello"]),
        and(&with(&TEXT, "--from", "8613800000003"), &["--text=Hello"]),
        and(&with(&TEXT, "send", "buttons"), &["--body=Hello", "--button=a=A"]),
    ] {
        world.run(&line).exits(0);
    }
    assert_eq!(world.sent().len(), 5);
}

#[test]
fn concurrent_runs_send_one_message() {
    let world = World::new();
    world.run(&and(&TEXT, &["--text=warm"])).exits(0);
    world.script(json!([{ "match": ["cams", "send-chatapp-message"], "delay_ms": 200 }]));
    let runs: Vec<_> = (0..4).map(|_| world.start(&hello(&[]))).collect();
    let mut exits: Vec<i32> = runs.into_iter().map(|run| run.wait().exit()).collect();
    exits.sort_unstable();
    // The others wait for the result of the first one.
    assert_eq!(exits, [0, 2, 2, 2]);
    let hellos = world
        .sent()
        .iter()
        .filter(|sent| sent["flags"]["content"] == r#"{"text":"Hello"}"#)
        .count();
    assert_eq!(hellos, 1);
    world.assert_clean();
}

#[test]
fn a_rejected_message_can_be_sent_again_at_once() {
    let world = World::with_script(json!([{
        "match": ["cams", "send-chatapp-message"], "times": 1, "sent": false,
        "stdout": "{\"Code\":\"SessionWindowExpired\",\"Message\":\"closed\"}",
    }]));
    world.run(&hello(&[])).exits(6);
    world.run(&hello(&[])).exits(0);
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn the_record_is_private_and_contains_no_number_and_no_text() {
    let world = World::new();
    world.run(&hello(&[])).exits(0);
    for name in ["store.sqlite3", "store.created", "store.lock"] {
        let path = world.path("state").join(name);
        let bytes = std::fs::read(&path).expect("the record");
        for secret in ["Hello", "861380000"] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} in {name}");
        }
        let mode = std::fs::metadata(&path).expect("the record").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_failed_check_stops_the_message_unless_duplicates_are_allowed() {
    for damage in ["a folder", "damaged", "lost"] {
        let world = World::new();
        let path = world.path("state/store.sqlite3");
        match damage {
            "a folder" => std::fs::create_dir(&path).expect("a folder in its place"),
            _ => {
                world.run(&and(&TEXT, &["--text=first"])).exits(0);
                std::fs::remove_file(&path).expect("the record");
                if damage == "damaged" {
                    std::fs::write(&path, "x".repeat(5000)).expect("written");
                }
            }
        }
        let before = world.sent().len();
        for more in [&[][..], &["--ephemeral-state"]] {
            let ran = world.run(&hello(more));
            assert_eq!(ran.exit(), 3, "{damage}: {ran:#?}");
            let error = &ran.json()["error"];
            assert_eq!(error["outcome"], "not_sent", "{damage}: {error}");
            let hint = error["hint"].as_str().expect("a hint");
            assert!(hint.contains("alimsg keys repair"), "{error}");
            // The message may have been sent before.
            assert!(!error.to_string().contains("allow-duplicate"), "{error}");
        }
        assert_eq!(world.sent().len(), before);
        let ran = world.run(&hello(&["--allow-duplicate"]));
        assert_eq!(ran.exit(), 0, "{damage}: {ran:#?}");
        assert!(!ran.json()["warnings"].as_array().expect("warnings").is_empty());
        // With a key the outcome is unknown, since the key may have been used.
        let keyed = world.run(&hello(&["--idempotency-key=k", "--allow-duplicate"]));
        assert_eq!(keyed.exit(), 7, "{damage}: {keyed:#?}");
        assert_eq!(world.sent().len(), before + 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_writable_state_folder_only_an_explicit_flag_sends() {
    let world = World::new();
    // No folder can be created there.
    let run =
        |more: &[&str]| world.run_with_env(&hello(more), &[("ALIMSG_STATE_DIR", "/proc/alimsg")]);
    let ran = run(&[]).exits(3);
    assert_eq!(ran.json()["error"]["outcome"], "not_sent", "{ran:#?}");
    let hint = ran.json()["error"]["hint"].to_string();
    assert!(hint.contains("--ephemeral-state") && !hint.contains("allow-duplicate"), "{hint}");
    for flag in ["--ephemeral-state", "--allow-duplicate"] {
        let ran = run(&[flag]).exits(0);
        assert!(ran.stderr.contains("not recorded for the duplicate check"), "{ran:#?}");
    }
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn a_recent_record_of_version_0_1_0_stops_the_message_until_it_is_old() {
    let world = World::new();
    let legacy = world.file("state/recent-messages.json", "{}");
    let ran = world.run(&hello(&[]));
    assert_eq!((ran.exit(), ran.json()["error"]["outcome"].clone()), (3, json!("not_sent")));
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(301);
    let file = std::fs::File::options().write(true).open(legacy).expect("the file");
    file.set_modified(old).expect("its time is set");
    world.run(&hello(&[])).exits(0);
}

fn listed(rows: &Value) -> Value {
    json!([reply_to(
        "cams list-chatapp-message",
        &json!({"Code": "OK", "Success": true, "Data": rows})
    )])
}

fn row(text: &str, status: &str) -> Value {
    json!({
        "MessageId": "1", "UserNumber": "8613800001000", "BusinessNumber": "8613800000001",
        "EventAction": "DOWN", "MessageType": "TEXT", "Message": text, "MessageStatus": status,
        "SendTime": jiff::Timestamp::now().to_string(),
    })
}

#[test]
fn with_a_channel_instance_the_history_of_the_service_is_checked() {
    let world = World::with_script(listed(&json!([row("{\"text\":\"Hello\"}", "success")])));
    assert_refused(&world.run(&hello(&[SPACE])));
    assert!(world.sent().is_empty());
    let call = &world.calls()[0];
    assert_lists_messages_since(call, 5 * 60_000);
    assert_eq!(flag(call, "event-action"), Some("DOWN"));
    world.assert_clean();
}

#[test]
fn a_failed_or_different_message_is_not_a_duplicate() {
    let world = World::new();
    for rows in
        [json!([row("Hello", "fail")]), json!([row("Hello!", "success")]), json!([]), json!(null)]
    {
        world.script(listed(&rows));
        let ran = world.run(&and(&TEXT, &["--text=Hello{n}", SPACE]));
        assert_eq!(ran.exit(), 0, "{rows}: {ran:#?}");
    }
    assert_eq!(world.sent().len(), 4);
    // Unreadable rows may be the same message, but the local record decides.
    world.script(listed(&json!([{"odd": 1}, 7])));
    let ran = world.run(&and(&TEXT, &["--json", "--text=Once more", SPACE])).exits(0);
    assert!(ran.json()["warnings"].to_string().contains("another computer"), "{ran:#?}");
    assert_eq!(world.sent().len(), 5);
}

#[test]
fn a_failed_history_call_is_only_a_warning() {
    for (rule, times) in [
        (
            json!({ "exit": 1,
                "stderr": "Error: SDKError:\n   StatusCode: 403\n   Code: Forbidden.RAM\n   Message: no\n" }),
            1,
        ),
        (json!({ "exit": 1, "stderr": "Error: dial tcp: i/o timeout" }), 1),
        (json!({ "stdout": "{\"Code\":\"Throttling.User\",\"Message\":\"slow\"}" }), 1),
    ] {
        let mut rule = rule;
        rule["match"] = json!(["cams", "list-chatapp-message"]);
        let world = World::with_script(json!([rule]));
        let ran = world.run(&hello(&[SPACE])).exits(0);
        let warnings = ran.json()["warnings"].to_string();
        assert!(warnings.contains("cannot check with the service"), "{warnings}");
        assert_eq!(world.count("cams list-chatapp-message"), times, "it is not repeated");
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    }
}

#[test]
fn a_key_and_allowed_duplicates_need_no_history() {
    for flag in ["--idempotency-key=k", "--allow-duplicate"] {
        let world = World::with_script(listed(&json!([row("{\"text\":\"Hello\"}", "success")])));
        world.run(&hello(&[SPACE, flag])).exits(0);
        assert_eq!(world.count("cams list-chatapp-message"), 0);
    }
}

#[test]
fn the_sandbox_has_its_own_record() {
    let world = World::new();
    world.run(&hello(&[])).exits(0);
    world.run(&hello(&["--sandbox"])).exits(0);
    assert_refused(&world.run(&hello(&["--sandbox"])));
    // The history of the simulated service is checked as well.
    std::fs::remove_dir_all(world.path("state/sandbox/ledger")).ok();
    for name in ["store.sqlite3", "store.created"] {
        std::fs::remove_file(world.path("state/sandbox").join(name)).expect("a record");
    }
    assert_refused(&world.run(&hello(&["--sandbox", "--cust-space-id=cams-sandbox"])));
    world.run(&["sandbox", "reset"]).exits(0);
    world.run(&hello(&["--sandbox"])).exits(0);
}
