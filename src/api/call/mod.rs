//! A call of a product: an operation of the table with its values.
//!
//! A call can be run, printed as a command line, or printed with its private values masked.

mod shell;

use std::marker::PhantomData;

use crate::api::operations::{Access, Changes, FlagKind, Operation, Reads, Sends, TypedOperation};
use crate::error::{Failure, Result};
use crate::settings::AiModeMethod;
pub use shell::{env_prefix, masked_line, shell_line};

/// The maximum length of one argument in bytes: `MAX_ARG_STRLEN` of Linux less its NUL; measured.
pub const ARGUMENT_LIMIT: usize = 131_071;

/// Flags of every product call of this run.
#[derive(Debug, Clone, Default)]
pub struct Common {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub ai_mode: AiModeMethod,
}

#[derive(Debug, Clone)]
enum Value {
    One(String),
    Many(Vec<String>),
    Tokens(Vec<(String, String)>),
}

impl Value {
    fn words(&self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value.clone()],
            Self::Many(values) => values.clone(),
            Self::Tokens(pairs) => {
                // The order of a map has no meaning, so equal maps must compare equal.
                let mut words: Vec<_> =
                    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
                words.sort();
                words
            }
        }
    }
}

/// A call and its builder.
///
/// A mistake while building, such as a flag that is not in the table, is kept and returned by
/// [`Call::arguments`].
///
/// The effect is part of the type: only a [`ReadCall`] can be repeated.
#[derive(Debug, Clone)]
pub struct Call<E> {
    pub operation: &'static Operation,
    values: Vec<(&'static str, Value)>,
    problem: Option<Box<Failure>>,
    effect: PhantomData<E>,
}

pub type ReadCall = Call<Reads>;
pub type SendCall = Call<Sends>;
pub type ChangeCall = Call<Changes>;

/// A call of any effect, for a dry run.
pub trait AnyCall {
    fn operation(&self) -> &'static Operation;

    /// # Errors
    /// As [`Call::arguments`].
    fn arguments(&self, common: &Common) -> Result<Vec<String>>;
}

impl<E> AnyCall for Call<E> {
    fn operation(&self) -> &'static Operation {
        self.operation
    }

    fn arguments(&self, common: &Common) -> Result<Vec<String>> {
        Call::arguments(self, common)
    }
}

/// Erases the effect, to combine calls of different effects.
pub fn any<E: 'static>(calls: &[Call<E>]) -> impl Iterator<Item = &dyn AnyCall> {
    calls.iter().map(|call| call as &dyn AnyCall)
}

impl<E> Call<E> {
    pub fn to(operation: &'static TypedOperation<E>) -> Self {
        Self {
            operation: &operation.operation,
            values: Vec::new(),
            problem: None,
            effect: PhantomData,
        }
    }

    #[must_use]
    pub fn text(self, flag: &'static str, value: impl Into<String>) -> Self {
        self.set(flag, FlagKind::Text, Value::One(value.into()))
    }

    /// Omits the flag if there is no value.
    #[must_use]
    pub fn optional_text(self, flag: &'static str, value: Option<&str>) -> Self {
        self.optional(flag, FlagKind::Text, value.map(|value| Value::One(value.to_string())))
    }

    /// Omits the flag if there is no value.
    #[must_use]
    pub fn optional_integer(self, flag: &'static str, value: Option<u64>) -> Self {
        self.optional(flag, FlagKind::Integer, value.map(|value| Value::One(value.to_string())))
    }

    /// Omits the flag if there is no value.
    #[must_use]
    pub fn optional_boolean(self, flag: &'static str, value: Option<bool>) -> Self {
        self.optional(flag, FlagKind::Boolean, value.map(|value| Value::One(value.to_string())))
    }

    /// A nested structure, as one JSON value.
    #[must_use]
    pub fn json(self, flag: &'static str, value: &serde_json::Value) -> Self {
        self.set(flag, FlagKind::Json, Value::One(value.to_string()))
    }

