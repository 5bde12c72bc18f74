//! `--follow`: prints new messages as they arrive, and changes of their status.
//!
//! Each poll fetches the last minutes again, because messages may be listed late and clocks may
//! differ, and as far back as a recent message whose status may still change. ai-mode is on only during the polls, never during the pauses.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::operations::Product;
use crate::chat::history::{Conversation, Direction, Message, Query, Status};
use crate::cli::prelude::*;
use crate::os::signals;
use crate::output::report;

/// How far each poll reaches back before the previous one.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// How long after a message was sent a change of its status is printed.
const STATUS_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How many printed messages are remembered: more than arrive within [`OVERLAP`].
const MAX_SEEN: usize = 100_000;

/// Polls until a signal, a closed stdout or a permanent failure.
///
/// # Errors
/// A failure that polling again cannot fix.
pub fn run(
    context: &Context,
    conversation: &Conversation,
    query: Query,
    page_size: u64,
    interval: u64,
) -> Result<Report> {
    let guard = Guard::prepare(context, Product::Cams)?;
    let mut seen = Seen::default();
    let started = Timestamp::now();
    // Without --since, older messages are not printed. They are fetched anyway to recognize new
    // ones, because the clock of the service may be behind the clock of this computer.
    let mut silent = query.since.is_none();
    let before = |moment: Timestamp| moment.checked_sub(OVERLAP).unwrap_or(moment);
    let mut since = query.since.unwrap_or_else(|| before(started));
    context.screen.note("waiting for messages; press Ctrl-C to stop");
    loop {
        let query = Query { since: Some(since), ..query };
        let poll_started = Timestamp::now();
        let result = Client::open(context, &guard)
            .and_then(|client| conversation.fetch_all(&client, &query, page_size));
        match result {
            Ok(result) => {
                let mut messages = result.messages;
                // The service lists the newest first; alimsg prints the oldest first.
                messages.reverse();
                messages.sort_by_key(|message| message.at);
                let is_recent = |message: &Message| message.at.is_some_and(|at| at >= started);
                let events =
                    messages.iter().filter_map(|message| Some((seen.event(message)?, message)));
                let events = events.filter(|(event, message)| {
                    *event != Event::Message || !silent || is_recent(message)
                });
                for (event, message) in events {
                    let data = report::fields(&Followed { message, event });
                    let screen = &context.screen;
                    let several = conversation.customer.is_none();
                    if screen.message("whatsapp history", &data, several).is_err() {
                        // Stdout was closed, for example by `| head`.
                        return Ok(Report::Streamed);
                    }
                }
                silent = false;
                let pending = messages.iter().filter(|message| may_change(message));
                let oldest = pending.filter_map(|message| message.at).min();
                let reach = poll_started.checked_sub(STATUS_WINDOW).unwrap_or(poll_started);
                let overlap = before(poll_started);
                since = since.max(oldest.map_or(overlap, |at| at.clamp(reach, overlap)));
            }
            Err(_) if signals::count() > 0 => return Ok(Report::Streamed),
            // The next poll fetches what this one missed.
            Err(failure) if failure.retryable => context.screen.warn(failure.message.clone()),
            Err(failure) => return Err(failure),
        }
        let stopped = client::sleep(Duration::from_secs(interval)).is_err();
        if stopped || context.screen.is_cut_off() {
            return Ok(Report::Streamed);
        }
    }
}

/// Why a message is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It is new.
    Message,
    /// Its status has changed.
    Status,
}

/// A message as `--follow` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Followed<'m> {
    #[serde(flatten)]
    message: &'m Message,
    event: Event,
}

/// Whether the status of a message is not its last one.
fn may_change(message: &Message) -> bool {
    message.direction == Some(Direction::Out)
        && matches!(message.status, Status::Accepted | Status::InFlight | Status::Delivered)
}

/// The newest messages that were already fetched, each with its last status.
#[derive(Default)]
struct Seen {
    statuses: HashMap<String, Status>,
    order: VecDeque<String>,
}

impl Seen {
    /// What is new about a message, if anything.
    fn event(&mut self, message: &Message) -> Option<Event> {
        let key = message.key().unwrap_or_else(|| format!("{:?}", report::fields(message)));
        if let Some(status) = self.statuses.insert(key.clone(), message.status) {
            return (status != message.status).then_some(Event::Status);
        }
        self.order.push_back(key);
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.statuses.remove(&oldest);
        }
        Some(Event::Message)
    }
}
