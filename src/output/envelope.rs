//! The one JSON object that a command prints with `--json`, also when it fails. It is public
//! interface: references/json.md describes it.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::account::Account;
use crate::error::{Failure, Kind, Outcome, Result};
use crate::message::sanitize;
use crate::output::report::{PlannedCommand, Report};
use crate::output::untrusted;
use crate::settings::defaults::UsedDefault;

/// The version of the object.
pub const SCHEMA: u32 = 1;

/// The fields in their order; those without a value are left out.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Envelope<'a> {
    pub schema: u32,
    /// The command did what it was asked to do.
    pub ok: bool,
    /// The words of the command, such as `sms send`.
    pub command: &'a str,
    /// Everything was simulated.
    #[serde(skip_serializing_if = "is_false")]
    pub sandbox: bool,
    /// Nothing was started.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// The message was sent, although its receipts report a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Always false beside `outcome`: another send would be a second message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Map<String, Value>>,
    /// The commands that a dry run would start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<&'a [PlannedCommand]>,
    /// Why the command failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject<'a>>,
    /// The replies of the service as they came, with `--raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Vec<&'a Value>>,
    /// The account that sent and pays, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'a Account>,
    /// Defaults that were used instead of flags, each with its source.
    #[serde(skip_serializing_if = "<[UsedDefault]>::is_empty")]
    pub defaults: &'a [UsedDefault],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<&'a [String]>,
    /// It was checked that this run left ai-mode off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ai_mode_disabled: Option<bool>,
}

/// A failure, with the mark for a message that can quote the service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorObject<'a> {
    #[serde(flatten)]
    failure: &'a Failure,
    #[serde(skip_serializing_if = "is_false")]
    untrusted: bool,
}

impl<'a> ErrorObject<'a> {
    pub fn new(failure: &'a Failure) -> Self {
        let is_own = matches!(failure.kind, Kind::Internal | Kind::Usage | Kind::Cancelled)
            && failure.code.is_none()
            && failure.request_id.is_none()
            && failure.raw.is_none();
        Self { failure, untrusted: !is_own }
    }
}

impl<'a> Envelope<'a> {
    /// An object with the command, and no result yet.
    pub fn new(command: &'a str, ok: bool, sandbox: bool) -> Self {
        Self { schema: SCHEMA, ok, command, sandbox, ..Self::default() }
    }

    /// The object of a result, a failed one included.
    pub fn from_result(
        command: &'a str,
        result: &'a Result<Report>,
        sandbox: bool,
        with_replies: bool,
    ) -> Self {
        let mut replies: Option<&Value> = None;
        let mut envelope = Self::new(command, result.is_ok(), sandbox);
        if let Ok(Report::Undelivered { .. }) = result {
            envelope.outcome = Some(Outcome::Sent);
            envelope.retryable = Some(false);
        }
        match result.as_ref().map(Report::undrawn) {
            Ok(Report::Record { data, raw }) => {
                envelope.data = Some(data.clone());
                replies = Some(raw);
            }
            Ok(Report::List { name, items, facts, raw }) => {
                let mut data = Map::new();
                data.insert((*name).into(), items.iter().cloned().map(Value::Object).collect());
                data.extend(facts.clone());
                envelope.data = Some(data);
                replies = Some(raw);
            }
            Ok(Report::DryRun(commands)) => {
                envelope.dry_run = true;
                envelope.commands = Some(commands);
            }
            Ok(
                Report::Streamed
                | Report::Drawn { .. }
                | Report::Chat(_)
                | Report::Piped { .. }
                | Report::Undelivered { .. },
            ) => {}
            Err(failure) => {
                envelope.error = Some(ErrorObject::new(failure));
                envelope.data.clone_from(&failure.data);
                replies = failure.raw.as_ref();
            }
        }
        if let Some(data) = &mut envelope.data {
            untrusted::mark(command, data);
        }
        if with_replies {
            envelope.raw = Some(match replies {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(replies)) => replies.iter().collect(),
                Some(reply) => vec![reply],
            });
        }
        envelope
    }

    /// The object on one line, or indented on several.
    ///
    /// # Errors
    /// A value cannot be written as JSON.
    pub fn text(&self, is_indented: bool) -> io::Result<String> {
        let text = if is_indented {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        Ok(sanitize::json(&text?) + "\n")
    }
}

/// The object of a failure, for a caller that does not print it.
pub fn failure_object(command: &str, failure: Box<Failure>, sandbox: bool) -> Value {
    let result = Err(failure);
    let envelope = Envelope::from_result(command, &result, sandbox, false);
    serde_json::to_value(&envelope).unwrap_or_default()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
