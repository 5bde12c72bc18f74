//! The guard around every run of `aliyun`, checked by what the `aliyun` processes recorded: ai-mode
//! is on during every call and off afterwards, however the run ends, and no message is sent twice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to stop, also outside of #[test]"
)]

mod account;
mod call_mode;
mod children;
mod concurrency;
mod containers;
mod failures;
mod faults;
mod files;
mod kills;
mod messages;
mod order;
mod outputs;
mod preflight_cache;
mod prompt;
mod recovery;
mod renewal;
mod safety_policy;
mod signals;
mod switch_off;
mod user_settings;
mod watchdog;
