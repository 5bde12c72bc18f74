//! What a handler is given, and the beginnings of what it gives back.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::answers::request_id;
use crate::sandbox::arguments::ProductCall;
use crate::sandbox::fates::Scenario;
use crate::sandbox::service::state::State;

/// What a handler works with besides the call.
pub struct Request<'a> {
    pub call: &'a ProductCall,
    pub state: &'a mut State,
    pub now: Timestamp,
    /// What the recipients' numbers have in store.
    pub fate: Scenario,
}

/// The successful reply of every call begins so.
pub fn ok() -> Value {
    json!({ "Code": "OK", "Message": "OK", "RequestId": request_id() })
}

/// The part of a list that a page holds; pages count from 1.
pub fn page<T>(items: Vec<T>, index: i64, size: i64) -> Vec<T> {
    let index = usize::try_from(index.max(1) - 1).unwrap_or(usize::MAX);
    let size = usize::try_from(size.max(1)).unwrap_or(usize::MAX);
    items.into_iter().skip(index.saturating_mul(size)).take(size).collect()
}
