//! The flags that every send has, so that a message is not sent twice.

use std::time::Duration;

use clap::Args;

use crate::error::Result;
use crate::send::{SendOptions, idempotency};

/// As given.
#[derive(Debug, Args)]
pub struct SendFlags {
    /// Send once, however often this is run: the same key gives the first run's result
    #[arg(long, value_name = "KEY", help_heading = "Never twice")]
    idempotency_key: Option<String>,

    /// How long to look for the receipt if the reply gets lost, in seconds; 0: not at all
    #[arg(long, env = "ALIMSG_LOOK_UP", hide_env_values = true, value_name = "SECS",
          default_value = "20", value_parser = clap::value_parser!(u64).range(..=3600),
          help_heading = "Never twice")]
    look_up: u64,
}

impl SendFlags {
    /// # Errors
    /// The key is invalid.
    pub fn check(self) -> Result<SendOptions> {
        if let Some(key) = &self.idempotency_key {
            idempotency::check_key(key)?;
        }
        Ok(SendOptions { key: self.idempotency_key, look_up: Duration::from_secs(self.look_up) })
    }
}
