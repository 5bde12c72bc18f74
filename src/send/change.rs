//! A change to the account's settings or templates: previewed, confirmed, then made once.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::call::{AnyCall, ChangeCall, ReadCall};
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::output::report::Report;
use crate::send::require_consent;

/// Rows of the plan: a name and a value.
pub type Rows = Vec<(String, String)>;

/// What is fetched before the change. The fetch fails if the change cannot apply.
#[derive(Clone, Copy)]
pub enum Preview<'c> {
    Nothing,
    /// The current state, shown with the plan. Not fetched with `--yes`, which shows no plan.
    Shown {
        call: &'c ReadCall,
        rows: &'c dyn Fn(&Client<'_>) -> Result<Rows>,
    },
    /// The current values of the fields that get these new values. They are part of the plan and of
    /// the result, so they are fetched with `--yes` as well; a failure is then only a warning.
    Compared {
        call: &'c ReadCall,
        current: &'c dyn Fn(&Client<'_>) -> Result<Map<String, Value>>,
        new: &'c Map<String, Value>,
    },
    /// The change depends on the current state, so it is always fetched and determines the call.
    Decisive {
        call: &'c ReadCall,
        change: &'c dyn Fn(&Client<'_>) -> Result<(ChangeCall, Rows)>,
        /// How the final call differs from the one in a dry run, if it does.
        completed: Option<&'static str>,
    },
}

impl Preview<'_> {
    /// The call that fetches the preview, if there is one.
    const fn call(&self, yes: bool) -> Option<&ReadCall> {
        match self {
            Self::Shown { call, .. } if !yes => Some(call),
            Self::Compared { call, .. } | Self::Decisive { call, .. } => Some(call),
            Self::Nothing | Self::Shown { .. } => None,
        }
    }
}

/// A change that is ready to apply.
pub struct Change<'c> {
    /// The call to make, unless a [`Preview::Decisive`] replaces it.
    pub call: ChangeCall,
    /// The heading of the plan.
    pub title: String,
    pub rows: Rows,
    pub preview: Preview<'c>,
    pub question: Question,
    /// The command that shows the state after the change.
    pub check: String,
}

/// How the user confirms the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// By typing `yes`.
    Yes(&'static str),
    /// By typing the value of the plan row with this name, which the preview fetched.
    Name(&'static str),
}

/// Makes the change once.
///
/// # Errors
/// The change was not made, or its reply was lost and it may have been made. The failure then names
/// the command that shows the current state.
pub fn apply(
    context: &Context,
    change: &Change<'_>,
    report: impl FnOnce(Reply) -> Report,
) -> Result<Report> {
    make(context, change, report).map_err(|mut failure| {
        failure.about_a_change = true;
        failure
    })
}

fn make(
    context: &Context,
    change: &Change<'_>,
    report: impl FnOnce(Reply) -> Report,
) -> Result<Report> {
    let completed = match change.preview {
        Preview::Decisive { completed, .. } => completed,
        Preview::Nothing | Preview::Shown { .. } | Preview::Compared { .. } => None,
    };
    let reads = change.preview.call(context.settings.yes);
    let planned = client::plan(
        context,
        &reads
            .into_iter()
            .map(|call| (call as &dyn AnyCall, None))
            .chain([(&change.call as &dyn AnyCall, completed)])
            .collect::<Vec<_>>(),
    )?;
    if context.settings.dry_run {
        return Ok(planned);
    }
    require_consent(context)?;
    let guard = Guard::for_call(context, change.call.operation);
    guard.require_allowed()?;
    // Dropping this client switches ai-mode off before the prompt.
    let mut differences = None;
    let (decided, mut rows) = match change.preview {
        Preview::Compared { current, new, .. } => {
            let fetched = Client::open(context, &guard).and_then(|client| current(&client));
            let old = match fetched {
                Ok(old) => old,
                Err(failure) if context.settings.yes && failure.kind != Kind::Cancelled => {
                    let reason = &failure.message;
                    context.screen.warn(format!("the current values are unknown: {reason}"));
                    Map::new()
                }
                Err(failure) => return Err(failure),
            };
            let compared = compare(old, new);
            let rows = compared.iter().map(Difference::row).collect();
            differences = Some(compared);
            (None, rows)
        }
        Preview::Decisive { change, .. } => {
            let (call, rows) = change(&Client::open(context, &guard)?)?;
            (Some(call), rows)
        }
        Preview::Shown { rows, .. } if !context.settings.yes => {
            (None, rows(&Client::open(context, &guard)?)?)
        }
        Preview::Nothing | Preview::Shown { .. } => (None, Rows::new()),
    };
    if !context.settings.yes {
        rows.extend_from_slice(&change.rows);
        rows.push(("account".into(), guard.account()?.describe()));
        let mut shown = rows.clone();
        context.status.mark_defaults(&mut shown);
        context.screen.plan(&change.title, &shown);
        ask(context, &change.question, &rows)?;
    }
    let client = Client::open(context, &guard)?;
    let answer = client.change(decided.as_ref().unwrap_or(&change.call));
    drop(client);
    let report = |reply| match differences {
        Some(differences) => with_differences(context, report(reply), &differences),
        None => report(reply),
    };
    answer.map(report).map_err(|failure| {
        if failure.outcome == Outcome::Unknown {
            failure.next(change.check.clone())
        } else {
            failure
        }
    })
}

/// One field of a change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Difference {
    /// The name of the field.
    field: String,
    /// The value before; `null` if there was none or it is unknown.
    old: Value,
    /// The value that was given.
    new: Value,
    /// Whether the values differ; `null` if the old one is unknown.
    changed: Option<bool>,
}

