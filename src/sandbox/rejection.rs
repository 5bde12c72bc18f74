//! The services' "no".

use serde_json::json;

use crate::sandbox::answers::{self, Answer, request_id};

/// The service's "no" to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status; a business error has 200 and leaves the exit code at 0.
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl Rejection {
    /// A business error.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(200, code, message)
    }

    /// An error that the HTTP status tells too.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

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
