//! Links to media and callback addresses. Only the service can find out whether a link works; this
//! checks that it is an absolute web link with a host.
//!
//! That needs only the authority part of RFC 3986. The `url` crate would add a dozen packages with
//! the tables of international domain names.

use crate::error::{Failure, Result};

/// In bytes; about the limit of browsers and servers.
const MAX_LENGTH: usize = 2048;

/// # Errors
/// Not an absolute http or https link; the hint shows an example.
pub fn check(flag: &str, link: &str) -> Result<()> {
    match problem(link) {
        None => Ok(()),
        Some(problem) => Err(Failure::usage(format!("{flag} {link:?} is not a link: {problem}"))
            .hint(format!("give a public one, for example {flag} https://example.com/path"))),
    }
}

/// Why a text is not a link, or `None` if it is one.
pub fn problem(link: &str) -> Option<&'static str> {
    if link.len() > MAX_LENGTH {
        return Some("it is longer than 2,048 bytes");
    }
    if link.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>')) {
        return Some("it contains a blank or another character that must be escaped");
    }
    let is_web =
        |scheme: &str| ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    let Some((_, rest)) = link.split_once("://").filter(|(scheme, _)| is_web(scheme)) else {
        return Some("it does not begin with http:// or https://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("it contains a user name or password");
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Some("its IPv6 address is invalid");
            }
            ("", port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let host = &authority[..end];
            if host.is_empty() {
                return Some("it has no host");
            }
            (host, &authority[end..])
        }
    };
    let is_valid = |label: &str| {
        let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().all(inner)
    };
    // A name may end with a dot.
    if !host.is_empty() && !host.strip_suffix('.').unwrap_or(host).split('.').all(is_valid) {
        return Some("its host is invalid");
    }
    let is_valid_port = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => digits.is_empty() || digits.parse::<u16>().is_ok_and(|number| number > 0),
    };
    (!is_valid_port).then_some("its port is invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_links_are_accepted() {
        for link in [
            "https://example.com/a.png",
            "http://example.com",
            "HTTPS://Example.COM:8443/a?b=c&d=%20#e",
            "https://bücher.example/ü.pdf",
            "https://198.51.100.7/a",
            "https://[2001:db8::1]:443/a",
            "https://example.com./a",
        ] {
            check("--link", link).expect(link);
        }
    }

    #[test]
    fn other_links_are_refused_with_an_example() {
        for link in [
            "",
            "example.com/a.png",
            "ftp://example.com/a",
            "file:///etc/passwd",
            "javascript://x",
            "https://",
            "https:///a",
            "https://exa mple.com/",
            "https://example.com/a b",
            "https://user:secret@example.com/",
            "https://example..com/",
            "https://example.com:port/",
            "https://example.com:0/",
            "https://example.com:70000/",
            "https://[::g]/",
            "https://[::1]x/",
            "https://exa\u{0}mple.com",
            &format!("https://example.com/{}", "x".repeat(2048)),
        ] {
            let refused = check("--link", link).expect_err(link);
            assert!(refused.hint.expect("a hint").contains("https://"), "{link}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_link_causes_a_panic(text in "\\PC*", rest in "[a-zé:\\[\\]@./?#0-9]*") {
            let _ = check("--link", &text);
            let _ = check("--link", &format!("https://{rest}"));
        }
    }
}