    /// Omits the flag if the list is empty.
    #[must_use]
    pub fn list(self, flag: &'static str, values: &[String]) -> Self {
        let values = (!values.is_empty()).then(|| Value::Many(values.to_vec()));
        self.optional(flag, FlagKind::TextList, values)
    }

    /// Omits the flag if the list is empty.
    #[must_use]
    pub fn map(self, flag: &'static str, pairs: &[(String, String)]) -> Self {
        let pairs = (!pairs.is_empty()).then(|| Value::Tokens(pairs.to_vec()));
        self.optional(flag, FlagKind::Map, pairs)
    }

    /// Known fields of a flag, such as `--page Index=1 Size=50`.
    #[must_use]
    pub fn fields(self, flag: &'static str, pairs: &[(&'static str, u64)]) -> Self {
        let names = match self.operation.flag(flag).map(|known| known.kind) {
            Some(FlagKind::Fields(names)) => names,
            _ => &[],
        };
        let tokens = pairs.iter().map(|(name, value)| ((*name).to_string(), value.to_string()));
        let tokens = Value::Tokens(tokens.collect());
        let unknown = pairs.iter().find(|(name, _)| !names.contains(name));
        let command = self.operation.command;
        let mut call = self.set(flag, FlagKind::Fields(names), tokens);
        if let Some((name, _)) = unknown {
            call.note_mistake(format!("{flag} of {command} has no field {name}"));
        }
        call
    }

    /// The value of a flag with a single value.
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.values.iter().find_map(|(set, value)| match value {
            Value::One(value) if *set == flag => Some(value.as_str()),
            _ => None,
        })
    }

    /// Replaces a part of the single value of a flag.
    #[must_use]
    pub fn with_replaced(mut self, flag: &str, old: &str, new: &str) -> Self {
        for (set, value) in &mut self.values {
            if let (true, Value::One(text)) = (*set == flag, value) {
                *text = text.replace(old, new);
            }
        }
        self
    }

    /// All values of a flag, without the keys of a map.
    pub fn values(&self, flag: &str) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |(set, _)| *set == flag).flat_map(|(_, value)| match value {
            Value::One(value) => vec![value.as_str()],
            Value::Many(values) => values.iter().map(String::as_str).collect(),
            Value::Tokens(pairs) => pairs.iter().map(|(_, value)| value.as_str()).collect(),
        })
    }

    fn optional(self, flag: &'static str, kind: FlagKind, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.set(flag, kind, value),
            None => self,
        }
    }

    fn set(mut self, flag: &'static str, kind: FlagKind, value: Value) -> Self {
        let command = self.operation.command;
        match self.operation.flag(flag) {
            None => self.note_mistake(format!("{command} has no flag {flag}")),
            Some(known) if known.kind != kind => {
                self.note_mistake(format!("{flag} of {command} has another type"));
            }
            Some(_) if self.values.iter().any(|(set, _)| *set == flag) => {
                self.note_mistake(format!("{flag} of {command} is set twice"));
            }
            Some(_) => {}
        }
        self.values.push((flag, value));
        self
    }

    /// Keeps the first mistake of the code that builds the call.
    fn note_mistake(&mut self, mistake: String) {
        self.problem.get_or_insert_with(|| Failure::internal(mistake));
    }

    /// The flags that affect what the customer receives, in alphabetical order. Two calls that send
    /// the same message have equal content. Flags that all calls have in common are not included.
    pub fn content(&self) -> Vec<(&'static str, Vec<String>)> {
        let is_content = |flag: &str| self.operation.flag(flag).is_none_or(|known| known.content);
        let mut content: Vec<_> = self
            .values
            .iter()
            .filter(|(flag, _)| is_content(flag))
            .map(|(flag, value)| (*flag, value.words()))
            .collect();
        content.sort_by_key(|(flag, _)| *flag);
        content
    }

    /// The arguments after `aliyun`, checked against the table.
    ///
    /// Single values are written as `--flag=value`: as a separate argument, a value that begins
    /// with a dash is parsed as a flag by host and plugin, and the word `help` prints a help page.
    ///
    /// # Errors
    /// A value cannot be passed on a command line, a key is invalid, or a required flag is not set.
    pub fn arguments(&self, common: &Common) -> Result<Vec<String>> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        for flag in self.operation.flags.iter().filter(|flag| flag.required) {
            if !self.values.iter().any(|(set, _)| *set == flag.name) {
                return Err(Failure::internal(format!(
                    "{} needs {}",
                    self.operation.command, flag.name
                )));
            }
        }
        let product = self.operation.product;
        let mut arguments = common.ai_mode.first_arguments();
        arguments.extend([product.name().to_string(), self.operation.command.to_string()]);
        for (flag, value) in &self.values {
            match value {
                Value::One(value) => arguments.push(single(flag, value)?),
                // After a leading `--cli-ai-mode` the CLI rejects a repeated flag.
                Value::Many(values) if common.ai_mode == AiModeMethod::Call && values.len() > 1 => {
                    arguments.push((*flag).to_string());
                    for value in values {
                        arguments.push(separate(flag, value)?);
                    }
                }
                Value::Many(values) => {
                    for value in values {
                        arguments.push(single(flag, value)?);
                    }
                }
                Value::Tokens(pairs) => {
                    arguments.push((*flag).to_string());
                    for (key, value) in pairs {
                        arguments.push(token(flag, key, value)?);
                    }
                }
            }
        }
        arguments.push(format!("--user-agent={}", product.agent()));
        arguments.extend(product.fixed_flags().iter().map(ToString::to_string));
        if self.operation.access != Access::Read {
            // A profile can set a retry count, and the plugin would then repeat a send or a change
            // after a timeout.
            arguments.push("--retry-count=0".to_string());
        }
        for (flag, value) in [("--profile", &common.profile), ("--region", &common.region)] {
            if let Some(value) = value {
                arguments.push(single(flag, value)?);
            }
        }
        Ok(arguments)
    }
}

