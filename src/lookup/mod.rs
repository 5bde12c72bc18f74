//! The look for a receipt after a send whose outcome is open: a receipt proves that the message
//! went out. That there is none proves nothing.

mod trail;

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::call::Call;
use crate::failure::{Kind, Result};
use crate::fault;
use crate::guard::Guard;
use crate::ledger::Tracking;
use crate::reply::Reply;
use crate::run::Run;
use crate::service::{self, Service};
use crate::signals;
pub use trail::Trail;

/// The pauses before each look, in seconds: receipts usually come within a few seconds.
const PAUSES: [u64; 5] = [0, 1, 2, 4, 8];

/// Looks for the receipt of a message that was sent at `since` or a little later, if it was sent.
///
/// No look begins after `limit`, and none after a signal. What goes wrong is a warning: the
/// outcome stays open then. ai-mode is on during the looks only, never during the pauses.
pub fn find(
    run: &Run,
    guard: &Guard<'_>,
    trail: &Trail,
    tracking: &Tracking,
    since: Timestamp,
    limit: Duration,
) -> Option<Reply> {
    if !trail.can_be_followed() || limit.is_zero() || signals::count() > 0 {
        return None;
    }
    run.screen.note("the outcome is open; looking for the receipt");
    let deadline = Instant::now() + limit;
    for pause in PAUSES.map(Duration::from_secs) {
        if Instant::now() + pause > deadline || service::sleep(pause).is_err() {
            return None;
        }
        let calls = trail.calls(since, Timestamp::now());
        let proof = |reply: &Reply| trail.proof(reply, tracking, since);
        match look(run, guard, &calls, deadline, proof) {
            Ok(Some(proof)) => return Some(proof),
            Ok(None) => {}
            Err(failure) if failure.kind == Kind::Cancelled => return None,
            Err(failure) => {
                run.screen.warn(format!("the receipt cannot be looked up: {}", failure.message));
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
    run: &Run,
    guard: &Guard<'_>,
    calls: &[Call],
    deadline: Instant,
    proof: impl Fn(&Reply) -> Option<Reply>,
) -> Result<Option<Reply>> {
    let service = Service::open(run, guard)?;
    for call in calls {
        fault::point("lookup: about to look");
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
