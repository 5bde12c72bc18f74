//! Errors that `aliyun` and its plugins write on stderr: which lines are notes, which line is the
//! error, and what it proves.
//!
//! The forms are those of CLI 3.3.3 to 3.4.11. All of them come in colours, also on a pipe.
//!
//! What counts as a note: a line about the plugin catalogue ("Could not load the remote plugin
//! catalog: …") and the indented lines below it. It is about another connection, so it is no
//! evidence of any kind. Other lines that begin like a note (`WARNING:`, `hint:`) never prove that
//! nothing was sent, but they can report a lost answer.

use crate::api::redaction::Redaction;
use crate::api::reply::service_error;
use crate::api::reply::signs::{self, LOCAL_WITH_EOF, Scope, Sign};
use crate::os::process::{Output, Termination};
use crate::os::system;

/// Why `aliyun` ended before it called the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CliError {
    /// The connection was never made.
    NotConnected(String),
    /// No usable credentials.
    Credentials(String),
    /// Arguments, configuration or plugin.
    Local(String),
    /// A safety policy of the CLI forbade the call.
    SafetyPolicy(String),
}

/// A part of stderr: an error with the lines that belong to it, or the lines before the first one.
#[derive(Debug)]
pub struct Statement {
    /// Without notes.
    pub lines: Vec<String>,
    /// What the error proves, if there is one that is known.
    pub error: Option<CliError>,
    /// The host could not get the profile's keys: from a token service, a role, another program.
    /// All of this statement is about them, and stdout can hold what that program printed.
    pub is_about_keys: bool,
}

/// Divides stderr; `exit` is the exit code of a process that ended by itself.
pub fn statements(text: &str, exit: Option<i32>) -> Vec<Statement> {
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    for line in without_notes(text) {
        if is_labelled(line) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(line);
        }
    }
    let is_labelled = parts.len() > 1;
    let mut parts = parts.into_iter();
    let before = parts.next().unwrap_or_default();
    let mut all = vec![if is_labelled {
        Statement { lines: owned(&before), error: None, is_about_keys: false }
    } else {
        last_line(&before, exit)
    }];
    all.extend(parts.map(|part| statement(&part, exit)));
    all
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(ToString::to_string).collect()
}

fn without_notes(text: &str) -> impl Iterator<Item = &str> {
    let mut in_note = false;
    text.lines().filter(move |line| {
        in_note = is_catalogue_note(line) || (in_note && line.starts_with([' ', '\t']));
        !in_note
    })
}

/// A note about the plugin catalogue, in the languages of the CLI.
fn is_catalogue_note(line: &str) -> bool {
    let lower = line.trim().to_lowercase();
    let note = lower
        .trim_start_matches("warning:")
        .trim_start_matches("note:")
        .trim_start_matches("提示：")
        .trim_start();
    note.starts_with("could not load the remote plugin catalog")
        || note.starts_with("could not load the catalog")
        || note.starts_with("未能加载远程插件目录")
}

fn is_labelled(line: &str) -> bool {
    line.trim_start().get(.."error:".len()).is_some_and(|word| word.eq_ignore_ascii_case("error:"))
}

/// The line without the word that names it an error.
pub fn without_label(line: &str) -> &str {
    let line = line.trim();
    if is_labelled(line) { line["error:".len()..].trim() } else { line }
}

/// An error with its lines.
fn statement(lines: &[&str], exit: Option<i32>) -> Statement {
    let told: Vec<&str> =
        lines.iter().map(|line| without_label(line)).filter(|line| !line.is_empty()).collect();
    let head = told.first().copied().unwrap_or_default();
    let is_about_keys = exit == Some(BAD_PROFILE) && lines.iter().any(|l| l.ends_with(NO_KEYS));
    let error = if is_about_keys {
        Some(CliError::Credentials(head.to_string()))
    } else if service_error::is_header(head) {
        own_lines(lines).find_map(not_connected)
    } else {
        known(head, &told, exit).or_else(|| own_lines(lines).find_map(not_connected))
    };
    Statement { lines: owned(lines), error, is_about_keys }
}

