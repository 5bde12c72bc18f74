//! How a message is kept from being sent twice.

use std::time::Duration;

/// The options of every send.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// The idempotency key.
    pub key: Option<String>,
    /// After that time no look-up of a receipt begins.
    pub look_up: Duration,
}
