//! The options of a send that prevent a second send.

use std::time::Duration;

/// The options of every send.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// The idempotency key.
    pub key: Option<String>,
    /// How long to look for a receipt after an unknown outcome; zero disables it.
    pub look_up: Duration,
}
