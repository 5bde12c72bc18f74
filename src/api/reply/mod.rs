//! What a product call answered: JSON wherever it stands, or an error in one of its many forms.
//!
//! A business error comes with HTTP 200 and exit code 0, text may stand in front of the JSON, and
//! notes may stand on stderr of a success. So the exit code alone decides nothing.

mod complaint;
pub mod fields;
mod output;

use serde_json::{Map, Value};

use crate::api::error_codes;
use crate::api::operations::{Access, Operation};
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::process::{Output, STDOUT_LIMIT, Termination};
use crate::os::{signals, system};
use complaint::{CliError, Connection};
pub use complaint::{complaint, failure_message, is_configuration_error};
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
pub fn read(operation: &Operation, output: &Output) -> Result<Reply> {
    read_openly(operation, output).map_err(|mut failure| {
        failure.about_a_change = operation.access == Access::Write;
        if operation.is_confidential() { without_quotes(operation, failure) } else { failure }
    })
}

fn read_openly(operation: &Operation, output: &Output) -> Result<Reply> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    // A help page shows examples of JSON; they are no reply.
    if !output.stdout_truncated
        && !is_help_page(&stdout)
        && !complaint::ended_without_keys(output)
        && let Some(json) = object_in(&stdout)
    {
        return judge(operation, json);
    }
    let mut failure = match output.end {
        Termination::TimedOut(limit) => Failure::environment(format!(
            "no answer within {} s; the call was ended",
            limit.as_secs()
        ))
        .hint("--timeout gives it longer"),
        Termination::Interrupted => Failure::new(
            Kind::Cancelled,
            format!(
                "the call was ended by {}",
                signals::first().map_or_else(|| "a signal".into(), system::signal_name)
            ),
        ),
        Termination::Exited(status) => match unreadable(output, &stdout) {
            Some(what) => Failure::environment(what),
            None => {
                let said = CliError::read(&output.stderr, status.code());
                return Err(from_complaint(operation, output, said));
            }
        },
    };
    failure.request_id = complaint::request_id(&output.stderr);
    Err(with_unknown_outcome(operation, failure))
}

/// Why nothing that stands on stderr can prove that the call did not come through: something else
/// than an error message was the last thing that happened.
fn unreadable(output: &Output, stdout: &str) -> Option<String> {
    if let Some(signal) = killed_by(output) {
        return Some(format!("aliyun was ended by {signal} before it answered"));
    }
    if output.stdout_truncated {
        return Some(format!("the reply is larger than {} MiB", STDOUT_LIMIT / (1024 * 1024)));
    }
    if is_help_page(stdout)
        || complaint::ended_without_keys(output)
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
            let known = error_codes::find(operation.product, code);
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
fn with_unknown_outcome(operation: &Operation, mut failure: Box<Failure>) -> Box<Failure> {
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
        Some(Value::Number(code)) => Some(code.to_string())
            .filter(|code| error_codes::find(operation.product, code).is_some()),
        // Some reading calls have no code where there is nothing to complain about.
        None | Some(Value::Null) if operation.access == Access::Read && brings_data(&reply.0) => {
            return Ok(reply);
        }
        _ => None,
    };
    let mut failure = match code {
        Some(code) if code.trim().eq_ignore_ascii_case("OK") => return Ok(reply),
        Some(code) => refused(operation, &code, &message, None),
        None => with_unknown_outcome(
            operation,
            Failure::new(Kind::Rejected, "the service answered without a code that can be read"),
        ),
    };
    if reply.text(operation.product.ids().receipt_in).is_some() {
        // A refusal does not name a message.
        failure = with_unknown_outcome(operation, failure);
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
    let known = error_codes::find(operation.product, code);
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
    let mut failure = Failure::new(cause.map_or(Kind::Rejected, error_codes::Cause::kind), said);
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
    failure.retryable = cause == Some(error_codes::Cause::Throttled);
    if cause == Some(error_codes::Cause::Permission) {
        failure.policy = Some(policy(operation));
    }
    let refused = match cause {
        Some(cause) => cause != error_codes::Cause::Client,
        None => match status {
            Some(status) => matches!(status, 400..=499) && status != 408,
            None => is_client_error(code),
        },
    };
    if refused {
        return failure;
    }
    // The request reached a service that then fell over, or that says something nobody knows: the
    // message may be on its way, the change may be made.
    failure.retryable = operation.access == Access::Read
        && cause.map_or_else(|| names_a_failure_inside(code), |_| true);
    with_unknown_outcome(operation, failure)
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
fn is_client_error(code: &str) -> bool {
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
fn from_complaint(operation: &Operation, output: &Output, said: CliError) -> Box<Failure> {
    let mut failure = match said {
        CliError::Client { code, message, status } => refused(operation, &code, &message, status),
        CliError::Network { connection: Connection::Never, text } => {
            Failure::environment(format!("the service was not reached: {text}"))
                .hint("check the network, a proxy and the region")
                .retryable()
        }
        CliError::Network { connection: Connection::Lost, text } => {
            let mut failure = Failure::environment(format!("the connection was lost: {text}"))
                .hint("check the network, a proxy and the region");
            failure.retryable = operation.access == Access::Read;
            with_unknown_outcome(operation, failure)
        }
        CliError::Credentials(text) => Failure::new(Kind::Credentials, text)
            .hint("configure a profile with `aliyun configure`; alimsg never takes a key"),
        CliError::Local(text) => Failure::environment(text)
            .hint(
                "aliyun refused before it called the service; is its plugin whole and up to date?",
            )
            // An update would leave a damaged plugin as it is.
            .next(format!("aliyun plugin install --names {}", operation.product.plugin())),
        CliError::SafetyPolicy(text) => Failure::environment(text)
            .hint("a safety policy of aliyun forbids this call; its owner can change the rule")
            .next("aliyun configure safety-policy show"),
        // A program may print its usage after any error; only without one it proves anything.
        CliError::Other(_)
            if output.succeeded()
                && !complaint::names_an_error(&output.stderr)
                && is_help_page(&String::from_utf8_lossy(&output.stdout)) =>
        {
            Failure::internal("aliyun printed a help page in the place of a reply")
        }
        CliError::Other(text) => {
            let what = if text.is_empty() {
                "aliyun answered nothing that can be read: (empty)".to_string()
            } else {
                format!("aliyun failed: {text}")
            };
            with_unknown_outcome(operation, Failure::environment(what))
        }
    };
    if failure.request_id.is_none() {
        failure.request_id = complaint::request_id(&output.stderr);
    }
    failure
}

fn killed_by(output: &Output) -> Option<String> {
    match output.end {
        Termination::Exited(status) => system::ending_signal(status).map(system::signal_name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
