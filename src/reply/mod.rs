//! What a product call answered: JSON wherever it stands, or an error in one of its many forms.
//!
//! A business error comes with HTTP 200 and exit code 0, text may stand in front of the JSON, and
//! notes may stand on stderr of a success. So the exit code alone decides nothing.

mod complaint;
pub mod fields;
mod output;

use serde_json::{Map, Value};

use crate::codes;
use crate::failure::{Failure, Kind, Outcome, Result};
use crate::operations::{Access, Operation};
use crate::process::{End, Finished, STDOUT_LIMIT};
use crate::{signals, system};
use complaint::{Complaint, Connection};
pub use complaint::{blames_configuration, complaint, trouble};
use output::{excerpt, is_help_page, object_in, says_nothing_but_notes};

/// A reply of the service that says OK.
#[derive(Debug)]
pub struct Reply(pub Map<String, Value>);

impl Reply {
    /// A text field, wherever the API versions put it: a path like `Data.MessageId`. Numbers are
    /// taken as their digits.
    pub fn text(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| match self.value(path)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }
}

/// Reads what a finished call came to.
///
/// # Errors
/// Anything but an OK of the service. The failure says whether a message went out, or a change was
/// made; that is `unknown` unless there is proof that the call did not come that far.
pub fn read(operation: &Operation, finished: &Finished) -> Result<Reply> {
    read_openly(operation, finished).map_err(|mut failure| {
        failure.about_a_change = operation.access == Access::Write;
        if operation.is_confidential() { without_quotes(operation, failure) } else { failure }
    })
}

fn read_openly(operation: &Operation, finished: &Finished) -> Result<Reply> {
    let stdout = String::from_utf8_lossy(&finished.stdout);
    // A help page shows examples of JSON; they are no reply.
    if !finished.stdout_truncated
        && !is_help_page(&stdout)
        && !complaint::ended_without_keys(finished)
        && let Some(json) = object_in(&stdout)
    {
        return judge(operation, json);
    }
    let mut failure = match finished.end {
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
        End::Exited(status) => match unreadable(finished, &stdout) {
            Some(what) => Failure::environment(what),
            None => {
                let said = Complaint::read(&finished.stderr, status.code());
                return Err(from_complaint(operation, finished, said));
            }
        },
    };
    failure.request_id = complaint::request_id(&finished.stderr);
    Err(left_open(operation, failure))
}

/// Why nothing that stands on stderr can prove that the call did not come through: something else
/// than an error message was the last thing that happened.
fn unreadable(finished: &Finished, stdout: &str) -> Option<String> {
    if let Some(signal) = killed_by(finished) {
        return Some(format!("aliyun was ended by {signal} before it answered"));
    }
    if finished.stdout_truncated {
        return Some(format!("the reply is larger than {} MiB", STDOUT_LIMIT / (1024 * 1024)));
    }
    if is_help_page(stdout)
        || complaint::ended_without_keys(finished)
        || says_nothing_but_notes(stdout)
    {
        return None;
    }
    Some(format!("aliyun answered nothing that can be read: {}", excerpt(stdout)))
}

/// The reply of such a call holds keys or personal data, and an error may quote any of it.
fn without_quotes(operation: &Operation, mut failure: Box<Failure>) -> Box<Failure> {
    failure.raw = None;
    failure.message = match &failure.code {
        Some(code) => {
            let known = codes::find(operation.product, code);
            format!("{} ({code})", known.map_or("the service refused", |known| known.meaning))
        }
        None => match failure.kind {
            Kind::Credentials => "aliyun found no usable credentials".into(),
            _ if failure.retryable => "the service was not reached".into(),
            _ => "the call failed; what came back is not shown, it may hold private data".into(),
        },
    };
    failure
}

