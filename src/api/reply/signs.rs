//! Classifies a line of output: signs of a crash or of a connection error.
//!
//! `aliyun` is written in Go, whose errors are chains: `Post "URL": dial tcp ADDRESS: connect:
//! connection refused`. Only errors from before the request is written (DNS, dialling, a proxy, the
//! TLS handshake) prove that nothing was sent. Such a chain is removed from the line together with
//! its cause; the rest of the line is searched for signs of a lost answer.

use memchr::memmem;

/// What a line reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `aliyun` or its plugin crashed while it was running.
    Crashed,
    /// The answer was lost or timed out: the request may have been sent.
    Lost,
    /// The connection was never made: the request cannot have been sent.
    NotConnected,
}

/// The kind of text that the line is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Any,
    /// A help page describes timeouts, so the word alone proves nothing there.
    HelpPage,
}

/// Classifies one line.
pub fn classify(line: &str, scope: Scope) -> Option<Sign> {
    /// `EOF` is the shortest sign.
    const MIN_LENGTH: usize = 3;
    if line.len() < MIN_LENGTH {
        return None;
    }
    let lower = line.to_lowercase();
    let line = lower.trim();
    if has(line, &CRASHED) || is_failed_plugin(line) {
        return Some(Sign::Crashed);
    }
    let (rest, not_connected) = without_failed_connections(line);
    let lost = has(&rest, &LOST)
        || (scope == Scope::Any && mentions_timeout(&rest))
        || (mentions_eof(&rest) && !LOCAL_WITH_EOF.iter().any(|start| rest.contains(start)));
    if lost {
        return Some(Sign::Lost);
    }
    not_connected.then_some(Sign::NotConnected)
}

/// Whether [`classify`] may find a crash or a lost answer in a line of this text. Searching a reply
/// once is faster than classifying each of its lines.
pub fn may_be_in(text: &str) -> bool {
    let text = text.to_lowercase();
    // Without the chains and phrases that `classify` removes, what it searches is part of the text.
    let lists: [&[&str]; 6] = [
        &CRASHED,
        &LOST,
        &TIMED_OUT,
        &[TIMEOUT, EOF, FAILED_PLUGIN],
        &BEFORE_THE_REQUEST,
        &HANDSHAKE,
    ];
    lists.iter().any(|signs| has(&text, signs))
}

