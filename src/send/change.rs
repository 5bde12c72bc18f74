//! A change to the account's settings or templates: previewed, confirmed, then made once.

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
            Self::Decisive { call, .. } => Some(call),
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
        Preview::Nothing | Preview::Shown { .. } => None,
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
    let (decided, mut rows) = match change.preview {
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
    answer.map(report).map_err(|failure| {
        if failure.outcome == Outcome::Unknown {
            failure.next(change.check.clone())
        } else {
            failure
        }
    })
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
