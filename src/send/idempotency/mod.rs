//! Idempotency keys: a message with a key is sent at most once.
//!
//! A key belongs to one message permanently. A run first *claims* its key in one transaction. If
//! several runs claim it at once, one gets it and the others wait for its result. The record is
//! updated before each step of the send:
//!
//! | state        | means                                              | if its run died        |
//! |--------------|----------------------------------------------------|------------------------|
//! | `reserved`   | a run prepares the call; it has not been started   | the key is unused      |
//! | `calling`    | the call may have been started                     | the outcome is unknown |
//! | `unresolved` | the call has ended and its outcome is unknown      | the outcome is unknown |
//! | `accepted`   | the message was sent; the result is recorded       | –                      |
//!
//! The record is removed if the message was certainly not sent. A locked file, the [lease], shows
//! whether a run or its call is alive. A process ID would not: the system may have reused it.
//!
//! The key alone identifies the message. Every command with an unresolved key exits with code 7,
//! regardless of its parameters, until a receipt or the user resolves it. An accepted key returns
//! its result for the same message and is refused for another one.
//!
//! A message without a key gets a generated one, `send-…`, for [`crate::send::duplicates`]. It is not
//! reserved, and it is removed once the message is accepted.

mod details;
mod failures;
mod fingerprint;
mod pending;
mod unresolved;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::aliyun::client;
use crate::api::call::SendCall;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::failpoint;
pub use crate::send::account::account;
use crate::send::receipt_lookup::ReceiptQuery;
pub use crate::storage::Tracking;
use crate::storage::{self, KeyRecord, KeyState, NewKey, Reserve, Store};
pub use details::Details;
pub use failures::{not_begun, not_durable, resolve_commands, show_command, unreadable};
pub use fingerprint::canonical;
pub use pending::{HeldKey, Pending};
pub use unresolved::Unresolved;

/// The maximum length of a key, in characters.
const MAX_KEY_LENGTH: usize = 255;
/// How often a waiting run checks whether the other one is done.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The result of a send, returned to every later run with the same key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub data: Map<String, Value>,
    pub raw: Value,
}

impl Record {
    /// The service's IDs of the message and of the request, as JSON.
    pub fn service_ids(&self) -> String {
        let id = |name| self.data.get(name).cloned().unwrap_or_default();
        let receipt_id = match id("message_id") {
            Value::Null => id("biz_id"),
            id => id,
        };
        json!({ "receipt_id": receipt_id, "request_id": id("request_id") }).to_string()
    }
}

/// The message that a run wants to send with a key.
pub struct Request<'m> {
    pub call: &'m SendCall,
    pub tracking: &'m Tracking,
    pub receipt_query: &'m ReceiptQuery,
    pub recipients: usize,
}

/// The state of a key.
pub enum Claim<'s> {
    /// The key is unused: this run may send.
    Free(Pending<'s>),
    /// Its message was sent. The timestamp is just before its call started.
    Accepted(Record, Timestamp),
    /// Its message may have been sent; the run that sent it has ended.
    Unresolved(Unresolved<'s>),
}

/// Checks the form of a key before any process starts.
///
/// # Errors
/// The key is empty, longer than 255 characters or has control characters.
pub fn check_key(key: &str) -> Result<()> {
    let is_valid = !key.trim().is_empty()
        && key.chars().count() <= MAX_KEY_LENGTH
        && !key.chars().any(char::is_control);
    if is_valid {
        return Ok(());
    }
    Err(Failure::usage("invalid --idempotency-key")
        .hint(format!("use 1 to {MAX_KEY_LENGTH} characters, for example an order number")))
}

/// Prepares the record of a message without a key: it gets one of its own, so that its outcome can be
/// found out and resolved like that of a message with a key.
///
/// # Errors
/// The record cannot be written.
pub fn generate<'s>(
    context: &Context,
    store: &'s dyn Store,
    request: &Request<'_>,
) -> storage::Result<Pending<'s>> {
    let lease = store.lease()?;
    let id = match request.tracking {
        Tracking { id, generated: true } => id.clone(),
        _ => uuid::Uuid::now_v7().to_string(),
    };
    let new = NewKey { lease: lease.name().to_string(), ..new_key(context, store, request) };
    let held = HeldKey { key: format!("send-{id}"), lease, generated: Some(new) };
    Ok(Pending::new(store, held))
}

