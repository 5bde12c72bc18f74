//! The path of one message, from the finished call to its acceptance by the service.
//!
//! command line → [`Message`] → claim of its key → plan → consent → guard → call → reply → report

mod attempt;
pub mod change;
pub mod duplicates;
pub mod idempotency;
mod options;
pub mod receipt_lookup;

use jiff::Timestamp;
use serde_json::json;

use crate::aliyun::guard::Guard;
use crate::api::account::Account;
use crate::api::call::{self, AnyCall, ReadCall, SendCall};
use crate::error::{Failure, Outcome, Result};
use crate::send::idempotency::{Claim, Record, Tracking};
use crate::send::receipt_lookup::ReceiptQuery;

use crate::aliyun::client::{self, Client};
use crate::context::Context;
use crate::output::report::Report;
pub use crate::send::options::{SendFlags, SendOptions};

/// A message that is ready to go.
pub struct Message {
    pub call: SendCall,
    pub recipients: Vec<String>,
    /// The ID by which the message can be found again.
    pub tracking: Tracking,
    /// Where it can be found by that ID.
    pub receipt_query: ReceiptQuery,
    /// What the user is shown before consenting: every parameter.
    pub plan: Vec<(String, String)>,
    /// What keeps it from being sent twice.
    pub safety: SendOptions,
    /// Asks the service, before the user is asked, whether the message can be sent at all.
    pub verify: Option<Verify>,
    /// The calls that `verify` makes, for a dry run to show.
    pub reads: Vec<ReadCall>,
    /// Keeps an equal message from going out twice in a row.
    pub duplicates: Option<duplicates::DuplicateCheck>,
    /// What the user wants to know once it is accepted, such as its receipts.
    pub follow_up: Option<FollowUp>,
}

/// Reads what the message refers to and returns rows for the plan, such as the rendered text.
/// A failure means that nothing is sent.
pub type Verify = Box<dyn Fn(&Client<'_>) -> Result<Vec<(String, String)>>>;

/// Adds to the result of a message that was accepted in a call of that time. Whatever goes wrong is
/// a warning, also that there is no guard. ai-mode is off when it begins.
pub type FollowUp = Box<dyn Fn(&Context, Result<&Guard<'_>>, &mut Record, Timestamp)>;

/// Sends a message, once.
///
/// # Errors
/// Whatever keeps it from being accepted; the failure says whether it went out.
pub fn deliver(context: &Context, message: &Message) -> Result<Report> {
    // A call that cannot be made is found before anything is started.
    let calls: Vec<&dyn AnyCall> =
        call::any(&message.reads).chain([&message.call as &dyn AnyCall]).collect();
    let planned = client::dry_run(context, &calls)?;
    if context.settings.dry_run {
        return Ok(planned);
    }
    require_consent(context)?;
    let mut reservation = match claim(context, message)? {
        None => None,
        Some(Claim::Free(reservation)) => Some(reservation),
        Some(Claim::Accepted(record, since)) => {
            return Ok(replay(context, message, record, since, None));
        }
        Some(Claim::Open(mut earlier)) => {
            let (record, guard) = attempt::conclude(context, message, &mut earlier)?;
            return Ok(replay(context, message, record, earlier.since, Some(guard)));
        }
    };
    message.duplicates.as_ref().map_or(Ok(()), duplicates::DuplicateCheck::look)?;
    let guard = Guard::prepare(context, message.call.operation.product)?;
    let verified = match &message.verify {
        // ai-mode is off again before the question.
        Some(verify) => verify(&Client::open(context, &guard)?)?,
        None => Vec::new(),
    };
    confirm(context, guard.account(), message, &verified)?;
    let service = Client::open(context, &guard)?;
    let note = message.duplicates.as_ref().map(|watch| watch.note(context)).transpose()?.flatten();
    let since = Timestamp::now();
    let sent = attempt::send(context, &guard, service, message, since, reservation.as_mut());
    if let Some(note) = note {
        note.settle(context, sent.as_ref().err().map(|failure| failure.outcome));
    }
    let mut record = sent?;
    // Others may be waiting for this key's result.
    drop(reservation);
    context.screen.note("accepted by the service; that is not delivered yet");
    if let Some(follow_up) = &message.follow_up {
        follow_up(context, Ok(&guard), &mut record, since);
    }
    Ok(Report::RunStatus { data: record.data, raw: record.raw })
}

/// What the message's key stands for, if it has one. Nothing has been started yet.
fn claim(context: &Context, message: &Message) -> Result<Option<Claim>> {
    let Some(key) = &message.safety.key else { return Ok(None) };
    let common = client::common(&context.settings);
    let credentials = context.settings.credentials;
    let fingerprint = idempotency::fingerprint(&message.call, &common, credentials);
    idempotency::claim(context, key, &fingerprint, &message.tracking).map(Some)
}

/// The result of the run that used the key first. What is wanted beyond it only reads, so it is
/// done for an earlier message as well.
fn replay<'r>(
    context: &'r Context,
    message: &Message,
    mut record: Record,
    since: Timestamp,
    guard: Option<Guard<'r>>,
) -> Report {
    context.screen.note("this key was used before: nothing was sent now, and this is its result");
    record.data.insert("replayed".into(), json!(true));
    if let Some(follow_up) = &message.follow_up {
        context.facts.outcome.set(Outcome::Sent);
        let product = message.call.operation.product;
        let guard = guard.map_or_else(|| Guard::prepare(context, product), Ok);
        follow_up(context, guard.as_ref().map_err(Clone::clone), &mut record, since);
    }
    Report::RunStatus { data: record.data, raw: record.raw }
}

/// Without anybody to ask, consent has to be given on the command line. Nothing is started before.
///
/// # Errors
/// There is no consent and nobody to ask.
pub fn require_consent(context: &Context) -> Result<()> {
    if context.settings.yes || context.settings.interactive {
        return Ok(());
    }
    Err(Failure::usage("nobody is there to confirm this, and --yes is not given")
        .hint("look at it with --dry-run, then add --yes"))
}

fn confirm(
    context: &Context,
    account: &Account,
    message: &Message,
    verified: &[(String, String)],
) -> Result<()> {
    if context.settings.yes {
        return Ok(());
    }
    let mut rows = message.plan.clone();
    rows.extend_from_slice(verified);
    rows.push(("messages".into(), message.recipients.len().to_string()));
    rows.push(("account".into(), account.describe()));
    let api = message.call.operation.api;
    context.screen.plan(&format!("{api} is about to send:"), &rows);
    context.screen.confirm("Send?")
}
