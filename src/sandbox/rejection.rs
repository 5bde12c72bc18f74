//! Errors that the simulated services return.

use serde_json::json;

use crate::sandbox::answers::{self, Answer, request_id};

/// An error reply of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status. A business error has 200 and exit code 0.
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl Rejection {
    /// A business error (HTTP status 200).
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(200, code, message)
    }

    /// An error with this HTTP status.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// The answer with this error.
    pub fn into_answer(self) -> Answer {
        if self.status == 200 {
            answers::reply(&json!({
                "Code": self.code,
                "Message": self.message,
                "RequestId": request_id(),
            }))
        } else {
            answers::sdk_error(self.status, &self.code, &self.message, json!({}))
        }
    }
}

/// A business error as the result of a handler.
pub fn reject<T>(code: &str, message: impl Into<String>) -> Result<T, Rejection> {
    Err(Rejection::new(code, message))
}
