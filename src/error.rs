//! Why a command did not succeed: what happened, whether a message went out, what to do next.
//!
//! The outcome decides the exit code where a message may be out, the kind everywhere else; both are
//! public contract.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde_json::Value;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A defect of alimsg itself.
    Internal,
    /// Input is missing or wrong; nothing was started.
    Usage,
    /// `aliyun`, its plugin or the connection to the service is not to be had.
    Environment,
    /// No valid credentials.
    Credentials,
    /// The RAM identity lacks a permission.
    Permission,
    /// The service refused.
    Rejected,
    /// The service refused for now: too many calls.
    Throttled,
    /// A message may or may not have gone out.
    UnknownOutcome,
    /// Ended by the user: a `no` at a prompt, or a signal.
    Cancelled,
}

impl Kind {
    /// The exit code of a command that fails so.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Credentials => 4,
            Self::Permission => 5,
            Self::Rejected | Self::Throttled => 6,
            Self::UnknownOutcome => 7,
            Self::Cancelled => 9,
        }
    }
}

/// Whether a message went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    NotSent,
    Sent,
    Unknown,
}

/// A command that did not succeed.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    pub kind: Kind,
    /// The code of the service or of `aliyun`, where there is one.
    pub code: Option<String>,
    /// What happened, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Commands to type next.
    pub next: Vec<String>,
    pub outcome: Outcome,
    /// What the outcome is about is a change of settings or templates, not a message.
    #[serde(skip)]
    pub about_a_change: bool,
    /// The very same command may succeed later, and cannot send twice.
    pub retryable: bool,
    /// The flags that are missing, all at once.
    pub missing: Vec<String>,
    /// What the service calls the request; support asks for it.
    pub request_id: Option<String>,
    /// The RAM policy that would allow the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// The service's reply as it came.
    #[serde(skip)]
    pub raw: Option<Value>,
}

/// A failure is passed on rarely and is large: it travels boxed.
pub type Result<T> = std::result::Result<T, Box<Failure>>;

impl Failure {
    /// A failure before anything was sent.
    pub fn new(kind: Kind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            code: None,
            message: message.into(),
            hint: None,
            next: Vec::new(),
            outcome: Outcome::NotSent,
            about_a_change: false,
            retryable: false,
            missing: Vec::new(),
            request_id: None,
            policy: None,
            raw: None,
        })
    }

    pub fn usage(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Usage, message)
    }

    pub fn environment(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Environment, message)
    }

    /// A defect of alimsg, or a fault of the machine that it has no better name for.
    pub fn internal(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Internal, message)
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

    /// All that is missing, at once, and where to find the candidates.
    pub fn missing(flags: &[&str], next: Vec<String>) -> Box<Self> {
        let mut failure = Self::usage(format!("missing: {}", flags.join(", ")));
        failure.missing = flags.iter().map(ToString::to_string).collect();
        failure.hint = Some("give what is missing; nothing is ever guessed".into());
        failure.next = next;
        failure
    }

    /// Ended by a signal between two steps, before anything was sent.
    pub fn interrupted() -> Box<Self> {
        Self::new(Kind::Cancelled, "stopped by a signal before anything was sent")
    }

    #[must_use]
    pub fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn next(mut self: Box<Self>, command: impl Into<String>) -> Box<Self> {
        self.next.push(command.into());
        self
    }

    #[must_use]
    pub fn retryable(mut self: Box<Self>) -> Box<Self> {
        self.retryable = true;
        self
    }

    /// The exit code for scripts. Whatever went wrong: that a message is out, or may be, is what
    /// they must know, since they would send it again otherwise.
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::NotSent => self.kind.exit_code(),
            Outcome::Sent | Outcome::Unknown => Kind::UnknownOutcome.exit_code(),
        }
    }
}

/// Faults of files, processes and the like inside alimsg, with their chain of causes.
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
