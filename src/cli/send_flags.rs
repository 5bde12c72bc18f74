//! Flags of every send command that keep a message from being sent twice.

use std::time::Duration;

use clap::Args;

use crate::error::Result;
use crate::send::{SendOptions, idempotency};

/// The flags as the user gave them.
#[derive(Debug, Args)]
pub struct SendFlags {
    /// Send only once: later runs with the same key return the result of the first
    #[arg(long, value_name = "KEY", help_heading = "Never twice")]
    idempotency_key: Option<String>,

    /// Send even if the same message was just sent to a recipient; rows of batches do not count
    #[arg(long, help_heading = "Never twice")]
    allow_duplicate: bool,

    /// If the reply is lost, how long to check for a receipt, in seconds; 0: do not check
    #[arg(long, env = "ALIMSG_LOOK_UP", hide_env_values = true, value_name = "SECS",
          default_value = "20", value_parser = clap::value_parser!(u64).range(..=3600),
          help_heading = "Never twice")]
    look_up: u64,
}

impl SendFlags {
    /// Checks the flags.
    ///
    /// # Errors
    /// The key is invalid.
    pub fn check(self) -> Result<SendOptions> {
        if let Some(key) = &self.idempotency_key {
            idempotency::check_key(key)?;
        }
        Ok(SendOptions {
            key: self.idempotency_key,
            allow_duplicate: self.allow_duplicate,
            look_up: Duration::from_secs(self.look_up),
        })
    }
}
