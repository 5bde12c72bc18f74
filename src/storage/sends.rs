//! The part of the store that records every send: for limits, which count messages, and for the
//! outbox. The record is written in the transaction that records the start of a call, so that two
//! runs that send at the same time cannot both take the last place of a limit.
//!
//! A message counts from the start of its call. It no longer counts once there is proof that it was not sent.

use std::time::Duration;

use jiff::Timestamp;

use crate::storage::{Result, Store};

/// A send whose call is about to start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSend {
    /// [`recipient_hash`] of each recipient.
    pub recipients: Vec<i64>,
    /// What the outbox shows, as JSON in a format of the caller; `None` if the send only counts.
    pub record: Option<String>,
    /// The call must not start if it would exceed one of these.
    pub limits: Vec<CountLimit>,
    /// How long records are kept. Older ones are deleted, some of them at a time.
    pub keep: Duration,
}

/// The maximum number of messages in a period that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountLimit {
    pub max: u64,
    pub window: Duration,
    /// It counts the messages to each recipient, not all messages.
    pub per_recipient: bool,
}

/// A limit that a send would exceed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The position of the limit in [`NewSend::limits`].
    pub limit: usize,
    /// The messages that count now; with a limit per recipient, those to the first of `recipients`.
    pub used: u64,
    /// The messages that can be sent now.
    pub room: u64,
    /// How long until the whole send is within the limit; `None` if it never will be.
    pub wait: Option<Duration>,
    /// With a limit per recipient: the positions of the recipients that have reached it.
    pub recipients: Vec<usize>,
}

/// How a recorded send ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    /// Its call may have been started.
    Started,
    Accepted,
    Unknown,
    NotSent,
}

impl SendOutcome {
    /// The name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
        }
    }

    /// Parses the name in the store. A damaged name counts as `unknown`: it may have been sent.
    pub fn parse(name: &str) -> Self {
        let outcomes = [Self::Started, Self::Accepted, Self::NotSent];
        outcomes.into_iter().find(|one| one.name() == name).unwrap_or(Self::Unknown)
    }
}

/// A send on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendRecord {
    pub id: i64,
    /// The key of a single message; `None` for a call of a batch.
    pub key: Option<String>,
    /// The ID of the call of a batch.
    pub call: Option<i64>,
    pub at: Timestamp,
    pub outcome: SendOutcome,
    pub messages: u64,
    pub record: Option<String>,
    /// What the service returned, as JSON in a format of the caller.
    pub result: Option<String>,
    /// What its receipts showed, as JSON in a format of the caller.
    pub receipt: Option<String>,
}

/// Which sends to list.
#[derive(Debug, Clone, Default)]
pub struct SendFilter {
    /// The [`recipient_hash`] of a recipient.
    pub recipient: Option<i64>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// The recorded sends of a store.
pub trait Sends {
    /// The limit that a send would exceed now, if there is one.
    fn reached(&self, send: &NewSend) -> Result<Option<Reached>>;

    /// The number of messages that count in each of these periods, which end now.
    fn usage(&self, windows: &[Duration]) -> Result<Vec<u64>>;

    /// The sends of the outbox, the latest first.
    fn list(&self, filter: &SendFilter) -> Result<Vec<SendRecord>>;

    /// A send of the outbox.
    fn send(&self, id: i64) -> Result<Option<SendRecord>>;

    /// Records what the receipts of a send showed. The outcome stays: see [`Store::settle_as_sent`] and
    /// [`crate::storage::batches::Batches::finish`].
    fn set_receipt(&self, id: i64, receipt: &str) -> Result<()>;

    /// Deletes the sends of the outbox before this moment, and the results of keys before it; each
    /// such key still sends nothing again. Returns how many sends and keys there were.
    fn prune(&self, before: Timestamp) -> Result<(u64, u64)>;
}

/// A keyed hash of a recipient, by which it is found and counted. `number` has its country code and
/// only digits.
pub fn recipient_hash(store: &dyn Store, number: &str) -> i64 {
    let hash = store.hash(&["recipient ", number]);
    hash.first_chunk().copied().map(i64::from_be_bytes).unwrap_or_default()
}

/// The messages that an engine has on record.
pub(in crate::storage) trait History {
    type Error;

