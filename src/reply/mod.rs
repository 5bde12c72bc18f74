//! What a product call answered: JSON wherever it stands, or an error in one of its many forms.
//!
//! A business error comes with HTTP 200 and exit code 0, text may stand in front of the JSON, and
//! notes may stand on stderr of a success. So the exit code alone decides nothing.

mod complaint;
pub mod fields;

use serde_json::{Map, Value};

use crate::codes;
use crate::failure::{Failure, Kind, Outcome, Result};
use crate::operations::{Access, Operation};
use crate::process::{End, Finished, STDOUT_LIMIT};
use crate::{signals, system};
pub use complaint::complaint;
use complaint::{Complaint, Connection};

/// A reply of the service that says OK.
#[derive(Debug)]
pub struct Reply(pub Map<String, Value>);

impl Reply {
    /// A text field, wherever the API versions put it: a path like `Data.MessageId`. Numbers are
    /// taken as their digits.
    pub fn text(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| {
            let mut names = path.split('.');
            let first = self.0.get(names.next()?)?;
            match names.try_fold(first, |value, name| value.get(name))? {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }
        })
    }
}

/// Reads what a finished call came to.
///
/// # Errors
/// Anything but an OK of the service. The failure says whether a message went out; for a send
/// that is `unknown` unless there is a reason to know better.
pub fn read(operation: &Operation, finished: &Finished) -> Result<Reply> {
    let sends = operation.access == Access::Send;
    let open = if sends { Outcome::Unknown } else { Outcome::NotSent };
    if !finished.stdout_truncated
        && let Some(json) = object_in(&String::from_utf8_lossy(&finished.stdout))
    {
        return judge(operation, json);
    }
    let failure = match finished.end {
        End::TimedOut(limit) => Failure::environment(format!(
            "no answer within {} s; the call was ended",
            limit.as_secs()
        ))
        .hint("--timeout gives it longer"),
        End::Interrupted => Failure::new(
            Kind::Cancelled,
            format!(
                "the call was ended by {}",
                signals::first().map_or_else(|| "a signal".into(), system::signal_name)
            ),
        ),
        End::Exited(status) => {
            let said = Complaint::read(&finished.stderr, status.code());
            return Err(from_complaint(operation, finished, said));
        }
    };
    Err(with_outcome(failure, open))
}

/// A failure whose outcome may be open. An open outcome is a kind of its own.
fn with_outcome(mut failure: Box<Failure>, outcome: Outcome) -> Box<Failure> {
    failure.outcome = outcome;
    if outcome == Outcome::Unknown {
        failure.retryable = false;
        if failure.kind != Kind::Cancelled {
            failure.kind = Kind::UnknownOutcome;
        }
    }
    failure
}

/// The service answered with a JSON object.
fn judge(operation: &Operation, json: Map<String, Value>) -> Result<Reply> {
    let reply = Reply(json);
    let message = reply.text(&["Message"]).unwrap_or_default();
    let request_id = reply.text(&["RequestId"]);
    match reply.0.get("Code") {
        Some(Value::String(code)) if code.eq_ignore_ascii_case("OK") => Ok(reply),
        // Some reading calls have no code where there is nothing to complain about.
        None | Some(Value::Null) if operation.access == Access::Read => Ok(reply),
        Some(Value::String(code)) => {
            let mut failure = refused(operation, code, &message);
            failure.request_id = request_id;
            failure.raw = Some(Value::Object(reply.0));
            Err(failure)
        }
        _ => {
            let open =
                if operation.access == Access::Send { Outcome::Unknown } else { Outcome::NotSent };
            let mut failure = with_outcome(
                Failure::new(Kind::Rejected, "the service answered without a code"),
                open,
            );
            failure.request_id = request_id;
            failure.raw = Some(Value::Object(reply.0));
            Err(failure)
        }
    }
}

/// The service, or the gateway before it, refused with a code.
fn refused(operation: &Operation, code: &str, message: &str) -> Box<Failure> {
    let known = codes::find(operation.product, code);
    let cause = known.map(|known| known.cause);
    let meaning = known.map_or_else(
        || if message.is_empty() { "the service refused" } else { message },
        |known| known.meaning,
    );
    let said = if known.is_some() && !message.is_empty() && message != code {
        format!("{meaning} ({code}: {message})")
    } else {
        format!("{meaning} ({code})")
    };
    let mut failure = Failure::new(cause.map_or(Kind::Rejected, codes::Cause::kind), said);
    failure.code = Some(code.to_string());
    failure.hint = known.map(|known| known.action.to_string());
    failure.retryable = cause == Some(codes::Cause::Throttled);
    if cause == Some(codes::Cause::Permission) {
        failure.policy = Some(policy(operation));
    }
    let service_failed = cause == Some(codes::Cause::Service);
    if service_failed && operation.access == Access::Send {
        // The request reached a service that then fell over: the message may be on its way.
        return with_outcome(failure, Outcome::Unknown);
    }
    failure.retryable |= service_failed;
    failure
}

