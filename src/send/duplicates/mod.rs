//! The duplicate check of every send: refuses an equal message to the same recipient within five
//! minutes, or another period of the configuration (`duplicate_window`).
//!
//! The local record decides. It holds keyed hashes only: no phone numbers and no text. The check and
//! the record are one transaction, before the call starts. So if two processes send the same message
//! at once, one sends it, and the other one waits and is refused. The record is removed when it is
//! certain that nothing was sent.
//!
//! | the equal message         | without a flag | `--allow-duplicate`    | `--idempotency-key`  |
//! |---------------------------|----------------|------------------------|----------------------|
//! | was accepted              | exit 2         | sent again             | sent again           |
//! | has an unknown outcome    | exit 7         | confirmed at a terminal, else exit 7 | exit 7 |
//! | was not sent              | sent           | sent                   | sent                 |
//!
//! An unknown outcome does not expire. Each run looks for the receipt of the earlier message; a run
//! that finds it sends nothing. Like a message with a key, it can be resolved with `alimsg keys`:
//! a message without a key gets one of its own, `send-…`, until its outcome is known.
//!
//! Rows of a batch have their own record and are not compared: a single message after a batch is
//! sent, even if a row of the batch was the same.

mod content;
mod failures;

use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::aliyun::client;
use crate::aliyun::guard::Guard;
use crate::api::operations::Product;
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::failpoint;
use crate::send::account::account;
use crate::send::idempotency::{self, Pending, Unresolved};
use crate::send::limits::{self, Counts};
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::{Message, attempt, outbox};
use crate::settings::Settings;
use crate::storage::sends::NewSend;
use crate::storage::{self, Begin, Earlier, KeyState, NewMessage, Store};
pub use failures::{check_failed, repetition};

/// The record of version 0.1.0, whose hashes cannot be compared with the current ones.
const LEGACY_FILE: &str = "recent-messages.json";
/// How long a second free-form message counted as a duplicate in version 0.1.0.
const LEGACY_WINDOW: Duration = Duration::from_secs(300);
/// How often a waiting run checks whether the other one is done.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// What the user types to send a message again although the first one may have been sent.
const AGAIN: &str = "send again";

/// Checks whether an equal message was just sent, or may have been sent.
pub struct Check<'m> {
    message: &'m Message,
    /// The message to each recipient, as text.
    texts: Vec<String>,
    /// How long an accepted message prevents an equal one.
    window: SignedDuration,
    /// The keys of the messages with an unknown outcome that the user confirmed.
    confirmed: Vec<String>,
    /// How long the results of keys are kept.
    keep: Duration,
}

impl<'m> Check<'m> {
    pub fn new(settings: &Settings, message: &'m Message) -> Self {
        Self {
            message,
            texts: content::texts(&message.call, &message.recipients),
            window: settings.duplicate_window(),
            confirmed: Vec::new(),
            keep: settings.outbox.keep,
        }
    }

    /// `--allow-duplicate`: the user wants to send the message again.
    pub const fn is_waived(&self) -> bool {
        self.message.safety.allow_duplicate
    }

    /// The record of this message.
    pub fn record(&self, store: &dyn Store) -> NewMessage {
        let replaced = self.is_waived() || self.message.safety.key.is_some();
        let since = Timestamp::now().checked_sub(self.window).unwrap_or(Timestamp::MIN);
        NewMessage {
            id: uuid::Uuid::now_v7().to_string(),
            fingerprints: self.texts.iter().map(|text| store.digest(text)).collect(),
            refuse_since: (!replaced).then_some(since),
            confirmed: self.confirmed.clone(),
            keep: self.keep,
            send: None,
        }
    }

    /// The record with which a send begins.
    pub fn new_record(&self, context: &Context, store: &dyn Store) -> NewMessage {
        let send = self.send(context, &Counts::new(context), store);
        NewMessage { send, ..self.record(store) }
    }

    /// The record of this send; `None` if neither the outbox nor a limit needs it.
    fn send(&self, context: &Context, counts: &Counts, store: &dyn Store) -> Option<NewSend> {
        let record = outbox::record(context, self.message);
        if record.is_none() && counts.is_empty() {
            return None;
        }
        let is_sms = self.message.call.operation.product == Product::Dysmsapi;
        let numbers = self.message.recipients.iter().map(String::as_str);
        Some(NewSend { record, ..counts.send(store, is_sms, numbers) })
    }

    /// Refuses the message if an equal one was sent or may have been sent. Looks for the receipts of
    /// messages with an unknown outcome, and at a terminal asks the user about them.
    ///
    /// # Errors
    /// An equal message was sent, or may have been sent; the check failed.
    pub fn require_new(
        &mut self,
        context: &Context,
        guard: &Guard<'_>,
        store: &dyn Store,
    ) -> Result<()> {
        self.refuse_legacy(&context.settings)?;
        let earlier = self.wait(context, store, &self.record(store))?;
        if earlier.is_empty() {
            return Ok(());
        }
        let (mut sent, unresolved): (Vec<_>, Vec<_>) =
            earlier.into_iter().partition(|earlier| earlier.accepted);
        let deadline = Instant::now() + self.message.safety.look_up;
        let mut groups: Vec<Vec<Earlier>> = Vec::new();
        for earlier in unresolved {
            match groups.iter_mut().find(|group| group[0].key == earlier.key) {
                Some(group) => group.push(earlier),
                None => groups.push(vec![earlier]),
            }
        }
        for group in groups {
            match self.look_up(context, guard, store, &group, deadline) {
                Ok(()) => sent.extend(group),
                Err(failure) => {
                    self.confirm(context, failure)?;
                    self.confirmed.extend(group[0].key.clone());
                }
            }
        }
        if sent.is_empty() || self.is_waived() {
            return Ok(());
        }
        Err(self.refuse_repetition(&sent))
    }

