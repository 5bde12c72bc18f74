//! Decides the outcome of a call; a lost reply becomes `unknown`.
//!
//! [`gather`] collects all evidence from stdout, stderr and the end of the process. [`strongest`]
//! picks the piece that decides, by the order of [`Proves`] and without exceptions. [`gather`]
//! decides what each piece proves.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::api::operations::{Access, Operation};
use crate::api::reply::cli_error::{self, CliError, Statement};
use crate::api::reply::output::{self, Printed};
use crate::api::reply::service_error::{ServiceError, Verdict};
use crate::api::reply::signs::{self, Scope, Sign};
use crate::os::process::{Output, STDERR_LIMIT, STDOUT_LIMIT, Termination};
use crate::os::system;

/// What a piece of evidence proves. The first of these kinds that is present decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proves {
    /// The service accepted the call.
    Accepted,
    /// The request may have been sent and its answer lost.
    MayBeSent,
    /// No request was sent, or the service rejected the call.
    NotSent,
    /// Nothing: the outcome is unknown.
    Nothing,
}

/// One piece of evidence.
#[derive(Debug)]
pub struct Evidence {
    pub proves: Proves,
    pub finding: Finding,
}

/// A fact about the output or the end of a call.
#[derive(Debug)]
pub enum Finding {
    /// A reply with the code OK; for a send, with the ID of the message.
    Ok(Map<String, Value>),
    /// A reply with the code OK that lacks the ID of the message.
    OkWithoutId(Map<String, Value>),
    /// A reply or an error with an error code of the service.
    Code(ServiceError),
    /// A JSON object without a code.
    NoCode(Map<String, Value>),
    /// An OK and an ID inside something that is not a complete reply.
    BuriedOk,
    /// Truncated or damaged JSON.
    DamagedJson,
    /// Other text instead of a reply: an excerpt.
    Unreadable(String),
    /// The output exceeds the limit, in bytes, and was truncated.
    TooLarge { what: &'static str, limit: usize },
    /// Killed by alimsg at the time limit.
    TimeLimit(Duration),
    /// Killed by alimsg at the user's second signal.
    Interrupted,
    /// `aliyun` was killed by the signal of this name.
    Killed(String),
    /// `aliyun` or its plugin crashed: the line that reports it.
    Crashed(String),
    /// An answer was lost: the line that reports it.
    Lost(String),
    /// `aliyun` itself stopped before the call.
    BeforeTheCall(CliError),
    /// A help page instead of a reply.
    HelpPage,
    /// An unknown error: its line, which can be empty.
    Other(String),
}

/// The piece of evidence that decides: the first of the strongest kind.
pub fn strongest(evidence: Vec<Evidence>) -> Evidence {
    evidence
        .into_iter()
        .min_by_key(|evidence| evidence.proves)
        .unwrap_or(Evidence { proves: Proves::Nothing, finding: Finding::Other(String::new()) })
}

/// Collects all evidence about a call. Within one kind, the most specific piece comes first.
pub fn gather(operation: &Operation, output: &Output) -> Vec<Evidence> {
    let raw_stdout = String::from_utf8_lossy(&output.stdout);
    let stdout = Stdout::new(operation, &raw_stdout);
    let exit = match output.end {
        Termination::Exited(status) => status.code(),
        Termination::TimedOut(_) | Termination::Interrupted => None,
    };
    let stderr = Stderr::new(&output.stderr, exit);

    let mut all = Vec::new();
    let mut add = |proves, finding| all.push(Evidence { proves, finding });
    for (proves, finding) in stdout.replies(operation, &stderr) {
        add(proves, finding);
    }
    if let Some(finding) = termination(output, &stdout) {
        add(Proves::MayBeSent, finding);
    }
    if output.stdout_truncated {
        add(Proves::MayBeSent, Finding::TooLarge { what: "reply", limit: STDOUT_LIMIT });
    }
    if output.stderr.len() >= STDERR_LIMIT {
        add(Proves::MayBeSent, Finding::TooLarge { what: "error output", limit: STDERR_LIMIT });
    }
    for error in ServiceError::all_in(&stderr.lines()) {
        match error.verdict(operation) {
            Verdict::MayBeDone => add(Proves::MayBeSent, Finding::Code(error)),
            Verdict::Refused if error.is_complete => add(Proves::NotSent, Finding::Code(error)),
            Verdict::Refused => {}
        }
    }
    if let Some(finding) = stderr.sign() {
        add(Proves::MayBeSent, finding);
    }
    if output::mentions_ok_with_id(stdout.text) || output::mentions_ok_with_id(&stderr.text) {
        add(Proves::MayBeSent, Finding::BuriedOk);
    }
    if !stderr.keys_unavailable {
        for finding in [stdout.sign(), stdout.unexpected_text()].into_iter().flatten() {
            add(Proves::MayBeSent, finding);
        }
    }
    for error in stderr.statements.iter().filter_map(|statement| statement.error.clone()) {
        add(Proves::NotSent, Finding::BeforeTheCall(error));
    }
    // Some programs print their usage after any error, so it only counts after a success.
    if stdout.is_help && output.succeeded() && !cli_error::has_error_label(&output.stderr) {
        add(Proves::NotSent, Finding::HelpPage);
    }
    add(Proves::Nothing, Finding::Other(stderr.main_line));
    all
}

/// The finding if the process was killed. If a complete reply came first, the time limit or the
/// user's second signal proves nothing about the call.
fn termination(output: &Output, stdout: &Stdout<'_>) -> Option<Finding> {
    /// Exit codes with which a shell reports a signal: 128 plus its number.
    const BY_SIGNAL: std::ops::RangeInclusive<i32> = 129..=159;
    match output.end {
        Termination::TimedOut(_) | Termination::Interrupted if stdout.has_code() => None,
        Termination::TimedOut(limit) => Some(Finding::TimeLimit(limit)),
        Termination::Interrupted => Some(Finding::Interrupted),
        Termination::Exited(status) => {
            let by_shell = status.code().filter(|code| BY_SIGNAL.contains(code));
            system::ending_signal(status)
                .or(by_shell.map(|code| code - 128))
                .map(|signal| Finding::Killed(system::signal_name(signal)))
        }
    }
}

struct Stdout<'a> {
    text: &'a str,
    /// The complete JSON objects, each with its code.
    objects: Vec<(Map<String, Value>, Option<ServiceError>)>,
    is_damaged: bool,
    is_help: bool,
}

