//! `configure safety-policy`, and the check of a call against the policy. Like the real program,
//! the host matches every word that it assigns to no flag: the second value of a flag with many
//! values becomes part of the command name.

use anyhow::Context as _;
use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::arguments::Line;
use crate::sandbox::home::{self, Home};
use crate::sandbox::host::flags::{HostFlag, one, parse};
use crate::sandbox::host::{no_such_command, usage};

const FILE: &str = "safety-policy.json";
const COMMANDS: &[&str] = &["show", "enable", "disable", "add", "remove", "list"];
const FLAGS: &[HostFlag] = &[one("--config-path"), one("--pattern"), one("--action")];

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Policy {
    enabled: bool,
    rules: Vec<Rule>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Rule {
    pattern: String,
    action: String,
}

pub fn run(args: &[String], home: &Home) -> Result<Answer> {
    let (command, rest) = match args.split_first() {
        Some((first, rest)) if !first.starts_with('-') => (first.as_str(), rest),
        _ => ("show", args),
    };
    if command == "help" {
        return Ok(usage());
    }
    if !COMMANDS.contains(&command) {
        return Ok(no_such_command(command, COMMANDS));
    }
    let flags = match parse(rest, FLAGS) {
        Err(refusal) => return Ok(refusal),
        Ok(flags) if flags.help => return Ok(usage()),
        Ok(flags) => flags,
    };
    if let Some(word) = flags.words.first() {
        return Ok(no_such_command(word, &[]));
    }
    let mut policy = load(home);
    let pattern = flags.value("--pattern");
    match (command, pattern) {
        ("enable", _) => policy.enabled = true,
        ("disable", _) => policy.enabled = false,
        ("add" | "remove", None) => {
            return Ok(host_error(1, &format!("--pattern is required for {command}")));
        }
        ("add", Some(pattern)) => match flags.value("--action") {
            None => return Ok(host_error(1, "--action is required for add (deny or confirm)")),
            Some(action @ ("deny" | "confirm" | "forbid")) => policy.add(pattern, action),
            Some(_) => return Ok(host_error(1, "action must be deny, confirm, or forbid")),
        },
        ("remove", Some(pattern)) => policy.rules.retain(|rule| rule.pattern != pattern),
        ("list", _) => return Ok(printed(list(&policy, home))),
        _ => return Ok(printed(serde_json::to_string_pretty(&policy)? + "\n")),
    }
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    policy.serialize(&mut serializer).context("cannot write the policy as JSON")?;
    home::write_in_place(&home.configuration().join(FILE), &bytes)?;
    Ok(silent())
}

impl Policy {
    fn add(&mut self, pattern: &str, action: &str) {
        match self.rules.iter_mut().find(|rule| rule.pattern == pattern) {
            Some(rule) => rule.action = action.to_owned(),
            None => {
                self.rules.push(Rule { pattern: pattern.to_owned(), action: action.to_owned() });
            }
        }
    }
}

fn list(policy: &Policy, home: &Home) -> String {
    let state = if policy.enabled { "enabled" } else { "disabled" };
    let path = home.configuration().join(FILE);
    let mut text = format!("Safety policy: {state}\nConfig file: {}\n\n", path.display());
    if policy.rules.is_empty() {
        text.push_str("No rules configured.\n");
    } else {
        text.push_str("Rules:\n");
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        text.push_str(&format!("  {}. {} -> {}\n", index + 1, rule.pattern, rule.action));
    }
    text
}

/// The stored policy; empty if the file cannot be read or parsed.
fn load(home: &Home) -> Policy {
    std::fs::read_to_string(home.configuration().join(FILE))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// The error for a call that a rule denies, or that needs a confirmation: the process has no
/// terminal to ask for one.
pub fn refusal(line: &Line, home: &Home, env: &dyn Fn(&str) -> Option<String>) -> Option<Answer> {
    let policy = load(home);
    let (product, words) = (line.product.name(), line.host_words().join(":"));
    let name = format!("{product}:{words}");
    let rule = policy.rules.iter().find(|rule| matches(&rule.pattern, &name))?;
    if !policy.enabled {
        return None;
    }
    let confirmed = line.flags.iter().any(|given| given.name == "--yes")
        || env("ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM")
            .is_some_and(|word| word == "1" || word.eq_ignore_ascii_case("true"));
    match rule.action.as_str() {
        "deny" => Some(host_error(
            1,
            &format!(
                "operation blocked by safety policy: {product} {words} (rule: {})",
                rule.pattern
            ),
        )),
        "confirm" | "forbid" if !confirmed => Some(host_error(
            1,
            &format!(
                "Safety policy requires confirmation for: {product} {words}\nThere is no terminal \
                 to confirm it on. A person who agrees can re-run the same command with --yes."
            ),
        )),
        _ => None,
    }
}

/// Case-insensitive match; `*` matches any text without a line break.
fn matches(pattern: &str, name: &str) -> bool {
    fn rest(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', tail)) => {
                let line = name.iter().take_while(|letter| **letter != '\n').count();
                (0..=line).any(|taken| rest(tail, &name[taken..]))
            }
            Some((letter, tail)) => name.split_first().is_some_and(|(first, name)| {
                letter.to_lowercase().eq(first.to_lowercase()) && rest(tail, name)
            }),
        }
    }
    let pattern: Vec<char> = pattern.trim().chars().collect();
    let name: Vec<char> = name.trim().chars().collect();
    !pattern.is_empty() && rest(&pattern, &name)
}
