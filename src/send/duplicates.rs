//! The duplicate check: an equal message is not sent again within five minutes by mistake.
//!
//! The record holds keyed hashes only, no number and no text. A message is recorded in the same
//! transaction that checks for an equal one, so that of two processes that send the same message at
//! once only one goes on; the record is removed when it is certain that nothing was sent.

use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};

use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::signals;
use crate::send::idempotency::advice;
use crate::settings::Settings;
use crate::storage::{self, Earlier, Error, Fix, Store};

/// How long an equal message counts as a repetition.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// The record of version 0.1.0. Its hashes cannot be compared with those of today.
const LEGACY_FILE: &str = "recent-messages.json";

/// Checks whether an equal message was just sent.
#[derive(Debug)]
pub struct Check {
    /// Who sends, to whom, what: everything that makes two messages equal.
    parts: Vec<String>,
    /// The user says that a repetition is intended.
    waived: bool,
    /// The commands that show what became of the earlier message.
    checks: Vec<String>,
}

impl Check {
    /// There is no check on a dry run.
    pub fn new(
        settings: &Settings,
        parts: &[&str],
        waived: bool,
        checks: Vec<String>,
    ) -> Option<Self> {
        let parts = parts.iter().map(ToString::to_string).collect();
        (!settings.dry_run).then_some(Self { parts, waived, checks })
    }

    pub fn is_waived(&self) -> bool {
        self.waived
    }

    pub fn fingerprint(&self, store: &dyn Store) -> String {
        let parts = serde_json::to_string(&("duplicate", 1, &self.parts)).unwrap_or_default();
        store.digest(&parts)
    }

    /// From when on an equal message keeps this one from being sent.
    pub fn refuse_since(&self, now: Timestamp) -> Option<Timestamp> {
        (!self.waived).then(|| now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN))
    }

    /// Refuses a repetition, and records nothing.
    ///
    /// # Errors
    /// An equal message was sent, or may have been, within five minutes; or that cannot be told.
    pub fn require_new(&self, settings: &Settings, store: &dyn Store) -> Result<()> {
        let Some(since) = self.refuse_since(Timestamp::now()) else { return Ok(()) };
        refuse_legacy(settings)?;
        match store.recent(&self.fingerprint(store), since).map_err(check_failed)? {
            Some(earlier) => Err(self.refuse(earlier)),
            None => Ok(()),
        }
    }

    pub fn refuse(&self, earlier: Earlier) -> Box<Failure> {
        let age = Timestamp::now().duration_since(earlier.at);
        if earlier.accepted { repetition(age, &self.checks) } else { unresolved(age, &self.checks) }
    }
}

/// The refusal of a message that was accepted `age` ago in the same words; `checks` are the commands
/// that show what has become of that one.
pub fn repetition(age: SignedDuration, checks: &[String]) -> Box<Failure> {
    let mut failure = Failure::usage(format!(
        "the same message was sent to the same customer {} s ago",
        age.as_secs().max(0)
    ))
    .hint(format!(
        "check first whether it arrived; if it is meant to be sent again, add --allow-duplicate; \
         it counts as a repetition for {} minutes",
        WINDOW.as_mins()
    ));
    failure.next = checks.to_vec();
    failure
}

/// An equal message may have been sent: nothing suggests to send it again.
fn unresolved(age: SignedDuration, checks: &[String]) -> Box<Failure> {
    let mut failure = Failure::new(
        Kind::UnknownOutcome,
        format!(
            "the same message to the same customer was started {} s ago, and its outcome is unknown",
            age.as_secs().max(0)
        ),
    )
    .hint("check whether it arrived");
    failure.outcome = Outcome::Unknown;
    failure.next = checks.to_vec();
    failure
}

/// The check cannot be made, so nothing is sent.
pub fn check_failed(error: Error) -> Box<Failure> {
    if signals::count() > 0 {
        return Failure::interrupted();
    }
    let (error, fix) = match error {
        Error::NeverExisted(error) | Error::NotWritten(error) => (error, Fix::Files),
        Error::Unreadable(error, fix) => (error, fix),
        Error::TakenOver => (anyhow!("its record was changed by another run"), Fix::Retry),
    };
    let mut failure = Failure::environment(format!(
        "it cannot be checked whether this message was just sent: {error:#}"
    ))
    .hint(format!(
        "{}; --allow-duplicate sends without the check, also if the message was just sent",
        advice(fix)
    ));
    if fix == Fix::Repair {
        failure.next = vec![crate::send::idempotency::REPAIR.to_string()];
    }
    failure
}

/// A record that version 0.1.0 wrote within the last five minutes may name this message.
fn refuse_legacy(settings: &Settings) -> Result<()> {
    let Ok(folder) = storage::folder(settings) else { return Ok(()) };
    let span = Duration::try_from(WINDOW).unwrap_or_default();
    let Ok(written) = folder.join(LEGACY_FILE).symlink_metadata().and_then(|file| file.modified())
    else {
        return Ok(());
    };
    // A file from the future is of a clock that was set back.
    let age = SystemTime::now().duration_since(written).unwrap_or(span);
    if age >= span {
        return Ok(());
    }
    Err(Failure::environment(
        "an earlier version of alimsg sent messages within the last five minutes, and this version \
         cannot compare them with this one",
    )
    .hint(format!(
        "run this again in {} s; --allow-duplicate sends without the check, also if the message was \
         just sent",
        (span - age).as_secs() + 1
    )))
}
