//! The path of one message, from the finished call to its acceptance by the service.
//!
//! command line → [`Message`] → plan → consent → guard → call → reply → report

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::failure::{Failure, Kind, Outcome, Result};
use crate::guard::Guard;
use crate::guard::account::Account;
use crate::reply::Reply;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};

/// A message that is ready to go.
pub struct Message {
    pub call: Call,
    pub recipients: Vec<String>,
    /// The name and value of the ID by which the message can be found again.
    pub tracking: (&'static str, String),
    /// The name of the service's own ID, and where its replies carry it.
    pub receipt: (&'static str, &'static [&'static str]),
    /// What the user is shown before consenting: every parameter.
    pub plan: Vec<(String, String)>,
    /// How to find out later what has become of it.
    pub check: String,
    /// Asks the service, before the user is asked, whether the message can be sent at all.
    pub verify: Option<Verify>,
}

/// Reads what the message refers to and returns rows for the plan, such as the rendered text.
/// A failure means that nothing is sent.
pub type Verify = Box<dyn Fn(&Service<'_>) -> Result<Vec<(String, String)>>>;

/// Sends a message, once.
///
/// # Errors
/// Whatever keeps it from being accepted; the failure says whether it went out.
pub fn deliver(run: &Run, message: &Message) -> Result<Report> {
    // A call that cannot be made is found before anything is started.
    let planned = service::dry_run(run, &[&message.call])?;
    if run.settings.dry_run {
        return Ok(planned);
    }
    require_consent(run)?;
    let guard = Guard::prepare(run, message.call.operation.product)?;
    let verified = match &message.verify {
        // ai-mode is off again before the question.
        Some(verify) => verify(&Service::open(run, &guard)?)?,
        None => Vec::new(),
    };
    confirm(run, guard.account(), message, &verified)?;
    let service = Service::open(run, &guard)?;
    let answer = service.submit(&message.call).and_then(|reply| accepted(run, message, reply));
    // Switches ai-mode off; what follows is only said.
    drop(service);
    let reply = answer.map_err(|failure| with_next_step(failure, message))?;
    run.screen.note("accepted by the service; that is not delivered yet");
    Ok(report(message, reply))
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

/// A reply that says OK has to name the message, too.
fn accepted(run: &Run, message: &Message, reply: Reply) -> Result<Reply> {
    if reply.text(message.receipt.1).is_some() {
        return Ok(reply);
    }
    run.facts.outcome.set(Outcome::Unknown);
    let mut failure = Failure::new(
        Kind::UnknownOutcome,
        "the service said OK and did not name the message that it accepted",
    );
    failure.outcome = Outcome::Unknown;
    failure.request_id = reply.text(&["RequestId"]);
    failure.raw = Some(Value::Object(reply.0));
    Err(failure)
}

fn with_next_step(mut failure: Box<Failure>, message: &Message) -> Box<Failure> {
    if failure.outcome == Outcome::Unknown {
        let (name, value) = &message.tracking;
        failure.hint = Some(format!("do not send again before checking; its {name} is {value}"));
        failure.next = vec![message.check.clone()];
    }
    failure
}

fn report(message: &Message, reply: Reply) -> Report {
    let mut data = Map::new();
    data.insert("status".into(), json!("accepted"));
    data.insert(message.receipt.0.into(), json!(reply.text(message.receipt.1)));
    data.insert(message.tracking.0.into(), json!(message.tracking.1));
    data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
    data.insert("to".into(), json!(message.recipients));
    data.insert("replayed".into(), json!(false));
    Report::Facts { data, raw: Value::Object(reply.0) }
}
