//! Codes of the services, in a reply on stdout or in an error on stderr: whether the service refused
//! the call, or broke down while it may have carried it out.

use serde_json::{Map, Value};

use crate::api::error_codes::{self, Cause};
use crate::api::operations::{Operation, Product};

/// The service, or the gateway before it, answered with a code.
#[derive(Debug, Clone)]
pub struct ServiceError {
    pub code: String,
    pub message: String,
    /// The HTTP status, where it is told.
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// The reply on stdout.
    pub raw: Option<Map<String, Value>>,
    /// It is known to be whole; an error on stderr can be cut off behind its code.
    pub is_complete: bool,
}

/// What a code means for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The service looked at the request and refused it.
    Refused,
    /// The service broke down, timed out, or answered something unknown.
    MayBeDone,
}

/// The fields of the two forms in which an error of the SDK arrives on stderr: the plugin's, whose
/// fields are indented, and the host's.
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

/// Whether an error begins with the words above these fields.
pub fn is_header(head: &str) -> bool {
    head.contains("SDKError") || head.contains("SDK.ServerError")
}

impl ServiceError {
    /// The code of a reply on stdout, OK included.
    pub fn in_reply(product: Product, reply: &Map<String, Value>) -> Option<Self> {
        let code = match reply.get("Code") {
            Some(Value::String(code)) if !code.is_empty() => code.clone(),
            // Codes of Meta are numbers, and may arrive as such.
            Some(Value::Number(code)) => {
                Some(code.to_string()).filter(|code| error_codes::find(product, code).is_some())?
            }
            _ => return None,
        };
        let text = |name: &str| crate::api::reply::Reply(reply.clone()).text(&[name]);
        Some(Self {
            code,
            message: text("Message").unwrap_or_default(),
            status: None,
            request_id: text("RequestId"),
            raw: Some(reply.clone()),
            is_complete: true,
        })
    }

    pub fn is_ok(&self) -> bool {
        self.code.trim().eq_ignore_ascii_case("OK")
    }

    /// Every code on stderr: one for each field `Code` or `ErrorCode`, and each `"Code":"…"`.
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
                    status: status.or_else(|| message.and_then(told_status)),
                    is_complete: has_header && own.iter().any(|line| is_field(line, "Message")),
                    message: message.unwrap_or_default().to_string(),
                    request_id: None,
                    raw: None,
                });
            }
            all.extend(quoted_codes(line).map(|code| Self {
                code: code.to_string(),
                message: String::new(),
                status: None,
                request_id: None,
                raw: None,
                is_complete: false,
            }));
        }
        // The SDK reports lost connections in the same form, with a code of its own.
        all.retain(|error| {
            !error.code.starts_with("SDK.") && !error.code.eq_ignore_ascii_case("ClientError")
        });
        all
    }

    pub fn cause(&self, product: Product) -> Option<Cause> {
        // A family such as `Throttling` says nothing about a code that names a failure inside.
        error_codes::find(product, &self.code)
            .filter(|known| known.code == self.code || !names_a_failure_inside(&self.code))
            .map(|known| known.cause)
    }

    pub fn verdict(&self, operation: &Operation) -> Verdict {
        let refused = match (self.cause(operation.product), self.status) {
            // Somebody on the way did not wait for the answer.
            (_, Some(408 | 499)) => false,
            (Some(cause), _) => cause != Cause::Client,
            (None, _) if names_a_failure_inside(&self.code) => false,
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

/// The status in `code: 403, …`.
fn told_status(message: &str) -> Option<u16> {
    message.strip_prefix("code: ")?.split(',').next()?.trim().parse().ok()
}

/// The codes in JSON that is part of a line.
fn quoted_codes(line: &str) -> impl Iterator<Item = &str> {
    line.split("\"Code\"").skip(1).filter_map(|after| {
        let value = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        let (code, _) = value.split_once('"')?;
        // The field of the same error has the rest; here only a lost answer matters.
        names_a_failure_inside(code).then_some(code)
    })
}

/// Whether a code says by its name that the service broke down or did not come to its end in time.
pub fn names_a_failure_inside(code: &str) -> bool {
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
    FAMILIES.iter().any(|family| code.starts_with(family))
}
