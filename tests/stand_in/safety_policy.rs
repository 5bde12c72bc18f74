//! `aliyun configure safety-policy …`, and the host's check of a call against it.
//!
//! The host does not know the flags of a plugin and assigns one value to each of them. Since 3.3.21,
//! it treats further values as part of the command name.

use anyhow::Result;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::configuration::{is_at_least, rewrite};
use crate::folder::Folder;
use crate::witness::Witness;
use crate::words::{SWITCHES, Words};

const FILE: &str = "safety-policy.json";

pub fn answer(witness: &Witness, words: &Words, action: &[&str]) -> Result<Answer> {
    let pattern = words.flag("pattern").unwrap_or_default().to_owned();
    let policy = load(&witness.folder);
    let mut rules = policy["rules"].as_array().cloned().unwrap_or_default();
    match action {
        [] | ["show"] => {
            let shown = json!({ "enabled": policy["enabled"] == true, "rules": rules });
            Ok(Answer::text(&format!("{shown:#}\n")))
        }
        [switch @ ("enable" | "disable")] => rewrite(witness, FILE, |state| {
            state.insert("enabled".to_owned(), Value::Bool(*switch == "enable"));
        }),
        ["add" | "remove"] if pattern.is_empty() => Ok(Answer::failure("--pattern is required")),
        [command @ ("add" | "remove")] => {
            rules.retain(|rule| rule["pattern"] != pattern.as_str());
            if *command == "add" {
                let Some(action @ ("deny" | "confirm" | "forbid")) = words.flag("action") else {
                    return Ok(Answer::failure("action must be deny, confirm, or forbid"));
                };
                rules.push(json!({ "pattern": pattern, "action": action }));
            }
            rewrite(witness, FILE, |state| {
                state.insert("rules".to_owned(), Value::Array(rules));
            })
        }
        [other, ..] => Ok(Answer::usage(&format!("'{other}' is not a valid command"))),
    }
}

/// The stored policy; empty if the file cannot be read or parsed.
fn load(folder: &Folder) -> Value {
    let text = std::fs::read(folder.configuration(FILE)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Rejects a product call that a rule denies, or that needs a confirmation.
pub fn check(witness: &Witness, argv: &[String]) -> Result<(), Answer> {
    let policy = load(&witness.folder);
    let mut words = positional(argv);
    if !is_at_least(&witness.folder, semver::Version::new(3, 3, 21)) {
        words.truncate(2);
    }
    let [product, command @ ..] = words.as_slice() else { return Ok(()) };
    let command = command.join(":");
    let name = format!("{product}:{command}");
    let rules = policy["rules"].as_array().cloned().unwrap_or_default();
    let rule = rules
        .iter()
        .filter(|_| policy["enabled"] == true)
        .find(|rule| matches(rule["pattern"].as_str().unwrap_or_default(), &name));
    let Some(rule) = rule else { return Ok(()) };
    let confirmed = argv.iter().any(|word| word == "--yes")
        || std::env::var("ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM").is_ok_and(|word| word == "1");
    match rule["action"].as_str() {
        Some("deny") => Err(Answer::failure(&format!(
            "operation blocked by safety policy: {product} {command} (rule: {})",
            rule["pattern"].as_str().unwrap_or_default()
        ))),
        Some("confirm" | "forbid") if !confirmed => Err(Answer::failure(&format!(
            "Safety policy requires confirmation for: {product} {command}\nThis operation cannot \
             run in non-interactive mode. After a person agreed, re-run the same command with --yes."
        ))),
        _ => Ok(()),
    }
}

/// The words that the host assigns to no flag.
fn positional(argv: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    let mut needs_value = false;
    for word in argv {
        if let Some(flag) = word.strip_prefix("--") {
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            needs_value = value.is_empty() && !SWITCHES.contains(&name);
        } else if needs_value {
            needs_value = false;
        } else {
            words.push(word.clone());
        }
    }
    words
}

/// Case-insensitive match; `*` matches any text without a line break.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.trim().to_lowercase(), name.trim().to_lowercase());
    let parts: Vec<&str> = pattern.split('*').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == name };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    for part in middle {
        let Some((skipped, tail)) = rest.split_once(part) else { return false };
        if skipped.contains('\n') {
            return false;
        }
        rest = tail;
    }
    rest.strip_suffix(last).is_some_and(|skipped| !skipped.contains('\n'))
}