/// A failure that does not tell how far the call came. An open outcome is a kind of its own.
fn left_open(operation: &Operation, mut failure: Box<Failure>) -> Box<Failure> {
    failure.outcome = operation.if_open();
    if failure.outcome == Outcome::Unknown {
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
    let code = match reply.0.get("Code") {
        Some(Value::String(code)) if !code.is_empty() => Some(code.clone()),
        // Codes of Meta are numbers, and may arrive as such.
        Some(Value::Number(code)) => {
            Some(code.to_string()).filter(|code| codes::find(operation.product, code).is_some())
        }
        // Some reading calls have no code where there is nothing to complain about.
        None | Some(Value::Null) if operation.access == Access::Read && brings_data(&reply.0) => {
            return Ok(reply);
        }
        _ => None,
    };
    let mut failure = match code {
        Some(code) if code.trim().eq_ignore_ascii_case("OK") => return Ok(reply),
        Some(code) => refused(operation, &code, &message, None),
        None => left_open(
            operation,
            Failure::new(Kind::Rejected, "the service answered without a code that can be read"),
        ),
    };
    if reply.text(operation.product.ids().receipt_in).is_some() {
        // A refusal does not name a message.
        failure = left_open(operation, failure);
    }
    failure.request_id = request_id;
    failure.raw = Some(Value::Object(reply.0));
    Err(failure)
}

/// The failure of an OK that leaves out what was asked for; `list` is the command that tells what
/// there is, `raw` the reply.
pub fn nothing_about(what: &str, list: &str, raw: Value) -> Box<Failure> {
    let mut failure =
        Failure::new(Kind::Rejected, format!("the service said OK and nothing about the {what}"))
            .hint("look whether the list has it")
            .next(list);
    failure.request_id = fields::text(&raw, &["RequestId"]);
    failure.raw = Some(raw);
    failure
}

/// Whether a reply without a code is an answer all the same, and not an error of another form.
fn brings_data(reply: &Map<String, Value>) -> bool {
    reply.get("Success") == Some(&Value::Bool(true))
        || reply.values().any(|value| value.is_array() || value.is_object())
}

/// The service, or the gateway before it, refused with a code; `status` is the HTTP status, where
/// it is told.
fn refused(operation: &Operation, code: &str, message: &str, status: Option<u16>) -> Box<Failure> {
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
    failure.hint = Some(known.map_or_else(
        || {
            format!(
                "look up {code} among the error codes of {} in its documentation",
                operation.api
            )
        },
        |known| known.action.to_string(),
    ));
    failure.retryable = cause == Some(codes::Cause::Throttled);
    if cause == Some(codes::Cause::Permission) {
        failure.policy = Some(policy(operation));
    }
    let refused = match cause {
        Some(cause) => cause != codes::Cause::Service,
        None => match status {
            Some(status) => matches!(status, 400..=499) && status != 408,
            None => names_the_caller(code),
        },
    };
    if refused {
        return failure;
    }
    // The request reached a service that then fell over, or that says something nobody knows: the
    // message may be on its way, the change may be made.
    failure.retryable = operation.access == Access::Read
        && cause.map_or_else(|| names_a_failure_inside(code), |_| true);
    left_open(operation, failure)
}

/// Whether a code that is not in the table says by its name that the service broke down.
fn names_a_failure_inside(code: &str) -> bool {
    let lower = code.to_lowercase();
    let signs =
        ["internal", "timeout", "timedout", "unavailable", "busy", "system", "unknownerror"];
    lower.starts_with("isp.") || signs.iter().any(|sign| lower.contains(sign))
}

/// Whether a code that is not in the table blames the caller by its family: then the service has
/// looked at the request and refused it.
fn names_the_caller(code: &str) -> bool {
    const FAMILIES: [&str; 20] = [
        "isv.",
        "Invalid",
        "Missing",
        "Forbidden",
        "Throttling",
        "NoPermission",
        "NoAuth",
        "Unauthorized",
        "Authentication",
        "Signature",
        "IncompleteSignature",
        "Unsupported",
        "Illegal",
        "Template",
        "Parameter",
        "Param",
        "Account",
        "DetailError",
        "DelError",
        "NotFound",
    ];
    FAMILIES.iter().any(|family| code.starts_with(family)) && !names_a_failure_inside(code)
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
    let mut failure = match said {
        Complaint::Service { code, message, status } => refused(operation, &code, &message, status),
        Complaint::Network { connection: Connection::Never, text } => {
            Failure::environment(format!("the service was not reached: {text}"))
                .hint("check the network, a proxy and the region")
                .retryable()
        }
        Complaint::Network { connection: Connection::Lost, text } => {
            let mut failure = Failure::environment(format!("the connection was lost: {text}"))
                .hint("check the network, a proxy and the region");
            failure.retryable = operation.access == Access::Read;
            left_open(operation, failure)
        }
        Complaint::Credentials(text) => Failure::new(Kind::Credentials, text)
            .hint("configure a profile with `aliyun configure`; alimsg never takes a key"),
        Complaint::Local(text) => Failure::environment(text)
            .hint(
                "aliyun refused before it called the service; is its plugin whole and up to date?",
            )
            // An update would leave a damaged plugin as it is.
            .next(format!("aliyun plugin install --names {}", operation.product.plugin())),
        // The CLI quotes words of the command line there, which can be message variables.
        Complaint::SafetyPolicy(_) => Failure::environment(format!(
            "the safety policy of aliyun does not allow {}:{}",
            operation.product.name(),
            operation.command
        ))
        .hint(
            "its owner can change the rule; a pattern with `*` can also match the message's \
             variables",
        )
        .next("aliyun configure safety-policy show"),
        // A program may print its usage after any error; only without one it proves anything.
        Complaint::Other(_)
            if finished.succeeded()
                && !complaint::names_an_error(&finished.stderr)
                && is_help_page(&String::from_utf8_lossy(&finished.stdout)) =>
        {
            Failure::internal("aliyun printed a help page in the place of a reply")
        }
        Complaint::Other(text) => {
            let what = if text.is_empty() {
                "aliyun answered nothing that can be read: (empty)".to_string()
            } else {
                format!("aliyun failed: {text}")
            };
            left_open(operation, Failure::environment(what))
        }
    };
    if failure.request_id.is_none() {
        failure.request_id = complaint::request_id(&finished.stderr);
    }
    failure
}

fn killed_by(finished: &Finished) -> Option<String> {
    match finished.end {
        End::Exited(status) => system::ending_signal(status).map(system::signal_name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
