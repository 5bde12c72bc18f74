//! Errors as `aliyun` and its plugins write them on stderr.
//!
//! The forms are those measured on CLI 3.4.11: the plugin's `SDKError` with indented fields, the
//! host's `SDK.ServerError` with its own field names, Go's network errors, and one-line refusals of
//! host and plugin. All of them come in colours even where nobody sees them.

use crate::process::{End, Finished};
use crate::system;

/// What an error on stderr says.
#[derive(Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The service answered with a code; `status` is the HTTP status if it is told.
    Service { code: String, message: String, status: Option<u16> },
    /// The connection failed.
    Network { connection: Connection, text: String },
    /// No usable credentials; the service was not called.
    Credentials(String),
    /// Arguments, configuration or plugin; the service was not called.
    Local(String),
    /// A safety policy of the CLI forbade the call.
    SafetyPolicy(String),
    /// Something else.
    Other(String),
}

/// How far a failed connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It was never made: the request cannot have been written.
    Never,
    /// It was lost, or nobody waited for the answer: the request may have been written.
    Lost,
}

impl Connection {
    /// What a text in lower case says about the connection, if it speaks of one. Where one line
    /// tells of a connection that never was and another of one that was lost, the lost one counts.
    fn read(text: &str) -> Option<Self> {
        let of_line = |line: &str| {
            let has = |signs: &[&str]| signs.iter().any(|sign| line.contains(sign));
            if has(&NEVER) {
                Some(Self::Never)
            } else if has(&LOST) || line.trim_end().ends_with(": eof") {
                Some(Self::Lost)
            } else {
                None
            }
        };
        let found: Vec<Self> = text.lines().filter_map(of_line).collect();
        found.iter().find(|found| **found == Self::Lost).or(found.first()).copied()
    }
}

/// Signs that a connection never came about.
const NEVER: [&str; 11] = [
    "connection refused",
    "no such host",
    "dial tcp",
    "dial udp",
    "tls handshake",
    "tls: handshake failure",
    "tls: protocol version",
    "http response to https client",
    "x509:",
    "network is unreachable",
    "proxyconnect",
];

/// Signs that one was lost.
const LOST: [&str; 8] = [
    "context deadline exceeded",
    "client.timeout",
    "i/o timeout",
    "connection reset",
    "broken pipe",
    "unexpected eof",
    "server closed",
    "timeout awaiting",
];

/// Refusals of the host for want of credentials.
const CREDENTIALS: [&str; 7] = [
    "access_key_id is not configured",
    "access_key_secret is not configured",
    "accesskeyid/accesskeysecret is empty",
    "unknown profile",
    "can not get credential",
    "configure failed",
    "load current configuration failed",
];

/// Refusals of host or plugin before any call.
const LOCAL: [&str; 19] = [
    "parse failed",
    "invalid flag",
    "unknown flag",
    "unknown shorthand flag",
    "unknown command",
    "is not a valid command",
    "is not a valid api",
    "is not a valid built-in",
    "required flag",
    "flag needs an argument",
    "must be assigned with",
    "invalid argument \"",
    "region can't be empty",
    "failed to read user input",
    "failed to install plugin",
    "plugin binary not found",
    "unchecked version",
    "duplicated",
    "given more than once",
];

impl Complaint {
    /// Reads stderr of a process that ended by itself, `exit` being its exit code.
    pub fn read(stderr: &[u8], exit: Option<i32>) -> Self {
        let text = plain(stderr);
        if let Some(service) = Self::service(&text) {
            return service;
        }
        let line = main_line(&text);
        let said = error_part(&text);
        let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
        if text.to_lowercase().contains("safety policy") {
            return Self::SafetyPolicy(line);
        }
        if has(&["failed to read user input"]) {
            // It ends in `EOF` like a lost connection and is a prompt that nobody answered.
            return Self::Local(line);
        }
        if let Some(connection) = Connection::read(&said) {
            return Self::Network { connection, text: line };
        }
        if has(&CREDENTIALS) {
            return Self::Credentials(line);
        }
        // The host exits with 2 for arguments and with 3 for its configuration, before any call.
        if has(&LOCAL) || (text.contains("ERROR:") && matches!(exit, Some(2 | 3))) {
            return Self::Local(line);
        }
        Self::Other(line)
    }

    /// The two forms in which a code of the service arrives.
    fn service(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines().find_map(|line| {
                let value = line.trim_start().strip_prefix(name)?.strip_prefix(':')?.trim();
                (!value.is_empty()).then(|| value.to_string())
            })
        };
        if !text.contains("SDKError") && !text.contains("SDK.ServerError") {
            return None;
        }
        let code = field("Code").or_else(|| field("ErrorCode"))?;
        // The SDK reports lost connections in the same form, with a code of its own.
        if code.starts_with("SDK.") || code.eq_ignore_ascii_case("ClientError") {
            return None;
        }
        Some(Self::Service {
            code,
            message: field("Message").unwrap_or_default(),
            status: field("StatusCode").and_then(|status| status.parse().ok()),
        })
    }
}

/// One line about a command of the guard that failed.
pub fn complaint(finished: &Finished) -> String {
    match finished.end {
        End::TimedOut(limit) => format!("no answer within {} s", limit.as_secs()),
        End::Interrupted => "ended by a signal".into(),
        End::Exited(status) => {
            let line = main_line(&plain(&finished.stderr));
            if !line.is_empty() {
                return line;
            }
            match (status.code(), system::ending_signal(status)) {
                (Some(code), _) => format!("exit code {code} and no message"),
                (None, Some(signal)) => format!("ended by {}", system::signal_name(signal)),
                (None, None) => "ended without a message".into(),
            }
        }
    }
}

/// The request ID in an error text: `RequestId: 1A2B…`, `request id: 1A2B…`, `"RequestId":"1A2B…"`.
pub fn request_id(stderr: &[u8]) -> Option<String> {
    let text = plain(stderr);
    let lower = text.to_ascii_lowercase();
    ["requestid", "request id"].into_iter().find_map(|name| {
        let after = &text[lower.find(name)? + name.len()..];
        let value = after.trim_start_matches(['"', ':', ' ']);
        let id: String =
            value.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        (id.len() >= 8).then_some(id)
    })
}

/// The text without escape sequences.
fn plain(bytes: &[u8]) -> String {
    crate::screen::sanitize::strip_escapes(&String::from_utf8_lossy(bytes))
}

/// In lower case what belongs to the error: from the line on that names it. Notes on the plugin
/// catalogue can tell of connections too, and are about another one than the call's.
fn error_part(text: &str) -> String {
    let lower = text.to_lowercase();
    let start = lower
        .split_inclusive('\n')
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        })
        .find(|(_, line)| line.trim_start().starts_with("error:"))
        .map_or(0, |(start, _)| start);
    let lines = lower[start..].lines().filter(|line| !line.contains("plugin catalog"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The line that names the error, without that word, else the last one that says anything.
fn main_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let named = lines.clone().find_map(|line| {
        let (word, rest) = line.split_at_checked("error:".len())?;
        word.eq_ignore_ascii_case("error:").then(|| rest.trim())
    });
    named.filter(|rest| !rest.is_empty()).or_else(|| lines.next_back()).unwrap_or_default().into()
}
