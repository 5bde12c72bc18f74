//! The messages of the last five minutes, so that an equal one is not sent again by mistake.
//!
//! The record holds no number and no text, only fingerprints under a salt of its own. A message is
//! noted before it is sent and under a lock, so that of two processes that send the same at once
//! only one goes on; the note is taken back when it is certain that nothing was sent.

use std::hash::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::{Failure, Outcome, Result};
use crate::os::signals;
use crate::settings::Settings;
use crate::storage::{folder, lock};

/// How long an equal message counts as a repetition.
pub const SPAN: SignedDuration = SignedDuration::from_mins(5);
/// The lock is held for a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const FILE: &str = "recent-messages.json";

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    salt: String,
    messages: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    id: String,
    fingerprint: String,
    at: Timestamp,
}

/// Watches for a message that equals this one.
#[derive(Debug)]
pub struct DuplicateCheck {
    path: PathBuf,
    /// Who sends, to whom, what: everything that makes two messages equal.
    parts: Vec<String>,
    /// The user said that a repetition is meant.
    allowed: bool,
    /// What people type to see what has become of the earlier one.
    checks: Vec<String>,
}

/// A message that is on record and about to be sent.
#[derive(Debug)]
pub struct Note {
    path: PathBuf,
    id: String,
}

impl DuplicateCheck {
    /// The sandbox has a record of its own. There is no watch where none is needed: on a dry run,
    /// or where a repetition is allowed and there is no folder for the record.
    ///
    /// # Errors
    /// There is no state folder.
    pub fn new(
        settings: &Settings,
        parts: &[&str],
        allowed: bool,
        checks: Vec<String>,
    ) -> Result<Option<Self>> {
        if settings.dry_run {
            return Ok(None);
        }
        let folder = if settings.sandbox { folder::sandbox_folder() } else { folder::folder() };
        let parts = parts.iter().map(ToString::to_string).collect();
        match folder {
            Ok(folder) => Ok(Some(Self { path: folder.join(FILE), parts, allowed, checks })),
            Err(_) if allowed => Ok(None),
            Err(error) => Err(unchecked(error)),
        }
    }

    /// Refuses a repetition, and leaves the record as it is.
    ///
    /// # Errors
    /// An equal message was sent, or may have been, within the span.
    pub fn look(&self) -> Result<()> {
        if self.allowed || !self.path.exists() {
            return Ok(());
        }
        let (_lock, record) = self.open().map_err(unchecked)?;
        self.refuse_repetition(&record, Timestamp::now())
    }

    /// Puts the message on record, unless it is a repetition. There is no note where a repetition
    /// is allowed and the record cannot be written.
    ///
    /// # Errors
    /// As [`DuplicateCheck::look`]; also if it cannot be told, since silence could mean sending twice.
    pub fn note(&self, context: &Context) -> Result<Option<Note>> {
        let now = Timestamp::now();
        let noted = self.open().and_then(|(lock, mut record)| {
            let refused = if self.allowed { Ok(()) } else { self.refuse_repetition(&record, now) };
            if let Err(refused) = refused {
                return Ok(Err(refused));
            }
            let id = uuid::Uuid::now_v7().to_string();
            let fingerprint = fingerprint(&record.salt, &self.parts);
            record.messages.push(Entry { id: id.clone(), fingerprint, at: now });
            save(&self.path, &record)?;
            drop(lock);
            Ok(Ok(Note { path: self.path.clone(), id }))
        });
        match noted {
            Ok(noted) => noted.map(Some),
            Err(error) if self.allowed => {
                context.screen.warn(format!("this message is not on record: {error:#}"));
                Ok(None)
            }
            Err(error) => Err(unchecked(error)),
        }
    }

    fn open(&self) -> anyhow::Result<(std::fs::File, Record)> {
        open(&self.path)
    }

    fn refuse_repetition(&self, record: &Record, now: Timestamp) -> Result<()> {
        let fingerprint = fingerprint(&record.salt, &self.parts);
        let earlier = record.messages.iter().rev().find(|entry| entry.fingerprint == fingerprint);
        match earlier {
            Some(entry) => Err(repetition(now.duration_since(entry.at), &self.checks)),
            None => Ok(()),
        }
    }
}

impl Note {
    /// Takes the note back where it is certain that nothing was sent; `failed` is the outcome of
    /// a send that failed. What was sent, or may have been, stays on record.
    pub fn settle(self, context: &Context, failed: Option<Outcome>) {
        if failed != Some(Outcome::NotSent) {
            return;
        }
        let taken_back = open(&self.path).and_then(|(_lock, mut record)| {
            record.messages.retain(|entry| entry.id != self.id);
            save(&self.path, &record)
        });
        if let Err(error) = taken_back {
            context.screen.warn(format!(
                "the message stays on record as sent for {} minutes: {error:#}",
                SPAN.as_mins()
            ));
        }
    }
}

