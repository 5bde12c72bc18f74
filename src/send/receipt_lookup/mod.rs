//! The look-up of a receipt after a send whose outcome is unknown: a receipt proves that the message
//! went out. That there is none proves nothing.

mod query;

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::call::ReadCall;
use crate::api::reply::Acceptance;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::{failpoint, signals};
pub use crate::send::receipt_lookup::query::{Evidence, ReceiptQuery, SmsContent};
use crate::storage::Tracking;

/// The pauses before each look-up, in seconds: receipts usually come within a few seconds.
const PAUSES: [u64; 5] = [0, 1, 2, 4, 8];

/// What the look-ups for a receipt have come to.
#[derive(Debug)]
pub enum LookUp {
    /// The receipt that proves that the message was sent.
    Found(Acceptance),
    /// There was no such receipt when the service was last asked.
    NotFound,
    /// The service was not asked, or did not answer.
    NotDone(NotDone),
}

/// Why there was no look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// The channel instance is not known.
    NoSpace,
    /// `--look-up 0`.
    NotWanted,
    Interrupted,
    /// The service could not be asked.
    Failed,
}

impl NotDone {
    /// For a sentence about a message.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoSpace => {
                "its receipt could not be looked up, because --cust-space-id is not given"
            }
            Self::NotWanted => "its receipt was not looked up, because --look-up is 0",
            Self::Interrupted => "its receipt was not looked up, because a signal came",
            Self::Failed => "its receipt could not be looked up",
        }
    }

    /// What makes a look-up possible.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::NoSpace => {
                Some("run the same command with --cust-space-id to look for a receipt")
            }
            Self::NotWanted => Some("run the same command with --look-up 20 to look for a receipt"),
            Self::Interrupted | Self::Failed => {
                Some("run the same command again to look for a receipt")
            }
        }
    }
}

/// What keeps a look-up from being made, known before anything is started.
pub fn obstacle(receipt_query: &ReceiptQuery, limit: Duration) -> Option<NotDone> {
    if !receipt_query.can_be_looked_up() {
        Some(NotDone::NoSpace)
    } else if limit.is_zero() {
        Some(NotDone::NotWanted)
    } else if signals::count() > 0 {
        Some(NotDone::Interrupted)
    } else {
        None
    }
}

/// Looks for the receipt of a message that was sent at `since` or a little later, if it was sent.
///
/// No look-up begins after `limit`, and none after a signal. One that times out or meets a network
/// error is followed by the next; what goes wrong is a warning: the outcome stays unknown then.
/// ai-mode is on during the look-ups only, never during the pauses.
pub fn find(
    context: &Context,
    guard: &Guard<'_>,
    receipt_query: &ReceiptQuery,
    tracking: &Tracking,
    since: Timestamp,
    limit: Duration,
) -> LookUp {
    if let Some(obstacle) = obstacle(receipt_query, limit) {
        return LookUp::NotDone(obstacle);
    }
    context.screen.note("outcome unknown; checking for a receipt…");
    let deadline = Instant::now() + limit;
    let mut last = LookUp::NotDone(NotDone::Failed);
    let mut last_failure = None;
    for pause in PAUSES.map(Duration::from_secs) {
        if Instant::now() + pause > deadline || client::sleep(pause).is_err() {
            break;
        }
        match once(context, guard, receipt_query, tracking, since, deadline) {
            Ok(Evidence::Proof(proof)) => return LookUp::Found(proof),
            Ok(Evidence::Possible | Evidence::Nothing) => {
                last = LookUp::NotFound;
                last_failure = None;
            }
            Err(failure) => {
                let can_continue = is_transient(&failure);
                last_failure = Some(failure);
                if !can_continue {
                    break;
                }
            }
        }
        if signals::count() > 0 || Instant::now() > deadline {
            break;
        }
    }
    if let Some(failure) = last_failure
        && failure.kind != Kind::Cancelled
    {
        context.screen.warn(format!("the receipt could not be looked up: {}", failure.message));
    }
    last
}

/// Whether another look-up may succeed: after a timeout, a network error or throttling, but not
/// where the service refuses to answer.
fn is_transient(failure: &Failure) -> bool {
    failure.retryable
        || matches!(failure.kind, Kind::Environment | Kind::Throttled | Kind::UnknownOutcome)
}

/// One look-up: the calls one after the other, until one brings the proof or the time is up.
///
/// # Errors
/// The last failure, if no call was answered; at once what another call would not help against.
pub fn once(
    context: &Context,
    guard: &Guard<'_>,
    receipt_query: &ReceiptQuery,
    tracking: &Tracking,
    since: Timestamp,
    deadline: Instant,
) -> Result<Evidence> {
    let calls: Vec<ReadCall> = receipt_query.calls(since, Timestamp::now());
    let client = Client::open(context, guard)?;
    let mut evidence = Evidence::Nothing;
    let mut last_failure = None;
    let mut has_reply = false;
    for call in &calls {
        failpoint::point("lookup: about to look");
        match client.read_once(call) {
            Ok(reply) => {
                has_reply = true;
                match receipt_query.evidence(&reply, tracking, since) {
                    Evidence::Proof(proof) => return Ok(Evidence::Proof(proof)),
                    Evidence::Possible => evidence = Evidence::Possible,
                    Evidence::Nothing => {}
                }
            }
            Err(failure) if is_transient(&failure) => last_failure = Some(failure),
            Err(failure) => return Err(failure),
        }
        if signals::count() > 0 || Instant::now() > deadline {
            break;
        }
    }
    match last_failure {
        Some(failure) if !has_reply => Err(failure),
        _ => Ok(evidence),
    }
}
