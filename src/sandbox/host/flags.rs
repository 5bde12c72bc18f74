//! How the host reads the arguments of its own commands: every flag must be known.

use crate::sandbox::answers::{Answer, host_error};
use crate::sandbox::arguments::nearest_known;

/// A flag of one of the host's own commands.
#[derive(Debug, Clone, Copy)]
pub struct HostFlag {
    /// With its dashes.
    pub name: &'static str,
    /// It takes every word up to the next flag, and may be repeated.
    pub many: bool,
}

pub const fn one(name: &'static str) -> HostFlag {
    HostFlag { name, many: false }
}

pub const fn many(name: &'static str) -> HostFlag {
    HostFlag { name, many: true }
}

/// The arguments of one of the host's own commands.
#[derive(Debug, Default)]
pub struct Reading {
    values: Vec<(&'static str, String)>,
    /// Words that belong to no flag.
    pub words: Vec<String>,
    pub help: bool,
}

impl Reading {
    /// The value of a flag that is given once.
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == flag).map(|(_, value)| value.as_str())
    }

    /// All values of a flag.
    pub fn values(&self, flag: &'static str) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |(name, _)| *name == flag).map(|(_, value)| value.as_str())
    }
}

/// Reads the arguments.
///
/// # Errors
/// Exit code 2 for a flag that the command does not have, 1 for one without a value or given twice.
pub fn read(args: &[String], known: &[HostFlag]) -> Result<Reading, Answer> {
    let mut reading = Reading::default();
    let mut open: Option<HostFlag> = None;
    // Whether the flag that is open still lacks its first value.
    let mut unfed = false;
    for word in args {
        if word.starts_with('-') {
            if unfed {
                return Err(without_value(open));
            }
            (open, unfed) = (None, false);
            if word == "--help" || word == "-h" {
                reading.help = true;
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
            if !flag.many && reading.value(flag.name).is_some() {
                return Err(host_error(1, &format!("parse failed {name} duplicated")));
            }
            match attached {
                Some(value) => reading.values.push((flag.name, value.to_owned())),
                None => (open, unfed) = (Some(*flag), true),
            }
        } else if let Some(flag) = open {
            reading.values.push((flag.name, word.clone()));
            unfed = false;
            open = open.filter(|flag| flag.many);
        } else if word == "help" {
            reading.help = true;
        } else {
            reading.words.push(word.clone());
        }
    }
    if unfed {
        return Err(without_value(open));
    }
    Ok(reading)
}

fn without_value(flag: Option<HostFlag>) -> Answer {
    let name = flag.map(|flag| flag.name).unwrap_or_default();
    host_error(1, &format!("parse failed {name} must be assigned with value"))
}
