//! Looks for a receipt after a send with an unknown outcome. A receipt proves that the message was
//! sent. A missing receipt does not prove that it was not.

mod evidence;
mod query;
pub mod space;

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::call::ReadCall;
use crate::api::reply::Acceptance;
use crate::context::Context;
use crate::error::{self, Failure, Kind};
use crate::os::{failpoint, signals};
pub use crate::send::receipt_lookup::evidence::{Evidence, SmsContent};
pub use crate::send::receipt_lookup::query::{CHAT_PATIENCE, ReceiptQuery, UNKNOWN_SPACE};
use crate::storage::Tracking;

/// The pause before each look-up, in seconds. Receipts usually arrive within a few seconds.
const PAUSES: [u64; 5] = [0, 1, 2, 4, 8];

/// Why no look-up was made, or why it proved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obstacle {
    /// A clause for a sentence about a message.
    pub reason: &'static str,
    /// How to make a look-up possible.
    pub hint: Option<&'static str>,
}

/// Why it is still unknown whether an earlier message was sent.
pub struct Unproven {
    /// A clause for a sentence about the message.
    pub reason: String,
    pub hint: Option<String>,
    /// The same command may find the receipt later.
    pub retryable: bool,
    /// Where to look for the receipt.
    pub query: ReceiptQuery,
}

const NO_CHANNEL_INSTANCE: Obstacle = Obstacle {
    reason: "its receipt could not be looked up, because --cust-space-id is not given and the account \
             does not have one single channel instance",
    hint: Some("run the same command with --cust-space-id to look for a receipt"),
};
/// `--look-up 0`.
const DISABLED: Obstacle = Obstacle {
    reason: "its receipt was not looked up, because --look-up is 0",
    hint: Some("run the same command with --look-up 20 to look for a receipt"),
};
const INTERRUPTED: Obstacle = Obstacle {
    reason: "its receipt was not looked up because of a signal",
    hint: Some("run the same command again to look for a receipt"),
};
/// All look-ups failed.
pub const FAILED: Obstacle = Obstacle {
    reason: "its receipt could not be looked up",
    hint: Some("run the same command again to look for a receipt"),
};
/// The last look-up that worked found no receipt.
const NOT_FOUND: Obstacle = Obstacle {
    reason: "no receipt was found, but that does not prove that it was not sent",
    hint: None,
};

/// The reason against a look-up that is known before any process starts, if there is one.
pub fn obstacle(limit: Duration) -> Option<Obstacle> {
    if limit.is_zero() {
        Some(DISABLED)
    } else if signals::count() > 0 {
        Some(INTERRUPTED)
    } else {
        None
    }
}

/// Looks for the receipt of a message whose call started at `since`.
///
/// If the channel instance is unknown, the only one of the account is filled in.
///
/// Starts no look-up after `limit` or after a signal. Continues after timeouts and network errors.
/// A failure is only a warning, and the outcome stays unknown. ai-mode is on during look-ups, but
/// not during the pauses.
///
/// # Errors
/// No receipt proves that the message was sent.
pub fn find(
    context: &Context,
    guard: &Guard<'_>,
    receipt_query: &mut ReceiptQuery,
    tracking: &Tracking,
    since: Timestamp,
    limit: Duration,
) -> Result<Acceptance, Obstacle> {
    if let Some(obstacle) = obstacle(limit) {
        return Err(obstacle);
    }
    context.screen.note("outcome unknown; checking for a receipt…");
    space::fill_in_only(context, guard, receipt_query);
    if !receipt_query.can_be_looked_up() {
        return Err(NO_CHANNEL_INSTANCE);
    }
    let deadline = Instant::now() + limit;
    let mut obstacle = FAILED;
    let mut last_failure = None;
    for pause in PAUSES.map(Duration::from_secs) {
        if Instant::now() + pause > deadline || client::sleep(pause).is_err() {
            break;
        }
        match once(context, guard, receipt_query, tracking, since, deadline) {
            Ok(Evidence::Proof(proof)) => return Ok(proof),
            Ok(Evidence::Possible | Evidence::Nothing) => {
                obstacle = NOT_FOUND;
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
    Err(obstacle)
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
) -> error::Result<Evidence> {
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
