//! The messages that most tests send, and changes to them.

/// An SMS that the sandbox takes as well, with consent.
pub const SMS: [&str; 9] =
    ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes"];

/// A WhatsApp text without its `--text`, to a customer whose window the sandbox keeps open.
pub const TEXT: [&str; 8] =
    ["whatsapp", "send", "text", "--from", "8613800000001", "--to", "8613800001000", "--yes"];

/// A WhatsApp template that is not named yet, and nobody's consent.
pub const SOME_TEMPLATE: [&str; 7] =
    ["whatsapp", "send", "template", "--from", "8613800000001", "--to", "8613800001000"];

/// A WhatsApp template without variables that the sandbox takes as well.
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

/// The words and more of them.
pub fn and<'a>(words: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [words, more].concat()
}

/// The words with the value behind `flag` replaced.
#[track_caller]
pub fn with<'a>(words: &[&'a str], flag: &str, value: &'a str) -> Vec<&'a str> {
    let mut words = words.to_vec();
    let at = words.iter().position(|word| *word == flag).expect("the flag");
    words[at + 1] = value;
    words
}
