//! `--follow`: prints new messages as they arrive.
//!
//! Each poll fetches the last minutes again, because messages may be listed late and clocks may
//! differ. ai-mode is on only during the polls, never during the pauses.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::operations::Product;
use crate::chat::history::{Conversation, Message, Query};
use crate::cli::prelude::*;
use crate::os::signals;
use crate::output::report;

/// How far each poll reaches back before the previous one.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
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
                let mut new = result.messages;
                new.retain(|message| seen.is_new(message));
                // The service lists the newest first; alimsg prints the oldest first.
                new.reverse();
                new.sort_by_key(|message| message.at);
                if silent {
                    new.retain(|message| message.at.is_some_and(|at| at >= started));
                }
                for message in &new {
                    let printed =
                        context.screen.event("whatsapp history", &report::fields(message));
                    if printed.is_err() {
                        // Stdout was closed, for example by `| head`.
                        return Ok(Report::Streamed);
                    }
                }
                silent = false;
                since = since.max(before(poll_started));
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

/// The newest messages that were already fetched, to print each only once.
#[derive(Default)]
struct Seen {
    keys: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    fn is_new(&mut self, message: &Message) -> bool {
        let key = message.key().unwrap_or_else(|| format!("{:?}", report::fields(message)));
        if !self.keys.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        true
    }
}
