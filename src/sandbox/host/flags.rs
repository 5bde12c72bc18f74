//! Parses the arguments of the host's own commands: every flag must be known.

use crate::sandbox::answers::{Answer, host_error};
use crate::sandbox::arguments::nearest_known;
use crate::sandbox::host::usage;

/// A flag of one of the host's own commands.
#[derive(Debug, Clone, Copy)]
pub struct HostFlag {
    /// Including the dashes.
    pub name: &'static str,
    /// Takes every word up to the next flag, and may be repeated.
    pub many: bool,
}

pub const fn one(name: &'static str) -> HostFlag {
    HostFlag { name, many: false }
}

pub const fn many(name: &'static str) -> HostFlag {
    HostFlag { name, many: true }
}

/// The parsed arguments of one of the host's own commands.
#[derive(Debug, Default)]
pub struct ParsedFlags {
    values: Vec<(&'static str, String)>,
    /// Words that belong to no flag.
    pub words: Vec<String>,
}

impl ParsedFlags {
    /// The first value of a flag.
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == flag).map(|(_, value)| value.as_str())
    }

    /// All values of a flag.
    pub fn values(&self, flag: &'static str) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |(name, _)| *name == flag).map(|(_, value)| value.as_str())
    }
}

/// Parses the arguments.
///
/// # Errors
/// Exit code 2 for an unknown flag, 1 for a flag that has no value or is repeated; the help page if
/// the arguments request it.
pub fn parse(args: &[String], known: &[HostFlag]) -> Result<ParsedFlags, Answer> {
    let mut parsed = ParsedFlags::default();
    let mut open: Option<HostFlag> = None;
    // Whether the open flag still has no value.
    let mut needs_value = false;
    let mut requests_help = false;
    for word in args {
        if word.starts_with('-') {
            if needs_value {
                return Err(missing_value(open));
            }
            (open, needs_value) = (None, false);
            if word == "--help" || word == "-h" {
                requests_help = true;
                continue;
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value).filter(|value| !value.is_empty())),
                None => (word.as_str(), None),
            };
            let Some(flag) = known.iter().find(|flag| flag.name == name) else {
                let hint = nearest_known(name, known.iter().map(|flag| flag.name));
                return Err(host_error(2, &format!("invalid flag {name}{hint}")));
            };
            if !flag.many && parsed.value(flag.name).is_some() {
                return Err(host_error(1, &format!("parse failed {name} duplicated")));
            }
            match attached {
                Some(value) => parsed.values.push((flag.name, value.to_owned())),
                None => (open, needs_value) = (Some(*flag), true),
            }
        } else if let Some(flag) = open {
            parsed.values.push((flag.name, word.clone()));
            needs_value = false;
            open = open.filter(|flag| flag.many);
        } else if word == "help" {
            requests_help = true;
        } else {
            parsed.words.push(word.clone());
        }
    }
    if needs_value {
        return Err(missing_value(open));
    }
    if requests_help { Err(usage()) } else { Ok(parsed) }
}

fn missing_value(flag: Option<HostFlag>) -> Answer {
    let name = flag.map(|flag| flag.name).unwrap_or_default();
    host_error(1, &format!("parse failed {name} must be assigned with value"))
}