fn has(text: &str, signs: &[&str]) -> bool {
    // `str::contains` prepares each search, which takes longer than the search in a short text.
    signs.iter().any(|sign| memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// Signs of a crash.
const CRASHED: [&str; 14] = [
    "panic: ",
    "fatal error: ",
    "crashed",
    "exited unexpectedly",
    "terminated unexpectedly",
    "ended unexpectedly",
    "died unexpectedly",
    "segmentation",
    "sigsegv",
    "core dumped",
    "signal: ",
    "killed by",
    "was killed",
    "[running]:",
];

const FAILED_PLUGIN: &str = "plugin execution failed";

/// Whether the plugin was started and failed.
fn is_failed_plugin(line: &str) -> bool {
    line.contains(FAILED_PLUGIN) && !line.contains("fork/exec")
}

/// Signs of an answer that was lost or timed out.
const LOST: [&str; 27] = [
    "read tcp",
    "write tcp",
    "readfrom tcp",
    "context deadline exceeded",
    "context canceled",
    "request canceled",
    "client.timeout",
    "connection reset",
    "reset by peer",
    "broken pipe",
    "server closed",
    "closed network connection",
    "connection closed",
    "closed the connection",
    "connection abort",
    "connection broken",
    "connection lost",
    "forcibly closed",
    "wsarecv",
    "wsasend",
    "goaway",
    "stream error",
    "http2:",
    "malformed http",
    "bad record mac",
    "no response",
    "empty reply",
];

/// Errors from before any call that end in `EOF` like a lost connection: a prompt without an
/// answer, and the list of plugins while another process rewrites it.
pub const LOCAL_WITH_EOF: [&str; 2] =
    ["failed to read user input", "failed to check plugin status"];

const EOF: &str = "eof";
const TIMEOUT: &str = "timeout";
const TIMED_OUT: [&str; 3] = ["timed out", "time out", "time_out"];

fn mentions_eof(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == EOF)
}

/// Ignores the word in a flag (`--read-timeout`) and in a header (`Keep-Alive: timeout=25`).
fn mentions_timeout(text: &str) -> bool {
    has(text, &TIMED_OUT)
        || text.match_indices(TIMEOUT).any(|(at, word)| {
            !text[..at].ends_with('-') && !text[at + word.len()..].starts_with('=')
        })
}

/// Beginnings of a chain of errors from before the request.
const BEFORE_THE_REQUEST: [&str; 5] =
    ["proxyconnect tcp", "socks connect tcp", "dial tcp", "dial udp", "dial unix"];

/// Links of such a chain: names of system calls.
const SYSTEM_CALLS: [&str; 8] = [
    "connect: ",
    "connectex: ",
    "socket: ",
    "bind: ",
    "read: ",
    "write: ",
    "getsockopt: ",
    "getaddrinfow: ",
];

/// Ends of such a chain.
const CAUSES: [&str; 26] = [
    "connection refused",
    "no such host",
    "i/o timeout",
    "network is unreachable",
    "no route to host",
    "host is unreachable",
    "host is down",
    "operation timed out",
    "connection timed out",
    "connection reset by peer",
    "server misbehaving",
    "temporary failure in name resolution",
    "cannot unmarshal dns message",
    "cannot assign requested address",
    "too many open files",
    "permission denied",
    "operation not permitted",
    "missing address",
    "operation was canceled",
    "context deadline exceeded",
    "context canceled",
    "unexpected eof",
    "eof",
    "proxy authentication required",
    "forbidden",
    "bad gateway",
];

/// Errors of the TLS handshake, and connection errors without `dial`. `connect:` is the system
/// call, so the connection did not exist.
const HANDSHAKE: [&str; 12] = [
    "tls handshake timeout",
    "tls: handshake failure",
    "tls: protocol version",
    "tls: unrecognized name",
    "look like a tls handshake",
    "tls: failed to verify certificate",
    "x509:",
    "http response to https client",
    "no such host",
    "connect: connection refused",
    "connect: network is unreachable",
    "connect: no route to host",
];

/// Suffixes that Go adds when its own timeout ends an attempt, including while connecting.
const AWAITING: [&str; 3] = [
    " (client.timeout exceeded while awaiting headers)",
    " (client.timeout or context cancellation while awaiting headers)",
    " (client.timeout exceeded while waiting for connection)",
];

/// The line without the chains that end before the request is written, and whether there was one.
fn without_failed_connections(line: &str) -> (String, bool) {
    let mut rest = String::with_capacity(line.len());
    let mut not_connected = rejected_by_proxy(line);
    let mut remaining = if not_connected { "" } else { line };
    while let Some((at, marker)) = BEFORE_THE_REQUEST
        .iter()
        .filter_map(|marker| Some((remaining.find(marker)?, *marker)))
        .min_by_key(|(at, _)| *at)
    {
        rest.push_str(&remaining[..at]);
        rest.push(' ');
        remaining = without_chain(&remaining[at + marker.len()..], marker);
        not_connected = true;
    }
    rest.push_str(remaining);
    for phrase in HANDSHAKE {
        while let Some(at) = rest.find(phrase) {
            not_connected = true;
            let end = at + phrase.len();
            let end = end + awaiting(&rest[end..]);
            rest.replace_range(at..end, " ");
        }
    }
    (rest, not_connected)
}

/// The text after a chain that begins with `marker`; `text` is what follows the marker.
fn without_chain<'a>(text: &'a str, marker: &str) -> &'a str {
    let mut remaining = without_address(text);
    // Only DNS and proxies read before there is a connection to the service.
    let mut reads = marker != "dial tcp" && marker != "dial unix";
    loop {
        let link = |start: &str| remaining.strip_prefix(start);
        if let Some(after) = link("lookup ") {
            let Some((_, after)) = after.split_once(": ") else { return "" };
            (remaining, reads) = (after, true);
        } else if let Some(after) = ["read udp", "write udp", "read tcp", "write tcp"]
            .iter()
            .find_map(|start| remaining.strip_prefix(start).filter(|_| reads))
        {
            remaining = without_address(after);
        } else if let Some(after) = BEFORE_THE_REQUEST.iter().find_map(|start| link(start)) {
            remaining = without_address(after);
        } else if let Some(after) = SYSTEM_CALLS.iter().find_map(|start| link(start)) {
            remaining = after;
        } else {
            break;
        }
    }
    let end =
        CAUSES.iter().find(|cause| remaining.starts_with(**cause)).map_or(0, |cause| cause.len());
    remaining = &remaining[end..];
    &remaining[awaiting(remaining)..]
}

