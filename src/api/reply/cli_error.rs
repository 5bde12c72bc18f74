//! Parses the errors that `aliyun` and its plugins write to stderr: which lines are notes, which
//! line is the error, and what the error proves.
//!
//! The formats are those measured with CLI 3.3.3 to 3.4.11. All of them are coloured, even on a
//! pipe.
//!
//! A note is a line about the plugin catalogue ("Could not load the remote plugin catalog: …") with
//! the indented lines below it. Notes concern another connection, so they prove nothing about the
//! call. Other lines that begin like a note (`WARNING:`, `hint:`) never prove that nothing was
//! sent, but they can report a lost answer.

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
    /// A safety policy of the CLI blocked the call.
    SafetyPolicy(String),
}

/// A section of stderr: an error with its lines, or the lines before the first error.
#[derive(Debug)]
pub struct Statement {
    /// Without notes.
    pub lines: Vec<String>,
    /// What the error proves, if it is a known one.
    pub error: Option<CliError>,
    /// The host could not get the profile's keys from a token service, a role or another program.
    /// All lines of this statement concern that, and stdout can contain the program's output.
    pub is_about_keys: bool,
}

/// Splits stderr into statements; `exit` is the exit code of a process that exited by itself.
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
    let Some((before, labelled)) = parts.split_first() else { return Vec::new() };
    let first = if labelled.is_empty() {
        statement(before, exit, error_in_last_line)
    } else {
        Statement { lines: owned(before), error: None, is_about_keys: false }
    };
    let rest = labelled.iter().map(|lines| statement(lines, exit, labelled_error));
    std::iter::once(first).chain(rest).collect()
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

/// The line without its `Error:` label.
pub fn without_label(line: &str) -> &str {
    let line = line.trim();
    if is_labelled(line) { line["error:".len()..].trim() } else { line }
}

/// Parses an error with its lines; `parse` finds out what it proves if it is not about keys.
fn statement(
    lines: &[&str],
    exit: Option<i32>,
    parse: fn(&[&str], Option<i32>) -> Option<CliError>,
) -> Statement {
    let is_about_keys = exit == Some(BAD_PROFILE) && lines.iter().any(|l| l.ends_with(NO_KEYS));
    let error = if is_about_keys {
        let head = texts(lines).next().unwrap_or_default();
        Some(CliError::Credentials(head.to_string()))
    } else {
        parse(lines, exit)
    };
    Statement { lines: owned(lines), error, is_about_keys }
}

/// The lines without their label, without empty ones.
fn texts<'a>(lines: &[&'a str]) -> impl Iterator<Item = &'a str> {
    lines.iter().map(|line| without_label(line)).filter(|line| !line.is_empty())
}

fn labelled_error(lines: &[&str], exit: Option<i32>) -> Option<CliError> {
    let texts: Vec<&str> = texts(lines).collect();
    let head = texts.first().copied().unwrap_or_default();
    let known = if service_error::is_header(head) { None } else { known_error(head, &texts, exit) };
    known.or_else(|| own_lines(lines).find_map(not_connected))
}

/// Evaluates the last line of a failed process without a labelled error, unless it is a note.
fn error_in_last_line(lines: &[&str], exit: Option<i32>) -> Option<CliError> {
    let last = lines.iter().rev().find(|line| !line.trim().is_empty()).copied().unwrap_or_default();
    let is_note = last.starts_with([' ', '\t'])
        || ["warn", "note", "hint", "could not load", "提示"]
            .iter()
            .any(|word| last.to_lowercase().starts_with(word));
    if is_note || !matches!(exit, Some(1..=127)) {
        return None;
    }
    known_error(last.trim(), &[last], exit).or_else(|| not_connected(last))
}

/// The lines of one error: the first, and those that are indented or fields of an SDK error.
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
    (signs::classify(line, Scope::Any) == Some(Sign::NotConnected))
        .then(|| CliError::NotConnected(text.to_string()))
}

