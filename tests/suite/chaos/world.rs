//! Shared by the trials: the command, its result, and the checks after it.

use serde_json::Value;

use crate::support::messages::{SMS, and, with};
use crate::support::{Ran, World};

/// The number of the recipient of one trial; each trial has its own, so that its messages can be
/// counted.
pub fn recipient(number: u64) -> String {
    format!("139{:08}", number % 100_000_000)
}

/// An SMS to that number, with a key if one is given.
pub fn sms(phone: &str, key: Option<&str>) -> Vec<String> {
    let words =
        and(&with(&SMS, "-p", phone), &["--param", "code=1234", "--json", "--timeout", "2"]);
    let key = key.map(|key| format!("--idempotency-key={key}"));
    words.into_iter().map(str::to_string).chain(key).collect()
}

/// The line with a random mode of ai-mode.
pub fn in_any_mode(mut line: Vec<String>, random: &mut fastrand::Rng) -> Vec<String> {
    let mode = if random.bool() { "switch" } else { "call" };
    line.extend(["--ai-mode", mode].map(str::to_string));
    line
}

/// The words as the support module takes them.
pub fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

/// A world in which the checks of `aliyun` are cached.
pub fn warm() -> World {
    let world = World::new();
    let line = sms("13800001000", None);
    world.run(&words(&line)).exits(0);
    world
}

/// Number of messages to that number that the service accepted.
pub fn sent_to(world: &World, phone: &str) -> usize {
    let to = |sent: &Value| sent["flags"]["phone-numbers"].to_string().contains(phone);
    world.sent().iter().filter(|sent| to(sent)).count()
}

/// The reported outcome; `None` if the run was killed before its report.
pub fn outcome(ran: &Ran) -> Option<String> {
    let reply: Value = serde_json::from_str(&ran.stdout).ok()?;
    let outcome =
        if reply["ok"] == true { &Value::from("sent") } else { &reply["error"]["outcome"] };
    outcome.as_str().map(str::to_string)
}

/// Asserts that `not_sent` is reported only if no message was sent, and `sent` only if one was.
#[track_caller]
pub fn assert_true(outcome: Option<&str>, sent: usize, context: &str) {
    assert!(sent <= 1, "{sent} messages: {context}");
    match outcome {
        Some("not_sent") => assert_eq!(sent, 0, "{context}"),
        Some("sent") => assert_eq!(sent, 1, "{context}"),
        _ => {}
    }
}
