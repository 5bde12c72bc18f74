//! `[limits]`: a message that a limit forbids is refused, with any flag.

mod batches;
mod counts;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::messages::{SMS, TEMPLATE, TEXT, and, with};
use crate::support::{Ran, Running, World};

/// A world with these limits in the user's file.
pub fn limited(limits: &str) -> World {
    let world = World::new();
    limit(&world, limits);
    world
}

/// Replaces the limits of the user's file.
pub fn limit(world: &World, limits: &str) {
    world.configure(&format!("[limits]\n{limits}\n"));
}

/// Replaces the file that is used instead of `/etc/alimsg/config.toml`.
pub fn system_limits(world: &World, limits: &str) {
    world.file("system.toml", &format!("[limits]\n{limits}\n"));
}

/// alimsg with the file of the machine and the clock of this world, if they exist.
pub fn command(world: &World, words: &[&str]) -> Command {
    let mut command = world.alimsg(words);
    command.env("ALIMSG_TEST_SYSTEM_CONFIG", world.path("system.toml"));
    if world.path("clock").exists() {
        command.env("ALIMSG_TEST_CLOCK", world.path("clock"));
    }
    command
}

pub fn run(world: &World, words: &[&str]) -> Ran {
    Running::start(command(world, words)).wait()
}

/// Asserts that a command is refused by a rule, and that nothing started.
#[track_caller]
pub fn assert_refused(world: &World, words: &[&str], rule: &str) -> Value {
    let before = world.processes().len();
    let ran = run(world, &and(words, &["--json"])).exits(2);
    assert_eq!(world.processes().len(), before, "{rule}: {ran:#?}");
    assert_rule(&ran, rule)
}

