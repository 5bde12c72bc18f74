//! What a call printed on standard output: a reply somewhere in it, a help page, or mere notes.

use serde_json::{Map, Value};

/// Whether stdout holds only what the host says there about a plugin that it has just installed,
/// or about a word that it took for a mistyped one.
pub fn says_nothing_but_notes(stdout: &str) -> bool {
    const NOTES: [&str; 4] = ["Downloading ", "Installing ", "Skipping version check", "Plugin "];
    let plain = crate::output::sanitize::strip_escapes(stdout);
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

/// The first words of a text, for an error message.
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "(empty)".into();
    }
    let mut cut: String = line.chars().take(120).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

/// The JSON object in a text, behind whatever stands in front of it.
///
/// What begins like JSON is taken for the reply: when it is broken or cut off there is no reply,
/// and nothing that is nested in it may pass for one. This also keeps the time linear.
pub fn object_in(text: &str) -> Option<Map<String, Value>> {
    let mut from = 0;
    for start in text.bytes().enumerate().filter(|(_, b)| b"{[".contains(b)).map(|(at, _)| at) {
        let rest = &text[start..];
        if start < from || !begins_like_json(rest) {
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next()?.ok()? {
            // In the middle of a sentence `{}` is just a word.
            Value::Object(object) if object.is_empty() && !begins_a_line(text, start) => {}
            Value::Object(object) => return Some(object),
            // An array is passed over as a whole.
            _ => from = start + values.byte_offset(),
        }
    }
    None
}

fn begins_a_line(text: &str, start: usize) -> bool {
    let blank = |c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\n');
    let before = text[..start].trim_end_matches(blank);
    before.is_empty() || before.ends_with('\n')
}

/// An object with a name in it or an empty one, or an array of such things.
fn begins_like_json(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    let second = bytes.find(|byte| !byte.is_ascii_whitespace());
    matches!((first, second), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b'[')))
}
