//! Whether a sent message arrived, was read or failed, according to the list of its conversation.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::chat::history::{Conversation, Direction, Message, PAGE_SIZE, Query, Status};
use crate::context::Context;
use crate::error::Result;

/// The pauses between two polls, in seconds; the last one is repeated.
const PAUSES: [u64; 6] = [1, 2, 3, 5, 8, 10];
/// The largest difference between the clocks of this machine and of the service.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The message to look for.
#[derive(Debug, Clone)]
pub struct Search {
    pub conversation: Conversation,
    /// The service's and the sender's ID, if they are known.
    pub ids: Vec<String>,
    /// Just before its call; `None` if unknown.
    pub since: Option<Timestamp>,
}

/// The warning after this time without a final receipt.
pub fn no_final_receipt(time: Duration) -> String {
    format!("no final receipt after {} s; do not send again for that reason", time.as_secs())
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    pub message: Option<Message>,
    /// The list was not read completely, so the message may be in it although it was not found.
    pub is_doubtful: bool,
    /// The replies as they came.
    pub raw: Vec<Value>,
}

impl Found {
    /// Whether the message has arrived or failed. Later it can only be read.
    pub fn is_final(&self) -> bool {
        self.status().is_some_and(|status| {
            matches!(status, Status::Delivered | Status::Read | Status::Failed)
        })
    }

    pub fn status(&self) -> Option<Status> {
        self.message.as_ref().map(|message| message.status)
    }
}

impl Search {
    pub fn query(&self) -> Query {
        Query {
            since: self.since.and_then(|since| since.checked_sub(CLOCK_SKEW).ok()),
            direction: Some(Direction::Out),
            ..Query::default()
        }
    }

    /// Reads the list until the message is found.
    ///
    /// # Errors
    /// A failed call.
    pub fn fetch(&self, client: &Client<'_>) -> Result<Found> {
        let mut found = Found::default();
        let end =
            self.conversation.fetch_each(client, &self.query(), PAGE_SIZE, |page, reply| {
                found.raw.push(reply.clone());
                found.message = page.into_iter().find(|message| self.is_wanted(message));
                if found.message.is_some() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
        found.is_doubtful = found.message.is_none() && end.is_doubtful;
        Ok(found)
    }

    fn is_wanted(&self, message: &Message) -> bool {
        let is_own = |own: &Option<String>| own.as_ref().is_some_and(|own| self.ids.contains(own));
        is_own(&message.id) || is_own(&message.task_id)
    }

    /// Polls, with growing pauses, until the message has arrived or failed, or the time is up.
    /// `found` is the result of the last poll, also after a failure. ai-mode is on during the polls
    /// only, never during the pauses.
    ///
    /// # Errors
    /// A failed call; a signal.
    pub fn wait(
        &self,
        context: &Context,
        guard: &Guard<'_>,
        limit: Duration,
        found: &mut Found,
    ) -> Result<()> {
        let deadline = Instant::now() + limit;
        let mut pauses = PAUSES.into_iter().chain(std::iter::repeat(PAUSES[PAUSES.len() - 1]));
        loop {
            *found = self.fetch(&Client::open(context, guard)?)?;
            let remaining = deadline.saturating_duration_since(Instant::now());
            if found.is_final() || remaining.is_zero() {
                return Ok(());
            }
            // The last poll is when the time is up.
            let pause = pauses.next().map_or(remaining, Duration::from_secs);
            client::sleep(pause.min(remaining))?;
        }
    }
}