impl Difference {
    /// The row of the plan.
    fn row(&self) -> (String, String) {
        let Self { field, old, new, changed } = self;
        let value = match changed {
            Some(false) => format!("{} (unchanged)", shown(new)),
            Some(true) => format!("{} → {}", shown(old), shown(new)),
            None => shown(new),
        };
        (field.clone(), value)
    }
}

fn compare(mut old: Map<String, Value>, new: &Map<String, Value>) -> Vec<Difference> {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let difference = |(field, new): (&String, &Value)| {
        let known = old.remove(field);
        let differs = |old: &Value| old != new && !(is_empty(old) && is_empty(new));
        Difference {
            field: field.clone(),
            changed: known.as_ref().map(differs),
            old: known.unwrap_or(Value::Null),
            new: new.clone(),
        }
    };
    new.iter().map(difference).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::String(text) if text.is_empty() => "(none)".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "(none)".into(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Adds the old and new values to the result.
fn with_differences(context: &Context, mut report: Report, differences: &[Difference]) -> Report {
    let unchanged = differences.iter().all(|difference| difference.changed == Some(false));
    if unchanged {
        context.screen.note("unchanged: these were already the values");
    }
    if let Report::Record { data, .. } = &mut report {
        data.insert("unchanged".into(), unchanged.into());
        data.insert("changes".into(), json!(differences));
    }
    report
}

fn ask(context: &Context, question: &Question, rows: &Rows) -> Result<()> {
    let row = match question {
        Question::Yes(question) => return context.screen.confirm(question),
        Question::Name(row) => row,
    };
    let Some((_, name)) = rows.iter().find(|(name, _)| name == row) else {
        return context.screen.confirm("continue");
    };
    confirm_by_typing(context, row, name)
}

/// The user confirms by typing this value; `what` is what it is.
///
/// # Errors
/// The answer is anything else, or there is none.
pub fn confirm_by_typing(context: &Context, what: &str, value: &str) -> Result<()> {
    if context.screen.agrees()? {
        return Ok(());
    }
    let typed = context.screen.ask(&format!("Type the {what} to confirm"), |_| Ok(()))?;
    if typed == value { Ok(()) } else { Err(Failure::new(Kind::Cancelled, "not confirmed")) }
}
