//! The sizes of rows in calls, and the limits of calls and windows.

/// Rows are grouped within windows of this size, so that memory is bounded.
pub(super) const WINDOW: usize = 50_000;
/// A window ends earlier when its rows have this size: long values must not fill the memory.
pub(super) const MAX_WINDOW_BYTES: usize = 8 << 20;
/// The maximum size of all rows of a call in bytes, so that no argument is longer than the system
/// permits; see [`crate::api::call::ARGUMENT_LIMIT`]. Escapes in JSON can double the size of a
/// text, and names of variables are repeated in each row: the caller adds them.
pub(super) const MAX_BYTES: usize = 120_000;

/// The bytes that a row adds to a call besides its values: each is written as "name":"value", with
/// quotes that may be escaped.
pub(super) fn overhead(variables: &[String]) -> usize {
    variables.iter().map(|name| json_size(name) + 4).sum::<usize>() + 64
}

/// An upper bound for the bytes of a row in a call with own values, without its number.
pub(super) fn row_size<'v>(sign: &str, values: impl Iterator<Item = &'v str>) -> usize {
    json_size(sign) + values.map(json_size).sum::<usize>()
}

/// An upper bound for the bytes of a text in JSON, with its quotes, within another JSON text.
fn json_size(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' => 4,
        0..=0x1f => 7,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 6
}
