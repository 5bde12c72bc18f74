//! Parsing by the plugin: from the words of a line to a call with typed values.

use std::collections::BTreeMap;

use crate::api::operations::{self, Flag, FlagKind, Operation, Product};
use crate::sandbox::answers::{Answer, host_error, plugin_error};
use crate::sandbox::arguments::{Given, GlobalKind, Line, global_kind};

/// The value of a flag, in the type that the flag takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    /// Value of a map or of fields, in the given order.
    Pairs(Vec<(String, String)>),
    List(Vec<String>),
    Json(serde_json::Value),
}

/// A product call with known, well-formed flags only.
#[derive(Debug)]
pub struct ProductCall {
    pub operation: &'static Operation,
    values: BTreeMap<&'static str, Value>,
    /// Whether `--cli-dry-run` was given.
    pub is_dry_run: bool,
}

impl ProductCall {
    /// The value of a flag; `flag` includes the dashes.
    pub fn value(&self, flag: &str) -> Option<&Value> {
        self.values.get(flag)
    }

    /// The text of a flag. The service treats an empty text as missing, so it returns `None`.
    pub fn text(&self, flag: &str) -> Option<&str> {
        match self.value(flag) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub fn integer(&self, flag: &str) -> Option<i64> {
        let Value::Integer(number) = self.value(flag)? else { return None };
        Some(*number)
    }

    pub fn boolean(&self, flag: &str) -> Option<bool> {
        let Value::Boolean(value) = self.value(flag)? else { return None };
        Some(*value)
    }

    pub fn json(&self, flag: &str) -> Option<&serde_json::Value> {
        let Value::Json(value) = self.value(flag)? else { return None };
        Some(value)
    }

    /// The elements of a list of strings; `None` if the flag is missing.
    pub fn list(&self, flag: &str) -> Option<&[String]> {
        let Value::List(list) = self.value(flag)? else { return None };
        Some(list)
    }

    /// The pairs of a map or of fields; empty if the flag is missing.
    pub fn pairs(&self, flag: &str) -> &[(String, String)] {
        match self.value(flag) {
            Some(Value::Pairs(pairs)) => pairs,
            _ => &[],
        }
    }
}

impl Line {
    /// Parses the line again as the plugin does.
    ///
    /// # Errors
    /// The plugin's error for an unknown command, an unknown, malformed or repeated flag, a stray
    /// word or a missing required flag.
    pub fn into_call(self) -> Result<ProductCall, Answer> {
        let command = self.command.as_deref().unwrap_or_default();
        let Some(operation) = operations::find(self.product.name(), command) else {
            return Err(unknown_command(self.product, command));
        };
        let mut values = BTreeMap::new();
        for given in &self.flags {
            if let Some(kind) = global_kind(&given.name) {
                check_global(self.product, given, kind)?;
                continue;
            }
            let Some(flag) = operation.flag(&given.name) else {
                return Err(unknown_flag(operation, &given.name));
            };
            match (values.get_mut(flag.name), parse(flag, given)?) {
                (None, value) => {
                    values.insert(flag.name, value);
                }
                // Only flags with a list of strings may be repeated.
                (Some(Value::List(list)), Value::List(more)) => list.extend(more),
                (Some(_), _) => {
                    return Err(plugin_error(1, &format!("{} is given more than once", flag.name)));
                }
            }
        }
        if let Some(word) = self.stray.first() {
            return Err(plugin_error(1, &format!("unexpected argument {word:?}")));
        }
        let missing: Vec<String> = operation
            .flags
            .iter()
            .filter(|flag| flag.required && !values.contains_key(flag.name))
            .map(|flag| format!("{:?}", flag.name.trim_start_matches('-')))
            .collect();
        if !missing.is_empty() {
            let error = format!("required flag(s) {} not set", missing.join(", "));
            return Err(plugin_error(1, &error));
        }
        Ok(ProductCall { operation, values, is_dry_run: self.has_flag("--cli-dry-run") })
    }
}

fn unknown_command(product: Product, command: &str) -> Answer {
    let name = product.name();
    if command.chars().any(|letter| letter.is_ascii_uppercase()) {
        // Other products accept API names; for these two, only the plugin has commands.
        let error = format!("'{name}' is not a valid built-in product, so it has no {command}");
        return host_error(2, &error);
    }
    let hint = nearest_known(command, product.operations().iter().map(|known| known.command));
    plugin_error(2, &format!("unknown command {command:?} for {name:?}{hint}"))
}

fn unknown_flag(operation: &Operation, name: &str) -> Answer {
    let hint = nearest_known(name, operation.flags.iter().map(|flag| flag.name));
    plugin_error(2, &format!("unknown flag: {name}{hint}"))
}

/// "Did you mean …?" with the closest of the known words, to append to an error message.
pub fn nearest_known<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::levenshtein(word, candidate), candidate))
        .min()
        .map(|(_, candidate)| format!("\nDid you mean {candidate}?"))
        .unwrap_or_default()
}

