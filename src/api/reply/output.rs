//! Parses the stdout of a call: replies among other text, a help page, or notes.

use serde_json::{Map, Value};

/// Whether stdout contains only notes of the host: about a plugin that it has just installed, or
/// suggestions for a mistyped word.
pub fn has_only_notes(stdout: &str) -> bool {
    const NOTES: [&str; 4] = ["Downloading ", "Installing ", "Skipping version check", "Plugin "];
    let plain = crate::message::sanitize::strip_escapes(stdout);
    let is_note = |line: &str| NOTES.iter().any(|note| line.starts_with(note));
    // The suggestions follow up to the end, one per line.
    plain
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "Did you mean:")
        .all(|line| line.is_empty() || is_note(line))
}

/// Whether the text is a help page. JSON examples in it do not count as replies.
pub fn is_help_page(text: &str) -> bool {
    let has_heading =
        |heading: &str| text.lines().any(|line| line.trim_start().starts_with(heading));
    has_heading("Usage:") && (has_heading("Flags:") || has_heading("Parameters:"))
}

/// The beginning of a text, at most 120 characters, for an error message. The text may come from a
/// program that provides keys, so a text that seems to contain keys is not quoted.
pub fn excerpt(text: &str) -> String {
    const SHOWN: usize = 120;
    // Longer than the excerpt, so that the check for keys also sees names that are cut off.
    let words = text.split_whitespace().flat_map(|word| word.chars().chain([' ']));
    let line: String = words.take(10 * SHOWN).collect();
    let line = line.trim_end();
    if line.is_empty() {
        return "(empty)".into();
    }
    if holds_keys(line) {
        return "(hidden because it may contain keys)".into();
    }
    let mut cut: String = line.chars().take(SHOWN).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

/// Whether a text contains the name of an account's key or token.
pub fn holds_keys(text: &str) -> bool {
    let letters: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ["accesskey", "ststoken", "securitytoken", "privatekey", "keysecret"]
        .iter()
        .any(|name| letters.contains(name))
}

/// Whether a text contains an OK and an ID, even nested, escaped or damaged.
pub fn mentions_ok_with_id(text: &str) -> bool {
    // Most outputs do not contain the word, and searching is cheaper than packing.
    if !["OK", "ok", "Ok"].iter().any(|word| text.contains(word)) {
        return false;
    }
    let packed: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\\')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    packed.contains("\"code\":\"ok\"")
        && ["bizid", "messageid", "requestid"].iter().any(|id| packed.contains(&format!("{id}\":")))
}

/// Whether the damaged or truncated JSON in a help page begins like a reply, not like an example.
pub fn ends_in_reply(text: &str) -> bool {
    let last = text.lines().rev().find(|line| line.starts_with('{'));
    last.is_some() || ["\"Code\"", "\"RequestId\""].iter().any(|name| text.contains(name))
}

/// The JSON in a text.
#[derive(Debug, Default)]
pub struct Printed {
    /// Every complete object that is not part of another value.
    pub objects: Vec<Map<String, Value>>,
    /// Some JSON is truncated or damaged.
    pub is_damaged: bool,
}

/// Finds every JSON object in a text.
///
/// An object that is nested in a damaged value must not count as a reply. So after a damaged value,
/// only objects count that begin and end a line and are not indented. This also keeps the time
/// linear.
pub fn parse(text: &str) -> Printed {
    /// Each attempt after a damaged value can take time up to the nesting limit of the parser.
    const MAX_DAMAGED: usize = 16;
    const MAX_OBJECTS: usize = 1000;
    let mut printed = Printed::default();
    let mut damaged = 0;
    let mut from = 0;
    for (start, _) in text.bytes().enumerate().filter(|(_, byte)| b"{[".contains(byte)) {
        let rest = &text[start..];
        if start < from {
            continue;
        }
        if is_cut_after_brace(text, start) {
            printed.is_damaged = true;
            continue;
        }
        if !begins_like_json(rest) {
            continue;
        }
        if printed.is_damaged && !(start == 0 || text[..start].ends_with('\n')) {
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else {
            printed.is_damaged = true;
            damaged += 1;
            if damaged == MAX_DAMAGED {
                break;
            }
            continue;
        };
        from = start + values.byte_offset();
        match value {
            // Within a sentence, `{}` is not JSON.
            Value::Object(object) if object.is_empty() && !begins_a_line(text, start) => {}
            Value::Object(object) if !printed.is_damaged || ends_a_line(text, from) => {
                if printed.objects.len() < MAX_OBJECTS {
                    printed.objects.push(object);
                } else {
                    printed.is_damaged = true;
                }
            }
            // Arrays are skipped with all they contain.
            _ => {}
        }
    }
    printed
}

fn ends_a_line(text: &str, end: usize) -> bool {
    text[end..].trim_start_matches([' ', '\t', '\r']).chars().next().is_none_or(|c| c == '\n')
}

fn begins_a_line(text: &str, start: usize) -> bool {
    let blank = |c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\n');
    let before = text[..start].trim_end_matches(blank);
    before.is_empty() || before.ends_with('\n')
}

/// An object of which only the brace is there, at the place where one may begin: on a line of its
/// own or right after another one. The text ends there, or another object follows.
fn is_cut_after_brace(text: &str, start: usize) -> bool {
    let mut bytes = text[start..].bytes();
    let is_cut = bytes.next() == Some(b'{')
        && matches!(bytes.find(|byte| !byte.is_ascii_whitespace()), None | Some(b'{'));
    is_cut && (begins_a_line(text, start) || text[..start].trim_end().ends_with('}'))
}

/// Whether the text begins with an object, or with an array of objects or arrays.
fn begins_like_json(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    let second = bytes.find(|byte| !byte.is_ascii_whitespace());
    matches!((first, second), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b'[')))
}