/// Throws the record of a folder away.
///
/// # Errors
/// It is there and cannot be removed.
pub fn forget(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("cannot remove the record of recent messages")
        }
        _ => Ok(()),
    }
}

/// The refusal of a message that was sent `age` ago in the same words; `checks` are the commands
/// that show what has become of that one.
pub fn repetition(age: SignedDuration, checks: &[String]) -> Box<Failure> {
    let mut failure = Failure::usage(format!(
        "the same message went to the same customer {} s ago, or may have",
        age.as_secs().max(0)
    ))
    .hint(format!(
        "look first whether it arrived; if it is meant to be sent again, add --allow-duplicate; \
         after {} minutes nobody asks",
        SPAN.as_mins()
    ));
    failure.next = checks.to_vec();
    failure
}

fn unchecked(error: anyhow::Error) -> Box<Failure> {
    if signals::count() > 0 {
        return Failure::interrupted();
    }
    Failure::environment(format!("cannot tell whether this message was just sent: {error:#}")).hint(
        format!(
            "the state folder must be writable ({} names another one); --allow-duplicate sends \
             without the check",
            folder::VARIABLE
        ),
    )
}

/// The record under its lock, without what is too old to matter.
fn open(path: &Path) -> anyhow::Result<(std::fs::File, Record)> {
    let lock = lock::acquire(&path.with_extension("lock"), PATIENCE, true)?;
    let text = match std::fs::read(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    // A record that cannot be understood is one of another version: it begins anew.
    let record = text.and_then(|text| serde_json::from_slice::<Record>(&text).ok());
    let mut record = record
        .unwrap_or_else(|| Record { salt: uuid::Uuid::new_v4().to_string(), messages: Vec::new() });
    let now = Timestamp::now();
    // An entry from the future is one of a clock that was set back; it proves nothing.
    record.messages.retain(|entry| now.duration_since(entry.at).abs() < SPAN);
    Ok((lock, record))
}

fn save(path: &Path, record: &Record) -> anyhow::Result<()> {
    folder::replace(path, &serde_json::to_vec(record)?)
}

/// 128 bits, so that two different messages do not meet by accident.
fn fingerprint(salt: &str, parts: &[String]) -> String {
    let half = |number: u8| {
        let mut hasher = DefaultHasher::new();
        (number, salt, parts).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(folder: &Path, text: &str) -> DuplicateCheck {
        let parts = ["8613800000001".into(), "8613800001000".into(), text.to_string()];
        DuplicateCheck {
            path: folder.join(FILE),
            parts: parts.into(),
            allowed: false,
            checks: Vec::new(),
        }
    }

    fn enter(watch: &DuplicateCheck, at: Timestamp) {
        let (_lock, mut record) = watch.open().expect("a record");
        let fingerprint = fingerprint(&record.salt, &watch.parts);
        record.messages.push(Entry { id: String::new(), fingerprint, at });
        save(&watch.path, &record).expect("written");
    }

    #[test]
    fn an_equal_message_is_refused_for_five_minutes_and_another_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let hello = watch(folder.path(), "hello");
        hello.look().expect("nothing was sent yet");
        enter(&hello, Timestamp::now());
        let refused = hello.look().expect_err("a repetition");
        assert!(refused.hint.expect("a hint").contains("--allow-duplicate"));
        watch(folder.path(), "hello!").look().expect("another text");
    }

    #[test]
    fn an_old_message_and_one_from_the_future_do_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let hello = watch(folder.path(), "hello");
        let span = SPAN + SignedDuration::from_secs(1);
        for at in [Timestamp::now() - span, Timestamp::now() + span] {
            enter(&hello, at);
            hello.look().expect("out of the span");
        }
    }

    #[test]
    fn the_record_is_private_and_holds_neither_number_nor_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let hello = watch(folder.path(), "hello");
        enter(&hello, Timestamp::now());
        let text = std::fs::read_to_string(&hello.path).expect("the record");
        assert!(!text.contains("hello") && !text.contains("86138"), "{text}");
        #[cfg(unix)]
        for path in [hello.path.clone(), hello.path.with_extension("lock")] {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }

    #[test]
    fn a_damaged_record_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let hello = watch(folder.path(), "hello");
        std::fs::write(&hello.path, "{").expect("written");
        hello.look().expect("nothing is known");
    }
}
