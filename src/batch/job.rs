//! Sends the calls of one batch and reports the result; for the command that starts a batch and for
//! the workers of a queue.

use std::cell::Cell;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::aliyun::guard::Guard;
use crate::batch::definition::Definition;
use crate::batch::engine::{Ended, Engine, EngineOptions, Source, Tally, store_failure};
use crate::batch::limits::CallLimits;
use crate::batch::look_up;
use crate::batch::summary::{self, Summary};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::{Report, fields};
use crate::storage::Store;
use crate::storage::batches::{Batch, CallState};

/// A batch on record that this run sends.
pub struct Job<'a> {
    pub context: &'a Context,
    pub guard: &'a Guard<'a>,
    pub store: &'a dyn Store,
    pub batch: &'a Batch,
    pub definition: &'a Definition,
    /// The command of this run.
    pub command: &'a str,
    pub engine: EngineOptions,
    /// The budget for looking up receipts at the end.
    pub look_up: Duration,
    /// Counts the rows without a call, if this run sends only parts of the rows.
    pub remaining: Option<&'a dyn Fn() -> Result<u64>>,
}

impl Job<'_> {
    /// Sends the calls of a source, with progress, looks up unknown calls and reports the state of
    /// the batch. `messages` is the expected number of messages.
    ///
    /// # Errors
    /// Not every message was accepted, or the store cannot be used.
    pub fn run(&self, source: Source<'_>, messages: u64) -> Result<Report> {
        let Self { context, guard, store, batch, definition, .. } = *self;
        let limits = CallLimits::new(context, store, batch, definition)?;
        let progress = context.screen.batch_progress(messages);
        let on_end = |ended: &Ended<'_>, tally: &Tally| {
            progress.update(tally.accepted, tally.failed, tally.unknown);
            if context.screen.is_json() {
                let event = fields(&CallEvent::new(batch, ended));
                // A closed stdout must not end a batch.
                let _ = context.screen.event(self.command, &event);
            }
        };
        let engine = Engine {
            context,
            guard,
            store: store.batches(),
            limits: &limits,
            batch,
            definition,
            options: self.engine,
            on_end: &on_end,
            store_lost: Cell::default(),
        };
        let tally = engine.run(source)?;
        drop(progress);
        store.tidy();
        self.report(&tally)
    }

    /// Looks up unknown calls and reports the state of the batch.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn report(&self, tally: &Tally) -> Result<Report> {
        let id = &self.batch.id;
        let batch = self
            .settle()
            .and_then(|()| self.store.batches().batch(id).map_err(store_failure))
            .and_then(|batch| batch.ok_or_else(|| not_on_record(id)));
        let batch = batch.and_then(|batch| {
            let mut summary = Summary::new(&batch);
            if let Some(remaining) = self.remaining {
                summary.remaining = remaining()?;
            }
            Ok(summary)
        });
        let summary = batch.map_err(|failure| summary::without_record(failure, id, tally))?;
        summary::report(self.context, summary, tally)
    }

    /// Looks for receipts of unknown calls.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn settle(&self) -> Result<()> {
        let space = self.definition.known_space(&self.context.settings);
        let (batches, id) = (self.store.batches(), &self.batch.id);
        look_up::settle(self.context, self.guard, batches, id, space.as_deref(), self.look_up)
    }
}

/// The failure if no batch has this ID or name.
pub fn not_on_record(id: &str) -> Box<Failure> {
    Failure::usage(format!("no batch has the ID or name {id:?}")).next("alimsg batches list")
}

/// One call that ended, as `--json` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CallEvent<'e> {
    batch: &'e str,
    call: i64,
    status: &'static str,
    messages: usize,
    /// The lines of the first and the last row of the call.
    first_line: u64,
    last_line: u64,
    tracking_id: &'e str,
    /// The service's ID of the call.
    receipt_id: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'e Failure>,
}

impl<'e> CallEvent<'e> {
    fn new(batch: &'e Batch, ended: &Ended<'e>) -> Self {
        let lines = || ended.group.rows.iter().map(|row| row.line);
        Self {
            batch: &batch.id,
            call: ended.id,
            status: match ended.state {
                CallState::Accepted => "accepted",
                CallState::Failed => "failed",
                _ => "unknown",
            },
            messages: ended.group.rows.len(),
            first_line: lines().min().unwrap_or_default(),
            last_line: lines().max().unwrap_or_default(),
            tracking_id: ended.tracking_id,
            receipt_id: ended.receipt_id,
            error: ended.failure,
        }
    }
}
