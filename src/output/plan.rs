//! The plan of a send or a change: what a person confirms.

use base16ct::lower::encode_string;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::{Failure, Kind, Result};
use crate::message::sanitize;
use crate::output::report::{Report, fields};
use crate::output::write::to_stderr;
use crate::output::{Screen, align};
use crate::settings::PlanUse;

/// A plan as the result of a run that only shows it.
#[derive(Debug, Default, Serialize)]
pub struct Plan {
    /// What is about to be done.
    title: String,
    /// Every parameter of it, and the account.
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

/// The data of a run that only shows its plan.
#[derive(Serialize)]
struct Shown<'p> {
    /// `planned`: nothing was sent or changed.
    status: &'static str,
    /// The texts of templates are those of the service.
    untrusted: bool,
    plan: &'p Plan,
    digest: String,
}

impl Plan {
    /// Identifies the plan: another parameter, recipient or account gives another digest.
    fn digest(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        encode_string(&Sha256::digest(text))
    }
}

impl Screen {
    /// Prints what is about to be done, as rows of name and value, before a confirmation. If the
    /// user is not asked, it is kept for [`Self::agrees`].
    pub fn plan(&self, title: &str, rows: &[(String, String)]) {
        if self.options.plan != PlanUse::Ask {
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

    /// Adds all recipients to a plan that is kept. Text has them in a row.
    pub fn plan_recipients(&self, recipients: &[String]) {
        if let Some(plan) = &mut *self.plan.borrow_mut() {
            plan.recipients = recipients.to_vec();
        }
    }

    /// Whether a person has agreed to the plan of this run before it started. If not, this run asks.
    ///
    /// # Errors
    /// This run only shows the plan, or a person has agreed to another one.
    pub fn agrees(&self) -> Result<bool> {
        let digest = match &self.options.plan {
            PlanUse::Ask => return Ok(false),
            PlanUse::Show => {
                return Err(Failure::new(Kind::Cancelled, "this run only shows its plan"));
            }
            PlanUse::Agreed(digest) => digest,
        };
        let is_same = self.plan.borrow().as_ref().is_some_and(|plan| plan.digest() == *digest);
        if !is_same {
            return Err(Failure::usage(
                "the plan has changed since it was shown: another text, account or default applies",
            )
            .hint("make a new plan and show it to your user"));
        }
        self.is_agreed.set(true);
        Ok(true)
    }

    /// Stops a call that sends or changes something although no person has agreed to it. Nothing
    /// depends on it as long as every command asks first.
    ///
    /// # Errors
    /// No person has agreed.
    pub fn require_agreement(&self) -> Result<()> {
        if self.options.plan == PlanUse::Ask || self.is_agreed.get() {
            return Ok(());
        }
        Err(Failure::internal("this call was not confirmed"))
    }

    /// The plan as the result of a run that was stopped because it only shows the plan.
    pub fn shown_plan(&self, result: Result<Report>) -> Result<Report> {
        match (&self.options.plan, result, &*self.plan.borrow()) {
            (PlanUse::Show, Err(failure), Some(plan)) if failure.kind == Kind::Cancelled => {
                let data = fields(&Shown {
                    status: "planned",
                    untrusted: true,
                    plan,
                    digest: plan.digest(),
                });
                Ok(Report::Record { data, raw: Value::Null })
            }
            (_, result, _) => result,
        }
    }
}
