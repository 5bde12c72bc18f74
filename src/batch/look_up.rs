//! Looks for receipts of calls with an unknown outcome, all within one budget. A receipt proves that
//! its call was sent; a missing receipt proves nothing.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::batch::engine::store_failure;
use crate::context::Context;
use crate::error::Result;
use crate::message::plural::count;
use crate::os::signals;
use crate::send::receipt_lookup::{Evidence, ReceiptQuery};
use crate::storage::Tracking;
use crate::storage::batches::{Batches, CallEnd, CallRecord, CallState};

/// The pause before each round, in seconds. Receipts usually arrive within a few seconds.
const PAUSES: [u64; 5] = [0, 1, 2, 4, 8];

/// A call without a known outcome.
struct Open {
    record: CallRecord,
    query: Option<ReceiptQuery>,
}

/// Looks up all calls of a batch that are unknown, or that were started by a worker that is gone.
/// Those without a receipt are recorded as unknown.
///
/// # Errors
/// The store cannot be used. A failed look-up is only a warning.
pub fn settle(
    context: &Context,
    guard: &Guard<'_>,
    store: &dyn Batches,
    batch: &str,
    space: Option<&str>,
    budget: Duration,
) -> Result<()> {
    let mut open = Vec::new();
    let states = [CallState::Started, CallState::Unknown];
    store
        .calls(batch, &states, &mut |record| {
            open.push(record);
            Ok(())
        })
        .map_err(store_failure)?;
    let mut unsettled = Vec::new();
    for record in open {
        // A worker that is still there settles its own calls.
        if record.state == CallState::Started
            && let Some(worker) = &record.worker
            && store.is_working(worker).map_err(store_failure)?
        {
            continue;
        }
        let query = serde_json::from_str::<ReceiptQuery>(&record.details).ok();
        let query = query.map(|query| with_space(query, space));
        unsettled.push(Open { query, record });
    }
    if unsettled.is_empty() {
        return Ok(());
    }
    let found = if budget.is_zero() || signals::count() > 0 {
        Vec::new()
    } else {
        find(context, guard, &mut unsettled, budget)
    };
    let mut ends: Vec<(i64, CallEnd)> =
        found.into_iter().map(|(id, result)| (id, CallEnd::Accepted { result })).collect();
    for Open { record, .. } in &unsettled {
        if record.state == CallState::Started {
            let message = "the run that made this call ended before its reply";
            let result = json!({ "message": message }).to_string();
            ends.push((record.id, CallEnd::Unknown { result }));
        }
    }
    store.finish(batch, &ends).map_err(store_failure)?;
    Ok(())
}

fn with_space(mut query: ReceiptQuery, known: Option<&str>) -> ReceiptQuery {
    if let ReceiptQuery::Chat { space: space @ None, .. } = &mut query {
        *space = known.map(Into::into);
    }
    query
}

/// Looks in rounds and removes the calls with a receipt from `open`. Returns their IDs and
/// results.
fn find(
    context: &Context,
    guard: &Guard<'_>,
    open: &mut Vec<Open>,
    budget: Duration,
) -> Vec<(i64, String)> {
    let deadline = Instant::now() + budget;
    let mut found = Vec::new();
    if open.iter().any(|one| one.query.as_ref().is_some_and(|query| !query.can_be_looked_up())) {
        context.screen.warn(
            "receipts of WhatsApp and Viber messages can be checked only with their channel \
             instance: add --cust-space-id ID to `batches resume`",
        );
    }
    context.screen.note(&format!(
        "checking for receipts of {} with an unknown outcome…",
        count(open.len() as u64, "call")
    ));
    for pause in PAUSES.map(Duration::from_secs) {
        if open.is_empty() || Instant::now() + pause > deadline || client::sleep(pause).is_err() {
            break;
        }
        let client = match Client::open(context, guard) {
            Ok(client) => client,
            Err(failure) => {
                context.screen.warn(format!("receipts cannot be looked up: {}", failure.message));
                break;
            }
        };
        let mut failed = None;
        open.retain(|one| {
            if failed.is_some() || Instant::now() > deadline || signals::count() > 0 {
                return true;
            }
            match look_up(&client, one) {
                Ok(Some(result)) => {
                    found.push((one.record.id, result));
                    false
                }
                Ok(None) => true,
                Err(failure) => {
                    if !failure.retryable {
                        failed = Some(failure);
                    }
                    true
                }
            }
        });
        if let Some(failure) = failed {
            context.screen.warn(format!("receipts cannot be looked up: {}", failure.message));
            break;
        }
        if signals::count() > 0 {
            break;
        }
    }
    found
}

/// The result of a call whose receipt was found.
fn look_up(client: &Client<'_>, open: &Open) -> Result<Option<String>> {
    let (Some(query), Some(since)) = (&open.query, open.record.started_at) else {
        return Ok(None);
    };
    if !query.can_be_looked_up() {
        return Ok(None);
    }
    let tracking =
        Tracking { id: open.record.tracking_id.clone(), generated: open.record.generated };
    for call in query.calls(since, Timestamp::now()) {
        let reply = client.read_once(&call)?;
        if let Evidence::Proof(acceptance) = query.evidence(&reply, &tracking, since) {
            let result = json!({
                "receipt_id": acceptance.receipt_id,
                "request_id": acceptance.request_id,
                "proof": "receipt",
            });
            return Ok(Some(result.to_string()));
        }
    }
    Ok(None)
}