    /// The number of messages that count in a period.
    fn messages(&mut self, window: Duration) -> std::result::Result<u64, Self::Error>;

    /// The age of each send in a period and its number of messages, the oldest first.
    fn ages(&mut self, window: Duration) -> std::result::Result<Vec<(Duration, u64)>, Self::Error>;

    /// The age of each message to one of these recipients in a period.
    fn received(
        &mut self,
        window: Duration,
        recipients: &[i64],
    ) -> std::result::Result<Vec<(i64, Duration)>, Self::Error>;
}

/// The limit that a send would exceed: of several, the one for which it would wait longest.
pub(in crate::storage) fn reached<H: History>(
    history: &mut H,
    send: &NewSend,
) -> std::result::Result<Option<Reached>, H::Error> {
    let mut longest: Option<Reached> = None;
    for (at, limit) in send.limits.iter().enumerate() {
        let reached = if limit.per_recipient {
            reached_by_recipient(history, send, at, *limit)?
        } else {
            reached_in_total(history, send, at, *limit)?
        };
        let Some(reached) = reached else { continue };
        let wait = |reached: &Reached| reached.wait.unwrap_or(Duration::MAX);
        if longest.as_ref().is_none_or(|longest| wait(&reached) > wait(longest)) {
            longest = Some(reached);
        }
    }
    Ok(longest)
}

fn reached_in_total<H: History>(
    history: &mut H,
    send: &NewSend,
    at: usize,
    limit: CountLimit,
) -> std::result::Result<Option<Reached>, H::Error> {
    let used = history.messages(limit.window)?;
    let new = send.recipients.len() as u64;
    let mut excess = (used + new).saturating_sub(limit.max);
    if excess == 0 {
        return Ok(None);
    }
    let mut wait = None;
    if new <= limit.max {
        for (age, messages) in history.ages(limit.window)? {
            excess = excess.saturating_sub(messages);
            if excess == 0 {
                wait = Some(limit.window.saturating_sub(age));
                break;
            }
        }
    }
    let room = limit.max.saturating_sub(used);
    Ok(Some(Reached { limit: at, used, room, wait, recipients: Vec::new() }))
}

fn reached_by_recipient<H: History>(
    history: &mut H,
    send: &NewSend,
    at: usize,
    limit: CountLimit,
) -> std::result::Result<Option<Reached>, H::Error> {
    let received = history.received(limit.window, &send.recipients)?;
    let mut reached = Reached { limit: at, used: 0, room: 0, wait: None, recipients: Vec::new() };
    let mut longest = Duration::ZERO;
    for (position, recipient) in send.recipients.iter().enumerate() {
        let mut ages: Vec<Duration> =
            received.iter().filter(|(one, _)| one == recipient).map(|(_, age)| *age).collect();
        if (ages.len() as u64) < limit.max {
            continue;
        }
        if reached.recipients.is_empty() {
            reached.used = ages.len() as u64;
        }
        reached.recipients.push(position);
        // One more is within the limit once fewer than the maximum are in the period.
        ages.sort_unstable();
        let youngest_to_expire = usize::try_from(limit.max).ok().and_then(|max| max.checked_sub(1));
        longest = match youngest_to_expire.and_then(|index| ages.get(index)) {
            Some(age) => longest.max(limit.window.saturating_sub(*age)),
            None => Duration::MAX,
        };
    }
    if reached.recipients.is_empty() {
        return Ok(None);
    }
    reached.wait = Some(longest).filter(|wait| *wait != Duration::MAX);
    reached.room = (send.recipients.len() - reached.recipients.len()) as u64;
    Ok(Some(reached))
}
