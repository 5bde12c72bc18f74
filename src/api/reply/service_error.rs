//! Error codes of the services, in a reply on stdout or an error on stderr: whether the service
//! rejected the call, or failed after it may have executed it.

use serde_json::{Map, Value};

use crate::api::error_codes::{self, Cause};
use crate::api::operations::{Operation, Product};

/// An error code of the service or its gateway, with the fields around it.
#[derive(Debug, Clone, Default)]
pub struct ServiceError {
    pub code: String,
    pub message: String,
    /// The HTTP status, if it is known.
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// The reply on stdout.
    pub raw: Option<Map<String, Value>>,
    /// Whether the error is known to be complete; one on stderr can be truncated after its code.
    pub is_complete: bool,
}

/// What a code means for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The service rejected the request.
    Refused,
    /// The service failed, timed out, or returned an unknown code: the call may have been executed.
    MayBeDone,
}

/// The fields of an SDK error on stderr, in the format of the plugin (indented) and of the host.
pub const FIELDS: [&str; 9] = [
    "StatusCode:",
    "Code:",
    "ErrorCode:",
    "Message:",
    "Data:",
    "Recommend:",
    "RequestId:",
    "RespHeaders:",
    "AccessDeniedDetail:",
];

/// Whether the first line of an error is the header of an SDK error.
pub fn is_header(head: &str) -> bool {
    head.contains("SDKError") || head.contains("SDK.ServerError")
}

impl ServiceError {
    /// The code of a reply on stdout, OK included.
    pub fn in_reply(product: Product, reply: &Map<String, Value>) -> Option<Self> {
        let code = match reply.get("Code") {
            Some(Value::String(code)) if !code.is_empty() => code.clone(),
            // Codes of Meta are numbers and can arrive as JSON numbers.
            Some(Value::Number(code)) => {
                Some(code.to_string()).filter(|code| error_codes::find(product, code).is_some())?
            }
            _ => return None,
        };
        let text = |name: &str| crate::api::reply::Reply(reply.clone()).text(&[name]);
        Some(Self {
            code,
            message: text("Message").unwrap_or_default(),
            request_id: text("RequestId"),
            raw: Some(reply.clone()),
            is_complete: true,
            ..Self::default()
        })
    }

    pub fn is_ok(&self) -> bool {
        self.code.trim().eq_ignore_ascii_case("OK")
    }

    /// All codes on stderr: those of the fields `Code` and `ErrorCode`, and of each `"Code":"…"`.
    pub fn all_in(lines: &[&str]) -> Vec<Self> {
        let has_header = lines.iter().any(|line| is_header(line));
        let mut all: Vec<Self> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let named = ["Code", "ErrorCode"].iter().find_map(|name| field(line, name));
            if let Some(code) = named {
                // The fields of this error: up to the next header.
                let begin = lines[..at].iter().rposition(|line| is_header(line)).unwrap_or(0);
                let end = lines[at..].iter().position(|line| is_header(line));
                let own = &lines[begin..end.map_or(lines.len(), |end| at + end)];
                let value = |name| own.iter().find_map(|line| field(line, name));
                let message = value("Message");
                let status = value("StatusCode").and_then(|status| status.parse().ok());
                all.push(Self {
                    code: code.to_string(),
                    status: status.or_else(|| message.and_then(status_in_message)),
                    is_complete: has_header && own.iter().any(|line| is_field(line, "Message")),
                    message: message.unwrap_or_default().to_string(),
                    ..Self::default()
                });
            }
            let quoted = quoted_codes(line).map(str::to_string);
            all.extend(quoted.map(|code| Self { code, ..Self::default() }));
        }
        // The SDK reports lost connections in the same form, with a code of its own.
        all.retain(|error| {
            !error.code.starts_with("SDK.") && !error.code.eq_ignore_ascii_case("ClientError")
        });
        all
    }

    pub fn cause(&self, product: Product) -> Option<Cause> {
        // The family, such as `Throttling`, does not apply to a code that names a server failure.
        error_codes::find(product, &self.code)
            .filter(|known| known.code == self.code || !is_server_failure(&self.code))
            .map(|known| known.cause)
    }

    pub fn verdict(&self, operation: &Operation) -> Verdict {
        let refused = match (self.cause(operation.product), self.status) {
            // A proxy or gateway did not wait for the answer.
            (_, Some(408 | 499)) => false,
            (Some(cause), _) => cause != Cause::Service,
            (None, _) if is_server_failure(&self.code) => false,
            (None, Some(status)) => (400..=499).contains(&status),
            (None, None) => is_client_error(&self.code),
        };
        if refused { Verdict::Refused } else { Verdict::MayBeDone }
    }
}

/// The value of a field of an error on stderr.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let value = line.trim_start().strip_prefix(name)?.strip_prefix(':')?.trim();
    (!value.is_empty()).then_some(value)
}

fn is_field(line: &str, name: &str) -> bool {
    line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
}

/// The HTTP status in `code: 403, …`.
fn status_in_message(message: &str) -> Option<u16> {
    message.strip_prefix("code: ")?.split(',').next()?.trim().parse().ok()
}

/// The codes in JSON within a line, if they name a server failure.
fn quoted_codes(line: &str) -> impl Iterator<Item = &str> {
    line.split("\"Code\"").skip(1).filter_map(|after| {
        let value = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        let (code, _) = value.split_once('"')?;
        // Other codes are also in the fields of the same error.
        is_server_failure(code).then_some(code)
    })
}

/// Whether the name of a code indicates an internal error or a timeout of the service.
pub fn is_server_failure(code: &str) -> bool {
    const SIGNS: [&str; 14] = [
        "internal",
        "timeout",
        "timedout",
        "unavailable",
        "busy",
        "system",
        "unknownerror",
        "servererror",
        "serviceerror",
        "gateway",
        "exception",
        "unexpected",
        "overload",
        "crash",
    ];
    let lower = code.to_lowercase();
    let letters: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    lower.starts_with("isp.") || SIGNS.iter().any(|sign| letters.contains(sign))
}

/// Whether a code that is not in the table belongs to a family of client errors: the service
/// rejected the request.
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
    FAMILIES.iter().any(|family| code.starts_with(family))
}
