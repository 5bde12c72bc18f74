//! Sanitizes text for the terminal: it must not move the cursor, change colours, forge a line of
//! output, change the text direction or hide a part of itself.
//!
//! [`crate::message::invisible`] decides which characters a terminal would not show; they are
//! replaced with escapes, such as `\u{200b}`. JSON keeps every character, if necessary as a JSON
//! escape.

use crate::message::invisible;

/// Sanitizes to one line: line breaks and tabs become spaces, ANSI sequences are removed.
pub fn line(text: &str) -> String {
    replace_invisible(&strip_escapes(text), |c| match c {
        '\n' | '\r' | '\t' => " ".into(),
        _ => c.escape_unicode().to_string(),
    })
}

/// Sanitizes each line as [`line`] does, and keeps line breaks.
pub fn block(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Escapes characters in JSON that a terminal would interpret or not show; the value is unchanged.
/// These characters occur only in strings, and serializers already escape those below U+0020.
pub fn json(text: &str) -> String {
    replace_invisible(text, |c| match c {
        '\n' => c.to_string(),
        _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    })
}

/// One line with every character visible, including ANSI sequences and line breaks as escapes. For
/// confirmations, where the user must see exactly what will be sent.
pub fn visible(text: &str) -> String {
    replace_invisible(text, |c| match c {
        '\n' => "\u{23ce} ".into(),
        _ => c.escape_default().to_string(),
    })
}

fn replace_invisible(text: &str, escape: impl Fn(char) -> String) -> String {
    // Most texts are plain ASCII; looking at the neighbours of each character takes longer.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut written = String::with_capacity(text.len());
    for (c, is_visible) in invisible::characters(text) {
        if is_visible {
            written.push(c);
        } else {
            written.push_str(&escape(c));
        }
    }
    written
}

/// Removes ANSI escape sequences.
pub fn strip_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\u{1b}', Some('[')) => {
                chars.next();
                // CSI: parameter and intermediate bytes, then one final byte.
                while chars.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
                chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
            }
            ('\u{1b}', Some(']')) => {
                // OSC: up to BEL or ST, but not beyond the line.
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
    fn json_keeps_its_value_without_invisible_characters() {
        let value = serde_json::json!({
            "a\u{2028}": "\u{9b}31m\u{7f}\u{202e}\u{1b}\n你好 😀\u{200b}\u{e0041}\u{61c}",
        });
        let text = json(&value.to_string());
        assert!(invisible::characters(&text).all(|(_, is_visible)| is_visible), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
