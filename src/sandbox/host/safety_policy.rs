//! `configure safety-policy`, and the check of a call against the policy. Like the real program,
//! the host matches every word that it assigns to no flag: the second value of a flag with many
//! values becomes part of the command name.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::Environment;
use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::arguments::Line;
use crate::sandbox::home::Home;
use crate::sandbox::host::flags::{HostFlag, one};
use crate::sandbox::host::{parse_flags_only, split_command};

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

pub fn run(args: &[String], home: &Home) -> Result<Answer, Answer> {
    let (command, rest) = split_command(args, COMMANDS)?;
    let flags = parse_flags_only(rest, FLAGS)?;
    let mut policy: Policy = home.load_settings(FILE);
    match (command, flags.value("--pattern")) {
        ("enable", _) => policy.enabled = true,
        ("disable", _) => policy.enabled = false,
        ("add" | "remove", None) => {
            return Err(host_error(1, &format!("--pattern is required for {command}")));
        }
        ("add", Some(pattern)) => match flags.value("--action") {
            None => return Err(host_error(1, "--action is required for add (deny or confirm)")),
            Some(action @ ("deny" | "confirm" | "forbid")) => policy.add(pattern, action),
            Some(_) => return Err(host_error(1, "action must be deny, confirm, or forbid")),
        },
        ("remove", Some(pattern)) => policy.rules.retain(|rule| rule.pattern != pattern),
        ("list", _) => return Ok(printed(list(&policy, home))),
        _ => return Ok(printed(format!("{:#}\n", json!(policy)))),
    }
    home.save_settings(FILE, &policy)?;
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
    let empty = policy.rules.is_empty();
    text.push_str(if empty { "No rules configured.\n" } else { "Rules:\n" });
    for (index, rule) in policy.rules.iter().enumerate() {
        text.push_str(&format!("  {}. {} -> {}\n", index + 1, rule.pattern, rule.action));
    }
    text
}

/// Checks a call against the policy.
///
/// # Errors
/// A rule denies the call, or it needs a confirmation: the process has no terminal to ask for one.
pub fn check(line: &Line, home: &Home, env: Environment<'_>) -> Result<(), Answer> {
    let policy: Policy = home.load_settings(FILE);
    let (product, words) = (line.product.name(), line.host_words().join(":"));
    let name = format!("{product}:{words}");
    let rule = policy.rules.iter().find(|rule| policy.enabled && matches(&rule.pattern, &name));
    let Some(rule) = rule else { return Ok(()) };
    let confirmed = line.has_flag("--yes")
        || env("ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM")
            .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
    let error = match rule.action.as_str() {
        "deny" => format!(
            "operation blocked by safety policy: {product} {words} (rule: {})",
            rule.pattern
        ),
        "confirm" | "forbid" if !confirmed => format!(
            "Safety policy requires confirmation for: {product} {words}\nThere is no terminal to \
             confirm it on. A person who agrees can re-run the same command with --yes."
        ),
        _ => return Ok(()),
    };
    Err(host_error(1, &error))
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