/// The least that a RAM policy has to allow for a call.
fn policy(operation: &Operation) -> Value {
    serde_json::json!({
        "Version": "1",
        "Statement": [{
            "Effect": "Allow",
            "Action": [operation.ram_action],
            "Resource": "*",
        }],
    })
}

/// There was no JSON object: what stands on stderr has to tell.
fn from_complaint(operation: &Operation, finished: &Finished, said: Complaint) -> Box<Failure> {
    let open = match operation.access {
        Access::Send => Outcome::Unknown,
        Access::Read | Access::Write => Outcome::NotSent,
    };
    let mut failure = match said {
        Complaint::Service { code, message, status } => {
            let failure = refused(operation, &code, &message);
            let fell_over = codes::find(operation.product, &code).is_none() && status >= Some(500);
            if fell_over { with_outcome(failure, open) } else { failure }
        }
        Complaint::Network { connection, text } => {
            let failure = Failure::environment(format!("the service was not reached: {text}"))
                .hint("check the network, a proxy and the region");
            match connection {
                Connection::Never => failure.retryable(),
                Connection::Lost => {
                    let lost = Failure::environment(format!("the connection was lost: {text}"));
                    let retryable = operation.access == Access::Read;
                    with_outcome(if retryable { lost.retryable() } else { lost }, open)
                }
            }
        }
        Complaint::Credentials(text) => Failure::new(Kind::Credentials, text)
            .hint("configure a profile with `aliyun configure`; alimsg never takes a key"),
        Complaint::Local(text) => Failure::environment(text)
            .hint("aliyun refused before it called the service; is its plugin up to date?")
            .next("aliyun plugin update"),
        Complaint::SafetyPolicy(text) => Failure::environment(text)
            .hint("a safety policy of aliyun forbids this call; its owner can change the rule")
            .next("aliyun configure safety-policy show"),
        Complaint::Other(text) => {
            let stdout = String::from_utf8_lossy(&finished.stdout);
            if is_help_page(&stdout) {
                Failure::internal("aliyun printed a help page in the place of a reply")
            } else {
                let what = if finished.stdout_truncated {
                    format!("the reply is larger than {} MiB", STDOUT_LIMIT / (1024 * 1024))
                } else if text.is_empty() {
                    format!("aliyun answered nothing that can be read: {}", excerpt(&stdout))
                } else {
                    format!("aliyun failed: {text}")
                };
                with_outcome(Failure::environment(what), open)
            }
        }
    };
    if failure.request_id.is_none() {
        failure.request_id = complaint::request_id(&finished.stderr);
    }
    failure
}

fn is_help_page(text: &str) -> bool {
    let has_heading =
        |heading: &str| text.lines().any(|line| line.trim_start().starts_with(heading));
    has_heading("Usage:") && (has_heading("Flags:") || has_heading("Parameters:"))
}

/// The first words of a text, for an error message.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "(empty)".into();
    }
    let mut cut: String = line.chars().take(120).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

/// The most places that are tried as the beginning of the object: text in front of a reply is a
/// few lines, and a hostile one must not cost quadratic time.
const BEGINNINGS: usize = 200;

/// The JSON object in a text, behind whatever stands in front of it.
fn object_in(text: &str) -> Option<Map<String, Value>> {
    let at_line_starts = text
        .split_inclusive('\n')
        .scan(0, |start, line| {
            let here = *start + (line.len() - line.trim_start().len());
            *start += line.len();
            Some((here, line.trim_start()))
        })
        .filter(|(_, line)| line.starts_with('{'))
        .map(|(start, _)| start);
    let anywhere = text.match_indices('{').map(|(start, _)| start);
    for start in at_line_starts.take(BEGINNINGS).chain(anywhere.take(BEGINNINGS)) {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(object))) => return Some(object),
            // An object that never ends is a reply cut off; what is nested in it is no reply.
            Some(Err(error)) if error.is_eof() => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
