//! The path of one message, from the finished call to its receipt by the service.
//!
//! command line → [`Message`] → plan → consent → guard → call → reply → report

use serde_json::{Map, Value, json};

use crate::call::{Call, Common};
use crate::failure::{Failure, Kind, Outcome, Result};
use crate::fault;
use crate::guard::{Guard, steps};
use crate::host::Host;
use crate::operations::Product;
use crate::process::Finished;
use crate::reply::{self, Reply};
use crate::report::{Phase, PlannedCommand, Report};
use crate::run::Run;
use crate::settings::Settings;

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
}

/// Sends a message, once.
///
/// # Errors
/// Whatever keeps it from being accepted; the failure says whether it went out.
pub fn deliver(run: &Run, message: &Message) -> Result<Report> {
    let product = message.call.operation.product;
    let arguments = message.call.arguments(&common(&run.settings))?;
    if run.settings.dry_run {
        return Ok(Report::DryRun(dry_run(&run.settings, product, arguments)));
    }
    require_consent(&run.settings)?;
    let guard = Guard::prepare(run, product)?;
    confirm(run, &guard, message)?;
    let session = guard.enter()?;
    fault::point("delivery: about to call");
    run.facts.outcome.set(Outcome::Unknown);
    let finished = session.call(&arguments).inspect_err(|_| {
        // It was not even started.
        run.facts.outcome.set(Outcome::NotSent);
    })?;
    fault::point("delivery: called");
    let answer = accepted(message, &finished);
    let outcome = answer.as_ref().map_or_else(|failure| failure.outcome, |_| Outcome::Sent);
    run.facts.outcome.set(outcome);
    if let Err(failure) = &answer
        && matches!(failure.kind, Kind::Credentials | Kind::Environment)
    {
        session.distrust_stamp();
    }
    // Switches ai-mode off; what follows is only said.
    drop(session);
    fault::point("delivery: left");
    let reply = answer.map_err(|failure| with_next_step(failure, message))?;
    run.screen.note("accepted by the service; that is not delivered yet");
    Ok(report(message, reply))
}

/// Flags that the settings put on every product call.
pub fn common(settings: &Settings) -> Common {
    Common { profile: settings.profile.clone(), region: settings.region.clone() }
}

/// Without anybody to ask, consent has to be given on the command line. Nothing is started before.
fn require_consent(settings: &Settings) -> Result<()> {
    if settings.yes || settings.may_ask {
        return Ok(());
    }
    Err(Failure::usage("nobody is there to confirm the message, and --yes is not given")
        .hint("look at it with --dry-run, then add --yes"))
}

fn confirm(run: &Run, guard: &Guard<'_>, message: &Message) -> Result<()> {
    if run.settings.yes {
        return Ok(());
    }
    let mut rows = message.plan.clone();
    rows.push(("messages".into(), message.recipients.len().to_string()));
    rows.push(("account".into(), guard.account().describe()));
    let api = message.call.operation.api;
    run.screen.plan(&format!("{api} is about to send:"), &rows);
    run.screen.confirm("Send?")
}

/// A reply that says OK and names the message.
fn accepted(message: &Message, finished: &Finished) -> Result<Reply> {
    let reply = reply::read(message.call.operation, finished)?;
    if reply.text(message.receipt.1).is_some() {
        return Ok(reply);
    }
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

/// What would run on a machine where nothing has been proven yet; a warm run skips some of it.
fn dry_run(settings: &Settings, product: Product, call: Vec<String>) -> Vec<PlannedCommand> {
    let program = Host::shown_name(settings);
    let command = |phase, arguments: Vec<String>, when| PlannedCommand {
        phase,
        argv: std::iter::once(program.clone()).chain(arguments).collect(),
        when,
    };
    let guard = |arguments| command(Phase::Guard, arguments, None);
    vec![
        guard(steps::version()),
        guard(steps::auto_install()),
        guard(steps::list_plugins()),
        command(Phase::Guard, steps::install_plugin(product), Some("if the plugin is missing")),
        command(Phase::Guard, steps::update_plugins(), Some("if the plugin is there")),
        guard(steps::list_profiles()),
        guard(steps::enable()),
        guard(steps::set_user_agent(product)),
        command(Phase::Call, call, None),
        guard(steps::disable()),
    ]
}