/// The last line of a process that failed and named no error, unless it is a note.
fn last_line(lines: &[&str], exit: Option<i32>) -> Statement {
    let is_about_keys = exit == Some(BAD_PROFILE) && lines.iter().any(|l| l.ends_with(NO_KEYS));
    let last = lines.iter().rev().find(|line| !line.trim().is_empty()).copied().unwrap_or_default();
    let is_note = last.starts_with([' ', '\t'])
        || ["warn", "note", "hint", "could not load", "提示"]
            .iter()
            .any(|word| last.to_lowercase().starts_with(word));
    let error = if is_about_keys {
        let first = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty());
        Some(CliError::Credentials(first.unwrap_or(last).to_string()))
    } else if is_note || !matches!(exit, Some(1..=127)) {
        None
    } else {
        known(last.trim(), &[last], exit).or_else(|| not_connected(last))
    };
    Statement { lines: owned(lines), error, is_about_keys }
}

/// The first line, and below it those that are indented or fields of an error of the SDK.
fn own_lines<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    lines.iter().enumerate().filter_map(|(number, line)| {
        let own = number == 0
            || line.starts_with([' ', '\t'])
            || service_error::FIELDS.iter().any(|field| line.starts_with(field));
        own.then_some(*line)
    })
}

fn not_connected(line: &str) -> Option<CliError> {
    let text = without_label(line);
    let text = text.strip_prefix("Message:").unwrap_or(text).trim();
    (signs::read(line, Scope::Any) == Some(Sign::NotConnected))
        .then(|| CliError::NotConnected(text.to_string()))
}

/// What an error proves that begins with `head`; `lines` are all of it.
fn known(head: &str, lines: &[&str], exit: Option<i32>) -> Option<CliError> {
    let said = head.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    let line = head.to_string();
    if POLICY.iter().any(|words| said.starts_with(words)) {
        return Some(CliError::SafetyPolicy(line));
    }
    if has(&LOCAL_WITH_EOF) {
        return Some(CliError::Local(line));
    }
    if let Some(error) = not_connected(head) {
        return Some(error);
    }
    if has(&LOCAL) || refuses_arguments(&said) {
        return Some(CliError::Local(line));
    }
    // The advice of the host stands below its error.
    let advises = exit == Some(BAD_PROFILE)
        && lines.iter().any(|line| {
            let line = line.to_lowercase();
            CREDENTIALS.iter().any(|sign| line.contains(sign))
        });
    (has(&CREDENTIALS) || advises).then_some(CliError::Credentials(line))
}

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
const LOCAL_BEGINNINGS: [&str; 11] = [
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

/// How a safety policy of the CLI says no, in the languages of the CLI.
const POLICY: [&str; 4] = [
    "operation blocked by safety policy",
    "safety policy requires confirmation",
    "操作被安全策略拒绝",
    "安全策略要求确认",
];

/// Whether an error in lower case is a refusal of the arguments, by host or plugin.
fn refuses_arguments(error: &str) -> bool {
    let about_a_flag = error.starts_with("--") || error.starts_with("flag --");
    let about_a_word = error.starts_with(['\'', '"']);
    LOCAL_BEGINNINGS.iter().any(|beginning| error.starts_with(beginning))
        || is_missing_plugin(error)
        || (about_a_flag
            && (error.contains("duplicated") || error.contains("given more than once")))
        || (about_a_word
            && ["command", "api", "product"]
                .iter()
                .any(|what| error.contains(&format!("is not a valid {what}"))))
}

/// The plugin went away between two looks at it. Any other end of a plugin proves nothing.
fn is_missing_plugin(error: &str) -> bool {
    error.starts_with("plugin aliyun-cli-")
        && ["not found", "not installed", "does not exist", "requires cli version"]
            .iter()
            .any(|words| error.contains(words))
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
    statements(&plain(&output.stderr), None)
        .iter()
        .any(|statement| matches!(statement.error, Some(CliError::Credentials(_))))
}

/// One line about a command of the guard that failed.
pub fn complaint(output: &Output) -> String {
    match output.end {
        Termination::TimedOut(limit) => format!("no answer within {} s", limit.as_secs()),
        Termination::Interrupted => "ended by a signal".into(),
        Termination::Exited(status) => {
            let line = Redaction::default().text(&main_line(&plain(&output.stderr)));
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
pub fn plain(bytes: &[u8]) -> String {
    crate::message::sanitize::strip_escapes(&String::from_utf8_lossy(bytes))
}

/// The line that names the error, without that word, else the last one that says anything.
pub fn main_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let named = lines.clone().find_map(|line| {
        let (word, rest) = line.split_at_checked("error:".len())?;
        word.eq_ignore_ascii_case("error:").then(|| rest.trim())
    });
    // Below it the host that broke down lists where it was.
    let named = named.or_else(|| lines.clone().find(|line| line.starts_with("panic: ")));
    named.filter(|rest| !rest.is_empty()).or_else(|| lines.next_back()).unwrap_or_default().into()
}
