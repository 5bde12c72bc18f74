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
use crate::ledger::{self, Claim, Pending, Record, Tracking};
use crate::lookup::Trail;
use crate::recent;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};
use crate::storage::{self, Store};
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
    pub duplicates: Option<recent::Check>,
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
    let store = open_store(run, message)?;
    let mut pending = match (&store, &message.safety.key) {
        (None, _) => None,
        (Some(store), None) => Some(Pending::without_key(&**store)),
        (Some(store), Some(key)) => match claim(run, &**store, key, message)? {
            Claim::Free(pending) => Some(pending),
            Claim::Accepted(record, since) => {
                return Ok(replay(run, message, record, since, None));
            }
            Claim::Unresolved(earlier) => {
                let (record, guard, since) = attempt::conclude(run, message, &earlier)?;
                return Ok(replay(run, message, record, since, Some(guard)));
            }
        },
    };
    if let (Some(check), Some(store)) = (&message.duplicates, &store) {
        check.look(&run.settings, &**store)?;
    }
    let guard = Guard::prepare(run, message.call.operation.product)?;
    guard.check_policy(message.call.operation)?;
    let verified = match &message.verify {
        // ai-mode is off again before the question.
        Some(verify) => verify(&Service::open(run, &guard)?)?,
        None => Vec::new(),
    };
    confirm(run, guard.account(), message, &verified)?;
    let service = Service::open(run, &guard)?;
    let since = Timestamp::now();
    if let Some(pending) = &mut pending {
        pending.begin(run, message.duplicates.as_ref())?;
    }
    let mut record = attempt::send(run, &guard, service, message, since, pending.as_mut())?;
    // Others may be waiting for this key's result.
    drop(pending);
    run.screen.note("accepted by the service; that is not delivered yet");
    if let Some(follow_up) = &message.follow_up {
        follow_up(run, Ok(&guard), &mut record, since);
    }
    Ok(Report::Facts { data: record.data, raw: record.raw })
}

/// The store, if this message has a key or is checked for repetitions. Nothing has been started
/// yet.
///
/// # Errors
/// It cannot be read. The outcome of a message with a key is unknown then; one without a key is not
/// sent, unless a repetition is allowed.
fn open_store(run: &Run, message: &Message) -> Result<Option<Box<dyn Store>>> {
    let key = message.safety.key.as_deref();
    if key.is_none() && message.duplicates.is_none() {
        return Ok(None);
    }
    let error = match storage::open(&run.settings) {
        Ok(store) => return Ok(Some(store)),
        Err(error) => error,
    };
    match (key, &message.duplicates) {
        (Some(key), _) => {
            Err(ledger::unreadable(key, error, Some((&message.trail, &message.tracking))))
        }
        (None, Some(check)) if check.is_waived() => {
            let error = anyhow::Error::from(error);
            run.screen
                .warn(format!("this message is not recorded for the duplicate check: {error:#}"));
            Ok(None)
        }
        (None, _) => Err(recent::unchecked(error)),
    }
}

fn claim<'s>(run: &Run, store: &'s dyn Store, key: &str, message: &Message) -> Result<Claim<'s>> {
    let wanted = ledger::Wanted {
        call: &message.call,
        tracking: &message.tracking,
        trail: &message.trail,
        recipients: message.recipients.len(),
    };
    ledger::claim(run, store, key, &wanted)
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
    if record.data.get("to").is_none_or(serde_json::Value::is_null) {
        // A person resolved the key, and only part of the numbers was on record.
        record.data.insert("to".into(), json!(message.recipients));
    }
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
