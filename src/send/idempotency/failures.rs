//! The failures of a send whose key prevents it from sending.
//!
//! People and agents follow these hints literally. While a key is unresolved, no hint may suggest
//! another key, another state folder or anything else that sends the message again.

use crate::api::call::shell_line;
use crate::error::{Failure, Outcome};
use crate::os::signals;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::receipt_lookup::Unproven;
use crate::send::repair::{REPAIR, advice};
use crate::storage::{Error, Fix, KeyRecord};

/// The commands that resolve a key by hand.
pub fn resolve_commands(key: &str) -> [String; 2] {
    ["sent", "not-sent"].map(|outcome| command(&["keys", "resolve", "--as", outcome], key))
}

/// The record of the keys cannot be read, so this key may have been used. The message of this run
/// determines the suggested check commands.
pub fn unreadable(key: &str, error: Error, receipt_query: Option<&ReceiptQuery>) -> Box<Failure> {
    if signals::count() > 0 {
        return interrupted(format!("stopped by a signal before the key {key:?} could be checked"));
    }
    let (error, fix) = match error {
        Error::NeverExisted(error) => {
            return Failure::environment(format!(
                "the record of idempotency keys cannot be created: {error:#}"
            ))
            .hint(
                "no key was used here before and nothing was sent; make the state folder writable \
                 and run the same command again",
            );
        }
        Error::NotWritten(error) => return not_written(error),
        Error::TakenOver => return taken_over(key),
        Error::Unreadable(error, fix) => (error, fix),
    };
    let mut failure = Failure::unknown_outcome(format!(
        "the record of idempotency keys cannot be read, so the key {key:?} may have been used: \
         {error:#}"
    ))
    .hint(format!(
        "{}; do not send this message in another way before checking whether it arrived",
        advice(fix)
    ));
    failure.next = receipt_query.map(|query| query.check_commands(None)).unwrap_or_default();
    match fix {
        Fix::Repair => failure.next(REPAIR),
        Fix::Retry => failure.retryable(),
        Fix::Files | Fix::Upgrade | Fix::Database => failure,
    }
}

/// The record of keys would not be kept.
pub fn not_durable(error: anyhow::Error) -> Box<Failure> {
    Failure::usage(format!("a key needs a record that is kept: {error:#}"))
        .hint("without a durable record, a key cannot prevent a second message")
}

fn not_written(error: anyhow::Error) -> Box<Failure> {
    Failure::environment(format!("the record of idempotency keys cannot be written: {error:#}"))
        .hint(
            "the key is unused and nothing was sent; free disk space or make the state folder \
             writable, then run the same command again",
        )
}

/// The call was not made because it could not be recorded.
pub fn not_begun(key: &str, error: Error) -> Box<Failure> {
    match error {
        // This run holds the key, so no other run can have sent the message.
        Error::NotWritten(error) | Error::NeverExisted(error) => not_written(error),
        other => unreadable(key, other, None),
    }
}

fn taken_over(key: &str) -> Box<Failure> {
    Failure::unknown_outcome(format!(
        "another run has taken over the key {key:?} and may have sent its message"
    ))
    .hint("run the same command again: it returns the other run's result and cannot send twice")
    .retryable()
}

pub fn still_busy(key: &str) -> Box<Failure> {
    Failure::unknown_outcome(format!("another run is still sending with the key {key:?}"))
        .hint("run the same command again: it waits for the other run and cannot send twice")
        .retryable()
}

/// A signal arrived while another run was sending with the key.
pub fn interrupted_while_busy() -> Box<Failure> {
    interrupted("stopped by a signal while another run was sending with this key".into())
}

fn interrupted(message: String) -> Box<Failure> {
    Box::new(Failure { message, outcome: Outcome::Unknown, ..*Failure::interrupted() })
}

/// The key was used for another message, which was accepted.
pub fn other_message(key: &str) -> Box<Failure> {
    Failure::usage(format!(
        "the key {key:?} was used for another message, which was sent; this one was not"
    ))
    .hint("one key belongs to one message: if this is another message, give it another key")
    .next(show_command(key))
}

/// The key was used for the same message from another account, and it was accepted.
pub fn other_account(key: &str) -> Box<Failure> {
    Failure::usage(format!(
        "the key {key:?} was used for this message with another profile, region or credentials, \
         and the message was sent"
    ))
    .hint("do not send it again; use the first account to see the result")
    .next(show_command(key))
}

pub fn other_id(key: &str, id: &str) -> Box<Failure> {
    Failure::usage(format!("the key {key:?} was used for this message with the ID {id}"))
        .hint("the message was sent; omit the ID or use that one to see the result")
}

/// An accepted key whose result cannot be read.
pub fn damaged(record: &KeyRecord) -> Box<Failure> {
    let key = &record.key;
    Failure::unknown_outcome(format!("the record of the key {key:?} is damaged"))
        .hint("the message was sent, but its result cannot be read: resolve the key as sent")
        .next_all(resolve_commands(key).into_iter().take(1))
}

/// An earlier run may have sent the message of the key.
pub fn unresolved(record: &KeyRecord, unproven: &Unproven) -> Box<Failure> {
    let key = &record.key;
    let Unproven { reason, hint, retryable, query } = unproven;
    let mut failure = Failure::unknown_outcome(format!(
        "an earlier run with the key {key:?} may have sent its message; {reason}"
    ))
    .hint(format!(
        "{}check whether the message arrived, then resolve the key; until then nothing is sent with \
         it. Its tracking ID is {}",
        hint.as_ref().map(|hint| format!("{hint}. Otherwise ")).unwrap_or_default(),
        record.tracking.id
    ));
    failure.next = query.check_commands(Some(&record.tracking.id));
    failure.next.extend(resolve_commands(key));
    failure.retryable = *retryable;
    failure
}

/// The command that shows a key.
pub fn show_command(key: &str) -> String {
    command(&["keys", "show"], key)
}

/// A command about a key. A key that is written like a flag must not be parsed as one.
fn command(words: &[&str], key: &str) -> String {
    let after_dash = key.strip_prefix('-').and_then(|rest| rest.chars().next());
    let is_like_a_flag = after_dash.is_some_and(|c| c == '-' || c.is_alphabetic());
    let separator = is_like_a_flag.then_some("--");
    let words: Vec<&str> = words.iter().copied().chain(separator).chain([key]).collect();
    shell_line("alimsg", &words)
}