impl<'a> Stdout<'a> {
    fn new(operation: &Operation, text: &'a str) -> Self {
        let Printed { objects, is_damaged } = output::parse(text);
        let with_code = |object| {
            let error = ServiceError::in_reply(operation.product, &object);
            (object, error)
        };
        let objects = objects.into_iter().map(with_code).collect();
        Self { text, objects, is_damaged, is_help: output::is_help_page(text) }
    }

    fn has_code(&self) -> bool {
        self.objects.iter().any(|(_, error)| error.is_some())
    }

    /// What the complete JSON objects prove.
    fn replies(&self, operation: &Operation, stderr: &Stderr) -> Vec<(Proves, Finding)> {
        // A help page contains examples, and a program that should provide keys can print
        // anything. Only an object with an ID counts as a reply there.
        let needs_id = self.is_help || stderr.keys_unavailable;
        let mut all = Vec::new();
        for (object, error) in &self.objects {
            let reply = crate::api::reply::Reply(object.clone());
            let has_id = reply.text(operation.product.ids().receipt_in).is_some();
            let has_any_id = has_id || reply.text(&["RequestId"]).is_some();
            if needs_id && !(has_any_id && error.is_some()) {
                continue;
            }
            all.push(match error {
                None if operation.access == Access::Read
                    && !self.has_code()
                    && is_answer(object) =>
                {
                    (Proves::Accepted, Finding::Ok(reply.0))
                }
                // Next to a reply, an object without an ID is a note.
                None if self.has_code() && !has_any_id => continue,
                None => (Proves::MayBeSent, Finding::NoCode(reply.0)),
                Some(error) if error.is_ok() => {
                    if operation.access == Access::Send && !has_id {
                        (Proves::MayBeSent, Finding::OkWithoutId(reply.0))
                    } else {
                        (Proves::Accepted, Finding::Ok(reply.0))
                    }
                }
                Some(error) => {
                    // A rejection has no message ID.
                    let refused = !has_id && error.verdict(operation) == Verdict::Refused;
                    let proves = if refused { Proves::NotSent } else { Proves::MayBeSent };
                    (proves, Finding::Code(error.clone()))
                }
            });
        }
        all
    }

