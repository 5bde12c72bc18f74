//! Suggested commands, on every channel: the next steps of a failure or of a result, the command that
//! sends a template, and commands in backquotes. Each gets the flags of this run here.

use serde_json::{Map, Value};

use crate::error::Result;
use crate::output::Screen;
use crate::output::report::Report;

impl Screen {
    /// The result with the flags of this run in every suggested command.
    ///
    /// # Errors
    /// The failure of the run.
    pub fn complete_commands(&self, result: Result<Report>) -> Result<Report> {
        match result {
            Ok(mut report) => {
                self.complete_report(&mut report);
                Ok(report)
            }
            Err(mut failure) => {
                for next in &mut failure.next {
                    *next = self.rerun.command(next);
                }
                failure.message = self.rerun.text(&failure.message);
                failure.hint = failure.hint.map(|hint| self.rerun.text(&hint));
                if let Some(data) = &mut failure.data {
                    self.complete_fields(data);
                }
                Err(failure)
            }
        }
    }

    fn complete_report(&self, report: &mut Report) {
        match report {
            Report::Record { data, .. } => self.complete_fields(data),
            Report::Drawn { report, .. } | Report::Undelivered { report, .. } => {
                self.complete_report(report);
            }
            Report::List { facts, .. } => self.complete_fields(facts),
            Report::DryRun(_) | Report::Streamed => {}
        }
    }

    /// The fields with commands are `next` and `send`.
    fn complete_fields(&self, data: &mut Map<String, Value>) {
        for name in ["next", "send"] {
            match data.get_mut(name) {
                Some(Value::Array(commands)) => {
                    commands.iter_mut().for_each(|command| self.complete_value(command));
                }
                Some(command) => self.complete_value(command),
                None => {}
            }
        }
    }

    fn complete_value(&self, command: &mut Value) {
        if let Value::String(text) = command {
            *text = self.rerun.command(text);
        }
    }
}
