//! The duplicate check: refuses to send the same message again within five minutes.
//!
//! The record holds keyed hashes only: no phone numbers and no text. The check and the record are
//! one transaction, so if two processes send the same message at once, only one continues. The
//! record is removed when it is certain that nothing was sent.

use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};

use crate::error::{Failure, Result};
use crate::os::signals;
use crate::send::repair::{REPAIR, advice};
use crate::settings::Settings;
use crate::storage::{self, Earlier, Error, Fix, Store};

/// How long a second send of the same message counts as a duplicate.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// The record of version 0.1.0, whose hashes cannot be compared with the current ones.
const LEGACY_FILE: &str = "recent-messages.json";

/// Checks whether the same message was just sent.
#[derive(Debug)]
pub struct Check {
    /// Sender, recipients and content: two messages with equal parts are duplicates.
    parts: Vec<String>,
    /// `--allow-duplicate`: the user wants to send the message again.
    waived: bool,
    /// The commands that show the status of the earlier message.
    checks: Vec<String>,
}

impl Check {
    /// `None` for a dry run, which needs no check.
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

    /// The start of the period in which the same message blocks this one; `None` if duplicates are
    /// allowed.
    pub fn refuse_since(&self, now: Timestamp) -> Option<Timestamp> {
        (!self.waived).then(|| now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN))
    }

    /// Refuses a duplicate. Records nothing.
    ///
    /// # Errors
    /// The same message was sent, or may have been sent, within five minutes; or the check failed.
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

/// The failure for a message that was already accepted `age` ago. `checks` are the commands that show
/// the status of the earlier message.
pub fn repetition(age: SignedDuration, checks: &[String]) -> Box<Failure> {
    Failure::usage(format!(
        "the same message was sent to the same customer {} s ago",
        age.as_secs().max(0)
    ))
    .hint(format!(
        "check first whether it arrived; to send it again on purpose, add --allow-duplicate; \
         without it, the same message is refused for {} minutes",
        WINDOW.as_mins()
    ))
    .next_all(checks.to_vec())
}

/// The same message may have been sent, so no hint suggests sending it again.
fn unresolved(age: SignedDuration, checks: &[String]) -> Box<Failure> {
    Failure::unknown_outcome(format!(
        "the same message may have been sent to the same customer {} s ago; its outcome is unknown",
        age.as_secs().max(0)
    ))
    .hint("check whether it arrived")
    .next_all(checks.to_vec())
}

/// The failure if the check cannot run. Nothing is sent.
pub fn check_failed(error: Error) -> Box<Failure> {
    if signals::count() > 0 {
        return Failure::interrupted();
    }
    let (error, fix) = match error {
        Error::NeverExisted(error) | Error::NotWritten(error) => (error, Fix::Files),
        Error::Unreadable(error, fix) => (error, fix),
        Error::TakenOver => (anyhow!("another run changed its record"), Fix::Retry),
    };
    Failure::environment(format!("cannot check whether this message was just sent: {error:#}"))
        .hint(format!(
            "{}; --allow-duplicate skips the check, even if the message was just sent",
            advice(fix)
        ))
        .next_all((fix == Fix::Repair).then(|| REPAIR.to_string()))
}

/// A record that version 0.1.0 wrote in the last five minutes may contain this message.
fn refuse_legacy(settings: &Settings) -> Result<()> {
    let Ok(folder) = storage::folder(settings) else { return Ok(()) };
    let span = Duration::try_from(WINDOW).unwrap_or_default();
    let Ok(written) = folder.join(LEGACY_FILE).symlink_metadata().and_then(|file| file.modified())
    else {
        return Ok(());
    };
    // A modification time in the future means that the clock was set back.
    let age = SystemTime::now().duration_since(written).unwrap_or(span);
    if age >= span {
        return Ok(());
    }
    Err(Failure::environment(
        "an earlier version of alimsg sent messages in the last five minutes; this version cannot \
         check whether this message is one of them",
    )
    .hint(format!(
        "run this again in {} s; --allow-duplicate skips the check, even if the message was just \
         sent",
        (span - age).as_secs() + 1
    )))
}