/// What an error proves that begins with `head` and consists of `lines`.
fn known_error(head: &str, lines: &[&str], exit: Option<i32>) -> Option<CliError> {
    let lower = head.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    let line = head.to_string();
    if POLICY.iter().any(|words| lower.starts_with(words)) {
        return Some(CliError::SafetyPolicy(line));
    }
    if has(&LOCAL_WITH_EOF) {
        return Some(CliError::Local(line));
    }
    if let Some(error) = not_connected(head) {
        return Some(error);
    }
    if has(&LOCAL) || rejects_arguments(&lower) {
        return Some(CliError::Local(line));
    }
    // The host prints its advice below its error.
    let has_advice = exit == Some(BAD_PROFILE)
        && lines.iter().any(|line| {
            let line = line.to_lowercase();
            CREDENTIALS.iter().any(|sign| line.contains(sign))
        });
    (has(&CREDENTIALS) || has_advice).then_some(CliError::Credentials(line))
}

/// The exit code of errors to which the host adds advice about the profile.
const BAD_PROFILE: i32 = 3;
/// That advice when the host could not get the profile's keys from a token service, a role or
/// another program. The error above it is an error of that service, not of the call.
const NO_KEYS: &str = "failed to resolve credentials";

/// Errors of the host about missing credentials.
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

/// How errors begin with which the host or plugin stops before any call.
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
    // CLI 3.3.3 treats the value `help` as a request for help, even after `=`.
    "too many arguments",
    // Mock mode is on, and the file of recorded replies cannot be read.
    "load mock data failed",
];

/// Parts of errors with which the host or plugin stops before any call, at any position.
const LOCAL: [&str; 6] = [
    "region can't be empty",
    "must be assigned with",
    "failed to install plugin",
    "plugin binary not found",
    "plugin execution failed: fork/exec",
    "is not a valid built-in",
];

/// How errors of the CLI's safety policy begin, in the languages of the CLI.
const POLICY: [&str; 4] = [
    "operation blocked by safety policy",
    "safety policy requires confirmation",
    "操作被安全策略拒绝",
    "安全策略要求确认",
];

/// Whether the host or plugin rejected the arguments; `error` is in lower case.
fn rejects_arguments(error: &str) -> bool {
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

/// The plugin was removed between two checks. Any other end of a plugin proves nothing.
fn is_missing_plugin(error: &str) -> bool {
    error.starts_with("plugin aliyun-cli-")
        && ["not found", "not installed", "does not exist", "requires cli version"]
            .iter()
            .any(|words| error.contains(words))
}

/// Why a command of the host failed, in one line; `None` if it succeeded. The exit code alone proves
/// nothing: with an unreadable configuration, the host prints an error, does nothing and exits
/// with 0.
pub fn failure_message(output: &Output) -> Option<String> {
    let succeeded = output.succeeded() && !has_error_label(&output.stderr);
    (!succeeded).then(|| describe_failure(output))
}

/// Whether a command of the host failed because its profiles cannot be used.
pub fn is_configuration_error(output: &Output) -> bool {
    statements(&plain(&output.stderr), None)
        .iter()
        .any(|statement| matches!(statement.error, Some(CliError::Credentials(_))))
}

/// One line that describes a failed command of the host.
pub fn describe_failure(output: &Output) -> String {
    match output.end {
        Termination::TimedOut(limit) => format!("no answer within {} s", limit.as_secs()),
        Termination::Interrupted => "stopped by a signal".into(),
        Termination::Exited(status) => {
            let line = Redaction::default().text(&main_line(&plain(&output.stderr)));
            if !line.is_empty() {
                return line;
            }
            match (status.code(), system::ending_signal(status)) {
                (Some(code), _) => format!("exit code {code} without a message"),
                (None, Some(signal)) => format!("killed by {}", system::signal_name(signal)),
                (None, None) => "exited without a message".into(),
            }
        }
    }
}

/// Whether a line has an `error:` label.
pub fn has_error_label(stderr: &[u8]) -> bool {
    plain(stderr).lines().any(is_labelled)
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

/// The first line with an `error:` label, without the label; else the last non-empty line.
pub fn main_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let labelled = lines.clone().find(|line| is_labelled(line)).map(without_label);
    // A stack trace follows below a panic.
    let labelled = labelled.or_else(|| lines.clone().find(|line| line.starts_with("panic: ")));
    labelled
        .filter(|rest| !rest.is_empty())
        .or_else(|| lines.next_back())
        .unwrap_or_default()
        .into()
}
