//! Decides which characters of a text a terminal would not show.
//!
//! Invisible characters are control characters, line and paragraph separators, characters that
//! change the text direction, zero-width characters, fillers, tags and variation selectors: the
//! Unicode categories Cc, Zl, Zp and Cf, and `Default_Ignorable_Code_Point`. Characters of the
//! category Cf with a visible glyph, such as U+06DD, count as visible, and so do spaces of any
//! width.
//!
//! Ordinary text needs some of these characters. They count as visible only there:
//! - the joiner U+200D between two emoji, and a selector after one (`👩‍🚀`, `❤️`, `1️⃣`);
//! - the tags of a flag, from U+1F3F4 to U+E007F (`🏴󠁧󠁢󠁥󠁮󠁧󠁿`);
//! - U+200C and U+200D between two letters of a joining script (Persian, Hindi …);
//! - a selector after the Han or Mongolian character whose variant it selects.

const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_TAGS: char = '\u{e007f}';
/// The maximum number of tags in a flag: the letters of a region code such as `gbeng`.
const MAX_TAGS: usize = 6;

/// Each character of the text, and whether it is visible at its position.
pub fn characters(text: &str) -> impl Iterator<Item = (char, bool)> {
    // The previous character, if it is visible.
    let mut before = None;
    let mut tags = 0;
    text.char_indices().map(move |(at, c)| {
        let rest = &text[at + c.len_utf8()..];
        if c == BLACK_FLAG {
            tags = tags_of_a_flag(rest);
        }
        let is_part = if tags > 0 && c != BLACK_FLAG {
            tags -= 1;
            true
        } else {
            before.is_some_and(|before| is_part_of_text(before, c, rest.chars().next()))
        };
        let is_visible = is_part || !is_invisible(c);
        before = is_visible.then_some(c);
        (c, is_visible)
    })
}

/// Whether an invisible character is part of ordinary text, judged by its neighbours.
fn is_part_of_text(before: char, c: char, after: Option<char>) -> bool {
    let is_emoji_before = is_emoji(before) || before == '\u{fe0f}';
    match c {
        JOINER if is_emoji_before => after.is_some_and(is_emoji),
        JOINER | NON_JOINER => joins_letters(before) && after.is_some_and(joins_letters),
        '\u{fe0e}' | '\u{fe0f}' => is_emoji(before) || matches!(before, '0'..='9' | '#' | '*'),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(before, '\u{1800}'..='\u{18aa}'),
        '\u{e0100}'..='\u{e01ef}' => is_han(before),
        _ => false,
    }
}

/// The number of tags after a black flag; 0 if they do not form a flag.
fn tags_of_a_flag(rest: &str) -> usize {
    let is_tag = |c: &char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let count = rest.chars().take_while(is_tag).take(MAX_TAGS + 1).count();
    let ends = rest.chars().nth(count) == Some(END_OF_TAGS);
    if (3..=MAX_TAGS).contains(&count) && ends { count + 1 } else { 0 }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d159}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Characters that are or can be an emoji, except digits.
fn is_emoji(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{3030}'
            | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{2190}'..='\u{21ff}'
            | '\u{2300}'..='\u{23ff}'
            | '\u{24c2}'
            | '\u{25a0}'..='\u{27bf}'
            | '\u{2900}'..='\u{297f}'
            | '\u{2b00}'..='\u{2bff}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

/// Letters, marks and digits of joining scripts.
fn joins_letters(c: char) -> bool {
    matches!(
        c,
        '\u{620}'..='\u{6dc}'
            | '\u{6de}'..='\u{8ff}'
            | '\u{900}'..='\u{dff}'
            | '\u{f00}'..='\u{109f}'
            | '\u{1780}'..='\u{17b3}'
            | '\u{17b6}'..='\u{17ff}'
            | '\u{1807}'..='\u{180a}'
            | '\u{1810}'..='\u{18af}'
            | '\u{1a20}'..='\u{1aaf}'
            | '\u{1b00}'..='\u{1c4f}'
            | '\u{a840}'..='\u{abff}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{11000}'..='\u{11fff}'
            | '\u{1e900}'..='\u{1e95f}'
    )
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<char> {
        characters(text).filter(|(_, is_visible)| !is_visible).map(|(c, _)| c).collect()
    }

    #[test]
    fn characters_that_a_terminal_does_not_show_are_hidden() {
        for c in [
            '\u{0}',
            '\u{7}',
            '\n',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0100}',
            '\u{e01ef}',
        ] {
            assert_eq!(hidden(&format!("a{c}b")), [c], "{c:?}");
            assert_eq!(hidden(&format!("{c}")), [c], "{c:?}");
        }
    }

    #[test]
    fn ordinary_text_is_completely_visible() {
        for text in [
            "你好 naïve Ünï \u{a0}\u{3000}é",
            "👩\u{200d}🚀 👨\u{200d}👩\u{200d}👧 👩🏽\u{200d}🚀 👁\u{fe0f}\u{200d}🗨\u{fe0f} ❤\u{fe0f} 1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 🇨🇳",
            "می\u{200c}خواهم क्\u{200d}ष",
            "葛\u{e0100} ᠠ\u{180b}",
            "שלום مرحبا",
        ] {
            assert!(hidden(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn invisible_characters_outside_ordinary_text_are_hidden() {
        for (text, expected) in [
            ("a\u{200d}👩", 1),
            ("👩\u{200d}a", 1),
            ("👩\u{200d}\u{200d}🚀", 2),
            ("❤\u{fe0f}\u{fe0f}", 1),
            ("a\u{fe0f}\u{200d}🚀", 2),
            ("🏴\u{e0067}\u{e0062}", 2),
            ("🏴\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e007f}", 8),
            ("🏴\u{e0067}\u{e0062}\u{e0065}\u{e007f}\u{e0065}", 1),
            ("می\u{200c}", 1),
            ("a\u{200c}b", 1),
            ("葛\u{e0100}\u{e0100}", 1),
        ] {
            assert_eq!(hidden(text).len(), expected, "{text:?}");
        }
    }
}
