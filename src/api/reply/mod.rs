//! What a product call answered: JSON wherever it stands, or an error in one of its many forms.
//!
//! A business error comes with HTTP 200 and exit code 0, text can stand in front of the JSON, and
//! notes can stand on stderr of a success. So the exit code alone decides nothing: [`evidence`] has
//! the rule by which a lost reply becomes `unknown`.

mod cli_error;
mod evidence;
mod failure;
pub mod fields;
mod output;
mod service_error;
mod signs;

use serde_json::{Map, Value};

use crate::api::error_codes;
use crate::api::operations::{Access, Operation, Product};
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::process::Output;
pub use cli_error::{complaint, failure_message, is_configuration_error};
use evidence::{Evidence, Finding, Proves};

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

/// What the service answered about a message that went out: in the reply of the send or in a
/// receipt.
#[derive(Debug)]
pub struct Acceptance {
    /// The service's ID of the message; a receipt may not have it.
    pub receipt_id: Option<String>,
    pub request_id: Option<String>,
    pub raw: Map<String, Value>,
}

impl Acceptance {
    /// The IDs have other names in each product.
    pub fn from_reply(reply: Reply, product: Product) -> Self {
        let ids = product.ids();
        Self {
            receipt_id: reply.text(ids.receipt_in),
            request_id: reply.text(&["RequestId"]),
            raw: reply.0,
        }
    }
}

/// Reads what a finished call came to.
///
/// # Errors
/// Anything but an OK of the service (for a send with the ID of the message). The failure has the
/// outcome: `unknown` unless there is proof that nothing was sent or changed.
pub fn read(operation: &Operation, output: &Output) -> Result<Reply> {
    read_openly(operation, output).map_err(|mut failure| {
        failure.about_a_change = operation.access == Access::Write;
        if operation.is_confidential() { without_quotes(operation, failure) } else { failure }
    })
}

fn read_openly(operation: &Operation, output: &Output) -> Result<Reply> {
    let Evidence { proves, finding } = evidence::strongest(evidence::gather(operation, output));
    let finding = match finding {
        Finding::Ok(reply) => return Ok(Reply(reply)),
        other => other,
    };
    let mut failure = failure::describe(operation, finding);
    if failure.request_id.is_none() {
        failure.request_id = cli_error::request_id(&output.stderr);
    }
    Err(match proves {
        Proves::NotSent => failure,
        Proves::Accepted | Proves::MayBeSent | Proves::Nothing => {
            with_unknown_outcome(operation, failure)
        }
    })
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

#[cfg(test)]
mod tests;
