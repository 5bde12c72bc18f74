//! What a command has to say when it succeeds.

use serde::Serialize;
use serde_json::{Map, Value};

/// The answer of a command.
#[derive(Debug)]
pub enum Report {
    /// Facts, by name; the same in text and in JSON.
    RunStatus { data: Map<String, Value>, raw: Value },
    /// Things of one kind, by the name that the JSON gives them: one a row on a terminal or in a
    /// pipe. Every item has the same fields, and what the text shows is what the JSON carries.
    List {
        name: &'static str,
        items: Vec<Map<String, Value>>,
        facts: Map<String, Value>,
        raw: Value,
    },
    /// A report with a drawing of it, such as a chart, for people at a terminal; everybody else
    /// gets the report alone.
    Drawn { drawing: String, report: Box<Report> },
    /// What would run, on a dry run.
    DryRun(Vec<PlannedCommand>),
    /// Everything was said as it came.
    Streamed,
}

impl Report {
    /// The facts alone.
    pub fn undrawn(&self) -> &Report {
        match self {
            Self::Drawn { report, .. } => report.undrawn(),
            other => other,
        }
    }

    /// The same facts, with a drawing.
    #[must_use]
    pub fn drawn(self, drawing: String) -> Self {
        Self::Drawn { drawing, report: Box::new(self) }
    }
}

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Guard,
    Call,
}

/// A command that a dry run shows.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedCommand {
    pub phase: Phase,
    pub argv: Vec<String>,
    /// The condition under which, or the completion with which, it runs, where that depends on the
    /// one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<&'static str>,
}
