//! What a call printed on standard output: replies somewhere in it, a help page, or mere notes.

use serde_json::{Map, Value};

/// Whether stdout holds only what the host says there about a plugin that it has just installed,
/// or about a word that it took for a mistyped one.
pub fn says_nothing_but_notes(stdout: &str) -> bool {
    const NOTES: [&str; 4] = ["Downloading ", "Installing ", "Skipping version check", "Plugin "];
    let plain = crate::message::sanitize::strip_escapes(stdout);
    let is_note = |line: &str| NOTES.iter().any(|note| line.starts_with(note));
    // Guesses follow to the end, one a line.
    plain
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "Did you mean:")
        .all(|line| line.is_empty() || is_note(line))
}

/// Whether it is a page of help; its examples of JSON are no reply.
pub fn is_help_page(text: &str) -> bool {
    let has_heading =
        |heading: &str| text.lines().any(|line| line.trim_start().starts_with(heading));
    has_heading("Usage:") && (has_heading("Flags:") || has_heading("Parameters:"))
}

/// The first words of a text, for an error message. A program that was to hand over keys may have
/// printed it: what looks like keys is not quoted.
pub fn excerpt(text: &str) -> String {
    const SHOWN: usize = 120;
    // More than is shown, so that a name which is cut off counts too.
    let words = text.split_whitespace().flat_map(|word| word.chars().chain([' ']));
    let line: String = words.take(10 * SHOWN).collect();
    let line = line.trim_end();
    if line.is_empty() {
        return "(empty)".into();
    }
    if holds_keys(line) {
        return "(not shown, because it may hold keys)".into();
    }
    let mut cut: String = line.chars().take(SHOWN).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

/// Whether a text names a key or a token of an account.
pub fn holds_keys(text: &str) -> bool {
    let letters: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ["accesskey", "ststoken", "securitytoken", "privatekey", "keysecret"]
        .iter()
        .any(|name| letters.contains(name))
}

/// Whether a text has an OK and an ID in it, be it nested, escaped or damaged.
pub fn mentions_ok_with_id(text: &str) -> bool {
    // Most outputs have no such word; packing costs more than searching.
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

/// Whether what is damaged or cut off at the end of a help page begins like a reply, and not like an
/// example of JSON.
pub fn ends_in_reply(text: &str) -> bool {
    let last = text.lines().rev().find(|line| line.starts_with('{'));
    last.is_some() || ["\"Code\"", "\"RequestId\""].iter().any(|name| text.contains(name))
}

/// The JSON in a text, whatever stands between.
#[derive(Debug, Default)]
pub struct Printed {
    /// Every complete object that is not part of another value.
    pub objects: Vec<Map<String, Value>>,
    /// Something began like JSON and is cut off or damaged.
    pub is_damaged: bool,
}

/// Finds every JSON object in a text.
///
/// Nothing that is nested in a damaged value may pass for a reply. So behind a damaged one only an
/// object counts that has its lines for itself and is not indented. This also keeps the time linear.
pub fn parse(text: &str) -> Printed {
    /// Every attempt behind a damaged value can cost as much as the nesting that JSON may have.
    const MOST_DAMAGED: usize = 16;
    const MOST_OBJECTS: usize = 1000;
    let mut found = Printed::default();
    let mut damaged = 0;
    let mut from = 0;
    for (start, _) in text.bytes().enumerate().filter(|(_, byte)| b"{[".contains(byte)) {
        let rest = &text[start..];
        if start < from {
            continue;
        }
        if is_cut_after_brace(text, start) {
            found.is_damaged = true;
            continue;
        }
        if !begins_like_json(rest) {
            continue;
        }
        if found.is_damaged && !(start == 0 || text[..start].ends_with('\n')) {
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else {
            found.is_damaged = true;
            damaged += 1;
            if damaged == MOST_DAMAGED {
                break;
            }
            continue;
        };
        from = start + values.byte_offset();
        match value {
            // In the middle of a sentence `{}` is just a word.
            Value::Object(object) if object.is_empty() && !begins_a_line(text, start) => {}
            Value::Object(object) if !found.is_damaged || ends_a_line(text, from) => {
                if found.objects.len() < MOST_OBJECTS {
                    found.objects.push(object);
                } else {
                    found.is_damaged = true;
                }
            }
            // An array is passed over as a whole.
            _ => {}
        }
    }
    found
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

/// An object with a name in it or an empty one, or an array of such things.
fn begins_like_json(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    let second = bytes.find(|byte| !byte.is_ascii_whitespace());
    matches!((first, second), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b'[')))
}
