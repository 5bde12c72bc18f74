//! Why a command failed: what happened, whether a message went out, what to do next.
//!
//! Kinds, outcomes and exit codes are part of the public interface. If a message went out or may
//! have gone out, the outcome decides the exit code; otherwise the kind does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The category of a failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A bug in alimsg.
    #[default]
    Internal,
    /// Input is missing or invalid; no call was started.
    Usage,
    /// `aliyun`, its plugin or the connection to the service is not available.
    Environment,
    /// No valid credentials.
    Credentials,
    /// The RAM identity lacks a permission.
    Permission,
    /// The service rejected the call.
    Rejected,
    /// The service rejected the call for now: too many calls.
    Throttled,
    /// A message may or may not have gone out.
    UnknownOutcome,
    /// A batch did a part of its work.
    Partial,
    /// Cancelled by the user: a `no` at a prompt, or a signal.
    Cancelled,
}

impl Kind {
    /// The exit code for this kind of failure.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Credentials => 4,
            Self::Permission => 5,
            Self::Rejected | Self::Throttled => 6,
            Self::UnknownOutcome => 7,
            Self::Partial => 8,
            Self::Cancelled => 9,
        }
    }
}

/// Whether a message went out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    NotSent,
    Sent,
    Unknown,
}

/// Why a command failed.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Failure {
    pub kind: Kind,
    /// The error code of the service or of `aliyun`, if there is one.
    pub code: Option<String>,
    /// What happened, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Commands to type next.
    pub next: Vec<String>,
    pub outcome: Outcome,
    /// The outcome refers to a change of settings or templates, not to a message.
    #[serde(skip)]
    pub about_a_change: bool,
    /// The same command may succeed later, and repeating it cannot send twice.
    pub retryable: bool,
    /// All flags that are missing.
    pub missing: Vec<String>,
    /// The service's ID of the request; Alibaba Cloud support asks for it.
    pub request_id: Option<String>,
    /// The RAM policy that would allow the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// The service's reply, unchanged.
    #[serde(skip)]
    pub raw: Option<Value>,
    /// What was done nevertheless: the counts of a batch.
    #[serde(skip)]
    pub data: Option<Map<String, Value>>,
}

/// The failure is boxed because it is large and rare.
pub type Result<T> = std::result::Result<T, Box<Failure>>;

impl Failure {
    /// A failure before anything was sent.
    pub fn new(kind: Kind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), ..Self::default() })
    }

    pub fn usage(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Usage, message)
    }

    pub fn environment(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Environment, message)
    }

    /// A bug in alimsg, or an error of the machine without a kind of its own.
    pub fn internal(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Internal, message)
    }

    /// A message may or may not have gone out.
    pub fn unknown_outcome(message: impl Into<String>) -> Box<Self> {
        let mut failure = Self::new(Kind::UnknownOutcome, message);
        failure.outcome = Outcome::Unknown;
        failure
    }

    /// A panic was caught; `outcome` is what is known about the message of this run.
    pub fn from_panic(outcome: Outcome) -> Box<Self> {
        let mut failure = Self::internal("internal error (a bug in alimsg)")
            .hint("please report it with the lines above");
        failure.outcome = outcome;
        if outcome == Outcome::Unknown {
            failure.kind = Kind::UnknownOutcome;
        }
        failure
    }

    /// All flags that are missing, and commands that list possible values.
    pub fn missing(flags: &[&str], next: Vec<String>) -> Box<Self> {
        let mut failure = Self::usage(format!("missing: {}", flags.join(", ")))
            .hint("add the missing flags; alimsg does not guess values")
            .next_all(next);
        failure.missing = flags.iter().map(ToString::to_string).collect();
        failure
    }

    /// Cancelled by a signal between two steps, before anything was sent.
    pub fn interrupted() -> Box<Self> {
        Self::new(Kind::Cancelled, "Cancelled; nothing was sent.")
    }

    #[must_use]
    pub fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn next(self: Box<Self>, command: impl Into<String>) -> Box<Self> {
        self.next_all([command.into()])
    }

    /// Adds commands to type next, each once.
    #[must_use]
    pub fn next_all(mut self: Box<Self>, commands: impl IntoIterator<Item = String>) -> Box<Self> {
        for command in commands {
            if !self.next.contains(&command) {
                self.next.push(command);
            }
        }
        self
    }

    #[must_use]
    pub fn retryable(mut self: Box<Self>) -> Box<Self> {
        self.retryable = true;
        self
    }

    /// The exit code for scripts. It is 7 whenever a message went out or may have gone out, for any
    /// kind of failure: a script must not send again then. Only a batch, which knows the outcome of
    /// each of its messages, can be partly done: 8.
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::NotSent => self.kind.exit_code(),
            Outcome::Sent if self.kind == Kind::Partial => Kind::Partial.exit_code(),
            Outcome::Sent | Outcome::Unknown => Kind::UnknownOutcome.exit_code(),
        }
    }
}

/// Errors of files, processes and the like, with their chain of causes.
impl From<anyhow::Error> for Box<Failure> {
    fn from(error: anyhow::Error) -> Self {
        Failure::internal(format!("{error:#}"))
    }
}

/// Runs a part of a command during which the outcome of its message is known: a panic in it becomes
/// a failure with that outcome. Unwinding switches ai-mode off.
///
/// # Errors
/// The part's own failure, or its panic.
pub fn catch_panic<T>(outcome: Outcome, part: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(part)).unwrap_or_else(|_| Err(Failure::from_panic(outcome)))
}
