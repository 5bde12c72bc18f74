//! Makes text from elsewhere safe to show: it must not move the cursor, change colours, forge a
//! line of output or turn the reading direction.

/// One line: every control character and line break becomes a blank or disappears.
pub fn line(text: &str) -> String {
    strip_escapes(text)
        .chars()
        .filter_map(|c| if matches!(c, '\n' | '\r' | '\t') { Some(' ') } else { printable(c) })
        .collect()
}

/// Several lines: as [`line`], but line breaks stay.
pub fn block(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// JSON that says the same and does nothing to a terminal: it escapes what controls one. Outside of
/// strings JSON has none of these characters, and those below blank it escapes by itself.
pub fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match printable(c) {
            None if c != '\n' => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => safe.push(c),
        }
    }
    safe
}

/// One line in which nothing is hidden: what a terminal would not show stands there as its escape.
/// For what people agree to: they are to see what will be sent.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => "\u{23ce} ".to_string(),
            _ if printable(c).is_some() => c.to_string(),
            _ => c.escape_default().to_string(),
        })
        .collect()
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

fn printable(c: char) -> Option<char> {
    let turns_direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (!c.is_control() && !turns_direction).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_controls_do_not_reach_the_terminal() {
        assert_eq!(line("a\u{1b}[31mred\u{1b}[0m\u{7}\u{0}b"), "aredb");
        assert_eq!(line("\u{1b}]0;title\u{7}x\u{1b}]8;;y\u{1b}\\z"), "xz");
        assert_eq!(line("one\ntwo\tthree\r"), "one two three ");
        assert_eq!(
            visible("one\ntwo\u{202e} \u{1b}[8mx\u{1b}[0m 你"),
            "one\u{23ce} two\\u{202e} \\u{1b}[8mx\\u{1b}[0m 你"
        );
        assert_eq!(block("one\ntwo\u{202e}"), "one\ntwo");
        assert_eq!(line("你好 😀 naïve"), "你好 😀 naïve");
    }

    #[test]
    fn json_says_the_same_without_a_control_character() {
        let value = serde_json::json!({ "a": "\u{9b}31m\u{7f}\u{202e}\u{1b}\n你好 😀" });
        let text = json(&value.to_string());
        assert!(text.chars().all(|c| printable(c).is_some()), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
