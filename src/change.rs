//! A change of the account's settings or templates: looked at, agreed to, then made once.

use crate::call::Call;
use crate::delivery::require_consent;
use crate::failure::{Failure, Kind, Outcome, Result};
use crate::guard::Guard;
use crate::reply::Reply;
use crate::report::{Phase, Report};
use crate::run::Run;
use crate::service::{self, Service};

/// Rows of the plan: a name and a value.
pub type Rows = Vec<(String, String)>;

/// What is read before the change. Reading fails where the change would make no sense.
#[derive(Clone, Copy)]
pub enum Look<'c> {
    Nothing,
    /// The state, shown with the plan. With `--yes` nobody would see it, so it is not read.
    Shown {
        call: &'c Call,
        rows: &'c dyn Fn(&Service<'_>) -> Result<Rows>,
    },
    /// What the change builds upon, so it is read in any case; the change becomes this call.
    Decisive {
        call: &'c Call,
        change: &'c dyn Fn(&Service<'_>) -> Result<(Call, Rows)>,
        /// How the call will differ from what a dry run can show, if it will.
        completed: Option<&'static str>,
    },
}

impl Look<'_> {
    /// The call that will read, if any will.
    const fn call(&self, nobody_sees: bool) -> Option<&Call> {
        match self {
            Self::Shown { call, .. } if !nobody_sees => Some(call),
            Self::Decisive { call, .. } => Some(call),
            Self::Nothing | Self::Shown { .. } => None,
        }
    }
}

/// A change that is ready to be made.
pub struct Change<'c> {
    /// Made as it is, unless the look decides upon another.
    pub call: Call,
    /// What is about to happen, in front of the plan.
    pub title: String,
    pub rows: Rows,
    pub look: Look<'c>,
    pub question: Question,
    /// The command that shows the state afterwards.
    pub check: String,
}

/// How the user agrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// By the word `yes`.
    Yes(&'static str),
    /// By typing a name that the look has found: the value of the row with this name.
    Name(&'static str),
}

/// Makes the change, once.
///
/// # Errors
/// Whatever keeps it from being made. After a lost reply it may have been made all the same: the
/// failure names the command that tells.
pub fn carry_out(
    run: &Run,
    change: &Change<'_>,
    report: impl FnOnce(Reply) -> Report,
) -> Result<Report> {
    make(run, change, report).map_err(|mut failure| {
        failure.about_a_change = true;
        failure
    })
}

fn make(run: &Run, change: &Change<'_>, report: impl FnOnce(Reply) -> Report) -> Result<Report> {
    let reads = change.look.call(run.settings.yes);
    let mut planned =
        service::dry_run(run, &reads.into_iter().chain([&change.call]).collect::<Vec<_>>())?;
    if run.settings.dry_run {
        if let (Report::DryRun(commands), Look::Decisive { completed, .. }) =
            (&mut planned, &change.look)
            && let Some(command) = commands.iter_mut().rfind(|one| one.phase == Phase::Call)
        {
            command.when = *completed;
        }
        return Ok(planned);
    }
    require_consent(run)?;
    let guard = Guard::prepare(run, change.call.operation.product)?;
    guard.check_policy(change.call.operation)?;
    // ai-mode is off again before the question.
    let (decided, mut rows) = match change.look {
        Look::Decisive { change, .. } => {
            let (call, rows) = change(&Service::open(run, &guard)?)?;
            (Some(call), rows)
        }
        Look::Shown { rows, .. } if !run.settings.yes => {
            (None, rows(&Service::open(run, &guard)?)?)
        }
        Look::Nothing | Look::Shown { .. } => (None, Rows::new()),
    };
    if !run.settings.yes {
        rows.extend_from_slice(&change.rows);
        rows.push(("account".into(), guard.account().describe()));
        run.screen.plan(&change.title, &rows);
        ask(run, &change.question, &rows)?;
    }
    let service = Service::open(run, &guard)?;
    let answer = service.submit(decided.as_ref().unwrap_or(&change.call));
    drop(service);
    answer.map(report).map_err(|failure| {
        if failure.outcome == Outcome::Unknown {
            failure.next(change.check.clone())
        } else {
            failure
        }
    })
}

fn ask(run: &Run, question: &Question, rows: &Rows) -> Result<()> {
    let row = match question {
        Question::Yes(question) => return run.screen.confirm(question),
        Question::Name(row) => row,
    };
    let Some((_, name)) = rows.iter().find(|(name, _)| name == row) else {
        return run.screen.confirm("Go on?");
    };
    let typed = run.screen.ask(&format!("Type the {row} to go on"), |_| Ok(()))?;
    if typed == *name { Ok(()) } else { Err(Failure::new(Kind::Cancelled, "not confirmed")) }
}
