//! Makes text from elsewhere safe to show: it must not move the cursor, change colours, forge a
//! line of output, turn the reading direction or hide a part of itself.
//!
//! [`crate::message::invisible`] decides which characters a terminal would not show; they are written as
//! their escapes, such as `\u{200b}`. JSON keeps every character, if need be as a JSON escape.

use crate::message::invisible::{self, Seen};

/// One line: line breaks and tabs become blanks, colours disappear.
pub fn line(text: &str) -> String {
    written(&strip_escapes(text), |c| match c {
        '\n' | '\r' | '\t' => " ".into(),
        _ => c.escape_unicode().to_string(),
    })
}

/// Several lines: as [`line`], but line breaks stay.
pub fn block(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// JSON that says the same and does nothing to a terminal: it escapes what controls one. Outside of
/// strings JSON has none of these characters, and those below blank it escapes by itself.
pub fn json(text: &str) -> String {
    written(text, |c| match c {
        '\n' => c.to_string(),
        _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    })
}

/// One line in which nothing is hidden, neither colours nor line breaks. For what people agree to:
/// they are to see what will be sent.
pub fn visible(text: &str) -> String {
    written(text, |c| match c {
        '\n' => "\u{23ce} ".into(),
        _ => c.escape_default().to_string(),
    })
}

fn written(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    for (c, seen) in invisible::characters(text) {
        match seen {
            Seen::Yes => written.push(c),
            Seen::No => written.push_str(&escape(c)),
        }
    }
    written
}

/// Removes ANSI escape sequences, and leaves everything else.
pub fn strip_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\u{1b}', Some('[')) => {
                chars.next();
                // Parameters and intermediates, then one final byte.
                while chars.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
                chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
            }
            ('\u{1b}', Some(']')) => {
                // A command to the terminal, up to BEL or ST; never across lines.
                while let Some(c) = chars.next_if(|&c| c != '\n') {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            ('\u{1b}', _) => {}
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_controls_do_not_reach_the_terminal() {
        assert_eq!(line("a\u{1b}[31mred\u{1b}[0m\u{7}\u{0}b"), "ared\\u{7}\\u{0}b");
        assert_eq!(line("\u{1b}]0;title\u{7}x\u{1b}]8;;y\u{1b}\\z"), "xz");
        assert_eq!(line("one\ntwo\tthree\r"), "one two three ");
        assert_eq!(
            visible("one\ntwo\u{202e} \u{1b}[8mx\u{1b}[0m 你"),
            "one\u{23ce} two\\u{202e} \\u{1b}[8mx\\u{1b}[0m 你"
        );
        assert_eq!(block("one\ntwo\u{202e}"), "one\ntwo\\u{202e}");
        assert_eq!(line("你好 😀 naïve"), "你好 😀 naïve");
    }

    #[test]
    fn json_says_the_same_without_a_control_character() {
        let value = serde_json::json!({
            "a\u{2028}": "\u{9b}31m\u{7f}\u{202e}\u{1b}\n你好 😀\u{200b}\u{e0041}\u{61c}",
        });
        let text = json(&value.to_string());
        assert!(invisible::characters(&text).all(|(_, seen)| seen == Seen::Yes), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
