//! What one line of output says about the connection, and about a crash.
//!
//! `aliyun` is written in Go, whose errors are chains: `Post "URL": dial tcp ADDRESS: connect:
//! connection refused`. Only errors from before the request is written (name look-up, dialling, a
//! proxy, the TLS handshake) prove that nothing was sent. Such a chain is taken out of the line
//! together with its cause; whatever is left of the line is searched for signs of a lost answer.

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `aliyun` or its plugin broke down in the middle of its work.
    Crashed,
    /// The answer was lost, or not awaited: the request may have been written.
    Lost,
    /// The connection was never made: the request cannot have been written.
    NotConnected,
}

/// Where a line was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Any,
    /// A help page explains time limits: there the mere word proves nothing.
    HelpPage,
}

/// Reads one line.
pub fn read(line: &str, scope: Scope) -> Option<Sign> {
    /// `EOF` is the shortest sign.
    const MIN_LENGTH: usize = 3;
    if line.len() < MIN_LENGTH {
        return None;
    }
    let lower = line.to_lowercase();
    let line = lower.trim();
    let has = |text: &str, signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    if has(line, &CRASHED) || is_failed_plugin(line) {
        return Some(Sign::Crashed);
    }
    let (rest, not_connected) = without_failed_connections(line);
    let lost = has(&rest, &LOST)
        || (scope == Scope::Any && mentions_time_out(&rest))
        || (mentions_eof(&rest) && !LOCAL_WITH_EOF.iter().any(|start| rest.contains(start)));
    if lost {
        return Some(Sign::Lost);
    }
    not_connected.then_some(Sign::NotConnected)
}

/// A program that broke down.
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

/// The plugin was started and did not come to its end.
fn is_failed_plugin(line: &str) -> bool {
    line.contains("plugin execution failed") && !line.contains("fork/exec")
}

/// An answer that was lost, or not awaited.
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

/// Refusals before any call that end in `EOF` as a lost connection does: a prompt that was not
/// answered, and the list of plugins while another process was rewriting it.
pub const LOCAL_WITH_EOF: [&str; 2] =
    ["failed to read user input", "failed to check plugin status"];

fn mentions_eof(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "eof")
}

/// The word, unless it belongs to a flag (`--read-timeout`) or a header (`Keep-Alive: timeout=25`).
fn mentions_time_out(text: &str) -> bool {
    text.contains("timed out")
        || text.contains("time out")
        || text.contains("time_out")
        || text.match_indices("timeout").any(|(at, word)| {
            !text[..at].ends_with('-') && !text[at + word.len()..].starts_with('=')
        })
}

/// Where a chain of errors from before the request begins.
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

/// Errors of the TLS handshake, and of a connection that is named without `dial`. `connect:` is the
/// system call, so the connection did not exist.
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

/// What Go adds when its own limit ends an attempt, connecting included.
const AWAITING: [&str; 3] = [
    " (client.timeout exceeded while awaiting headers)",
    " (client.timeout or context cancellation while awaiting headers)",
    " (client.timeout exceeded while waiting for connection)",
];

/// The line without the chains that end before the request is written, and whether there was one.
fn without_failed_connections(line: &str) -> (String, bool) {
    let mut rest = String::with_capacity(line.len());
    let mut found = refused_by_proxy(line);
    let mut left = if found { "" } else { line };
    while let Some((at, marker)) = BEFORE_THE_REQUEST
        .iter()
        .filter_map(|marker| Some((left.find(marker)?, *marker)))
        .min_by_key(|(at, _)| *at)
    {
        rest.push_str(&left[..at]);
        rest.push(' ');
        left = without_chain(&left[at + marker.len()..], marker);
        found = true;
    }
    rest.push_str(left);
    for phrase in HANDSHAKE {
        while let Some(at) = rest.find(phrase) {
            found = true;
            let end = at + phrase.len();
            let end = end + awaiting(&rest[end..]);
            rest.replace_range(at..end, " ");
        }
    }
    (rest, found)
}

/// What follows a chain that has begun with `marker`.
fn without_chain<'a>(text: &'a str, marker: &str) -> &'a str {
    let mut left = without_address(text);
    // Only name look-ups and proxies read before there is a connection to the service.
    let mut reads = marker != "dial tcp" && marker != "dial unix";
    loop {
        let link = |start: &str| left.strip_prefix(start);
        if let Some(after) = link("lookup ") {
            let Some((_, after)) = after.split_once(": ") else { return "" };
            (left, reads) = (after, true);
        } else if let Some(after) = ["read udp", "write udp", "read tcp", "write tcp"]
            .iter()
            .find_map(|start| left.strip_prefix(start).filter(|_| reads))
        {
            left = without_address(after);
        } else if let Some(after) = BEFORE_THE_REQUEST.iter().find_map(|start| link(start)) {
            left = without_address(after);
        } else if let Some(after) = SYSTEM_CALLS.iter().find_map(|start| link(start)) {
            left = after;
        } else {
            break;
        }
    }
    let end = CAUSES.iter().find(|cause| left.starts_with(**cause)).map_or(0, |cause| cause.len());
    left = &left[end..];
    &left[awaiting(left)..]
}

/// Behind ` ADDRESS: ` or `: `; the whole text if there is neither.
fn without_address(text: &str) -> &str {
    match text.split_once(": ") {
        Some((address, after)) if !address.trim_start().contains([' ', ';', ',']) => after,
        _ => text,
    }
}

fn awaiting(text: &str) -> usize {
    AWAITING.iter().find(|words| text.starts_with(**words)).map_or(0, |words| words.len())
}

/// A proxy that refuses to CONNECT: Go reports the proxy's status text as the error of a request to
/// an `https` address. An answer of the service itself never has that form.
fn refused_by_proxy(line: &str) -> bool {
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
    // Nothing but the error of the one request, so that no other sign is on this line.
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
    fn is(line: &str, expected: Option<Sign>) {
        assert_eq!(read(line, Scope::Any), expected, "{line}");
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
            is(line, Some(Sign::NotConnected));
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
            is(line, Some(Sign::Lost));
        }
        for line in ["connection refused", "Post \"http://x/\": Forbidden", "the moon is full"] {
            is(line, None);
        }
    }

    #[test]
    fn a_flag_and_a_header_that_name_a_time_out_are_not_signs() {
        is("invalid flag --read-timeoutt", None);
        is("RespHeaders: map[Keep-Alive:[timeout=25]]", None);
        is("the request timed out", Some(Sign::Lost));
        assert_eq!(read("read timeout in seconds", Scope::HelpPage), None);
        assert_eq!(read("read tcp 1: x", Scope::HelpPage), Some(Sign::Lost));
    }

    #[test]
    fn a_plugin_that_was_not_started_has_not_crashed() {
        is("plugin execution failed: fork/exec /p/x: text file busy", None);
        is("plugin execution failed: signal: killed", Some(Sign::Crashed));
        is("plugin aliyun-cli-cams exited unexpectedly", Some(Sign::Crashed));
    }
}
