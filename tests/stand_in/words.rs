//! Parses the command line like the real host and plugin.
//!
//! Measured behaviour: a separate value with a leading dash is a flag, the separate word `help`
//! requests help at any position, and the second word after a single-valued flag is not its value.
//! There is no table of calls; only flags with many values or none are known by name.

use serde_json::{Map, Value};

use crate::answer::Answer;

/// Maps, with one `key=value` per word.
const MAPS: [&str; 3] = ["template-params", "page", "example"];
/// Lists of strings. Only these flags may be repeated.
const LISTS: [&str; 5] = ["payload", "websites", "prompts", "more-data", "names"];
/// Flags without a value.
pub const SWITCHES: [&str; 8] =
    ["quiet", "yes", "secure", "insecure", "cli-dry-run", "cli-ai-mode", "no-cli-ai-mode", "force"];
/// Flags of the host. Unlike a plugin, it rejects an empty value.
pub const HOST_FLAGS: [&str; 12] = [
    "region",
    "profile",
    "api-version",
    "endpoint",
    "user-agent",
    "read-timeout",
    "connect-timeout",
    "retry-count",
    "cli-query",
    "output",
    "log-level",
    "header",
];

#[derive(Default)]
pub struct Words {
    /// The words that are neither flags nor values, such as `["dysmsapi", "send-sms"]`.
    pub command: Vec<String>,
    /// Names without dashes, in the given order.
    flags: Vec<(String, Vec<String>)>,
    pub help: bool,
}

impl Words {
    /// The first value of a flag; empty for a flag without value.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.values(name).map(|values| values.first().map_or("", String::as_str))
    }

    pub fn values(&self, name: &str) -> Option<&[String]> {
        self.flags.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    /// All flags with their values.
    pub fn flags(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.flags.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Flags as JSON: a string, `true` for a flag without value, an array for many values.
    pub fn flags_as_json(&self) -> Map<String, Value> {
        self.flags
            .iter()
            .map(|(name, values)| {
                let value = match values.first() {
                    _ if takes_many(name) => Value::from(values.clone()),
                    Some(only) => Value::from(only.clone()),
                    None => Value::Bool(true),
                };
                (name.clone(), value)
            })
            .collect()
    }
}

/// Parses `argv` (without the program name).
///
/// # Errors
/// The error of the real program for a malformed line.
pub fn parse(argv: &[String]) -> Result<Words, Answer> {
    if argv.iter().any(|word| matches!(word.as_str(), "help" | "-h" | "--help")) {
        return Ok(Words { help: true, ..Words::default() });
    }
    let mut words = Words::default();
    let is_oss = without_leading(argv).first().is_some_and(|word| word == "oss");
    let has_leading = without_leading(argv).len() < argv.len();
    // The flag that takes the next separate word as its value.
    let mut open: Option<usize> = None;
    for word in argv {
        if word == "-f" && is_oss {
            words.flags.push(("force".to_owned(), Vec::new()));
            open = None;
        } else if word.starts_with('-') {
            open = add_flag(&mut words, word, has_leading)?;
        } else if let Some(index) = open {
            let (name, values) = &mut words.flags[index];
            values.push(word.clone());
            open = open.filter(|_| takes_many(name));
        } else {
            words.command.push(word.clone());
        }
    }
    check_values(&words)?;
    Ok(words)
}

/// The words from the product on. The host removes the flags before it and does not pass them to the
/// plugin.
pub fn without_leading(argv: &[String]) -> &[String] {
    let is_leading = |word: &&String| matches!(word.as_str(), "--cli-ai-mode" | "--no-cli-ai-mode");
    &argv[argv.iter().take_while(is_leading).count()..]
}

fn takes_many(name: &str) -> bool {
    MAPS.contains(&name) || LISTS.contains(&name)
}

/// Adds one `--name` or `--name=value`; returns its index if it takes separate values.
/// After a leading flag, the host rejects every repeated flag.
fn add_flag(words: &mut Words, word: &str, has_leading: bool) -> Result<Option<usize>, Answer> {
    let Some(bare) = word.strip_prefix("--").filter(|bare| !bare.is_empty()) else {
        return Err(Answer::failure(&format!("unknown flag {word}")));
    };
    let (name, value) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (bare, None),
    };
    let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_valid) {
        return Err(Answer::usage(&format!("invalid flag --{name}")));
    }
    if MAPS.contains(&name) && value.is_some() {
        let error = format!("--{name} takes its key=value pairs as separate words");
        return Err(Answer::failure(&error));
    }
    if SWITCHES.contains(&name) && value.is_some() {
        return Err(Answer::failure(&format!("flag --{name} takes no value")));
    }
    let index = match words.flags.iter().position(|(known, _)| known == name) {
        Some(_) if has_leading && !HOST_FLAGS.contains(&name) && !SWITCHES.contains(&name) => {
            return Err(Answer::failure(&format!("parse failed flag duplicated --{name}")));
        }
        Some(index) if LISTS.contains(&name) => index,
        // A repeated object flag would start a second list element, which alimsg never needs.
        Some(_) => return Err(Answer::failure(&format!("--{name} duplicated"))),
        None => {
            words.flags.push((name.to_owned(), Vec::new()));
            words.flags.len() - 1
        }
    };
    let attached = value.is_some();
    words.flags[index].1.extend(value);
    Ok((!attached && !SWITCHES.contains(&name)).then_some(index))
}

fn check_values(words: &Words) -> Result<(), Answer> {
    for (name, values) in &words.flags {
        let empty = match values.first() {
            None => !SWITCHES.contains(&name.as_str()),
            Some(value) => value.is_empty() && HOST_FLAGS.contains(&name.as_str()),
        };
        if empty {
            let error = format!("parse failed --{name} must be assigned with value");
            return Err(Answer::failure(&error));
        }
        if MAPS.contains(&name.as_str()) {
            let is_pair =
                |value: &String| value.split_once('=').is_some_and(|(key, _)| !key.is_empty());
            if let Some(odd) = values.iter().find(|value| !is_pair(value)) {
                return Err(Answer::failure(&format!("--{name}: '{odd}' is not key=value")));
            }
        }
    }
    Ok(())
}
