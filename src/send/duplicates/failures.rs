//! The failures of a message that an equal one prevents.
//!
//! People and agents follow these hints literally. While the outcome of the earlier message is
//! unknown, no hint may suggest anything that sends it again.

use std::time::Duration;

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};

use crate::error::Failure;
use crate::message::phone;
use crate::os::signals;
use crate::send::idempotency::resolve_commands;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::receipt_lookup::Unproven;
use crate::send::repair::{REPAIR, advice};
use crate::storage::{Earlier, Error, Fix, KeyRecord};

/// How many recipients a failure names.
const NAMED: usize = 3;

/// The failure for a message that was already accepted `age` ago. `checks` are the commands that show
/// the status of the earlier message.
pub fn repetition(
    age: SignedDuration,
    window: SignedDuration,
    recipients: &[String],
    checks: &[String],
) -> Box<Failure> {
    Failure::usage(format!(
        "the same message was sent to {} {} s ago",
        masked(recipients),
        age.as_secs().max(0)
    ))
    .hint(format!(
        "check first whether it arrived; if the user decides to send it again, add \
         --allow-duplicate; without it, the same message is refused for {}",
        shown(window)
    ))
    .next_all(checks.to_vec())
}

/// The earlier message may have been sent. `record` is that of its key.
pub fn unresolved(
    recipients: &[String],
    earlier: &Earlier,
    record: Option<&KeyRecord>,
    unproven: Option<&Unproven>,
    query: &ReceiptQuery,
) -> Box<Failure> {
    let age = Timestamp::now().duration_since(earlier.at).as_secs().max(0);
    let why = unproven.map(|unproven| format!("; {}", unproven.reason)).unwrap_or_default();
    let how = unproven.and_then(|unproven| unproven.hint.clone());
    let how = how.map(|how| format!("{how}. Otherwise ")).unwrap_or_default();
    let id = record.map(|record| record.tracking.id.as_str()).filter(|id| !id.is_empty());
    let named = id.map(|id| format!(". Its tracking ID is {id}")).unwrap_or_default();
    let mut failure = Failure::unknown_outcome(format!(
        "the same message may have been sent to {} {age} s ago; its outcome is unknown{why}",
        masked(recipients)
    ))
    .hint(format!(
        "{how}check whether it arrived, then record what you found; until then the same message is \
         not sent{named}"
    ))
    .next_all(query.check_commands(id))
    .next_all(earlier.key.iter().flat_map(|key| resolve_commands(key)));
    failure.retryable = unproven.is_some_and(|unproven| unproven.retryable);
    failure
}

pub fn still_busy() -> Box<Failure> {
    Failure::unknown_outcome("another run is still sending the same message")
        .hint("run the same command again: it waits for the result of the other run")
        .retryable()
}

/// The failure if the check cannot run. Nothing is sent.
pub fn check_failed(error: Error) -> Box<Failure> {
    if signals::count() > 0 {
        return Failure::interrupted();
    }
    let (error, fix) = match error {
        Error::NeverExisted(error) => {
            return Failure::environment(format!(
                "the record of sent messages cannot be created: {error:#}"
            ))
            .hint(
                "make the state folder writable, or set ALIMSG_STATE_DIR to a folder that is; where \
                 no folder is kept, --ephemeral-state sends without a record, so the same message \
                 can be sent twice",
            );
        }
        Error::NotWritten(error) => (error, Fix::Files),
        Error::Unreadable(error, fix) => (error, fix),
        Error::TakenOver => (anyhow!("another run changed its record"), Fix::Retry),
    };
    Failure::environment(format!("cannot check whether this message was just sent: {error:#}"))
        .hint(advice(fix))
        .next_all((fix == Fix::Repair).then(|| REPAIR.to_string()))
}

/// Version 0.1.0 was used until `rest` of its period is left.
pub fn legacy(rest: Duration) -> Box<Failure> {
    Failure::environment(
        "an earlier version of alimsg sent messages in the last five minutes; this version cannot \
         check whether this message is one of them",
    )
    .hint(format!(
        "run this again in {} s; if the user decides that the message may be sent twice, \
         --allow-duplicate skips the check",
        rest.as_secs() + 1
    ))
}

/// The recipients, masked: only some of them if there are many.
fn masked(recipients: &[String]) -> String {
    let named: Vec<String> =
        recipients.iter().take(NAMED).map(|number| phone::masked(number)).collect();
    match recipients.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A period: `5 minutes`, `90 seconds`.
fn shown(window: SignedDuration) -> String {
    match window.as_secs() {
        60 => "a minute".to_string(),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_masked_and_many_are_counted() {
        let numbers: Vec<String> = (0..5).map(|last| format!("1380000100{last}")).collect();
        assert_eq!(masked(&numbers[..1]), "*******1000");
        assert_eq!(masked(&numbers), "*******1000, *******1001, *******1002 and 2 more");
    }

    #[test]
    fn a_period_is_shown_in_its_largest_unit() {
        for (seconds, text) in
            [(300, "5 minutes"), (60, "a minute"), (90, "90 seconds"), (7200, "2 h")]
        {
            assert_eq!(shown(SignedDuration::from_secs(seconds)), text);
        }
    }
}
