//! The outcome of a finished call, from its output and the way it ended.
//!
//! A sent message must never be reported as not sent. So in these tables, a send in doubt has the
//! outcome `unknown`.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use proptest::prelude::*;

use crate::api::error_codes::{CODES, Cause, Layer};
use crate::api::operations::{Product, SEND_CHATAPP_MESSAGE, SEND_SMS};
use crate::api::reply::*;
use crate::os::process::Termination;

mod errors;
mod json;
mod table;

/// A process that exited by itself.
fn exited(exit: i32, stdout: &str, stderr: &str) -> Output {
    Output {
        end: Termination::Exited(ExitStatus::from_raw(exit << 8)),
        stdout: stdout.as_bytes().to_vec(),
        stdout_truncated: false,
        stderr: stderr.as_bytes().to_vec(),
    }
}

/// A call that only reads.
fn a_read() -> &'static Operation {
    crate::api::operations::find("dysmsapi", "query-send-details").expect("in the table")
}

#[track_caller]
fn failed(operation: &Operation, output: &Output) -> Box<Failure> {
    match parse_output(operation, output) {
        Err(failure) => failure,
        Ok(reply) => panic!("unexpected success: {reply:?}"),
    }
}

/// Exit code, outcome, and whether the call may be repeated.
#[track_caller]
fn verdict(operation: &Operation, output: &Output) -> (u8, Outcome, bool) {
    let failure = failed(operation, output);
    if failure.outcome == Outcome::Unknown {
        assert!(!failure.retryable, "a repeated send could be a second message: {failure:?}");
    }
    (failure.exit_code(), failure.outcome, failure.retryable)
}
