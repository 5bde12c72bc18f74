//! Parses the result of a product call: a JSON reply, or an error in one of several forms.
//!
//! A business error comes with HTTP 200 and exit code 0, other text can precede the JSON, and a
//! successful call can print notes on stderr. So the exit code alone decides nothing: [`evidence`]
//! has the rule by which a lost reply becomes `unknown`.

mod cli_error;
mod evidence;
mod failure;
pub mod fields;
mod output;
mod record;
mod service_error;
mod signs;

use serde_json::{Map, Value};

use crate::api::error_codes;
use crate::api::operations::{Access, Operation, Product};
use crate::api::redaction::Redaction;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::os::process::Output;
pub use cli_error::{describe_failure, failure_message, is_configuration_error};
use evidence::{Evidence, Finding, Proves};
pub use failure::{explain_rejected_flag, with_next_steps};
pub(crate) use record::reply_struct;

/// A successful reply of the service.
#[derive(Debug)]
pub struct Reply(pub Map<String, Value>);

impl Reply {
    /// The first of these paths, such as `Data.MessageId`, with a non-empty text or a number. The
    /// API versions use different paths for the same field.
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
    reply: Map<String, Value>,
    redaction: Option<Redaction>,
}

impl Acceptance {
    /// The IDs have other names in each product.
    pub fn from_reply(reply: Reply, product: Product) -> Self {
        let ids = product.ids();
        Self {
            receipt_id: reply.text(ids.receipt_in),
            request_id: reply.text(&["RequestId"]),
            reply: reply.0,
            redaction: None,
        }
    }

    /// The reply contains the content of a message: [`Self::raw`] hides it.
    #[must_use]
    pub fn with_redaction(self, redaction: Redaction) -> Self {
        Self { redaction: Some(redaction), ..self }
    }

    /// The reply for the output. Redacting it takes time, so ai-mode is switched off meanwhile.
    pub fn raw(&self) -> Map<String, Value> {
        match &self.redaction {
            Some(redaction) => redaction.object(&self.reply),
            None => self.reply.clone(),
        }
    }
}

/// Parses the output of a finished call.
///
/// # Errors
/// The service did not return OK, or the reply to a send lacks the message ID. The outcome of the
/// failure is `unknown` unless there is proof that nothing was sent or changed.
pub fn parse_output(operation: &Operation, output: &Output) -> Result<Reply> {
    parse(operation, output).map_err(|mut failure| {
        failure.about_a_change = operation.access == Access::Write;
        if operation.is_confidential() { without_reply_text(operation, failure) } else { failure }
    })
}

fn parse(operation: &Operation, output: &Output) -> Result<Reply> {
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

/// The failure without text of the reply, which can contain keys or personal data.
fn without_reply_text(operation: &Operation, mut failure: Box<Failure>) -> Box<Failure> {
    failure.raw = None;
    failure.message = match &failure.code {
        Some(code) => {
            let known = error_codes::find(operation.product, code);
            format!(
                "{} ({code})",
                known.map_or("the service rejected the call", |known| known.meaning)
            )
        }
        None => match failure.kind {
            Kind::Credentials => "aliyun found no usable credentials".into(),
            _ if failure.retryable => "cannot connect to the service".into(),
            _ => "the call failed; its output is hidden because it may contain private data".into(),
        },
    };
    failure
}

/// Sets the outcome for a failure without proof that nothing was sent or changed.
fn with_unknown_outcome(operation: &Operation, mut failure: Box<Failure>) -> Box<Failure> {
    failure.outcome = operation.outcome_without_proof();
    if failure.outcome == Outcome::Unknown {
        failure.retryable = false;
        if failure.kind != Kind::Cancelled {
            failure.kind = Kind::UnknownOutcome;
        }
    }
    failure
}

/// The failure for a reply with the code OK that lacks the requested data. `list` is the command
/// that lists what exists; `raw` is the reply.
pub fn missing_from_reply(what: &str, list: &str, raw: Value) -> Box<Failure> {
    let mut failure = Failure::new(
        Kind::Rejected,
        format!("the service returned OK without data about the {what}"),
    )
    .hint("check whether the list contains it")
    .next(list);
    failure.request_id = fields::text(&raw, &["RequestId"]);
    failure.raw = Some(raw);
    failure
}

#[cfg(test)]
mod tests;
