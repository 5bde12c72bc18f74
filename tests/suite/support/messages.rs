//! Command lines that most tests use, and helpers to change them.

/// An SMS with `--yes`; valid in the sandbox as well.
pub const SMS: [&str; 9] =
    ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes"];

/// A WhatsApp text without `--text`, to a customer whose window is open in the sandbox.
pub const TEXT: [&str; 8] =
    ["whatsapp", "send", "text", "--from", "8613800000001", "--to", "8613800001000", "--yes"];

/// A WhatsApp template message without template and without `--yes`.
pub const SOME_TEMPLATE: [&str; 7] =
    ["whatsapp", "send", "template", "--from", "8613800000001", "--to", "8613800001000"];

/// A WhatsApp template without variables; valid in the sandbox as well.
pub const TEMPLATE: [&str; 12] = [
    "whatsapp",
    "send",
    "template",
    "--from",
    "8613800000001",
    "--to",
    "8613800001000",
    "--template-code",
    "100000000000002",
    "--language",
    "en",
    "--yes",
];

/// The words followed by `more`.
pub fn and<'a>(words: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [words, more].concat()
}

/// The words with the value after `flag` replaced.
#[track_caller]
pub fn with<'a>(words: &[&'a str], flag: &str, value: &'a str) -> Vec<&'a str> {
    let mut words = words.to_vec();
    let at = words.iter().position(|word| *word == flag).expect("the flag");
    words[at + 1] = value;
    words
}
