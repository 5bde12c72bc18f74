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
        assert_eq!(block("one\ntwo\u{202e}"), "one\ntwo");
        assert_eq!(line("你好 😀 naïve"), "你好 😀 naïve");
    }
}
