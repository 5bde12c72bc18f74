//! The safety policy of the CLI, applied before each call.
//!
//! A policy is a list of rules that deny a command or require a confirmation; the first matching
//! rule applies. Since 3.3.21, the CLI matches the product and *all* words that do not belong to a
//! flag, joined with `:`. It assumes that a plugin flag takes one value. So in `--template-params
//! 1=Alice 2=Bob` the word `2=Bob` becomes part of the name, and a rule for
//! `cams:send-chatapp-message` does not match. Repeating the flag does not help: 3.3.3 refuses it,
//! every version refuses it after `--cli-ai-mode`, and plugins read it as the next list element.
//! So alimsg matches the product and the command itself, and ignores the values.
//!
//! The file is read before each call, as in the CLI. `configure safety-policy show` is not used: it
//! needs a process, prints a damaged file as an empty policy and ignores the environment.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::aliyun::cli::AliyunCli;
use crate::api::call::shell_line;
use crate::api::operations::Operation;
use crate::error::{Failure, Result};

const FILE: &str = "safety-policy.json";
/// `true` or `false`; overrides the file. The CLI supports it since 3.3.9.
const ENABLED: &str = "ALIBABA_CLOUD_SAFETY_POLICY_ENABLED";
/// `PATTERN=ACTION,…`; replaces the rules of the file. The CLI supports it since 3.3.9.
const RULES: &str = "ALIBABA_CLOUD_SAFETY_POLICY_RULES";
/// `1` or `true`: the user has confirmed. alimsg never sets it.
const SKIP_CONFIRM: &str = "ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM";

/// The maximum size of the file in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// How many times the file is read: the CLI rewrites it in place, so it can be half-written.
const READ_ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Checks that the policy allows a call.
///
/// # Errors
/// A rule denies the call or requires a confirmation, or the policy cannot be read. Nothing was
/// sent.
pub fn check(cli: &AliyunCli, operation: &Operation) -> Result<()> {
    check_in(&cli.config_folder, &cli.hidden, &cli.shown, operation)
}

/// As [`check`], without `aliyun`: `hidden` are the variables that its processes do not get.
///
/// # Errors
/// As [`check`].
pub fn check_in(
    config_folder: &Path,
    hidden: &[String],
    program: &str,
    operation: &Operation,
) -> Result<()> {
    let path = config_folder.join(FILE);
    let environment = |name: &str| {
        let is_hidden = hidden.iter().any(|hidden| hidden == name);
        let value = std::env::var_os(name).filter(|_| !is_hidden)?;
        Some(value.to_string_lossy().into_owned())
    };
    let policy = load(&path)
        .map_err(|reason| {
            Failure::environment(format!(
                "the safety policy of aliyun cannot be read: {}: {reason}",
                path.display()
            ))
            .hint("it may forbid this call: repair or remove the file, then try again")
            .next(shell_line(program, &["configure", "safety-policy", "show"]))
        })?
        .with_environment(environment);
    let command = format!("{}:{}", operation.product.name(), operation.command);
    let Some(rule) = policy.rule_for(&command) else { return Ok(()) };
    let place = if policy.rules_from_environment {
        format!("the rule is in the environment variable {RULES}")
    } else {
        format!(
            "the rule is in {}; its owner can remove it: {}",
            path.display(),
            shell_line(
                program,
                &["configure", "safety-policy", "remove", "--pattern", rule.pattern.as_str()]
            )
        )
    };
    let pattern = &rule.pattern;
    let refusal = match rule.action {
        Action::Allow => return Ok(()),
        Action::Confirm if is_confirmed(environment) => return Ok(()),
        Action::Deny => Failure::environment(format!(
            "the safety policy of aliyun denies {command} (rule: {pattern})"
        ))
        .hint(format!("do not work around the rule; {place}")),
        Action::Confirm => Failure::environment(format!(
            "the safety policy of aliyun requires a person to confirm {command} (rule: {pattern}); \
             --yes does not count"
        ))
        .hint(format!(
            "to confirm, a person sets {SKIP_CONFIRM}=1 for this command or changes the rule; {place}"
        )),
        Action::Unknown => Failure::environment(format!(
            "the safety policy of aliyun has a rule with an unknown action for {command} (rule: \
             {pattern})"
        ))
        .hint(format!("the actions are allow, deny and confirm; {place}")),
    };
    Err(refusal.next(shell_line(program, &["configure", "safety-policy", "list"])))
}

fn is_confirmed(environment: impl Fn(&str) -> Option<String>) -> bool {
    environment(SKIP_CONFIRM).is_some_and(|word| word == "1" || word.eq_ignore_ascii_case("true"))
}