    /// The first line that reports a crash or a lost answer.
    fn sign(&self) -> Option<Finding> {
        let excerpt =
            |line: String| output::excerpt(&crate::message::sanitize::strip_escapes(&line));
        if !signs::may_be_in(self.text) {
            return None;
        }
        let scope = scope(self.is_help);
        Some(match self.text.lines().find_map(|line| finding(line, scope))? {
            Finding::Lost(line) => Finding::Lost(excerpt(line)),
            Finding::Crashed(line) => Finding::Crashed(excerpt(line)),
            other => other,
        })
    }

    /// The finding for text where a reply was expected.
    fn unexpected_text(&self) -> Option<Finding> {
        if self.is_damaged && (!self.is_help || output::ends_in_reply(self.text)) {
            return Some(Finding::DamagedJson);
        }
        let is_expected =
            self.is_help || !self.objects.is_empty() || output::has_only_notes(self.text);
        (!is_expected).then(|| Finding::Unreadable(output::excerpt(self.text)))
    }
}

/// Whether a reply without a code is a valid answer: some read calls return no code on success.
fn is_answer(reply: &Map<String, Value>) -> bool {
    let has_data = reply.get("Success") == Some(&Value::Bool(true))
        || reply.values().any(|value| value.is_array() || value.is_object());
    has_data
        && matches!(reply.get("Code"), None | Some(Value::Null))
        && !output::holds_keys(&Value::Object(reply.clone()).to_string())
}

fn finding(line: &str, scope: Scope) -> Option<Finding> {
    let text = || cli_error::without_label(line).to_string();
    match signs::classify(line, scope)? {
        Sign::Crashed => Some(Finding::Crashed(text())),
        Sign::Lost => Some(Finding::Lost(text())),
        Sign::NotConnected => None,
    }
}

struct Stderr {
    text: String,
    statements: Vec<Statement>,
    /// The host could not get the profile's keys; see [`cli_error::Statement`].
    keys_unavailable: bool,
    main_line: String,
}

impl Stderr {
    fn new(bytes: &[u8], exit: Option<i32>) -> Self {
        let text = cli_error::plain(bytes);
        let statements = cli_error::statements(&text, exit);
        let keys_unavailable = statements.iter().any(|statement| statement.is_about_keys);
        let main_line = cli_error::main_line(&text);
        Self { text, statements, keys_unavailable, main_line }
    }

    /// The lines that can concern the call.
    fn lines(&self) -> Vec<&str> {
        let lines = self.statements.iter().filter(|statement| !statement.is_about_keys);
        lines.flat_map(|statement| statement.lines.iter().map(String::as_str)).collect()
    }

    /// The line that reports a crash, else a lost answer: a crash causes the other errors.
    fn sign(&self) -> Option<Finding> {
        let scope = scope(output::is_help_page(&self.text));
        let findings = self.lines().into_iter().filter_map(|line| finding(line, scope));
        findings.min_by_key(|finding| !matches!(finding, Finding::Crashed(_)))
    }
}

const fn scope(is_help: bool) -> Scope {
    if is_help { Scope::HelpPage } else { Scope::Any }
}