fn check_global(product: Product, given: &Given, kind: GlobalKind) -> Result<(), Answer> {
    let value = given.first_value().unwrap_or_default();
    if kind == GlobalKind::Integer {
        integer(&given.name, value)?;
    }
    if given.name == "--api-version" {
        let supported = match product {
            Product::Cams => "2020-06-06",
            Product::Dysmsapi => "2017-05-25",
        };
        if value != supported {
            let error = format!("unsupported API version {value}; supported: {supported}");
            return Err(plugin_error(1, &error));
        }
    }
    Ok(())
}

fn parse(flag: &Flag, given: &Given) -> Result<Value, Answer> {
    let Some(first) = given.first_value() else {
        return Err(plugin_error(1, &format!("flag needs an argument: {}", flag.name)));
    };
    match flag.kind {
        FlagKind::Text => Ok(Value::Text(first.to_owned())),
        FlagKind::Integer => integer(flag.name, first).map(Value::Integer),
        FlagKind::Boolean => match first {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(invalid(flag.name, first, "true or false is expected")),
        },
        FlagKind::Map => pairs(flag.name, given, None).map(Value::Pairs),
        FlagKind::Fields(known) => pairs(flag.name, given, Some(known)).map(Value::Pairs),
        FlagKind::TextList => Ok(Value::List(all_values(given))),
        FlagKind::Json => match serde_json::from_str::<serde_json::Value>(first) {
            Ok(value) if value.is_object() || value.is_array() => Ok(Value::Json(value)),
            Ok(_) => Err(invalid(flag.name, first, "a JSON object or array is expected")),
            Err(error) => Err(invalid(flag.name, first, &format!("not valid JSON: {error}"))),
        },
    }
}

fn all_values(given: &Given) -> Vec<String> {
    given.attached.iter().chain(&given.separate).cloned().collect()
}

fn invalid(flag: &str, value: &str, why: &str) -> Answer {
    plugin_error(1, &format!("invalid argument {value:?} for {flag:?}: {why}"))
}

fn integer(flag: &str, value: &str) -> Result<i64, Answer> {
    value.parse().map_err(|_| invalid(flag, value, "a whole number is expected"))
}

fn pairs(
    flag: &str,
    given: &Given,
    known: Option<&[&str]>,
) -> Result<Vec<(String, String)>, Answer> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for token in all_values(given) {
        let Some((key, value)) = token.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(invalid(flag, &token, "key=value is expected"));
        };
        if let Some(known) = known
            && !known.contains(&key)
        {
            return Err(invalid(flag, &token, &format!("the keys are {}", known.join(", "))));
        }
        if pairs.iter().any(|(earlier, _)| earlier == key) {
            return Err(invalid(flag, &token, "duplicate key"));
        }
        pairs.push((key.to_owned(), value.to_owned()));
    }
    Ok(pairs)
}
