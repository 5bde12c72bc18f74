//! The path of one message, from the finished call to its acceptance by the service.
//!
//! command line → [`Message`] → claim of its key → plan → consent → guard → call → reply → report

mod attempt;
mod safety;

use jiff::Timestamp;
use serde_json::json;

use crate::account::Account;
use crate::call::Call;
use crate::failure::{Failure, Outcome, Result};
use crate::guard::Guard;
use crate::ledger::{self, Claim, Record, Tracking};
use crate::lookup::Trail;
use crate::recent;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};
pub use safety::{Safety, SafetyFlags};

/// A message that is ready to go.
pub struct Message {
    pub call: Call,
    pub recipients: Vec<String>,
    /// The ID by which the message can be found again.
    pub tracking: Tracking,
    /// Where it can be found by that ID.
    pub trail: Trail,
    /// What the user is shown before consenting: every parameter.
    pub plan: Vec<(String, String)>,
    /// What keeps it from being sent twice.
    pub safety: Safety,
    /// Asks the service, before the user is asked, whether the message can be sent at all.
    pub verify: Option<Verify>,
    /// The calls that `verify` makes, for a dry run to show.
    pub reads: Vec<Call>,
    /// Keeps an equal message from going out twice in a row.
    pub duplicates: Option<recent::Watch>,
    /// What the user wants to know once it is accepted, such as its receipts.
    pub follow_up: Option<FollowUp>,
}

/// Reads what the message refers to and returns rows for the plan, such as the rendered text.
/// A failure means that nothing is sent.
pub type Verify = Box<dyn Fn(&Service<'_>) -> Result<Vec<(String, String)>>>;

/// Adds to the result of a message that was accepted in a call of that time. Whatever goes wrong is
/// a warning, also that there is no guard. ai-mode is off when it begins.
pub type FollowUp = Box<dyn Fn(&Run, Result<&Guard<'_>>, &mut Record, Timestamp)>;

/// Sends a message, once.
///
/// # Errors
/// Whatever keeps it from being accepted; the failure says whether it went out.
pub fn deliver(run: &Run, message: &Message) -> Result<Report> {
    // A call that cannot be made is found before anything is started.
    let calls: Vec<&Call> = message.reads.iter().chain([&message.call]).collect();
    let planned = service::dry_run(run, &calls)?;
    if run.settings.dry_run {
        return Ok(planned);
    }
    require_consent(run)?;
    run.facts.redaction.borrow_mut().add(&message.call);
    let mut reservation = match claim(run, message)? {
        None => None,
        Some(Claim::Free(reservation)) => Some(reservation),
        Some(Claim::Accepted(record, since)) => {
            return Ok(replay(run, message, record, since, None));
        }
        Some(Claim::Open(mut earlier)) => {
            let (record, guard) = attempt::conclude(run, message, &mut earlier)?;
            return Ok(replay(run, message, record, earlier.since, Some(guard)));
        }
    };
    message.duplicates.as_ref().map_or(Ok(()), recent::Watch::look)?;
    let guard = Guard::prepare(run, message.call.operation.product)?;
    guard.check_policy(message.call.operation)?;
    let verified = match &message.verify {
        // ai-mode is off again before the question.
        Some(verify) => verify(&Service::open(run, &guard)?)?,
        None => Vec::new(),
    };
    confirm(run, guard.account(), message, &verified)?;
    let service = Service::open(run, &guard)?;
    let note = message.duplicates.as_ref().map(|watch| watch.note(run)).transpose()?.flatten();
    let since = Timestamp::now();
    let sent = attempt::send(run, &guard, service, message, since, reservation.as_mut());
    if let Some(note) = note {
        note.settle(run, sent.as_ref().err().map(|failure| failure.outcome));
    }
    let mut record = sent?;
    // Others may be waiting for this key's result.
    drop(reservation);
    run.screen.note("accepted by the service; that is not delivered yet");
    if let Some(follow_up) = &message.follow_up {
        follow_up(run, Ok(&guard), &mut record, since);
    }
    Ok(Report::Facts { data: record.data, raw: record.raw })
}

/// What the message's key stands for, if it has one. Nothing has been started yet.
fn claim(run: &Run, message: &Message) -> Result<Option<Claim>> {
    let Some(key) = &message.safety.key else { return Ok(None) };
    let common = service::common(&run.settings);
    let credentials = run.settings.credentials;
    let fingerprint = ledger::fingerprint(&message.call, &common, credentials);
    ledger::claim(run, key, &fingerprint, &message.tracking).map(Some)
}

/// The result of the run that used the key first. What is wanted beyond it only reads, so it is
/// done for an earlier message as well.
fn replay<'r>(
    run: &'r Run,
    message: &Message,
    mut record: Record,
    since: Timestamp,
    guard: Option<Guard<'r>>,
) -> Report {
    run.screen.note("this key was used before: nothing was sent now, and this is its result");
    record.data.insert("replayed".into(), json!(true));
    if let Some(follow_up) = &message.follow_up {
        run.facts.outcome.set(Outcome::Sent);
        let product = message.call.operation.product;
        let guard = guard.map_or_else(|| Guard::prepare(run, product), Ok);
        follow_up(run, guard.as_ref().map_err(Clone::clone), &mut record, since);
    }
    Report::Facts { data: record.data, raw: record.raw }
}

/// Without anybody to ask, consent has to be given on the command line. Nothing is started before.
///
/// # Errors
/// There is no consent and nobody to ask.
pub fn require_consent(run: &Run) -> Result<()> {
    if run.settings.yes || run.settings.may_ask {
        return Ok(());
    }
    Err(Failure::usage("nobody is there to confirm this, and --yes is not given")
        .hint("look at it with --dry-run, then add --yes"))
}

fn confirm(
    run: &Run,
    account: &Account,
    message: &Message,
    verified: &[(String, String)],
) -> Result<()> {
    if run.settings.yes {
        return Ok(());
    }
    let mut rows = message.plan.clone();
    rows.extend_from_slice(verified);
    rows.push(("messages".into(), message.recipients.len().to_string()));
    rows.push(("account".into(), account.describe()));
    let api = message.call.operation.api;
    run.screen.plan(&format!("{api} is about to send:"), &rows);
    run.screen.confirm("Send?")
}
