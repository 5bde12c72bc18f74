//! The result of a successful command.

use serde::Serialize;
use serde_json::{Map, Value};

/// The result of a command.
#[derive(Debug)]
pub enum Report {
    /// Named values, the same in text and in JSON.
    RunStatus { data: Map<String, Value>, raw: Value },
    /// A list under its JSON name, with one row per item in text. All items have the same fields,
    /// and text and JSON have the same data.
    List {
        name: &'static str,
        items: Vec<Map<String, Value>>,
        facts: Map<String, Value>,
        raw: Value,
    },
    /// A report with a drawing of it, such as a chart, which is shown on a terminal only.
    Drawn { drawing: String, report: Box<Report> },
    /// The commands that a dry run would start.
    DryRun(Vec<PlannedCommand>),
    /// All output has already been printed.
    Streamed,
}

impl Report {
    /// The report without its drawing.
    pub fn undrawn(&self) -> &Report {
        match self {
            Self::Drawn { report, .. } => report.undrawn(),
            other => other,
        }
    }

    /// The report with a drawing.
    #[must_use]
    pub fn drawn(self, drawing: String) -> Self {
        Self::Drawn { drawing, report: Box::new(self) }
    }
}

/// The purpose of a command in a dry run.
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
    /// When or with which values the command runs, if that depends on the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<&'static str>,
}
