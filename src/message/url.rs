//! Links to media and addresses that are called back. The service uses them, so only it can tell
//! whether they work; checked here is what no fetch could ever repair: that it is an absolute link
//! of the web with a host.
//!
//! That takes the authority of RFC 3986 alone; a library for the whole of it brings the tables of
//! international names along, a dozen packages for one yes or no.

use crate::error::{Failure, Result};

/// The longest link; browsers and servers agree on about this.
const MAX_LENGTH: usize = 2048;

/// # Errors
/// Not an absolute http or https link; the hint shows one.
pub fn check(flag: &str, link: &str) -> Result<()> {
    match fault(link) {
        None => Ok(()),
        Some(fault) => Err(Failure::usage(format!("{flag} {link:?} is not a link: {fault}"))
            .hint(format!("give a public one, for example {flag} https://example.com/path"))),
    }
}

/// What keeps a text from being a link, if anything does.
pub fn fault(link: &str) -> Option<&'static str> {
    if link.len() > MAX_LENGTH {
        return Some("it is longer than 2,048 bytes");
    }
    if link.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>')) {
        return Some("it contains a blank or another character that has to be escaped");
    }
    let Some((scheme, rest)) = link.split_once("://") else {
        return Some("it does not begin with http:// or https://");
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Some("only http and https are fetched");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("it carries a user name or password");
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Some("its address is none");
            }
            ("", port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let host = &authority[..end];
            if host.is_empty() {
                return Some("it names no host");
            }
            (host, &authority[end..])
        }
    };
    let sound = |label: &str| {
        let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().all(inner)
    };
    // A name may end in the dot of the root.
    if !host.is_empty() && !host.strip_suffix('.').unwrap_or(host).split('.').all(sound) {
        return Some("its host is none");
    }
    let digits = port.strip_prefix(':').unwrap_or(port);
    let no_port = port.is_empty() || (digits != port && digits.is_empty());
    if !no_port && (digits == port || !digits.parse::<u16>().is_ok_and(|number| number > 0)) {
        return Some("its port is none");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_the_web_pass() {
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
    fn anything_else_is_refused_and_a_right_one_is_shown() {
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
        fn no_text_makes_it_panic(text in "\\PC*", rest in "[a-zé:\\[\\]@./?#0-9]*") {
            let _ = check("--link", &text);
            let _ = check("--link", &format!("https://{rest}"));
        }
    }
}