/// The text after ` ADDRESS: ` or `: `; the whole text if it begins with neither.
fn without_address(text: &str) -> &str {
    match text.split_once(": ") {
        Some((address, after)) if !address.trim_start().contains([' ', ';', ',']) => after,
        _ => text,
    }
}

fn awaiting(text: &str) -> usize {
    AWAITING.iter().find(|words| text.starts_with(**words)).map_or(0, |words| words.len())
}

/// Whether a proxy rejected CONNECT: Go reports the proxy's status text as the error of a request
/// to an `https` URL. An answer of the service itself never has that form.
fn rejected_by_proxy(line: &str) -> bool {
    const STATUS: [&str; 16] = [
        "bad request",
        "unauthorized",
        "payment required",
        "forbidden",
        "not found",
        "method not allowed",
        "not acceptable",
        "proxy authentication required",
        "too many requests",
        "internal server error",
        "not implemented",
        "bad gateway",
        "service unavailable",
        "gateway timeout",
        "access denied",
        "filtered",
    ];
    let Some((before, status)) = line.rsplit_once("\": ") else { return false };
    let Some((method, url)) = before.rsplit_once('"') else { return false };
    // The line must contain only the error of one request, and no other sign.
    let alone = matches!(
        method.trim(),
        "post" | "get" | "put" | "error: post" | "error: get" | "error: put" | "message: post"
    );
    alone && url.starts_with("https://") && STATUS.contains(&status.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_sign(line: &str, expected: Option<Sign>) {
        assert_eq!(classify(line, Scope::Any), expected, "{line}");
        let text = format!("{{\n{line}\n}}");
        let is_found = matches!(expected, Some(Sign::Crashed | Sign::Lost));
        assert!(!is_found || may_be_in(&text), "{line}");
    }

    #[test]
    fn only_errors_from_before_the_request_prove_that_nothing_was_sent() {
        for line in [
            "dial tcp 203.0.113.7:443: connect: connection refused",
            "dial tcp [2001:db8::1]:443: connect: network is unreachable",
            "dial tcp: lookup x on 10.0.0.1:53: read udp 10.0.0.2:5000->10.0.0.1:53: i/o timeout",
            "dial tcp: lookup x: read tcp 10.0.0.2:5000->10.0.0.1:53: connection reset by peer",
            "proxyconnect tcp: read tcp 10.0.0.2:1->10.0.0.9:3128: connection reset by peer",
            "proxyconnect tcp: EOF",
            "socks connect tcp 127.0.0.1:1080->x:443: dial tcp 127.0.0.1:1080: connection refused",
            "Post \"https://dysmsapi.aliyuncs.com/?PhoneNumbers=1\": Forbidden",
            "net/http: TLS handshake timeout (Client.Timeout exceeded while awaiting headers)",
        ] {
            assert_sign(line, Some(Sign::NotConnected));
        }
        for line in [
            "read tcp 10.0.0.2:5000->203.0.113.7:443: connection refused",
            "write tcp 10.0.0.2:5000->203.0.113.7:443: network is unreachable",
            "dial tcp 203.0.113.7:443: connection refused read tcp 10.0.0.2:5->203.0.113.7:443: x",
            "dial tcp 203.0.113.7:443: read tcp 10.0.0.2:5->203.0.113.7:443: connection refused",
            "context deadline exceeded; proxyconnect tcp ok",
            "Post \"http://dysmsapi.aliyuncs.com/\": Gateway Timeout",
            "retry 1: EOF; retry 2: Post \"https://x/\": Forbidden",
            "Post \"https://x/\": EOF",
        ] {
            assert_sign(line, Some(Sign::Lost));
        }
        for line in ["connection refused", "Post \"http://x/\": Forbidden", "the moon is full"] {
            assert_sign(line, None);
        }
    }

    #[test]
    fn a_timeout_in_a_flag_or_a_header_is_not_a_sign() {
        assert_sign("invalid flag --read-timeoutt", None);
        assert_sign("RespHeaders: map[Keep-Alive:[timeout=25]]", None);
        assert_sign("the request timed out", Some(Sign::Lost));
        assert_eq!(classify("read timeout in seconds", Scope::HelpPage), None);
        assert_eq!(classify("read tcp 1: x", Scope::HelpPage), Some(Sign::Lost));
    }

    #[test]
    fn a_plugin_that_failed_to_start_has_not_crashed() {
        assert_sign("plugin execution failed: fork/exec /p/x: text file busy", None);
        assert_sign("plugin execution failed: signal: killed", Some(Sign::Crashed));
        assert_sign("plugin aliyun-cli-cams exited unexpectedly", Some(Sign::Crashed));
    }
}
