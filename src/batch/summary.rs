//! The result of a batch: how many messages were sent, failed, or are unknown, and why.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::batch::engine::{CodeTally, Tally};
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::signals;
use crate::output::report::{Report, fields};
use crate::storage::batches::Batch;

/// The state of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Some rows have no call yet.
    Open,
    /// Workers process its queue.
    Queued,
    /// Every row was sent, failed or is unknown.
    Finished,
    Cancelled,
}

/// A batch, as reports show it. All counts are messages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    pub id: String,
    pub name: Option<String>,
    pub command: String,
    pub status: Status,
    /// The path of the input.
    pub source: Option<String>,
    pub created_at: jiff::Timestamp,
    pub total: u64,
    /// Accepted by Alibaba Cloud; not yet delivered.
    pub accepted: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Calls that are running now, or whose run was killed.
    pub started: u64,
    /// Rows without a result; after a run with `--shard`, only those of its part.
    pub remaining: u64,
}

impl Summary {
    pub fn new(batch: &Batch) -> Self {
        let counts = batch.counts;
        let settled = counts.accepted + counts.failed + counts.unknown + counts.started;
        let remaining = batch.rows.saturating_sub(settled);
        let status = if batch.cancelled_at.is_some() {
            Status::Cancelled
        } else if counts.queued > 0 {
            Status::Queued
        } else if remaining > 0 || counts.started > 0 {
            Status::Open
        } else {
            Status::Finished
        };
        Self {
            id: batch.id.clone(),
            name: batch.name.clone(),
            command: batch.command.clone(),
            status,
            source: batch.source.clone(),
            created_at: batch.created_at,
            total: batch.rows,
            accepted: counts.accepted,
            failed: counts.failed,
            unknown: counts.unknown,
            started: counts.started,
            remaining,
        }
    }

    /// The counts as a sentence.
    pub fn describe(&self) -> String {
        let started = match self.started {
            0 => String::new(),
            started => format!("{started} started, "),
        };
        format!(
            "batch {}: {} accepted, {} failed, {} unknown, {started}{} not sent yet",
            self.id, self.accepted, self.failed, self.unknown, self.remaining
        )
    }
}

/// One error code in the result of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeRow<'t> {
    code: &'t str,
    messages: u64,
    message: &'t str,
    hint: Option<&'t str>,
}

/// The result of a run: the batch, and the error codes of this run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunResult<'t> {
    #[serde(flatten)]
    summary: Summary,
    /// Calls that this run made.
    calls: u64,
    codes: Vec<CodeRow<'t>>,
}

/// The report of a run, or its failure if not every message was accepted.
///
/// # Errors
/// Messages are unknown (exit 7) or failed (exit 8), or the run stopped before its end.
pub fn report(context: &Context, summary: Summary, tally: &Tally) -> Result<Report> {
    let codes = tally.codes.iter().map(|(code, tally)| {
        let CodeTally { messages, message, hint } = tally;
        CodeRow { code, messages: *messages, message, hint: hint.as_deref() }
    });
    let result = RunResult { summary: summary.clone(), calls: tally.calls, codes: codes.collect() };
    for CodeRow { code, messages, message, hint } in &result.codes {
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        context.screen.note(&format!("{messages} × {code}: {message}{hint}"));
    }
    if summary.started > 0 {
        let message = "another run is sending this batch";
        context
            .screen
            .note(&format!("{message}; its running calls have {} messages", summary.started));
    }
    let Some(failure) = failure(&summary, tally) else {
        return Ok(Report::from_record(&result, Value::Null));
    };
    let mut failure = failure;
    failure.data = Some(fields(&result));
    Err(failure)
}

/// The failure if the state of the batch cannot be read at the end of a run.
pub fn without_record(mut failure: Box<Failure>, id: &str, tally: &Tally) -> Box<Failure> {
    if tally.calls > 0 {
        failure.kind = Kind::UnknownOutcome;
        failure.outcome = Outcome::Unknown;
        failure.retryable = false;
        failure.message = format!(
            "{}; this run counted {} accepted, {} failed and {} unknown messages",
            failure.message, tally.accepted, tally.failed, tally.unknown
        );
    }
    failure.next(format!("alimsg batches resume {id}"))
}

fn failure(summary: &Summary, tally: &Tally) -> Option<Box<Failure>> {
    let id = &summary.id;
    // All calls of runs that are gone are unknown by now: started calls belong to other runs.
    let unknown = summary.unknown;
    let show = format!("alimsg batches show {id}");
    let export = |state: &str| format!("alimsg batches export {id} --{state}");
    let resume = format!("alimsg batches resume {id}");
    let description = match &tally.stopped {
        Some(stopped) => format!("{}; {}", stopped.message, summary.describe()),
        None => summary.describe(),
    };
    let mut failure = if unknown > 0 {
        let failure = Failure::unknown_outcome(description)
            .hint(
                "unknown messages may have been sent, and no later run sends them again by itself: \
                 do not send them in another batch. Receipts can arrive later: `batches resume` \
                 checks for them. Only a person at a terminal can retry, with --retry-unknown",
            )
            .next(resume);
        if summary.failed > 0 { failure.next(export("failed")) } else { failure }
    } else if let Some(stopped) = &tally.stopped {
        let mut failure = stopped.clone();
        failure.message = description;
        failure.outcome = Outcome::NotSent;
        if summary.accepted > 0 {
            failure.kind = Kind::Partial;
            failure.outcome = Outcome::Sent;
        }
        failure.retryable = false;
        // A cancelled batch cannot be resumed.
        if summary.status == Status::Cancelled { failure } else { failure.next(resume) }
    } else if signals::count() > 0 {
        let mut failure = Failure::new(Kind::Cancelled, summary.describe());
        if summary.accepted > 0 {
            failure.outcome = Outcome::Sent;
            failure.kind = Kind::Partial;
        }
        failure.hint("continue with the same command, or with the one below").next(resume)
    } else if summary.failed > 0 {
        let mut failure = Failure::new(Kind::Partial, summary.describe());
        if summary.accepted > 0 {
            failure.outcome = Outcome::Sent;
        }
        failure
            .hint("correct the failed rows in the exported file; the user decides whether to send it as a new batch")
            .next(export("failed"))
    } else {
        return None;
    };
    failure.next.push(show);
    Some(failure)
}