/// Claims the key for a message. If another run is using it, waits for that run, at most twice the
/// timeout of one call.
///
/// # Errors
/// The key was accepted for another message; the record cannot be read or written; the other run
/// did not end in time.
pub fn claim<'s>(
    context: &Context,
    store: &'s dyn Store,
    key: &str,
    request: &Request<'_>,
) -> Result<Claim<'s>> {
    let unreadable = |error| unreadable(key, error, Some(request.receipt_query));
    let lease_error = |error| unreadable(storage::Error::Unreadable(error, storage::Fix::Files));
    let deadline = Instant::now() + context.settings.timeout * 2;
    let mut new = new_key(context, store, request);
    let lease = match (store.lease(), store.key(key).map_err(unreadable)?) {
        (Ok(lease), _) => lease,
        // Without a lease this run cannot send, but it can still return the recorded result.
        (Err(error), None) => return Err(unreadable(error)),
        (Err(_), Some(known)) if known.state == KeyState::Accepted => {
            return claim_used_key(context, store, known, request, &new);
        }
        (Err(error), Some(_)) => return Err(lease_error(error.into())),
    };
    new.lease = lease.name().to_string();
    failpoint::point("key: lease taken");
    let mut waiting = false;
    loop {
        match store.reserve(key, &new).map_err(unreadable)? {
            Reserve::Reserved => {
                failpoint::point("key: reserved");
                if let Some(since) = store.known_since() {
                    context.screen.warn(format!(
                        "the record of keys was repaired: a key that was used before {since} may \
                         be missing"
                    ));
                }
                let held = HeldKey { key: key.to_string(), lease, generated: None };
                return Ok(Claim::Free(Pending::new(store, held)));
            }
            Reserve::Used(record) => return claim_used_key(context, store, *record, request, &new),
            Reserve::Busy if Instant::now() >= deadline => return Err(failures::still_busy(key)),
            Reserve::Busy => {
                if !std::mem::replace(&mut waiting, true) {
                    context
                        .screen
                        .note("another run is sending with this key; waiting for its result");
                }
                client::sleep(POLL_INTERVAL).map_err(|_| failures::interrupted_while_busy())?;
            }
        }
    }
}

fn new_key(context: &Context, store: &dyn Store, request: &Request<'_>) -> NewKey {
    NewKey {
        identity: fingerprint::identity(store, request.call, &context.settings),
        tracking: request.tracking.clone(),
        lease: String::new(),
        details: Details::new(request.receipt_query, request.recipients).to_text(),
    }
}

/// The state of a key, without a claim; `None` if it can be used.
///
/// # Errors
/// As [`claim`]; another run is using the key.
pub fn peek<'s>(
    context: &Context,
    store: &'s dyn Store,
    key: &str,
    request: &Request<'_>,
) -> Result<Option<Claim<'s>>> {
    let known = store.key(key).map_err(|e| unreadable(key, e, Some(request.receipt_query)))?;
    let Some(known) = known else { return Ok(None) };
    match known.state {
        KeyState::Accepted => {}
        _ if store.is_alive(&known.lease) => return Err(failures::still_busy(key)),
        KeyState::Reserved if !known.damaged => return Ok(None),
        KeyState::Reserved | KeyState::Calling | KeyState::Unresolved => {}
    }
    let new = new_key(context, store, request);
    claim_used_key(context, store, known, request, &new).map(Some)
}

fn claim_used_key<'s>(
    context: &Context,
    store: &'s dyn Store,
    record: KeyRecord,
    request: &Request<'_>,
    new: &NewKey,
) -> Result<Claim<'s>> {
    let known = record.identity.as_ref();
    let same_content = known.map(|known| known.content == new.identity.content);
    let same_account = known.map(|known| known.account == new.identity.account);
    if record.state != KeyState::Accepted {
        return Ok(Claim::Unresolved(Unresolved { store, record, same_content, same_account }));
    }
    let key = &record.key;
    // An ID that alimsg generated for this run may differ.
    let is_known = !record.tracking.id.is_empty();
    let other_id =
        is_known && !request.tracking.generated && request.tracking.id != record.tracking.id;
    if same_content == Some(false) {
        return Err(failures::other_message(key));
    }
    if same_account == Some(false) {
        return Err(failures::other_account(key));
    }
    if other_id {
        return Err(failures::other_id(key, &record.tracking.id));
    }
    let result = record.result.as_deref().unwrap_or_default();
    let result = serde_json::from_str(result).map_err(|_| failures::damaged(&record))?;
    if known.is_none() {
        context.screen.warn(format!(
            "cannot check whether the key {key:?} was first used for this message; its result may \
             belong to another message"
        ));
    }
    Ok(Claim::Accepted(result, record.since.unwrap_or(Timestamp::MAX)))
}