fn single(flag: &str, value: &str) -> Result<String> {
    if value.is_empty() {
        return Err(Failure::usage(format!("{flag} has an empty value"))
            .hint(format!("set a value for {flag} or remove the flag")));
    }
    checked(flag, format!("{flag}={value}"))
}

/// A value as a separate argument.
fn separate(flag: &str, value: &str) -> Result<String> {
    // It would be parsed as a flag or as a request for help.
    if value.starts_with('-') || value == "help" {
        return Err(Failure::usage(format!(
            "several values of {flag} cannot include {value:?} with --ai-mode call"
        ))
        .hint("use --ai-mode switch for this command"));
    }
    single(flag, value)?;
    Ok(value.to_string())
}

fn token(flag: &str, key: &str, value: &str) -> Result<String> {
    // The token must not be parsed as a flag, and its first `=` must follow the key.
    if key.is_empty() || key.starts_with('-') || !key.chars().all(shell::is_part_of_a_name) {
        return Err(Failure::usage(format!("invalid name {key:?} for {flag}")).hint(
            "names consist of letters, digits, '_', '.' and '-', and do not begin with '-'",
        ));
    }
    checked(flag, format!("{key}={value}"))
}

fn checked(flag: &str, argument: String) -> Result<String> {
    if argument.contains('\0') {
        return Err(Failure::usage(format!("the value of {flag} contains a NUL character"))
            .hint("remove it: arguments of a program cannot contain it"));
    }
    if argument.len() > ARGUMENT_LIMIT {
        return Err(Failure::usage(format!(
            "the value of {flag} is too long: {} bytes; the limit is {ARGUMENT_LIMIT} bytes",
            argument.len()
        ))
        .hint("shorten the value or split the call"));
    }
    Ok(argument)
}