/// The action of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Allow,
    Deny,
    Confirm,
    /// The CLI treats it as `allow`, which the owner probably did not intend.
    Unknown,
}

impl Action {
    fn from_word(word: &str) -> Self {
        match word {
            "" | "allow" => Self::Allow,
            "deny" => Self::Deny,
            "confirm" | "forbid" => Self::Confirm,
            _ => Self::Unknown,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: String,
    action: Action,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Policy {
    enabled: bool,
    rules: Vec<Rule>,
    rules_from_environment: bool,
}

impl Policy {
    /// The first rule that matches `product:command`.
    fn rule_for(&self, command: &str) -> Option<&Rule> {
        self.rules.iter().filter(|_| self.enabled).find(|rule| matches(&rule.pattern, command))
    }

    /// Applies the environment variables.
    fn with_environment(mut self, environment: impl Fn(&str) -> Option<String>) -> Self {
        match environment(ENABLED).as_deref().map(str::trim) {
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => self.enabled = true,
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => self.enabled = false,
            _ => {}
        }
        if let Some(text) = environment(RULES) {
            let rules: Vec<Rule> = text.split(',').filter_map(rule_from_environment).collect();
            // A value without any valid rule is ignored, unless it is empty.
            if !rules.is_empty() || text.trim().is_empty() {
                self.rules = rules;
                self.rules_from_environment = true;
            }
        }
        self
    }
}

fn rule_from_environment(entry: &str) -> Option<Rule> {
    let (pattern, action) = entry.split_once('=')?;
    let (pattern, action) = (pattern.trim(), action.trim().to_lowercase());
    let action = Some(Action::from_word(&action))
        .filter(|known| !action.is_empty() && *known != Action::Unknown)?;
    (!pattern.is_empty()).then(|| Rule { pattern: pattern.to_string(), action })
}

/// Whether a pattern matches a name. `*` matches any text; case is ignored.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (fold(pattern.trim()), fold(name.trim()));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Folds case. Upper case first, because some lower-case letters share a capital letter.
fn fold(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

/// Loads the policy; an empty one if there is no file.
fn load(path: &Path) -> std::result::Result<Policy, String> {
    for _ in 1..READ_ATTEMPTS {
        let Some(text) = read_file(path)? else { return Ok(Policy::default()) };
        if let Ok(policy) = parse(&text) {
            return Ok(policy);
        }
        std::thread::sleep(PAUSE);
    }
    read_file(path)?.map_or(Ok(Policy::default()), |text| parse(&text))
}

fn read_file(path: &Path) -> std::result::Result<Option<Vec<u8>>, String> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        // Reading a pipe or a device could block.
        Ok(metadata) if !metadata.is_file() => return Err("it is not a regular file".into()),
        Ok(metadata) if metadata.len() > MAX_BYTES => return Err("it is larger than 1 MiB".into()),
        Ok(_) => {}
    }
    match std::fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Parses the JSON like the CLI, ignoring the case of names. Stricter than the CLI, which treats an
/// invalid policy as an empty one.
fn parse(text: &[u8]) -> std::result::Result<Policy, String> {
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| format!("not JSON (line {}, column {})", error.line(), error.column()))?;
    let object = match &value {
        Value::Null => return Ok(Policy::default()),
        Value::Object(object) => object,
        _ => return Err("not a JSON object".into()),
    };
    let enabled = match field(object, "enabled")? {
        None => false,
        Some(Value::Bool(enabled)) => *enabled,
        Some(_) => return Err("\"enabled\" is neither true nor false".into()),
    };
    let rules = match field(object, "rules")? {
        None => Vec::new(),
        Some(Value::Array(rules)) => {
            rules.iter().map(rule_from_json).collect::<std::result::Result<_, _>>()?
        }
        Some(_) => return Err("\"rules\" is not a list".into()),
    };
    Ok(Policy { enabled, rules, rules_from_environment: false })
}

fn rule_from_json(rule: &Value) -> std::result::Result<Rule, String> {
    let Value::Object(rule) = rule else { return Err("a rule is not a JSON object".into()) };
    let text = |name| match field(rule, name)? {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("{name:?} of a rule is not a text")),
    };
    Ok(Rule { pattern: text("pattern")?.to_string(), action: Action::from_word(text("action")?) })
}

fn field<'v>(
    object: &'v Map<String, Value>,
    name: &str,
) -> std::result::Result<Option<&'v Value>, String> {
    let mut found = object.iter().filter(|(key, _)| fold(key) == name).map(|(_, value)| value);
    let first = found.next();
    match found.next() {
        Some(_) => Err(format!("{name:?} is given twice")),
        None => Ok(first.filter(|value| !value.is_null())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SEND: &str = "cams:send-chatapp-message";

    fn policy(value: &Value) -> Policy {
        parse(value.to_string().as_bytes()).expect("a policy")
    }

    fn action(policy: &Policy) -> Option<Action> {
        policy.rule_for(SEND).map(|rule| rule.action)
    }

    #[test]
    fn a_star_matches_any_text_and_case_is_ignored() {
        for pattern in [
            SEND,
            "CAMS:Send-Chatapp-Message",
            " cams:send-chatapp-message ",
            "cams:*",
            "*",
            "**",
            "*:send*",
            "*:*message",
            "cams:send-*-message",
            "c*s:*-*-*",
            "cam\u{17f}:*",
        ] {
            assert!(matches(pattern, SEND), "{pattern}");
        }
        for pattern in [
            "",
            " ",
            "cams",
            "cams:send",
            "cams:send-chatapp-message:*",
            "cams:send-chatapp-message*x",
            "dysmsapi:*",
            "*:Delete*",
            "cams:send-chatapp.message",
            "cams:SendChatappMessage",
            "cams:send-chatapp-messag?",
            "*message*message",
        ] {
            assert!(!matches(pattern, SEND), "{pattern}");
        }
    }

    #[test]
    fn the_first_matching_rule_applies() {
        let rule = |pattern: &str, action: &str| json!({"pattern": pattern, "action": action});
        let (deny, allow) = (rule("cams:*", "deny"), rule(SEND, "allow"));
        let with = |rules: Value| action(&policy(&json!({"enabled": true, "rules": rules})));
        assert_eq!(with(json!([deny, allow])), Some(Action::Deny));
        assert_eq!(with(json!([allow, deny])), Some(Action::Allow));
        assert_eq!(with(json!([rule("*", "forbid"), deny])), Some(Action::Confirm));
        assert_eq!(with(json!([rule("*", "Deny")])), Some(Action::Unknown));
        assert_eq!(with(json!([{"pattern": "*"}])), Some(Action::Allow));
        assert_eq!(with(json!([])), None);
        for off in [json!({"rules": [deny]}), json!({"enabled": false, "rules": [deny]})] {
            assert_eq!(action(&policy(&off)), None, "{off}");
        }
        let odd = json!({"Enabled": true, "RULES": [{"PATTERN": "cams:*", "Action": "deny"}]});
        assert_eq!(action(&policy(&odd)), Some(Action::Deny));
    }

    #[test]
    fn an_invalid_policy_is_an_error() {
        for text in [
            "",
            "{",
            "[]",
            "\"x\"",
            r#"{"enabled":"true"}"#,
            r#"{"enabled":true,"ENABLED":false}"#,
            r#"{"rules":{}}"#,
            r#"{"rules":["cams:*"]}"#,
            r#"{"rules":[{"pattern":1}]}"#,
            r#"{"enabled":true} x"#,
        ] {
            parse(text.as_bytes()).expect_err(text);
        }
        assert_eq!(parse(b"null"), Ok(Policy::default()));
        assert_eq!(parse(b"{\"enabled\":null,\"other\":1}"), Ok(Policy::default()));
    }

    #[test]
    fn the_environment_replaces_the_file() {
        let denied =
            || policy(&json!({"enabled": true, "rules": [{"pattern": "*", "action": "deny"}]}));
        let with = |policy: Policy, variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_string())
            };
            action(&policy.with_environment(variable))
        };
        assert_eq!(with(denied(), &[(ENABLED, " false ")]), None);
        assert_eq!(with(denied(), &[(ENABLED, "no")]), Some(Action::Deny));
        assert_eq!(with(denied(), &[(RULES, "")]), None);
        assert_eq!(with(denied(), &[(RULES, "nonsense,x=,=deny,a=b")]), Some(Action::Deny));
        assert_eq!(with(denied(), &[(RULES, "x=deny, cams:* = Confirm ")]), Some(Action::Confirm));
        let both = [(ENABLED, "1"), (RULES, "cams:*=deny")];
        assert_eq!(with(Policy::default(), &both), Some(Action::Deny));
        assert_eq!(with(Policy::default(), &both[1..]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_and_any_file_parse_without_a_panic(
            pattern in "[a-z*:é -]{0,12}", name in "[a-z:é-]{0,12}", text in "\\PC*",
        ) {
            let _ = (matches(&pattern, &name), parse(text.as_bytes()));
            let pattern = format!("*{name}*");
            proptest::prop_assert!(matches(&pattern, &name));
        }
    }
}
