//! The look for a receipt after a send whose outcome is open: a receipt proves that the message
//! went out. That there is none proves nothing.

mod trail;

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::failure::Kind;
use crate::fault;
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
/// outcome stays open then.
pub fn find(
    run: &Run,
    service: &Service<'_>,
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
        for call in trail.calls(since, Timestamp::now()) {
            fault::point("lookup: about to look");
            match service.look(&call) {
                Ok(reply) => {
                    if let Some(proof) = trail.proof(&reply, tracking, since) {
                        return Some(proof);
                    }
                }
                Err(failure) if failure.kind == Kind::Cancelled => return None,
                Err(failure) if failure.retryable => {}
                Err(failure) => {
                    run.screen
                        .warn(format!("the receipt cannot be looked up: {}", failure.message));
                    return None;
                }
            }
            if signals::count() > 0 || Instant::now() > deadline {
                return None;
            }
        }
    }
    None
}
