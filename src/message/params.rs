//! The values of template variables, from the command line.

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use crate::error::{Failure, Result};

/// Parses `NAME=VALUE` pairs; the value may contain anything.
///
/// # Errors
/// No `=`, an empty name, or a name that is given twice.
pub fn from_pairs(flag: &str, pairs: &[String]) -> Result<Vec<(String, String)>> {
    let mut variables: Vec<(String, String)> = Vec::new();
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::usage(format!(
                "{flag} {pair:?} does not have the form NAME=VALUE"
            ))
            .hint(format!("for example {flag} name=Alice")));
        };
        if variables.iter().any(|(given, _)| given == name) {
            return Err(Failure::usage(format!("the variable {name} is given twice"))
                .hint("give each variable once"));
        }
        variables.push((name.to_string(), value.to_string()));
    }
    Ok(variables)
}

/// Requires a value for each variable: the services reject a message with an empty one.
///
/// # Errors
/// A value is empty.
pub fn require_values(variables: &[(String, String)]) -> Result<()> {
    match variables.iter().find(|(_, value)| value.is_empty()) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::usage(format!("the variable {name} has an empty value"))
            .hint(format!("give it a value, for example --param {name}=Alice"))),
    }
}

/// Parses a JSON object whose values are strings, as the SMS service takes it.
///
/// # Errors
/// Not JSON, not an object, or a value that is not a string; the hint shows the right form.
pub fn from_json(flag: &str, text: &str) -> Result<Vec<(String, String)>> {
    let example = format!("for example {flag} '{{\"code\":\"123456\"}}'");
    let value: Value = serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!("{flag} is not valid JSON: {error}")).hint(example.clone())
    })?;
    if !value.is_object() {
        return Err(Failure::usage(format!("{flag} is not a JSON object")).hint(example));
    }
    // Parsed again as pairs, since an object would silently keep only the last of two values.
    let pairs = serde_json::Deserializer::from_str(text)
        .deserialize_map(Members)
        .map_err(|error| Failure::usage(format!("{flag} cannot be parsed: {error}")))?;
    let mut names = std::collections::HashSet::new();
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !names.insert(name.as_str())) {
        return Err(Failure::usage(format!("the variable {name} is given twice in {flag}"))
            .hint("give each variable once"));
    }
    pairs
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(value) => Ok((name, value)),
            other => {
                let is_scalar = other.is_number() || other.is_boolean();
                let text = if is_scalar { other.to_string() } else { "…".into() };
                let right = to_json(&[(name.clone(), text)]);
                Err(Failure::usage(format!(
                    "the variable {name} in {flag} is not a string: {other}"
                ))
                .hint(format!("every value is a string: {right}")))
            }
        })
        .collect()
}

/// Collects the members of a JSON object in their order, with repetitions.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut members: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        std::iter::from_fn(|| members.next_entry().transpose()).collect()
    }
}

/// The JSON object that the SMS service takes.
pub fn to_json(variables: &[(String, String)]) -> String {
    variables.iter().cloned().collect::<Value>().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        let pairs = ["name=Alice".into(), "url=a=b=c".into(), "empty=".into()];
        let variables = from_pairs("--param", &pairs).expect("pairs");
        assert_eq!(variables[1], ("url".into(), "a=b=c".into()));
        assert_eq!(variables[2], ("empty".into(), String::new()));
    }

    #[test]
    fn pairs_without_a_name_and_repeated_names_are_refused() {
        for pairs in [vec!["Alice".into()], vec!["=x".into()], vec!["a=1".into(), "a=2".into()]] {
            let failure = from_pairs("--param", &pairs).expect_err("refused");
            assert!(failure.hint.is_some());
        }
    }

    #[test]
    fn numbers_in_json_are_refused_and_the_right_form_is_shown() {
        let failure = from_json("--template-param", r#"{"code":123456}"#).expect_err("number");
        assert_eq!(failure.hint.as_deref(), Some(r#"every value is a string: {"code":"123456"}"#));
        from_json("--template-param", "{code:1}").expect_err("not JSON");
        from_json("--template-param", r#"{"a":"1","b":"2","a":"3"}"#).expect_err("a name twice");
        from_json("--template-param", "[]").expect_err("not an object");
    }

    #[test]
    fn pairs_become_json() {
        let variables = from_pairs("--param", &["code=\"1\"\n".into()]).expect("pairs");
        let json = to_json(&variables);
        assert_eq!(from_json("--template-param", &json).expect("JSON"), variables);
    }
}
