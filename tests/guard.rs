//! The guard around every run of `aliyun`, judged by what the processes of `aliyun` saw: ai-mode
//! is on during every call and off afterwards, whatever ends the run, and no message is sent twice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to stop, also outside of #[test]"
)]

#[path = "guard/account.rs"]
mod account;
#[path = "guard/children.rs"]
mod children;
#[path = "guard/containers.rs"]
mod containers;
#[path = "guard/crowd.rs"]
mod crowd;
#[path = "guard/faults.rs"]
mod faults;
#[path = "guard/files.rs"]
mod files;
#[path = "guard/foreign.rs"]
mod foreign;
#[path = "guard/kills.rs"]
mod kills;
#[path = "guard/messages.rs"]
mod messages;
#[path = "guard/order.rs"]
mod order;
#[path = "guard/outputs.rs"]
mod outputs;
#[path = "guard/prompt.rs"]
mod prompt;
#[path = "guard/recovery.rs"]
mod recovery;
#[path = "guard/safety_policy.rs"]
mod safety_policy;
#[path = "guard/signals.rs"]
mod signals;
#[path = "guard/stamp.rs"]
mod stamp;
mod support;
#[path = "guard/switch_off.rs"]
mod switch_off;
#[path = "guard/troubles.rs"]
mod troubles;
#[path = "guard/watchdog.rs"]
mod watchdog;
