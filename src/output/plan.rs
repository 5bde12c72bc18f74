//! The plan of a send or a change: what a person confirms.

use serde::Serialize;
use serde_json::Value;

use crate::message::sanitize;
use crate::output::report::{Report, fields};
use crate::output::write::to_stderr;
use crate::output::{Screen, align};

/// A plan as the result of `--plan-only`.
#[derive(Debug, Default, Serialize)]
pub struct Plan {
    /// What is about to be done.
    title: String,
    /// Every parameter of it.
    rows: Vec<Row>,
    /// Every recipient of a message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Planned {
    plan: Plan,
}

impl Screen {
    /// Prints what is about to be done, as rows of name and value, before a confirmation.
    pub fn plan(&self, title: &str, rows: &[(String, String)]) {
        if self.options.plan_only {
            let rows = rows.iter().cloned().map(|(name, value)| Row { name, value }).collect();
            let plan = Plan { title: title.to_string(), rows, recipients: Vec::new() };
            *self.plan.borrow_mut() = Some(plan);
            return;
        }
        to_stderr(&sanitize::line(title));
        let names: Vec<String> = rows.iter().map(|(name, _)| sanitize::line(name)).collect();
        let width = align::width(names.iter().map(String::as_str));
        for (name, (_, value)) in names.iter().zip(rows) {
            let value = sanitize::visible(value);
            to_stderr(&format!("  {}  {value}", align::padded(name, width)));
        }
    }

    /// Adds all recipients to a plan that is the result. Text has them in a row.
    pub fn plan_recipients(&self, recipients: &[String]) {
        if let Some(plan) = &mut *self.plan.borrow_mut() {
            plan.recipients = recipients.to_vec();
        }
    }

    /// Whether the run ends at the plan, before the confirmation.
    pub fn has_plan(&self) -> bool {
        self.plan.borrow().is_some()
    }

    /// The plan as the result of the run, if only that is wanted and it was reached.
    pub fn take_plan(&self) -> Option<Report> {
        let plan = self.plan.borrow_mut().take()?;
        Some(Report::Record { data: fields(&Planned { plan }), raw: Value::Null })
    }
}