    /// Decides about equal messages that another run has recorded since [`Check::require_new`].
    pub fn refuse(&self, store: &dyn Store, earlier: &[Earlier]) -> Box<Failure> {
        match earlier.iter().find(|earlier| !earlier.accepted) {
            None => self.refuse_repetition(earlier),
            Some(open) => {
                let key = open.key.as_deref();
                let record = key.and_then(|key| store.key(key).ok().flatten());
                let same = |other: &&Earlier| other.key == open.key;
                let same: Vec<Earlier> = earlier.iter().filter(same).cloned().collect();
                let (numbers, query) = self.recipients(&same);
                failures::unresolved(&numbers, open, record.as_ref(), None, &query)
            }
        }
    }

    /// The equal messages, once no other run is sending one of them.
    ///
    /// # Errors
    /// The other run does not end; the record cannot be read.
    pub fn wait(
        &self,
        context: &Context,
        store: &dyn Store,
        record: &NewMessage,
    ) -> Result<Vec<Earlier>> {
        let deadline = Instant::now() + context.settings.timeout * 2;
        let mut waiting = false;
        loop {
            let earlier = store.earlier(record).map_err(check_failed)?;
            if has_ended(store, record, &earlier).map_err(check_failed)? {
                return Ok(earlier);
            }
            if Instant::now() >= deadline {
                return Err(failures::still_busy());
            }
            if !std::mem::replace(&mut waiting, true) {
                context
                    .screen
                    .note("another run is sending the same message; waiting for its result");
            }
            client::sleep(POLL_INTERVAL)?;
        }
    }

    /// Looks for the receipt of an earlier message, and records it as sent if there is one.
    ///
    /// # Errors
    /// It is still unknown whether it was sent.
    fn look_up(
        &self,
        context: &Context,
        guard: &Guard<'_>,
        store: &dyn Store,
        group: &[Earlier],
        deadline: Instant,
    ) -> Result<()> {
        let first = &group[0];
        let (numbers, query) = self.recipients(group);
        let key = first.key.as_deref();
        let record = key.map(|key| store.key(key)).transpose().map_err(check_failed)?.flatten();
        let Some(record) = record else {
            return Err(failures::unresolved(&numbers, first, None, None, &query));
        };
        let same_account =
            record.identity.as_ref().map(|identity| identity.account == account(&context.settings));
        let earlier = Unresolved { store, record, same_content: Some(true), same_account };
        let limit = match self.message.safety.look_up {
            Duration::ZERO => Duration::ZERO,
            _ => deadline.saturating_duration_since(Instant::now()).max(POLL_INTERVAL),
        };
        let found = attempt::resolve_earlier(context, guard, &earlier, &query, &numbers, limit);
        failpoint::point("duplicates: looked for a receipt");
        found.map(drop).map_err(|unproven| {
            let record = Some(&earlier.record);
            failures::unresolved(&numbers, first, record, Some(&*unproven), &unproven.query)
        })
    }

    /// Lets the user decide about a message that may have been sent. Only a person at a terminal can
    /// allow a second one, even with `--yes`.
    fn confirm(&self, context: &Context, failure: Box<Failure>) -> Result<()> {
        if !self.is_waived() || !context.settings.interactive || failure.kind == Kind::Cancelled {
            return Err(failure);
        }
        context.screen.note(&failure.message);
        context.screen.note("if it was sent, the recipient gets it twice");
        let typed =
            context.screen.ask(&format!("Type \"{AGAIN}\" to send it nevertheless"), |_| Ok(()))?;
        if typed == AGAIN {
            return Ok(());
        }
        Err(Failure::new(Kind::Cancelled, "not confirmed"))
    }

    fn refuse_repetition(&self, sent: &[Earlier]) -> Box<Failure> {
        let (numbers, query) = self.recipients(sent);
        let latest = sent.iter().map(|earlier| earlier.at).max().unwrap_or_default();
        let age = Timestamp::now().duration_since(latest);
        repetition(age, self.window, &numbers, &query.check_commands(None))
    }

    /// The recipients of earlier messages, and where to look for the receipt of one of them.
    fn recipients(&self, earlier: &[Earlier]) -> (Vec<String>, ReceiptQuery) {
        let number = |earlier: &Earlier| self.message.recipients.get(earlier.recipient).cloned();
        let numbers: Vec<String> = earlier.iter().filter_map(number).collect();
        let query = self.message.receipt_query.clone().limited_to(&numbers);
        (numbers, query)
    }

