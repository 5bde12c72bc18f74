//! The command line, taken apart as host and plugin take it apart.
//!
//! The traps that were measured are all here: a stand-alone value beginning with a dash is a flag,
//! the stand-alone word `help` is a cry for help wherever it stands, and what follows a flag of one
//! value is no longer its value. No table of calls is consulted; only the few flags that take many
//! values or none have to be known by name.

use serde_json::{Map, Value};

use crate::answer::Answer;

/// Free or known keys: one `key=value` token after the other.
const MAPS: [&str; 3] = ["template-params", "page", "example"];
/// Lists of strings; the only flags that may be repeated.
const LISTS: [&str; 5] = ["payload", "websites", "prompts", "more-data", "names"];
/// Flags without a value.
pub const SWITCHES: [&str; 8] =
    ["quiet", "yes", "secure", "insecure", "cli-dry-run", "cli-ai-mode", "no-cli-ai-mode", "force"];
/// Flags that the host itself knows; unlike a plugin it refuses an empty value.
const OF_THE_HOST: [&str; 12] = [
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
    /// The words that are neither flags nor their values: `["dysmsapi", "send-sms"]`.
    pub command: Vec<String>,
    /// Names without dashes, in the order given.
    flags: Vec<(String, Vec<String>)>,
    pub help: bool,
}

impl Words {
    /// The first value of a flag; empty for a switch.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.values(name).map(|values| values.first().map_or("", String::as_str))
    }

    pub fn values(&self, name: &str) -> Option<&[String]> {
        self.flags.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    /// Flags as JSON: a string, `true` for a switch, an array for what takes many values.
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

/// Takes `argv` (without the program's name) apart, or says what is wrong with it.
pub fn parse(argv: &[String]) -> Result<Words, Answer> {
    let mut words = Words::default();
    if argv.iter().any(|word| matches!(word.as_str(), "help" | "-h" | "--help")) {
        words.help = true;
        return Ok(words);
    }
    let is_oss = argv.first().is_some_and(|word| word == "oss");
    // The flag that the next stand-alone word belongs to.
    let mut open: Option<usize> = None;
    for word in argv {
        if word == "-f" && is_oss {
            words.flags.push(("force".to_owned(), Vec::new()));
            open = None;
        } else if word.starts_with('-') {
            open = take_flag(&mut words, word)?;
        } else if let Some(index) = open {
            let (name, values) = &mut words.flags[index];
            values.push(word.clone());
            if !takes_many(name) {
                open = None;
            }
        } else {
            words.command.push(word.clone());
        }
    }
    check_values(&words)?;
    Ok(words)
}

fn takes_many(name: &str) -> bool {
    MAPS.contains(&name) || LISTS.contains(&name)
}

/// Enters one `--name` or `--name=value`; returns where its stand-alone values go.
fn take_flag(words: &mut Words, word: &str) -> Result<Option<usize>, Answer> {
    let Some(bare) = word.strip_prefix("--").filter(|bare| !bare.is_empty()) else {
        return Err(Answer::failure(&format!("unknown flag {word}")));
    };
    let (name, value) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (bare, None),
    };
    let plausible = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plausible) {
        return Err(Answer::usage(&format!("invalid flag --{name}")));
    }
    if MAPS.contains(&name) && value.is_some() {
        return Err(Answer::failure(&format!("--{name} takes its key=value pairs as own words")));
    }
    if SWITCHES.contains(&name) && value.is_some() {
        return Err(Answer::failure(&format!("flag --{name} takes no value")));
    }
    let index = match words.flags.iter().position(|(known, _)| known == name) {
        Some(index) if LISTS.contains(&name) => index,
        // For an object a second flag would begin the next element of a list: never meant here.
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
            Some(value) => value.is_empty() && OF_THE_HOST.contains(&name.as_str()),
        };
        if empty {
            return Err(Answer::failure(&format!(
                "parse failed --{name} must be assigned with value"
            )));
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
