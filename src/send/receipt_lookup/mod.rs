//! Looks for a receipt after a send with an unknown outcome. A receipt proves that the message was
//! sent. A missing receipt does not prove that it was not.

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

/// The pause before each look-up, in seconds. Receipts usually arrive within a few seconds.
const PAUSES: [u64; 5] = [0, 1, 2, 4, 8];

/// The result of looking for a receipt.
#[derive(Debug)]
pub enum LookUp {
    /// The receipt that proves that the message was sent.
    Found(Acceptance),
    /// The last look-up that worked found no receipt.
    NotFound,
    /// No look-up was made, or none worked.
    NotDone(NotDone),
}

/// Why no look-up was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// The channel instance ID (`--cust-space-id`) is unknown.
    NoSpace,
    /// `--look-up 0`.
    NotWanted,
    Interrupted,
    /// All look-ups failed.
    Failed,
}

impl NotDone {
    /// A clause for a sentence about a message.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoSpace => {
                "its receipt could not be looked up, because --cust-space-id is not given"
            }
            Self::NotWanted => "its receipt was not looked up, because --look-up is 0",
            Self::Interrupted => "its receipt was not looked up because of a signal",
            Self::Failed => "its receipt could not be looked up",
        }
    }

    /// How to make a look-up possible.
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

/// The reason against a look-up that is known before any process starts, if there is one.
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

/// Looks for the receipt of a message whose call started at `since`.
///
/// Starts no look-up after `limit` or after a signal. Continues after timeouts and network errors.
/// A failure is only a warning, and the outcome stays unknown. ai-mode is on during look-ups, but
/// not during the pauses.
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

/// Whether another look-up may succeed: true after a timeout, a network error or throttling, false
/// if Alibaba Cloud refused the request.
fn is_transient(failure: &Failure) -> bool {
    failure.retryable
        || matches!(failure.kind, Kind::Environment | Kind::Throttled | Kind::UnknownOutcome)
}

/// Makes the calls of one look-up in turn, until one finds the proof or the deadline has passed.
///
/// # Errors
/// All calls failed (the last failure), or one failed with an error that is not transient.
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
