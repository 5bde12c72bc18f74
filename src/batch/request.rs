//! What a batch command asks for, and what is recorded about it.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::batch::definition::Definition;
use crate::batch::engine::EngineOptions;
use crate::batch::input::Input;
use crate::batch::plan::PlanRules;
use crate::batch::row::Row;
use crate::batch::shards::Shards;
use crate::error::{Failure, Result};
use crate::message::exclusions::Exclusions;
use crate::os::role;
use crate::storage::batches::Batch;

/// How a run of a batch behaves. None of this changes a message.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub engine: EngineOptions,
    pub name: Option<String>,
    /// Only the first rows.
    pub limit: Option<u64>,
    /// Only these parts of the rows.
    pub shards: Shards,
    pub skip_invalid: bool,
    /// The file of numbers that must not be contacted.
    pub exclude: Option<String>,
    /// Send messages with an unknown outcome again, after a typed confirmation.
    pub retry_unknown: bool,
    /// Queue the calls for workers.
    pub enqueue: bool,
    /// The budget for looking up receipts at the end.
    pub look_up: Duration,
}

/// What is recorded about a batch, to continue it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub definition: Definition,
    pub skip_invalid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<PathBuf>,
    /// What this machine sends. Another machine may send the other parts, without this record.
    #[serde(default, skip_serializing_if = "Shards::is_all")]
    pub shards: Shards,
}

/// Renders the message of a row; `None` if the template cannot be read.
pub type Render<'a> = &'a dyn Fn(&Definition, &Row) -> Option<String>;

/// A batch that a command wants to run.
pub struct Request<'a> {
    pub input: Input,
    pub rules: PlanRules,
    pub definition: Definition,
    pub render: Render<'a>,
    pub options: RunOptions,
    /// Only this batch: `batches resume`.
    pub expected: Option<Batch>,
}

impl Recorded {
    /// The recorded options of a batch.
    ///
    /// # Errors
    /// A later version of alimsg recorded them, or the record is damaged.
    pub fn parse(batch: &Batch) -> Result<Self> {
        serde_json::from_str(&batch.definition).map_err(|error| {
            Failure::environment(format!(
                "the record of batch {} cannot be read: {error}",
                batch.id
            ))
            .hint("a later version of alimsg may have written it: upgrade alimsg")
        })
    }

    /// How the rows are read.
    ///
    /// # Errors
    /// The numbers to exclude cannot be read, or must not be.
    pub fn rules(&self, invalid_path: PathBuf) -> Result<PlanRules> {
        if self.exclude.is_some() && !role::reads_recorded_files() {
            return Err(Failure::usage(
                "the file of the excluded numbers of this batch is not given",
            )
            .hint("to continue it, call the batch tool again with its inputs and `exclude`"));
        }
        let load = |path| Exclusions::load("--exclude", path);
        let exclusions = self.exclude.as_deref().map(load).transpose()?.unwrap_or_default();
        Ok(PlanRules { exclusions, ..PlanRules::from_definition(&self.definition, invalid_path) })
    }
}

/// Checks that an input that was read again has the content of the batch.
///
/// # Errors
/// It has changed, so its rows are not those of the batch.
pub fn require_same_content(batch: &Batch, input: &str, content: &str) -> Result<()> {
    if content == batch.content {
        return Ok(());
    }
    Err(Failure::usage(format!("{input} has changed since batch {} was started", batch.id))
        .hint("restore the original file, or name a copy of it with --input"))
}
