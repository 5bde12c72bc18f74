//! The look for a receipt after a send whose outcome is open: a receipt proves that the message
//! went out. That there is none proves nothing.

mod query;

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::call::ReadCall;
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::os::{failpoint, signals};
use crate::send::idempotency::Tracking;
pub use crate::send::receipt_lookup::query::ReceiptQuery;

/// The pauses before each look, in seconds: receipts usually come within a few seconds.
const PAUSES: [u64; 5] = [0, 1, 2, 4, 8];

/// Looks for the receipt of a message that was sent at `since` or a little later, if it was sent.
///
/// No look begins after `limit`, and none after a signal. What goes wrong is a warning: the
/// outcome stays open then. ai-mode is on during the looks only, never during the pauses.
pub fn find(
    context: &Context,
    guard: &Guard<'_>,
    receipt_query: &ReceiptQuery,
    tracking: &Tracking,
    since: Timestamp,
    limit: Duration,
) -> Option<Reply> {
    if !receipt_query.can_be_followed() || limit.is_zero() || signals::count() > 0 {
        return None;
    }
    context.screen.note("the outcome is open; looking for the receipt");
    let deadline = Instant::now() + limit;
    for pause in PAUSES.map(Duration::from_secs) {
        if Instant::now() + pause > deadline || client::sleep(pause).is_err() {
            return None;
        }
        let calls = receipt_query.calls(since, Timestamp::now());
        let proof = |reply: &Reply| receipt_query.proof(reply, tracking, since);
        match look(context, guard, &calls, deadline, proof) {
            Ok(Some(proof)) => return Some(proof),
            Ok(None) => {}
            Err(failure) if failure.kind == Kind::Cancelled => return None,
            Err(failure) => {
                context
                    .screen
                    .warn(format!("the receipt cannot be looked up: {}", failure.message));
                return None;
            }
        }
        if signals::count() > 0 || Instant::now() > deadline {
            return None;
        }
    }
    None
}

/// One look: the calls one after the other, until one brings the proof or the time is up.
///
/// # Errors
/// What another look would not help against.
fn look(
    context: &Context,
    guard: &Guard<'_>,
    calls: &[ReadCall],
    deadline: Instant,
    proof: impl Fn(&Reply) -> Option<Reply>,
) -> Result<Option<Reply>> {
    let service = Client::open(context, guard)?;
    for call in calls {
        failpoint::point("lookup: about to look");
        match service.look(call) {
            Ok(reply) => {
                if let Some(proof) = proof(&reply) {
                    return Ok(Some(proof));
                }
            }
            Err(failure) if failure.retryable => {}
            Err(failure) => return Err(failure),
        }
        if signals::count() > 0 || Instant::now() > deadline {
            break;
        }
    }
    Ok(None)
}