/// Asserts that a run was refused by a rule; returns the error.
#[track_caller]
pub fn assert_rule(ran: &Ran, rule: &str) -> Value {
    let error = ran.json()["error"].take();
    assert_eq!((&error["kind"], &error["rule"]), (&json!("limit"), &json!(rule)), "{ran:#?}");
    assert_eq!(error["outcome"], "not_sent", "{ran:#?}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(&format!("limit {rule}")), "{message}");
    assert!(error["next"].to_string().contains("alimsg limits"), "{error}");
    error
}

#[test]
fn each_rule_refuses_a_message_of_every_channel_before_any_process_starts() {
    let text = and(&TEXT, &["--text", "Hi"]);
    let viber = [
        "whatsapp",
        "send",
        "text",
        "--channel-type",
        "viber",
        "--from",
        "12345",
        "--to",
        "8613800001000",
        "--label",
        "promotion",
        "--text",
        "Hi",
        "--yes",
    ];
    let other = with(&SMS, "-p", "+8613900001000");
    let two = with(&SMS, "-p", "13800001000,13800001001");
    let world = World::new();
    let numbers = "phone\n+86 138-0000-1000\n";
    world.file("unsubscribed.txt", numbers);
    fs::create_dir_all(world.path("home/.config/alimsg")).expect("the folder");
    fs::write(world.path("home/.config/alimsg/unsubscribed.txt"), numbers).expect("written");
    for (limits, words, rule) in [
        ("allow_recipients = [\"86138*\"]", &other[..], "allow_recipients"),
        ("allow_recipients = [\"65*\"]", &text, "allow_recipients"),
        ("allow_recipients = []", &viber, "allow_recipients"),
        ("deny_recipients = [\"8613800001000\"]", &SMS, "deny_recipients"),
        ("deny_recipients = [\"86*\"]", &text, "deny_recipients"),
        ("deny_recipients_file = \"unsubscribed.txt\"", &SMS, "deny_recipients_file"),
        ("deny_recipients_file = \"unsubscribed.txt\"", &viber, "deny_recipients_file"),
        ("deny_recipients_file = \"missing.txt\"", &SMS, "deny_recipients_file"),
        ("allow_senders = [\"8613900000001\"]", &text, "allow_senders"),
        ("allow_senders = [\"86*\"]", &viber, "allow_senders"),
        ("allow_signatures = [\"Other\"]", &SMS, "allow_signatures"),
        ("allow_templates = [\"SMS_2*\"]", &SMS, "allow_templates"),
        ("allow_templates = [\"SMS_1*\"]", &TEMPLATE, "allow_templates"),
        ("allow_templates = [\"SMS_1*\"]", &text, "allow_templates"),
        ("max_recipients = 1", &two, "max_recipients"),
        ("per_hour = 0", &SMS, "per_hour"),
        ("per_day = 1", &two, "per_day"),
        ("per_recipient_per_day = 0", &viber, "per_recipient_per_day"),
        ("sandbox_only = true", &SMS, "sandbox_only"),
        ("deny_commands = [\"sms\"]", &SMS, "deny_commands"),
        ("deny_commands = [\"whatsapp send text\"]", &viber, "deny_commands"),
        ("deny_commands = [\"templates delete\"]", &["templates", "delete", "x"], "deny_commands"),
        ("deny_commands = [\"config set\"]", &["config", "set", "language", "en"], "deny_commands"),
    ] {
        limit(&world, limits);
        assert_refused(&world, words, rule);
    }
    // The same messages are sent if the rules permit them.
    limit(
        &world,
        "allow_recipients = [\"86138*\"]\ndeny_recipients = [\"86139*\"]\n\
         allow_senders = [\"8613800000001\"]\nallow_signatures = [\"【Acme】\"]\n\
         allow_templates = [\"SMS_1*\"]\nmax_recipients = 2\nper_hour = 2\nper_day = 2\n\
         deny_commands = [\"templates delete\"]",
    );
    run(&world, &two).exits(0);
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn texts_with_credentials_are_refused_without_any_limit() {
    let world = World::new();
    let key = ["LTAI5t", "ExampleExample01"].concat();
    let text = format!("Use {key}");
    let raw = format!("{{\"text\":\"\\u004c{}\"}}", &text[5..]);
    for words in [
        and(&TEXT, &["--text", &text]),
        and(&SMS, &["--param", "code=Bearer eyJhbGciOiJIUzI1NiJ9.e30"]),
        and(&TEXT, &["--text", "Hi", "--fall-back-id", "1", "--fall-back-content", &text]),
        and(
            &["whatsapp", "send", "raw", "--message-type", "text", "--content", &raw],
            &["--from", "8613800000001", "--to", "8613800001000", "--yes"],
        ),
    ] {
        let error = assert_refused(&world, &words, "credentials");
        assert!(!error.to_string().contains(&key), "{error}");
    }
}

#[test]
fn no_flag_variable_or_other_file_lifts_a_limit() {
    let world = limited("allow_recipients = [\"*\"]\nper_hour = 100");
    world.file("own.toml", "[limits]\nper_hour = 1000\nallow_recipients = [\"86138*\"]\n");
    let own = world.path("own.toml");
    system_limits(&world, "allow_recipients = [\"65*\"]");
    let words = and(&SMS, &["--json", "--allow-duplicate", "--ephemeral-state"]);
    let refused = |words: &[&str]| {
        let mut command = command(&world, words);
        command.env("ALIMSG_CONFIG", &own).env("XDG_CONFIG_HOME", world.path("tmp"));
        let ran = Running::start(command).wait().exits(2);
        let error = assert_rule(&ran, "allow_recipients");
        assert!(error["message"].to_string().contains("system.toml"), "{error}");
    };
    refused(&words);
    refused(&and(&words, &["--sandbox"]));
    refused(&and(&words, &["--profile", "other"]));
    refused(&and(&words, &["--idempotency-key", "k"]));
    refused(&and(&words, &["--dry-run"]));
    assert!(world.processes().is_empty());
    // A file that cannot be read stops every send, too.
    for text in ["[limits]\nper_hours = 5\n", "[limits", "[limits]\ndeny_commands = [\"smss\"]\n"] {
        world.file("system.toml", text);
        let ran = run(&world, &words).exits(2);
        assert!(ran.stdout.contains("system.toml"), "{ran:#?}");
    }
    fs::remove_file(world.path("system.toml")).expect("removed");
    fs::create_dir(world.path("system.toml")).expect("a folder");
    run(&world, &words).exits(2);
    fs::remove_dir(world.path("system.toml")).expect("removed");
    // The limits of the user's file also apply if ALIMSG_CONFIG names another one.
    limit(&world, "deny_recipients = [\"86138*\"]");
    let mut other = command(&world, &words);
    other.env("ALIMSG_CONFIG", &own);
    assert_rule(&Running::start(other).wait().exits(2), "deny_recipients");
    assert!(world.processes().is_empty());
}

#[test]
fn a_limit_can_require_the_store_with_the_counts() {
    let world = World::new();
    system_limits(&world, &format!("per_hour = 1\nstore = {:?}", world.path("state")));
    run(&world, &SMS).exits(0);
    let refused = |variable: &str, value: &str| {
        let mut command = command(&world, &and(&SMS, &["--param=n=1", "--json"]));
        command.env(variable, value);
        assert_rule(&Running::start(command).wait().exits(2), "store");
    };
    refused("ALIMSG_STATE_DIR", &world.path("other").display().to_string());
    refused("ALIMSG_STORE", "postgres://localhost/other");
    assert_refused(&world, &and(&SMS, &["--param=n=1"]), "per_hour");
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_replay_of_a_key_is_not_a_send() {
    let world = limited("per_hour = 1");
    let words = and(&SMS, &["--json", "--idempotency-key", "order-1"]);
    run(&world, &words).exits(0);
    assert_eq!(run(&world, &words).exits(0).json()["data"]["replayed"], true);
    limit(&world, "allow_recipients = []");
    assert_eq!(run(&world, &words).exits(0).json()["data"]["replayed"], true);
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn limits_are_listed_with_their_source_and_usage() {
    let world = limited("per_hour = 3\nquiet_hours = \"01:00-02:00 UTC\"");
    system_limits(&world, "per_hour = 2\nper_recipient_per_day = 5");
    world.file("clock", "2026-11-22T12:00:00Z");
    run(&world, &SMS).exits(0);
    let list = run(&world, &["limits", "--json"]).exits(0).json();
    let limits = list["data"]["limits"].as_array().expect("limits").clone();
    let shown: Vec<_> = limits
        .iter()
        .map(|limit| json!([limit["rule"], limit["value"], limit["used"], limit["remaining"]]))
        .collect();
    assert_eq!(
        Value::from(shown),
        json!([
            ["per_hour", "3", 1, 2],
            ["quiet_hours", "01:00-02:00 UTC", null, null],
            ["per_hour", "2", 1, 1],
            ["per_recipient_per_day", "5", null, null],
        ])
    );
    assert!(limits[2]["source"].to_string().contains("system.toml"), "{list:#}");
    assert_eq!(list["data"]["total"], 4);
}