    /// A record that version 0.1.0 wrote in the last five minutes may contain this message. It had
    /// only free-form messages.
    fn refuse_legacy(&self, settings: &Settings) -> Result<()> {
        let is_free_form = self.message.call.value("--message-type").is_some();
        if self.is_waived() || !is_free_form {
            return Ok(());
        }
        let Ok(folder) = storage::folder(settings) else { return Ok(()) };
        let written = folder.join(LEGACY_FILE).symlink_metadata().and_then(|file| file.modified());
        let Ok(written) = written else { return Ok(()) };
        // A modification time in the future means that the clock was set back.
        let age = SystemTime::now().duration_since(written).unwrap_or(LEGACY_WINDOW);
        match LEGACY_WINDOW.checked_sub(age) {
            Some(rest) if !rest.is_zero() => Err(failures::legacy(rest)),
            _ => Ok(()),
        }
    }
}

/// Whether a run would send nothing because an equal message was just sent. For a dry run: reads the
/// record, changes nothing and looks for no receipt.
///
/// # Errors
/// An equal message may have been sent, or another run is sending it.
pub fn peek(context: &Context, message: &Message) -> Result<bool> {
    let check = Check::new(&context.settings, message);
    let found = storage::open_existing(&context.settings).and_then(|store| {
        let Some(store) = store else { return Ok(None) };
        let earlier = store.earlier(&check.record(&*store))?;
        Ok(Some((store, earlier)))
    });
    let (store, earlier) = match found {
        Ok(Some((store, earlier))) if !earlier.is_empty() => (store, earlier),
        Ok(_) => return Ok(false),
        Err(error) => {
            let error = anyhow::Error::from(error);
            context
                .screen
                .warn(format!("cannot check whether this message was just sent: {error:#}"));
            return Ok(false);
        }
    };
    if earlier.iter().any(|earlier| is_being_sent(&*store, earlier)) {
        return Err(failures::still_busy());
    }
    let failure = check.refuse(&*store, &earlier);
    if failure.outcome == Outcome::Unknown {
        return Err(failure);
    }
    context.screen.warn(format!(
        "{}; without --allow-duplicate, a run would refuse this message and send nothing",
        failure.message
    ));
    Ok(true)
}

/// Records that the call may start. If another run is sending the same message, waits for its
/// result. `prepared` is the record if it is already known.
///
/// # Errors
/// The same message was just sent or may have been sent, or the record cannot be written. The call
/// must not be made.
pub fn begin(
    context: &Context,
    pending: &mut Pending<'_>,
    check: &Check<'_>,
    mut prepared: Option<NewMessage>,
) -> Result<()> {
    let Some(store) = pending.store() else { return Ok(()) };
    let deadline = Instant::now() + context.settings.timeout * 2;
    // The quiet hours may have begun at the prompt.
    limits::require_loud(context)?;
    let counts = Counts::new(context);
    let numbers = &check.message.recipients;
    failpoint::point("key: about to begin");
    let error = loop {
        let record = prepared.take().unwrap_or_else(|| check.new_record(context, store));
        match pending.begin(&record) {
            Ok(Begin::Go) => return Ok(()),
            Ok(Begin::Limited(reached)) => return Err(counts.failure(&reached, numbers)),
            Ok(Begin::Duplicate(earlier)) => match has_ended(store, &record, &earlier) {
                Ok(false) if Instant::now() < deadline => client::sleep(POLL_INTERVAL)?,
                Ok(_) => return Err(check.refuse(store, &earlier)),
                Err(error) => break error,
            },
            Err(error) => break error,
        }
    };
    if let Some(key) = pending.given_key() {
        return Err(idempotency::not_begun(key, error));
    }
    if !counts.is_empty() {
        return Err(limits::counts_failed(error));
    }
    if !check.is_waived() {
        return Err(check_failed(error));
    }
    context.screen.warn("this message is not recorded for the duplicate check");
    *pending = Pending::unrecorded();
    Ok(())
}

/// Whether the runs that send equal messages have ended and `earlier` has their outcomes.
fn has_ended(store: &dyn Store, record: &NewMessage, earlier: &[Earlier]) -> storage::Result<bool> {
    if earlier.iter().any(|earlier| is_being_sent(store, earlier)) {
        return Ok(false);
    }
    if earlier.iter().all(|earlier| earlier.accepted) {
        return Ok(true);
    }
    // A run may have ended after `earlier` was read: then its outcome is on record now. The times
    // are not compared, because PostgreSQL returns ages.
    let state = |one: &Earlier| (one.recipient, one.accepted, one.key.clone());
    Ok(store.earlier(record)?.iter().map(state).eq(earlier.iter().map(state)))
}

/// Whether the run that sends this message, or its call, is still alive.
fn is_being_sent(store: &dyn Store, earlier: &Earlier) -> bool {
    let record = earlier.key.as_deref().filter(|_| !earlier.accepted);
    let record = record.and_then(|key| store.key(key).ok().flatten());
    record.is_some_and(|record| record.state != KeyState::Accepted && store.is_alive(&record.lease))
}
