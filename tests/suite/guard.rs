//! The guard around every run of `aliyun`, judged by what the processes of `aliyun` saw: ai-mode
//! is on during every call and off afterwards, whatever ends the run, and no message is sent twice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to stop, also outside of #[test]"
)]

mod account;
mod children;
mod concurrency;
mod containers;
mod failures;
mod faults;
mod files;
mod foreign;
mod kills;
mod messages;
mod order;
mod outputs;
mod prompt;
mod recovery;
mod safety_policy;
mod signals;
mod stamp;
mod switch_off;
mod watchdog;
