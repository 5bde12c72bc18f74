//! Errors as `aliyun` and its plugins write them on stderr.
//!
//! The forms are those of CLI 3.3.3 to 3.4.11: the plugin's `SDKError` with indented fields, the
//! host's `SDK.ServerError` with its own field names, Go's network errors, and one-line refusals of
//! host and plugin, sometimes with advice below. All of them come in colours even where nobody sees
//! them.

use crate::os::process::{Output, Termination};
use crate::os::system;

/// What an error on stderr says.
#[derive(Debug, PartialEq, Eq)]
pub enum CliError {
    /// The service answered with a code; `status` is the HTTP status if it is told.
    Client { code: String, message: String, status: Option<u16> },
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
            // Connecting can time out, too, and then says so in the words of any time-out. Every
            // other sign of a loss outweighs a sign of a connection that never was.
            let connecting = line.contains("dial tcp") && line.contains("i/o timeout");
            let ambiguous = ["i/o timeout", "client.timeout"];
            let lost = LOST
                .iter()
                .any(|sign| line.contains(sign) && !(connecting && ambiguous.contains(sign)))
                || line.trim_end().ends_with(": eof");
            if lost {
                Some(Self::Lost)
            } else if has(&NEVER) {
                Some(Self::Never)
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

/// The exit code with which the host adds advice about the profile to its error.
const BAD_PROFILE: i32 = 3;
/// That advice, where the profile's keys could not be had: from a token service, a role, another
/// program. The error above it is that service's, not one of the call.
const NO_KEYS: &str = "failed to resolve credentials";

/// Refusals of the host for want of credentials.
const CREDENTIALS: [&str; 11] = [
    "access_key_id is not configured",
    "access_key_secret is not configured",
    "accesskeyid/accesskeysecret is empty",
    "unknown profile",
    "can not get credential",
    "configure failed",
    "load current configuration failed",
    "configuration failed, use `aliyun configure`",
    "profile not found, use `aliyun configure`",
    "run `aliyun configure`",
    "run configure to check",
];

/// Refusals of host or plugin before any call: what an error begins with.
const LOCAL_BEGINNINGS: [&str; 12] = [
    "parse failed",
    "invalid flag",
    "unknown flag",
    "unknown shorthand flag",
    "unknown command",
    "required flag",
    "flag needs an argument",
    "invalid argument \"",
    "unchecked version",
    // A value `help` in 3.3.3, which looks for it behind `=` too.
    "too many arguments",
    // The plugin went away between two looks at it.
    "plugin aliyun-cli-",
    // Recorded replies were asked for, and their file cannot be read.
    "load mock data failed",
];

/// Refusals of host or plugin before any call that say so wherever they stand.
const LOCAL: [&str; 6] = [
    "region can't be empty",
    "must be assigned with",
    "failed to install plugin",
    "plugin binary not found",
    "plugin execution failed: fork/exec",
    "is not a valid built-in",
];

/// Refusals before any call that can end in `EOF` as a lost connection does: a prompt that nobody
/// answered, and the list of plugins while another process was rewriting it.
const LOCAL_WITH_EOF: [&str; 2] = ["failed to read user input", "failed to check plugin status"];

/// How a safety policy of the CLI says no, in the languages of the CLI.
const POLICY: [&str; 4] = [
    "operation blocked by safety policy",
    "safety policy requires confirmation",
    "操作被安全策略拒绝",
    "安全策略要求确认",
];

/// Whether an error says by its beginning that host or plugin refused the arguments.
fn refuses_arguments(error: &str) -> bool {
    let about_a_flag = error.starts_with("--") || error.starts_with("flag --");
    let about_a_word = error.starts_with(['\'', '"']);
    let says = |words: &str| error.lines().next().is_some_and(|line| line.contains(words));
    LOCAL_BEGINNINGS.iter().any(|beginning| error.starts_with(beginning))
        || (about_a_flag && (says("duplicated") || says("given more than once")))
        || (about_a_word
            && ["command", "api", "product"]
                .iter()
                .any(|what| says(&format!("is not a valid {what}"))))
}

impl CliError {
    /// Reads stderr of a process that ended by itself, `exit` being its exit code.
    ///
    /// That nothing was sent is believed only of a line that names the error. Notes about other
    /// connections, about plugins and policies stand there as well, also when the call succeeded.
    pub fn read(stderr: &[u8], exit: Option<i32>) -> Self {
        let text = plain(stderr);
        let line = main_line(&text);
        if had_no_keys(&text, exit) {
            return Self::Credentials(line);
        }
        if let Some(service) = Self::service(&text) {
            return service;
        }
        let Some(said) = error_part(&text, exit) else { return Self::Other(line) };
        let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
        if POLICY.iter().any(|words| said.starts_with(words)) {
            return Self::SafetyPolicy(line);
        }
        if has(&LOCAL_WITH_EOF) {
            return Self::Local(line);
        }
        if let Some(connection) = Connection::read(&said) {
            return Self::Network { connection, text: line };
        }
        if has(&LOCAL) || refuses_arguments(&said) {
            return Self::Local(line);
        }
        if has(&CREDENTIALS) {
            return Self::Credentials(line);
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
        Some(Self::Client {
            code,
            message: field("Message").unwrap_or_default(),
            status: field("StatusCode").and_then(|status| status.parse().ok()),
        })
    }
}

fn had_no_keys(text: &str, exit: Option<i32>) -> bool {
    exit == Some(BAD_PROFILE) && text.lines().any(|line| line.ends_with(NO_KEYS))
}

/// Whether the host ended before it had keys to make the call with. What stands on stdout is then
/// no reply: of a program that was to hand over keys the host prints the output there, keys
/// included.
pub fn ended_without_keys(output: &Output) -> bool {
    match output.end {
        Termination::Exited(status) => had_no_keys(&plain(&output.stderr), status.code()),
        Termination::TimedOut(_) | Termination::Interrupted => false,
    }
}

/// What kept a command of the host from doing its work, in one line; `None` if it did it. The exit
/// code alone proves nothing: where its configuration cannot be read, the host does nothing, says
/// so, and ends with 0.
pub fn failure_message(output: &Output) -> Option<String> {
    let done = output.succeeded() && !names_an_error(&output.stderr);
    (!done).then(|| complaint(output))
}

/// Whether a command of the host says that its profiles cannot be used.
pub fn is_configuration_error(output: &Output) -> bool {
    matches!(CliError::read(&output.stderr, None), CliError::Credentials(_))
}

/// One line about a command of the guard that failed.
pub fn complaint(output: &Output) -> String {
    match output.end {
        Termination::TimedOut(limit) => format!("no answer within {} s", limit.as_secs()),
        Termination::Interrupted => "ended by a signal".into(),
        Termination::Exited(status) => {
            let line = main_line(&plain(&output.stderr));
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

/// Whether a line names an error.
pub fn names_an_error(stderr: &[u8]) -> bool {
    plain(stderr).to_lowercase().lines().any(|line| line.trim_start().starts_with("error:"))
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
    crate::output::sanitize::strip_escapes(&String::from_utf8_lossy(bytes))
}

/// In lower case what belongs to the error: what follows the word that names it. Where no line has
/// that word, the last line of a process that failed, unless it belongs to a note.
fn error_part(text: &str, exit: Option<i32>) -> Option<String> {
    let lower = text.to_lowercase();
    let lines: Vec<&str> = lower.lines().filter(|line| !line.contains("plugin catalog")).collect();
    let named = lines.iter().position(|line| line.trim_start().starts_with("error:"));
    if let Some(at) = named {
        let first = lines[at].trim_start().trim_start_matches("error:").trim_start();
        return Some([&[first], &lines[at + 1..]].concat().join("\n"));
    }
    let last = lines.iter().rev().find(|line| !line.trim().is_empty())?;
    let is_note = last.starts_with([' ', '\t'])
        || ["warn", "note", "hint", "could not load", "提示"]
            .iter()
            .any(|word| last.starts_with(word));
    (!is_note && matches!(exit, Some(1..=127))).then(|| last.to_string())
}

/// The line that names the error, without that word, else the last one that says anything.
fn main_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let named = lines.clone().find_map(|line| {
        let (word, rest) = line.split_at_checked("error:".len())?;
        word.eq_ignore_ascii_case("error:").then(|| rest.trim())
    });
    // Below it the host that broke down lists where it was.
    let named = named.or_else(|| lines.clone().find(|line| line.starts_with("panic: ")));
    named.filter(|rest| !rest.is_empty()).or_else(|| lines.next_back()).unwrap_or_default().into()
}
